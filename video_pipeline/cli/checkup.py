"""What a check of a system is, and what comes of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from video_pipeline.errors import NotFound, PipelineError

PRESENT: Final = "present"
MISSING: Final = "missing"
UNREACHABLE: Final = "unreachable"
NO_VALUE: Final = "no value yet"
# How AWS's services say it, besides those that `aws.errors` names.
_ABSENT: Final = {
    "DBClusterNotFoundFault",
    "DBClusterNotFound",
    "RepositoryNotFoundException",
    "ClusterNotFoundException",
    "ServiceNotFoundException",
    "ParameterNotFound",
    "StateMachineDoesNotExist",
    "ClientException",  # of a task definition that is not there
}
_AT_ONCE: Final = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """`remedy` is what to do about this very thing, where the check's own does not fit."""

    detail: str = ""
    state: str = PRESENT
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """`look` tells what it sees, or raises one of our errors. `remedy` is what to do when the thing is missing."""

    kind: str
    name: str
    look: Callable[[], Seen]
    remedy: str


@dataclass(frozen=True)
class Finding:
    kind: str
    name: str
    state: str
    detail: str
    todo: str

    @property
    def bad(self) -> bool:
        return self.state in (MISSING, UNREACHABLE)


def run(checks: Sequence[Check]) -> list[Finding]:
    """In the order of `checks`, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(_found, checks))


def _found(check: Check) -> Finding:
    try:
        seen = check.look()
    except PipelineError as error:
        _log.debug("%s %s", check.kind, check.name, exc_info=True)
        seen = _failure(error)
    todo = "" if seen.state == PRESENT else seen.remedy or check.remedy
    return Finding(check.kind, check.name, seen.state, seen.detail, todo)


def _failure(error: PipelineError) -> Seen:
    absent = isinstance(error, NotFound) or error.code == "resource_missing" or error.facts.get("aws_code") in _ABSENT
    return Seen(state=MISSING) if absent else Seen(error.message, UNREACHABLE, error.hint)
