"""The Lambda units; each folder is one function."""
