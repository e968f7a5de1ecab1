"""What runs as containers."""
