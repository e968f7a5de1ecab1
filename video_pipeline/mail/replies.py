"""What somebody typed into a reply, without the mail that it replies to and without a signature."""

from __future__ import annotations

import re
from typing import Final

import quotequail

# The library takes a time that grows with the square of the lines. Nobody types a question of so many; what is cut off
# is the end of what was quoted.
_MOST_LINES: Final = 200
_MOST_CHARS: Final = 12_000
_SIGNATURE: Final = re.compile(r"^-- ?$", re.MULTILINE)
_HEAD_LINES: Final = 3
# What telephones put below, in the languages in which they do it most.
_SENT_FROM: Final = re.compile(
    r"^(sent from|get outlook for|von meinem|gesendet von|envoyé de|envoyé depuis|enviado desde|enviado do|inviato da"
    r"|verzonden vanaf|wysłane z|skickat från|sendt fra|iphoneから送信).{0,60}$",
    re.IGNORECASE,
)


def typed(text: str, *, own_address: str) -> str:
    """The new text of a plain text part. `own_address` is who wrote what is quoted: it stands in the line before."""
    head = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n")[:_MOST_CHARS].split("\n")[:_MOST_LINES])
    found = quotequail.unwrap(head)
    shown = head if found is None else "\n".join(found.get(part) or "" for part in ("text_top", "text_bottom"))
    lines = _SIGNATURE.split(shown, maxsplit=1)[0].strip().split("\n")
    return "\n".join(_without_end(lines, own_address.lower())).strip()


def _without_end(lines: list[str], own_address: str) -> list[str]:
    """Without lines that a program adds below: quotations, the line that introduces one, where it was sent from."""
    for number in range(max(0, len(lines) - _HEAD_LINES), len(lines)):
        if own_address in lines[number].lower() and lines[number].rstrip().endswith(":"):
            lines = lines[:number]
            break
    while lines and (not lines[-1].strip() or lines[-1].startswith(">") or _SENT_FROM.match(lines[-1].strip())):
        lines = lines[:-1]
    return lines
