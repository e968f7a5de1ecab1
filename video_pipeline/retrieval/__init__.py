"""Finds the passages that a question is about: docs/retrieval.md says what each step is worth."""
