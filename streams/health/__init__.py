"""What a process says of itself: logs, and metrics and probes on a port of their own."""
