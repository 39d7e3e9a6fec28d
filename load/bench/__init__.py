"""The service beside its limits and beside what a team would build, in turns on one machine: `python -m load bench`."""
