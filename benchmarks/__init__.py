"""Measurements beside named peers; nothing here is a test."""
