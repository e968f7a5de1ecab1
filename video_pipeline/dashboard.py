"""What every place that shows the dashboard agrees on: its pages, how its files are kept, and what it may load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

PAGES: Final = ("/", "/ask", "/jobs", "/jobs/{id}", "/operations", "/settings", "/upload", "/videos/{id}")
ASSETS: Final = "assets"
# A file's name in ASSETS holds the digest of its content; the page and what stands beside it are asked for each time.
FOREVER: Final = "public, max-age=31536000, immutable"
EACH_TIME: Final = "no-cache"
ONLY_TLS_SECONDS: Final = 31_536_000
NO_FRAMES: Final = "form-action 'none'; frame-ancestors 'none'"
# By the suffix of a file's name; browsers are told not to guess.
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# The build's own mark for where it lies; every other address in it is relative to this one.
_BASE: Final = '<base href="/" />'
# The one style element that React Aria adds (touch gestures on what can be pressed): by the digest of its text.
_ARIA: Final = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"


def placed(page: str, path: str) -> str:
    """The build's page for people who reach it under `path`, empty for the root of its origin."""
    return page.replace(_BASE, f'<base href="{escape(path.rstrip("/"))}/" />', 1)


def policy(stores: Sequence[str]) -> str:
    """Scripts only from its own files; media and uploads from and to `stores`, the origins where media lie."""
    store = " ".join(stores)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_ARIA}; font-src 'self'; "
        f"connect-src 'self' {store}; media-src {store} blob:; img-src 'self' {store} data: blob:; "
        f"base-uri 'self'; {NO_FRAMES}"
    )
