"""What somebody should look at: alarms that tell one topic, and a dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from cdktf_cdktf_provider_aws.kinesis_stream import KinesisStream
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from lib.alarm_topic import AlarmTopic
from lib.dashboard import Dashboard, Watched
from lib.environments import Environment
from lib.log_counts import COUNTED, LogCounts
from lib.place import Place
from video_pipeline.topology import DEAD_LETTER_QUEUES, QUEUES, REINDEXING_MACHINE, STREAM_CONSUMERS

_MINUTE: Final = 60
_FIVE_MINUTES: Final = 300
# A third of the age at which a record is given up: time to look before anything goes to the dead letters.
_AGE_SHARE: Final = 3
# A message counts while it is worked on, and some films take hours.
_RETENTION_SHARE: Final = 8
_SLOW_MS: Final = 5_000
_FULL_PERCENT: Final = 90
_INSIGHTS: Final = "ECS/ContainerInsights"
# As Aurora's default parameter group sets it: memory of the largest size over this, and never more than that.
_BYTES_A_CONNECTION: Final = 9_531_392
_CONNECTIONS: Final = 5_000
_CONNECTIONS_IF_SMALL: Final = 2_000
_ACU_BYTES: Final = 2 * 1024**3


class Monitoring(Construct):
    """Alarms on every edge and process; all tell the topic `alarms`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        functions: Mapping[str, str],
        queues: Mapping[str, SqsQueue],
        streams: Mapping[str, KinesisStream],
        api_id: str,
        database_identifier: str,
        cluster_name: str,
        service_name: str,
        log_groups: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        self._place = place
        self.topic_arn = AlarmTopic(self, "alarms", place=place).arn
        self._streams(functions)
        self._queues(queues)
        self._functions(functions)
        self._reindexing()
        self._jobs(log_groups)
        self._api(api_id)
        self._database(database_identifier)
        self._workers(cluster_name, service_name)
        watched = Watched(
            functions=list(functions.values()),
            queues=[each.name for each in queues.values()],
            streams=[each.name for each in streams.values()],
            api_id=api_id,
            database_identifier=database_identifier,
            cluster_name=cluster_name,
            service_name=service_name,
        )
        Dashboard(self, "dashboard", place=place, watched=watched)

    # ----------------------------------------------------------------------------------------- alarms
    def _alarm(
        self,
        name: str,
        description: str,
        *,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        above: float,
        statistic: str = "Maximum",
        extended: str | None = None,
        periods: int = 1,
    ) -> None:
        self._rings(
            name,
            description,
            namespace=namespace,
            metric_name=metric,
            dimensions=dict(dimensions),
            statistic=None if extended else statistic,
            extended_statistic=extended,
            threshold=above,
            period=_FIVE_MINUTES,
            evaluation_periods=periods,
        )

    def _rings(self, name: str, description: str, **what: Any) -> None:
        """Tells when it begins and when it is over. Nothing measured is nothing wrong: at rest nothing is."""
        CloudwatchMetricAlarm(
            self,
            name,
            alarm_name=self._place.names(name),
            alarm_description=description,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            **what,
        )

    def _streams(self, functions: Mapping[str, str]) -> None:
        for consumer in STREAM_CONSUMERS:
            self._alarm(
                f"{consumer.unit}-iterator-age",
                f"{consumer.unit} falls behind {consumer.stream}: records are given up after"
                f" {consumer.max_record_age} s.",
                namespace="AWS/Lambda",
                metric="IteratorAge",
                dimensions={"FunctionName": functions[consumer.unit]},
                above=consumer.max_record_age * 1000 / _AGE_SHARE,
            )

    def _queues(self, queues: Mapping[str, SqsQueue]) -> None:
        for queue in DEAD_LETTER_QUEUES:
            self._alarm(
                f"{queue.name}-depth",
                f"Something could not be obeyed: `video-pipeline dlq list {queue.name}` says what and why.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": queues[queue.name].name},
                above=0,
            )
        for queue in QUEUES:
            if queue.dead_letter:
                self._alarm(
                    f"{queue.name}-age",
                    f"Something waits in {queue.name} for long: it is lost after {queue.retention // 86_400} days.",
                    namespace="AWS/SQS",
                    metric="ApproximateAgeOfOldestMessage",
                    dimensions={"QueueName": queues[queue.name].name},
                    above=queue.retention / _RETENTION_SHARE,
                )

    def _functions(self, functions: Mapping[str, str]) -> None:
        for unit, name in functions.items():
            for metric, said in (("Errors", "raises errors"), ("Throttles", "is held back by its limit")):
                self._alarm(
                    f"{unit}-{metric.lower()}",
                    f"The function {unit} {said}.",
                    namespace="AWS/Lambda",
                    metric=metric,
                    dimensions={"FunctionName": name},
                    above=0,
                    statistic="Sum",
                )

    def _reindexing(self) -> None:
        machine = self._place.arn("states", f"stateMachine:{self._place.names(REINDEXING_MACHINE)}")
        for metric, said in (("ExecutionsFailed", "did not become complete"), ("ExecutionsTimedOut", "never ended")):
            self._alarm(
                f"reindexing-{metric.lower()}",
                f"The new index {said}; the old one serves on. `video-pipeline reindex --status` says why.",
                namespace="AWS/States",
                metric=metric,
                dimensions={"StateMachineArn": machine},
                above=0,
                statistic="Sum",
            )

    def _jobs(self, log_groups: Mapping[str, str]) -> None:
        counts = LogCounts(self, "counts", place=self._place, log_groups=log_groups)
        for counted in COUNTED:
            self._alarm(
                f"jobs-{counted.kind}",
                counted.alarm,
                namespace=counts.namespace,
                metric=counted.metric,
                dimensions={},
                above=0,
                statistic="Sum",
            )

    def _api(self, api_id: str) -> None:
        about: dict[str, Any] = {"namespace": "AWS/ApiGateway", "dimensions": {"ApiId": api_id}}
        self._alarm("api-errors", "The API answers 5xx.", metric="5xx", above=0, statistic="Sum", **about)
        slow = "One in twenty requests takes long."
        self._alarm("api-latency", slow, metric="Latency", above=_SLOW_MS, extended="p95", periods=3, **about)

    def _database(self, identifier: str) -> None:
        most = connections(self._place.environment) * _FULL_PERCENT // 100
        for name, metric, above, said in (
            ("database-capacity", "ACUUtilization", _FULL_PERCENT, "The database runs at its largest size."),
            ("database-connections", "DatabaseConnections", most, "The database soon refuses connections."),
        ):
            self._alarm(
                name,
                said,
                namespace="AWS/RDS",
                metric=metric,
                dimensions={"DBClusterIdentifier": identifier},
                above=above,
                periods=3,
            )

    def _workers(self, cluster: str, service: str) -> None:
        """Fewer than the scaling asks for: an image that can't be pulled, a worker that ends at its start."""
        dimensions = {"ClusterName": cluster, "ServiceName": service}
        self._rings(
            "processor-missing",
            "Fewer workers run than should: the service's events say why.",
            threshold=0,
            evaluation_periods=15,
            metric_query=[
                _asked("desired", "DesiredTaskCount", dimensions),
                _asked("running", "RunningTaskCount", dimensions),
                CloudwatchMetricAlarmMetricQuery(
                    id="missing", expression="desired - running", label="Missing workers", return_data=True
                ),
            ],
        )


def connections(environment: Environment) -> int:
    """How many the database takes at most; while it may shrink to half a unit or less, AWS allows no more than 2000."""
    by_memory = int(environment.database_max_acu * _ACU_BYTES / _BYTES_A_CONNECTION)
    return min(by_memory, _CONNECTIONS_IF_SMALL if environment.database_min_acu <= 0.5 else _CONNECTIONS)


def _asked(id: str, metric: str, dimensions: Mapping[str, str]) -> CloudwatchMetricAlarmMetricQuery:
    return CloudwatchMetricAlarmMetricQuery(
        id=id,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=_INSIGHTS, metric_name=metric, dimensions=dict(dimensions), stat="Minimum", period=_MINUTE
        ),
        return_data=False,
    )
