"""Vector indexes behind the port: pgvector in the ledger's PostgreSQL, or Pinecone."""
