"""Content security policies of the API's own pages: what each may load, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from video_pipeline.dashboard import NO_FRAMES

DOCS: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    f"connect-src 'self'; base-uri 'none'; {NO_FRAMES}"
)


def for_player(stores: Sequence[str]) -> str:
    """`stores` are the origins where media lie."""
    store = " ".join(stores)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"media-src {store} blob:; img-src {store} data:; base-uri 'none'; {NO_FRAMES}"
    )
