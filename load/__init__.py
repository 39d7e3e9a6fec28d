"""Measure the service from outside: open-loop load, capacity, intake and memory."""
