"""The steps of cutting and embedding the archive anew."""
