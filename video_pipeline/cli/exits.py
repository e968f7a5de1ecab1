"""What exit codes mean, in one table."""

from __future__ import annotations

from typing import Final

from video_pipeline.errors import BadInput, Conflict, Misconfigured, NotFound, PipelineError

OK: Final = 0
FAILED: Final = 1
UNREACHABLE: Final = 2
NOTHING: Final = 3
REFUSED: Final = 4
SERVICE: Final = 5
FAULT: Final = 70
INTERRUPTED: Final = 130

MEANINGS: Final[dict[int, str]] = {
    OK: "done",
    FAILED: "the job failed, a letter could not be redriven, or the doctor misses something",
    UNREACHABLE: "wrong usage or settings, or nothing answers at the address",
    NOTHING: "nothing found: no answer, no such job, video, letter or key",
    REFUSED: "refused: bad input, wrong or missing key, missing permission",
    SERVICE: "a service failed for now; try again",
    FAULT: "a fault of this program; --debug shows where",
    INTERRUPTED: "interrupted",
}

_UNREACHABLE_CODES: Final = {"not_running", "aws_unreachable", "aws_credentials_missing"}
_REFUSED_CODES: Final = {"access_denied", "aws_credentials_wrong"}


def code_for(error: PipelineError) -> int:
    if error.code in _UNREACHABLE_CODES:
        return UNREACHABLE
    if isinstance(error, NotFound):
        return NOTHING
    if error.code in _REFUSED_CODES or isinstance(error, BadInput | Conflict):
        return REFUSED
    if isinstance(error, Misconfigured):
        return UNREACHABLE
    return SERVICE


def table() -> str:
    """For --help; `\\b` keeps the lines apart."""
    return "\n".join(["\b", "Exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())])
