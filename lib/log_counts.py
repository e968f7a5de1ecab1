"""What is counted from the lines that the processes log, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from constructs import Construct

from lib.place import Place

SWEEPER: Final = "sweeper"


@dataclass(frozen=True)
class Counted:
    """Lines that match `pattern`, in CloudWatch's language; `alarm` says what they mean to a person."""

    kind: str
    pattern: str
    alarm: str
    by_sweeper: bool = False

    @property
    def metric(self) -> str:
        return f"Jobs{self.kind.title()}"


FAILED: Final = Counted(
    "failed",
    '{ ($.message = "stage failed") || ($.message = "attempt failed") || ($.message = "mail doubtful") }',
    "A job's stage failed: `video-pipeline jobs` says which and why. Or nobody knows whether an answer went out by"
    " mail: the log of the function `question` names it.",
)
STUCK: Final = Counted(
    "stuck",
    '{ ($.message = "swept") && (($.stalled > 0) || ($.workers_lost > 0) || ($.mails_doubtful > 0)) }',
    "The sweeper found jobs that nobody works on, or mails that somebody began to send.",
    by_sweeper=True,
)
UNSWEPT: Final = Counted(
    "unswept",
    '{ $.message = "sweeping failed in part" }',
    "The sweeper could not look after everything: its log says what.",
    by_sweeper=True,
)
COUNTED: Final = (FAILED, STUCK, UNSWEPT)


class LogCounts(Construct):
    """A metric for each of `COUNTED` in the namespace of the environment."""

    def __init__(self, scope: Construct, id: str, *, place: Place, log_groups: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self.namespace = f"VideoPipeline/{place.names.suffix}"
        for counted in COUNTED:
            for unit in sorted(log_groups):
                if (unit == SWEEPER) == counted.by_sweeper:
                    self._filter(place.names(f"{unit}-{counted.kind}"), unit, counted, log_groups[unit])

    def _filter(self, name: str, unit: str, counted: Counted, log_group: str) -> None:
        CloudwatchLogMetricFilter(
            self,
            f"{unit}-{counted.kind}",
            name=name,
            log_group_name=log_group,
            pattern=counted.pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                name=counted.metric, namespace=self.namespace, value="1", default_value="0"
            ),
        )
