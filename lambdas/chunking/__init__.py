"""`transcript.ready` becomes passages."""
