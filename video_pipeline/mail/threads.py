"""How mails of one conversation name each other."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_CONVERSATION: Final = re.compile(r"^<c\.([0-9a-f]{32})@", re.IGNORECASE)


def conversation_reference(conversation_id: UUID, domain: str) -> str:
    """The Message-ID that stands for a whole conversation: all its mails name it, and so do replies to them."""
    return f"<c.{conversation_id.hex}@{domain}>"


def conversation_of(message_id: str) -> UUID | None:
    """The conversation that a Message-ID stands for, if it is one of those."""
    found = _CONVERSATION.match(message_id)
    return UUID(found.group(1)) if found else None
