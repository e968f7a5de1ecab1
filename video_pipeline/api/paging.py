"""Pages of a list that may grow while it is read: a cursor names the last item seen."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Query

from video_pipeline.errors import BadInput

Limit = Annotated[int, Query(ge=1, le=200, description="The most items of one page.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Before = tuple[datetime, UUID]


class Dated(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def created_at(self) -> datetime: ...


_Item = TypeVar("_Item", bound=Dated)


def page_of(
    fetch: Callable[[int, Before | None], Sequence[_Item]], limit: int, cursor: str | None
) -> tuple[Sequence[_Item], str | None]:
    """One page and the cursor of the next one, None at the end. `fetch` takes how many, and after which item."""
    # One more than is shown tells whether there is a next page.
    found = fetch(limit + 1, _decode(cursor) if cursor else None)
    shown = found[:limit]
    return shown, _encode(shown[-1]) if len(found) > limit else None


def _encode(item: Dated) -> str:
    text = f"{item.created_at.isoformat()}|{item.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> Before:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        at, _, last = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment, UUID(last)
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "cursor_wrong", "This cursor was not given by this list.", hint="Begin again without a cursor."
        ) from error
