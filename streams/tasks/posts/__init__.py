"""Posts: labels, spans, an action, and alerts about posts, authors and waves."""
