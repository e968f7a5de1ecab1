"""What somebody should look at: alarms with one topic, a dashboard, and a budget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cdktf_cdktf_provider_aws.budgets_budget import BudgetsBudget, BudgetsBudgetNotification
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.kinesis_stream import KinesisStream
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from lib.place import Place
from video_pipeline.topology import DEAD_LETTER_QUEUES, STREAM_CONSUMERS

_MINUTE: Final = 60
_FIVE_MINUTES: Final = 300
# A third of the age at which a record is given up: time to look before anything goes to the dead letters.
_AGE_SHARE: Final = 3
_SLOW_MS: Final = 5_000
_MOST_CONNECTIONS: Final = 150
_FULL_PERCENT: Final = 90


class Monitoring(Construct):
    """Alarms on every edge and process; all tell the topic `alarms`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002
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
        topic = SnsTopic(self, "topic", name=place.names("alarms"), kms_master_key_id="alias/aws/sns")
        self.topic_arn = topic.arn
        if place.environment.alarm_email:
            SnsTopicSubscription(
                self, "email", topic_arn=topic.arn, protocol="email", endpoint=place.environment.alarm_email
            )
        self._edges(functions, queues)
        self._functions(functions)
        self._jobs(log_groups)
        self._api(api_id)
        self._database(database_identifier)
        if place.environment.tasks_min:
            self._service(cluster_name, service_name)
        self._dashboard(functions, queues, streams)
        # The emulation does not know budgets.
        if place.environment.budget and not place.environment.emulated:
            self._budget()

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
        below: bool = False,
        period: int = _FIVE_MINUTES,
        periods: int = 1,
    ) -> None:
        CloudwatchMetricAlarm(
            self,
            name,
            alarm_name=self._place.names(name),
            alarm_description=description,
            namespace=namespace,
            metric_name=metric,
            dimensions=dict(dimensions),
            statistic=None if extended else statistic,
            extended_statistic=extended,
            comparison_operator="LessThanThreshold" if below else "GreaterThanThreshold",
            threshold=above,
            period=period,
            evaluation_periods=periods,
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
        )

    def _edges(self, functions: Mapping[str, str], queues: Mapping[str, SqsQueue]) -> None:
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
        for queue in DEAD_LETTER_QUEUES:
            self._alarm(
                f"{queue.name}-depth",
                f"Something could not be obeyed: `video-pipeline dlq list {queue.name}` says what and why.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": queues[queue.name].name},
                above=0,
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

    def _jobs(self, log_groups: Mapping[str, str]) -> None:
        """Counted from what the processes log, as JSON."""
        failed = '{ ($.message = "stage failed") || ($.message = "attempt failed") }'
        stuck = '{ ($.message = "swept") && (($.stalled > 0) || ($.workers_lost > 0)) }'
        counted = [(unit, "failed", failed) for unit in sorted(log_groups) if unit != "sweeper"]
        for unit, kind, pattern in (*counted, ("sweeper", "stuck", stuck)):
            self._count(unit, kind, pattern, log_groups[unit])
        for kind, said in (
            ("failed", "A job's stage failed: `video-pipeline jobs` says which and why."),
            ("stuck", "The sweeper found jobs that nobody works on."),
        ):
            self._alarm(
                f"jobs-{kind}",
                said,
                namespace=self._namespace,
                metric=f"Jobs{kind.title()}",
                dimensions={},
                above=0,
                statistic="Sum",
            )

    @property
    def _namespace(self) -> str:
        return f"VideoPipeline/{self._place.names.suffix}"

    def _count(self, unit: str, kind: str, pattern: str, log_group: str) -> None:
        CloudwatchLogMetricFilter(
            self,
            f"{unit}-{kind}",
            name=self._place.names(f"{unit}-{kind}"),
            log_group_name=log_group,
            pattern=pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                name=f"Jobs{kind.title()}", namespace=self._namespace, value="1", default_value="0"
            ),
        )

    def _api(self, api_id: str) -> None:
        self._alarm(
            "api-errors",
            "The API answers 5xx.",
            namespace="AWS/ApiGateway",
            metric="5xx",
            dimensions={"ApiId": api_id},
            above=0,
            statistic="Sum",
        )
        self._alarm(
            "api-latency",
            "One in twenty requests takes long.",
            namespace="AWS/ApiGateway",
            metric="Latency",
            dimensions={"ApiId": api_id},
            above=_SLOW_MS,
            extended="p95",
            periods=3,
        )

    def _database(self, identifier: str) -> None:
        for name, metric, most, said in (
            ("database-capacity", "ACUUtilization", _FULL_PERCENT, "The database runs at its largest size."),
            ("database-connections", "DatabaseConnections", _MOST_CONNECTIONS, "Many connections to the database."),
        ):
            self._alarm(
                name,
                said,
                namespace="AWS/RDS",
                metric=metric,
                dimensions={"DBClusterIdentifier": identifier},
                above=most,
                periods=3,
            )

    def _service(self, cluster: str, service: str) -> None:
        self._alarm(
            "processor-missing",
            "Fewer workers run than there should always be.",
            namespace="ECS/ContainerInsights",
            metric="RunningTaskCount",
            dimensions={"ClusterName": cluster, "ServiceName": service},
            above=self._place.environment.tasks_min,
            below=True,
            statistic="Minimum",
            period=_MINUTE,
            periods=10,
        )

    # -------------------------------------------------------------------------------------- dashboard
    def _dashboard(
        self,
        functions: Mapping[str, str],
        queues: Mapping[str, SqsQueue],
        streams: Mapping[str, KinesisStream],
    ) -> None:
        waiting = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", each.name] for each in queues.values()
        ]
        came = [["AWS/Kinesis", "IncomingRecords", "StreamName", each.name] for each in streams.values()]
        errors = [["AWS/Lambda", "Errors", "FunctionName", name] for name in functions.values()]
        took = [["AWS/Lambda", "Duration", "FunctionName", name] for name in functions.values()]
        rows = [("Waiting in queues", waiting), ("Records put", came), ("Errors", errors), ("Duration", took)]
        widgets = [self._widget(number, title, metrics) for number, (title, metrics) in enumerate(rows)]
        CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=self._place.names("video-pipeline"),
            dashboard_body=json.dumps({"widgets": widgets}),
        )

    def _widget(self, number: int, title: str, metrics: Sequence[Sequence[str]]) -> dict[str, Any]:
        return {
            "type": "metric",
            "x": 12 * (number % 2),
            "y": 6 * (number // 2),
            "width": 12,
            "height": 6,
            "properties": {"title": title, "region": self._place.region, "metrics": metrics, "period": _FIVE_MINUTES},
        }

    def _budget(self) -> None:
        warned = BudgetsBudgetNotification(
            comparison_operator="GREATER_THAN",
            threshold=80,
            threshold_type="PERCENTAGE",
            notification_type="FORECASTED",
            subscriber_email_addresses=[self._place.environment.alarm_email],
        )
        BudgetsBudget(
            self,
            "budget",
            name=self._place.names("budget"),
            budget_type="COST",
            limit_amount=str(self._place.environment.budget),
            limit_unit="USD",
            time_unit="MONTHLY",
            notification=[warned] if self._place.environment.alarm_email else [],
        )
