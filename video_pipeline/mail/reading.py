"""What a mail says: who wrote it, what was typed, which mails it goes on from, whether a person sent it.

Everything in it is a stranger's. The standard library's lenient parser is used, because the strict one raises all
kinds of errors on what mail programs really send.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from itertools import islice
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from video_pipeline.errors import BadInput
from video_pipeline.mail.addresses import checked_address
from video_pipeline.mail.markup import text_of
from video_pipeline.mail.replies import typed
from video_pipeline.mail.threads import conversation_of
from video_pipeline.mail.verdicts import Headers
from video_pipeline.model import MailThread, MessageId
from video_pipeline.topology import LIMITS

_MOST_PARTS: Final = 50
_MOST_REFERENCES: Final = 20
_SUBJECT_CHARS: Final = 200
_IDS: Final = re.compile(r"<[^<>\s]{1,250}>")
_REPLYING: Final = re.compile(r"^\s*((re|aw|sv|antw|odp|vs|rv|r|fwd?|wg|tr)\s*(\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"})
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_BY_MACHINES: Final = frozenset({"list-id", "list-unsubscribe", "x-autoreply", "x-autorespond", "feedback-id"})
_message_id: Final = TypeAdapter[str](MessageId)


@dataclass(frozen=True)
class Incoming:
    """`question` is empty when nothing was typed; else at most as long as a question may be.

    `automatic` says why a program, and not a person, seems to have sent it.
    """

    headers: Headers
    author: str
    question: str
    thread: MailThread
    automatic: str | None

    @property
    def conversations(self) -> list[UUID]:
        """Those that the mails it names belong to, if they are ours."""
        found = map(conversation_of, self.thread.references)
        return [each for each in found if each is not None]

    @property
    def named(self) -> list[str]:
        """What stands before the @ of each mail that it names: SES writes its own ids into what it sends."""
        return [each[1:].partition("@")[0] for each in self.thread.references]


def read_mail(raw: bytes, *, own_address: str) -> Incoming:
    """BadInput("mail_unreadable") for what is no mail, ("mail_author_unclear") without exactly one usable author."""
    try:
        mail = BytesParser().parsebytes(raw)
        text = _text(mail)
    except (RecursionError, ValueError, LookupError, AssertionError) as error:
        raise BadInput("mail_unreadable", "The mail can't be read.") from error
    headers = [(name, str(value)) for name, value in mail.items()]
    author, thread = _author(mail), _thread(mail)
    question = _plain(typed(text, own_address=own_address)) or thread.subject
    return Incoming(
        headers=headers,
        author=author,
        question=question[: LIMITS.question_chars].strip(),
        thread=thread,
        automatic=_automatic(mail, author, own_address),
    )


# ------------------------------------------------------------------------------------------- headers
def _author(mail: Message) -> str:
    given = [str(each) for each in mail.get_all("From", [])]
    found = [address for _, address in getaddresses(given)]
    if len(given) != 1 or len(found) != 1:
        raise BadInput("mail_author_unclear", "The mail does not name one author.")
    try:
        return checked_address(found[0])
    except BadInput as error:
        raise BadInput("mail_author_unclear", "The mail's author has no usable address.") from error


def _thread(mail: Message) -> MailThread:
    named = [*_ids(mail, "References"), *_ids(mail, "In-Reply-To")]
    references = list(dict.fromkeys(named))
    if len(references) > _MOST_REFERENCES:  # the first one began the thread, the last ones are the nearest
        references = [references[0], *references[1 - _MOST_REFERENCES :]]
    own = _ids(mail, "Message-ID")
    return MailThread(message_id=own[0] if own else None, references=tuple(references), subject=_subject(mail))


def _ids(mail: Message, name: str) -> list[str]:
    found = _IDS.findall(" ".join(str(each) for each in mail.get_all(name, [])))
    return [each for each in found if _usable(each)]


def _usable(message_id: str) -> bool:
    try:
        _message_id.validate_python(message_id)
    except ValidationError:
        return False
    return True


def _subject(mail: Message) -> str:
    given = str(mail.get("Subject", ""))
    with suppress(HeaderParseError, ValueError, LookupError):  # what can't be decoded stays as it is written
        given = str(make_header(decode_header(given)))
    return _REPLYING.sub("", " ".join(_plain(given).split()))[:_SUBJECT_CHARS].strip()


def _automatic(mail: Message, author: str, own_address: str) -> str | None:
    """RFC 3834: nobody answers a machine, and least of all itself."""
    signs = {
        "own_mail": author.lower() == own_address.lower(),
        "machine_address": author.partition("@")[0].lower() in _MACHINES,
        "bounce": _word(mail, "Return-Path") == "<>" or mail.get_content_type() == "multipart/report",
        "auto_submitted": _word(mail, "Auto-Submitted") not in ("", "no"),
        "bulk": _word(mail, "Precedence") in _BULK or any(name in mail for name in _BY_MACHINES),
    }
    return next((reason for reason, seen in signs.items() if seen), None)


def _word(mail: Message, name: str) -> str:
    return str(mail.get(name, "")).partition(";")[0].strip().lower()


# ---------------------------------------------------------------------------------------------- text
def _text(mail: Message) -> str:
    """The first plain text that says something, else the first HTML as text."""
    html = ""
    for part in _shown(mail):
        content = _decoded(part)
        if part.get_content_type() == "text/plain" and content.strip():
            return content
        html = html or (content if part.get_content_type() == "text/html" else "")
    return text_of(html)


def _shown(mail: Message) -> Iterator[Message]:
    parts: Iterator[Message] = islice(mail.walk(), _MOST_PARTS)
    return (each for each in parts if not each.is_multipart() and each.get_content_disposition() != "attachment")


def _decoded(part: Message) -> str:
    data: Any = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    try:
        return bytes(data or b"").decode(charset, "replace")
    except LookupError:  # a charset that nobody knows
        return bytes(data or b"").decode("utf-8", "replace")


def _plain(text: str) -> str:
    """Without control characters, direction marks and halves of characters; composed."""
    shown = (each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co"))
    return unicodedata.normalize("NFC", "".join(shown)).strip()
