"""Public names of netrial."""
