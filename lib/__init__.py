"""The infrastructure: constructs that `tap_stack` puts together. Nothing here runs where the product runs."""

from __future__ import annotations

from lib.bindings import load_lazily

load_lazily()
