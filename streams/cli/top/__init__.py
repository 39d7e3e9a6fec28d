"""`tidegate top`: a group of processes as its metrics show it."""
