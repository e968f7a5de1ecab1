"""Pages of a list that may change while it is read: a cursor names the last item seen, and by what it was sorted."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Query

from video_pipeline.api.models.base import plain
from video_pipeline.errors import BadInput
from video_pipeline.ports import After

Limit = Annotated[int, Query(ge=1, le=200, description="The most items of one page.")]
# A title may be long, and its letters several bytes.
Cursor = Annotated[str | None, Query(max_length=4000, description="`next` of the page before, in the same order.")]
_Item = TypeVar("_Item")
_Key = datetime | str | float


def page_of(
    fetch: Callable[[int, After | None], Sequence[_Item]],
    limit: int,
    cursor: str | None,
    *,
    sort: str,
    last: Callable[[_Item], After],
) -> tuple[Sequence[_Item], str | None]:
    """One page and the cursor of the next one, None at the end.

    `fetch` takes how many, and after which item; `last` says what an item is known by in the order `sort`.
    """
    # One more than is shown tells whether there is a next page.
    found = fetch(limit + 1, _decode(cursor, sort) if cursor else None)
    shown = found[:limit]
    return shown, _encode(last(shown[-1]), sort) if len(found) > limit else None


def _encode(after: After, sort: str) -> str:
    value = after.value.isoformat() if isinstance(after.value, datetime) else after.value
    text = json.dumps([sort, value, str(after.id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, sort: str) -> After:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        order, value, last = json.loads(text)
        if order != sort:
            raise ValueError("another order")
        return After(_READ[sort.removeprefix("-")](value), UUID(last))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(
            "cursor_wrong",
            "This cursor was not given by this list in this order.",
            hint="Begin again without a cursor.",
        ) from error


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return str(plain(value))


def _number(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("no number")
    return number


_READ: Final[Mapping[str, Callable[[Any], _Key]]] = {
    "created_at": _moment,
    "updated_at": _moment,
    "title": _text,
    "duration": _number,
}
