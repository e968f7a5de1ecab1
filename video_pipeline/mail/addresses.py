"""Mail addresses, and whose are welcome."""

from __future__ import annotations

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from video_pipeline.errors import BadInput, Misconfigured

_SHOWN = 80


def checked_address(text: str) -> str:
    """A bare `name@domain` in ASCII, an international domain as punycode. BadInput("email_malformed") with the reason.

    Whether anybody reads mail there is not asked.
    """
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise BadInput(
            "email_malformed", f"{text[:_SHOWN]!r} is not a mail address: {error}", hint="Write it as name@example.com."
        ) from error
    return found.ascii_email or found.normalized


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


class Welcome:
    """Whom the allow-list names: single addresses, and domains with everyone in them (but not in their subdomains)."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Misconfigured("mail_allowed_wrong") for what is neither."""
        self._entries = frozenset(_entry(each) for each in entries)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def names(self, address: str) -> bool:
        return address.lower() in self._entries or domain_of(address) in self._entries


def _entry(text: str) -> str:
    name, _, domain = text.strip().rpartition("@")
    try:
        checked = checked_address(f"{name or 'anyone'}@{domain}")
    except BadInput as error:
        raise Misconfigured(
            "mail_allowed_wrong",
            f"MAIL_ALLOWED holds {text[:_SHOWN]!r}, which is neither an address nor a domain.",
            hint="Write ann@example.com or example.com.",
        ) from error
    return checked.lower() if name else domain_of(checked)
