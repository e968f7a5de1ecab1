"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from video_pipeline.errors import BadInput, Unavailable
from video_pipeline.model import ApiKey, Scope
from video_pipeline.ports import Keys

_NAME_CHARS: Final = 100
_SHAPE: Final = re.compile(r"vp_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")
_HINT: Final = "Send it in the header X-API-Key; `video-pipeline keys create NAME` makes one."


def create_key(keys: Keys, name: str, scopes: Collection[Scope] = ()) -> tuple[ApiKey, str]:
    """A new key and its text, `vp_<prefix>_<secret>`, which is kept nowhere; the prefix tells keys apart in lists."""
    name = name.strip()
    if not 1 <= len(name) <= _NAME_CHARS or not name.isprintable():
        message = f"A key's name has 1 to {_NAME_CHARS} printable characters."
        raise BadInput("key_name_wrong", message, hint="Name who or what will use it.")
    prefix = secrets.token_hex(4)
    text = f"vp_{prefix}_{secrets.token_urlsafe(32)}"
    return keys.create(name, prefix, _digest(text), scopes), text


def check_key(keys: Keys, presented: str | None) -> ApiKey:
    """The key that was presented. BadInput("api_key_missing") or, for an unknown or revoked one, ("api_key_wrong").

    It is found by the hash of what was presented, so the time this takes tells nothing about keys that exist.
    """
    if not presented:
        raise BadInput("api_key_missing", "This needs an API key.", hint=_HINT)
    found = keys.find(_digest(presented)) if _SHAPE.fullmatch(presented) else None
    if found is None:
        raise BadInput("api_key_wrong", "This API key is not known, or was revoked.", hint=_HINT)
    return found


def require(key: ApiKey, scope: Scope) -> None:
    """BadInput("scope_missing") for a key that may not."""
    if scope not in key.scopes:
        raise BadInput(
            "scope_missing",
            f"This key may not {scope}.",
            hint=f"`video-pipeline keys create NAME --{scope}` makes one that may.",
        )


@dataclass(frozen=True)
class Rate:
    """How often one key may ask: so many requests in a minute, and so many at once after a pause."""

    per_minute: int
    burst: int


def take_turn(keys: Keys, key: ApiKey, rate: Rate) -> None:
    """Counts a request. `Unavailable("rate_limited")`, with the time to wait, for a key that asks too often."""
    wait = keys.take_turn(key.id, per_minute=rate.per_minute, burst=rate.burst)
    if wait > 0:
        raise Unavailable(
            "rate_limited",
            f"This key may ask {rate.per_minute} times in a minute, and has asked more often.",
            hint="Wait as long as Retry-After says.",
            delay=wait,
        )


def _digest(text: str) -> str:
    """A plain hash will do: with 256 random bits there is nothing to guess, which is what slow hashes are for."""
    return hashlib.sha256(text.encode()).hexdigest()
