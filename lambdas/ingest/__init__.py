"""Records and uploads become jobs."""
