"""Faults on a real Kafka: scenarios that break things, and one checker over the whole history of each."""
