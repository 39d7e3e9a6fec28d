"""One process of a consumer group: from consumed messages to released offsets."""
