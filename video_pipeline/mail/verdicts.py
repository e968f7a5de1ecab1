"""What SES found out about a mail that it received, as its headers say.

SES puts its headers above those that the mail came with, and a stranger may send headers of the same names. So only
the first of each name is believed, and only above the first header that another host has put there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from video_pipeline.mail.addresses import domain_of

Headers = Sequence[tuple[str, str]]
"""Names and values in the order in which they stand in the mail."""

_RECEIVED_BY_SES: Final = re.compile(r"\bby\s+inbound-smtp\.[a-z0-9-]+\.amazonaws\.com\b", re.IGNORECASE)
_DMARC: Final = re.compile(r"(?:^|;)\s*dmarc=pass\b[^;]*?\bheader\.from=([a-z0-9.-]+?)\.?\s*(?:;|$)", re.IGNORECASE)
_SERVER: Final = "amazonses.com"


def objection(headers: Headers, author: str) -> str | None:
    """Why a mail by `author` is not believed, as a reason code; None if it is.

    It has to come through SES, free of viruses and not as spam, and the author's domain has to vouch for it by DMARC:
    that is a DKIM signature or SPF which speaks for the very domain that the mail names as its author's.
    """
    added = _added(headers)
    if added is None:
        return "not_received_by_ses"
    if added.get("x-ses-virus-verdict", "").strip() != "PASS":
        return "virus_verdict"
    if added.get("x-ses-spam-verdict", "").strip() not in ("PASS", "GRAY"):
        return "spam_verdict"
    if not _vouched(added.get("authentication-results", ""), domain_of(author)):
        return "sender_not_verified"
    return None


def _added(headers: Headers) -> dict[str, str] | None:
    """The first header of each name that SES has added; None if SES did not receive this."""
    received = [number for number, (name, _) in enumerate(headers) if name.lower() == "received"]
    if not received or not _RECEIVED_BY_SES.search(headers[received[0]][1]):
        return None
    theirs = received[1] if len(received) > 1 else len(headers)
    added: dict[str, str] = {}
    for name, value in headers[:theirs]:
        added.setdefault(name.lower(), value)
    return added


def _vouched(results: str, domain: str) -> bool:
    """Sender's words (the envelope, the greeting) stand in the results too, so a second verdict in them is a lie."""
    if not results.lstrip().lower().startswith(f"{_SERVER};"):
        return False
    said = results.lower()
    verdict = _DMARC.search(results)
    return (
        verdict is not None
        and (said.count("dmarc="), said.count("header.from=")) == (1, 1)
        and verdict.group(1).lower() == domain
    )
