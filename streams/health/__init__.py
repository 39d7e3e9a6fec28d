"""What a worker says of itself: logs; metrics, probes and traces are to come."""
