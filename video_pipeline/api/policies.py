"""Content security policies: what each kind of page may load, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_NO_FRAMES: Final = "form-action 'none'; frame-ancestors 'none'"
DOCS: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    f"connect-src 'self'; base-uri 'none'; {_NO_FRAMES}"
)
# The one style element that React Aria adds (touch gestures on what can be pressed): by the digest of its text.
_ARIA: Final = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"


def for_player(stores: Sequence[str]) -> str:
    """`stores` are the origins where media lie."""
    store = " ".join(stores)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"media-src {store} blob:; img-src {store} data:; base-uri 'none'; {_NO_FRAMES}"
    )


def for_dashboard(stores: Sequence[str]) -> str:
    """Scripts only from its own files; uploads go straight to the stores. Its base says where it lies."""
    store = " ".join(stores)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_ARIA}; font-src 'self'; "
        f"connect-src 'self' {store}; media-src {store} blob:; img-src 'self' {store} data: blob:; "
        f"base-uri 'self'; {_NO_FRAMES}"
    )
