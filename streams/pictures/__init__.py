"""Pictures of records: fetched, looked at, known ones recognised. Needs the extra `tidegate[images]`."""
