"""The infrastructure: constructs that `tap_stack` puts together. Nothing here runs where the product runs.

To be imported before cdktf, which otherwise starts Node the slow way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lib.bindings import load_lazily

ROOT: Final = Path(__file__).resolve().parent.parent

load_lazily()
