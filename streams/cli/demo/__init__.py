"""`tidegate demo`: a broker, a worker and a stream of records, all on this machine."""
