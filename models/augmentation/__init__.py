"""Rows for training that are made, not found: deformed, written by hand, or drawn from a graph of conditions."""
