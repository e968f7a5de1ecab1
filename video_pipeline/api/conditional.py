"""Answers that a client may keep and ask about again: entity tags, and 304 for what has not changed (RFC 9110, 13).

A kept answer is never used without asking: whoever may not read it any more, or what was erased, shows at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import Header, Response

IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of the answer that the client has kept.")
]
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "It is as the client has it."}}
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')


def entity_tag(*parts: object) -> str:
    """A weak tag, since answers may be compressed, that changes when any part does."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f'W/"{digest[:32]}"'


def conditional(if_none_match: str | None, tag: str, make: Callable[[], Response]) -> Response:
    """304 without a body if the client names `tag`, else what `make` gives, with the headers to ask again by."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if if_none_match is not None and _names(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return _with(make(), headers)


def _names(if_none_match: str, tag: str) -> bool:
    return if_none_match.strip() == "*" or _TAG.findall(tag)[0] in _TAG.findall(if_none_match)


def _with(response: Response, headers: Mapping[str, str]) -> Response:
    response.headers.update(headers)
    return response
