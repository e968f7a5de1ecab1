"""Slideshow projects: pictures and a sound are brought together, and a film is made of them."""
