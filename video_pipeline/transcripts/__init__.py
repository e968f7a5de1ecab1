"""Transcripts: one model, its readers and writers, and the cutting into passages. Pure: no network, no database."""
