"""Measure the service from outside: open-loop load, capacity, intake, memory. Nothing imports this package."""
