"""`tidegate serve` under load: the process, what it is asked, and who asks."""
