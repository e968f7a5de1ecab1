"""Renders the films of projects that are short enough for a function."""
