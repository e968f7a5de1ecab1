"""Lambda's event source mappings and schedules: what AWS does between a stream or queue and a function."""
