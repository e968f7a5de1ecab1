"""The HTTP API: one application for Lambda and for one machine."""
