"""`chunks.ready` becomes vectors."""
