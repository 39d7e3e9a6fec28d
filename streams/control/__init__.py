"""What is active, and how it changes while the service runs: the control topic, its readers and its writers."""
