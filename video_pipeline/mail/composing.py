"""A mail as bytes (RFC 5322): text and HTML side by side, pictures inside, headers into which nothing is injected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

from video_pipeline.mail.addresses import checked_address
from video_pipeline.mail.wording import Page

_NAME: Final = "Video questions"
_SUBJECT_CHARS: Final = 160
# Control characters, direction marks and halves of characters have no place in a header.
_UNSHOWN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True)
class Letter:
    """`pictures`: JPEG files by the name under which the HTML shows them. Message-IDs are `<…@…>`."""

    sender: str
    recipient: str
    subject: str
    page: Page
    date: datetime
    message_id: str
    references: Sequence[str] = ()
    in_reply_to: str | None = None
    reply_to: str | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class _MessageIds(BaseHeader):
    """Ids in angle brackets, folded between them: the registry's own kind would encode what is long."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = " ".join(value.split())

    def fold(self, *, policy: Any) -> str:
        lines = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {lines}{policy.linesep}"


def _policy() -> Any:
    registry = HeaderRegistry()
    for name in ("references", "in-reply-to", "message-id"):
        registry.map_to_type(name, _MessageIds)
    # Seven bits pass everywhere.
    return SMTP.clone(header_factory=registry, cte_type="7bit")


_POLICY: Final = _policy()


def compose(letter: Letter) -> bytes:
    """The mail, to be handed over as it is. BadInput("email_malformed") for a wrong address."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(_NAME, addr_spec=checked_address(letter.sender))
    mail["To"] = Address(addr_spec=checked_address(letter.recipient))
    if letter.reply_to:
        mail["Reply-To"] = Address(addr_spec=checked_address(letter.reply_to))
    mail["Subject"] = header_text(letter.subject)[:_SUBJECT_CHARS]
    mail["Date"] = format_datetime(letter.date)
    mail["Message-ID"] = letter.message_id
    if letter.in_reply_to:
        mail["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        mail["References"] = " ".join(letter.references)
    # No machine answers it (RFC 3834; Exchange looks at the second one).
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.page.text, cte="quoted-printable")
    mail.add_alternative(letter.page.html, subtype="html", cte="quoted-printable")
    _, html = mail.iter_parts()
    for name, picture in letter.pictures.items():
        html.add_related(picture, "image", "jpeg", cid=f"<{name}>", disposition="inline")
    return mail.as_bytes()


def header_text(text: str) -> str:
    """One line of it, without what can't be seen."""
    return " ".join(_UNSHOWN.sub(" ", text).split())
