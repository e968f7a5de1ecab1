"""Summaries on paper: PDF and Word. Whoever imports these loads the libraries that draw them."""
