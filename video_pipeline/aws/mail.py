"""Mail through SES."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from video_pipeline.aws.errors import translated
from video_pipeline.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

logger = logging.getLogger(__name__)
# Of what `translated` says, this alone leaves open whether the request was carried out.
_BROKEN: Final = "aws_connection_broken"
# An answer that says so: it was not.
_REFUSED: Final = frozenset({429, 503})


class SesMailer:
    """`ports.Mailer` on SES (API v2). `client` must make each call once: SES knows no repeats."""

    def __init__(self, client: SESV2Client) -> None:
        self._client = client

    def send(self, mail: bytes, *, sender: str, recipient: str) -> str | None:
        try:
            with translated("ses:SendEmail", sender):
                answer = self._client.send_email(
                    FromEmailAddress=sender,
                    Destination={"ToAddresses": [recipient]},
                    Content={"Raw": {"Data": mail}},
                )
        except Unavailable as error:
            if _surely_refused(error):
                raise
            logger.warning("mail handed over without an answer", extra={"reason": error.code, "detail": str(error)})
            return None
        return answer.get("MessageId") or None


def _surely_refused(error: Unavailable) -> bool:
    """Throttled, turned away at the door, or never connected. After any other failure it may have been taken."""
    if error.code == _BROKEN:
        return False
    status = error.facts.get("status")
    return status is None or status in _REFUSED or (isinstance(status, int) and status < 500)
