"""Language models behind the ports: embeddings on this machine or by OpenAI."""
