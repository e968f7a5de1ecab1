"""Texts as services and tokenizers can take them."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """The text with `?` for every lone surrogate, which UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()
