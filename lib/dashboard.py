"""One page that shows how the installation is doing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from lib.place import Place

_PERIOD: Final = 300
_WIDTH: Final = 12
_HEIGHT: Final = 6
# Which statistic shows what a person looks for: how much happened, or how bad it got.
_SUM: Final = "Sum"
_MOST: Final = "Maximum"


@dataclass(frozen=True)
class Watched:
    """What is shown, by the names that CloudWatch knows."""

    functions: Sequence[str]
    queues: Sequence[str]
    streams: Sequence[str]
    api_id: str
    database_identifier: str
    cluster_name: str
    service_name: str


class Dashboard(Construct):
    """The dashboard `video-pipeline`: work waiting, work done, errors, workers, database, API."""

    def __init__(self, scope: Construct, id: str, *, place: Place, watched: Watched) -> None:
        super().__init__(scope, id)
        self._place = place
        widgets = [self._widget(number, *row) for number, row in enumerate(_rows(watched))]
        CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=place.names("video-pipeline"),
            dashboard_body=json.dumps({"widgets": widgets}),
        )

    def _widget(self, number: int, title: str, statistic: str, metrics: Sequence[Sequence[str]]) -> dict[str, Any]:
        properties = {
            "title": title,
            "region": self._place.region,
            "metrics": metrics,
            "stat": statistic,
            "period": _PERIOD,
        }
        return {
            "type": "metric",
            "x": _WIDTH * (number % 2),
            "y": _HEIGHT * (number // 2),
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": properties,
        }


def _rows(watched: Watched) -> list[tuple[str, str, list[list[str]]]]:
    def functions(metric: str) -> list[list[str]]:
        return [["AWS/Lambda", metric, "FunctionName", name] for name in watched.functions]

    def queues(metric: str) -> list[list[str]]:
        return [["AWS/SQS", metric, "QueueName", name] for name in watched.queues]

    service = ["ClusterName", watched.cluster_name, "ServiceName", watched.service_name]
    database = ["DBClusterIdentifier", watched.database_identifier]
    api = ["ApiId", watched.api_id]
    return [
        ("Waiting in queues", _MOST, queues("ApproximateNumberOfMessagesVisible")),
        ("Seconds waited", _MOST, queues("ApproximateAgeOfOldestMessage")),
        ("Records put", _SUM, [["AWS/Kinesis", "IncomingRecords", "StreamName", name] for name in watched.streams]),
        ("Errors", _SUM, functions("Errors")),
        ("Milliseconds of a call", _MOST, functions("Duration")),
        (
            "Workers",
            _MOST,
            [["ECS/ContainerInsights", f"{each}TaskCount", *service] for each in ("Desired", "Running")],
        ),
        (
            "Database",
            _MOST,
            [["AWS/RDS", each, *database] for each in ("ServerlessDatabaseCapacity", "DatabaseConnections")],
        ),
        ("API", _SUM, [["AWS/ApiGateway", each, *api] for each in ("Count", "4xx", "5xx")]),
    ]
