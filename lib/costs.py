"""What an environment costs: a month in which nothing happens, and each hour of video on top.

python -m lib.costs [--environment prod] [--region eu-central-1] [--markdown | --write]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib import prices, workload
from lib.consumers import sweep_minutes
from lib.cost_table import README, markdown, plain, replaced
from lib.environments import DEV, PROD, Environment
from lib.log_counts import COUNTED
from lib.network import NAT_GATEWAYS, SERVICES, ZONES
from lib.prices import HOURS, Price
from video_pipeline.topology import (
    FUNCTIONS,
    QUEUE_CONSUMERS,
    QUEUES,
    SECRETS,
    STREAM_CONSUMERS,
    STREAMS,
    SWEEPER,
)

ENVIRONMENTS: Final = {"dev": DEV, "prod": PROD}
_GIB: Final = 1024


@dataclass(frozen=True)
class Item:
    """`kinds` are Terraform's resource types that the line pays for."""

    what: str
    quantity: float
    price: Price
    kinds: tuple[str, ...] = ()

    def usd(self, region: str) -> float:
        return self.quantity * self.price.in_region(region)


_Items = list[Item]

# Resource types that cost nothing at rest, and why.
_RULES = "a rule or setting of something that is paid for, or free"
_USED = "paid by use: see the hour of video"
FREE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_route", "aws_route_table"),
            *("aws_route_table_association", "aws_security_group", "aws_default_security_group"),
            *("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"),
            *("aws_iam_role", "aws_iam_role_policy", "aws_kms_alias", "aws_sqs_queue_policy", "aws_sns_topic_policy"),
            *("aws_s3_bucket_cors_configuration", "aws_s3_bucket_lifecycle_configuration"),
            *("aws_s3_bucket_notification", "aws_s3_bucket_ownership_controls", "aws_s3_bucket_policy"),
            *("aws_s3_bucket_public_access_block", "aws_s3_bucket_server_side_encryption_configuration"),
            *("aws_s3_bucket_versioning", "aws_db_subnet_group", "aws_rds_cluster_parameter_group"),
            *("aws_appautoscaling_policy", "aws_appautoscaling_target", "aws_ecs_task_definition"),
            *("aws_ecs_cluster_capacity_providers", "aws_ecr_lifecycle_policy", "aws_lambda_permission"),
            *("aws_lambda_layer_version", "aws_lambda_invocation", "aws_lambda_event_source_mapping"),
            "aws_lambda_function_event_invoke_config",
            *("aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration", "aws_apigatewayv2_route"),
            *("aws_apigatewayv2_stage", "aws_cloudfront_origin_access_control", "aws_sns_topic_subscription"),
            "aws_cloudfront_response_headers_policy",
            *("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"),
        ),
        _RULES,
    ),
    "aws_apigatewayv2_api": "a dollar for a million requests",
    "aws_budgets_budget": "without actions of its own",
    "aws_cloudfront_distribution": "paid by request and by GB",
    "aws_cloudfront_function": "ten cents for a million pages",
    "aws_flow_log": "paid by GB, and only refusals are written down",
    "aws_s3_bucket": _USED,
    "aws_s3_object": "the dashboard has two megabytes",
    **dict.fromkeys(
        (
            *("aws_ses_domain_identity", "aws_ses_domain_dkim", "aws_ses_receipt_rule", "aws_ses_receipt_rule_set"),
            "aws_ses_active_receipt_rule_set",
        ),
        "paid by mail, ten cents for a thousand either way",
    ),
    "aws_sfn_state_machine": "paid by transition, when the archive is embedded anew",
    "aws_sns_topic": "a thousand mails a month are free",
    "aws_ssm_parameter": "a standard parameter",
}


def at_rest(environment: Environment) -> _Items:
    """A month in which nobody sends or asks anything."""
    parts: Sequence[Callable[[Environment], _Items]] = (_network, _streams, _database, _kept, _watching, _awake)
    return [item for part in parts for item in part(environment) if item.quantity]


def _network(environment: Environment) -> _Items:
    gateways = NAT_GATEWAYS[environment.nat]
    endpoints = len(SERVICES) * ZONES if environment.interface_endpoints or environment.nat == "none" else 0
    return [
        Item("NAT gateways", gateways * HOURS, prices.NAT_HOUR, ("aws_nat_gateway",)),
        Item("their public addresses", gateways * HOURS, prices.PUBLIC_ADDRESS_HOUR, ("aws_eip",)),
        Item("interface endpoints", endpoints * HOURS, prices.ENDPOINT_HOUR, ("aws_vpc_endpoint",)),
    ]


def _streams(environment: Environment) -> _Items:
    kinds = ("aws_kinesis_stream",)
    if environment.stream_mode == "ON_DEMAND":
        return [Item("Kinesis streams, on demand", len(STREAMS) * HOURS, prices.STREAM_HOUR, kinds)]
    shards = sum(max(each.shards, environment.stream_shards) for each in STREAMS)
    kept = sum(max(each.retention_hours, environment.stream_retention_hours) > 24 for each in STREAMS)
    longer = shards * HOURS if kept else 0
    return [
        Item("Kinesis shards", shards * HOURS, prices.SHARD_HOUR, kinds),
        Item("records kept for more than a day", longer, prices.SHARD_RETENTION_HOUR),
    ]


def _turn(environment: Environment) -> int:
    """Seconds between two sweeps."""
    return sweep_minutes(environment, SWEEPER.schedule_seconds or 0) * 60


def awake_share(environment: Environment) -> float:
    """Of the time in which the database is not paused: the sweeper asks it something at every turn."""
    if environment.database_min_acu:
        return 1.0
    return min(1.0, (environment.database_pause_seconds + workload.RESUME_SECONDS) / _turn(environment))


def _database(environment: Environment) -> _Items:
    size = environment.database_min_acu or workload.AWAKE_ACU
    hours = environment.database_instances * size * awake_share(environment) * HOURS
    kinds = ("aws_rds_cluster", "aws_rds_cluster_instance")
    return [
        Item("Aurora, awake and idle", hours, prices.ACU_HOUR, kinds),
        Item("Aurora's storage", workload.DATABASE_GB, prices.DATABASE_GB_MONTH, kinds),
    ]


def _kept(_: Environment) -> _Items:
    """The database's password is one more secret."""
    return [
        Item("secrets", len(SECRETS) + 1, prices.SECRET_MONTH, ("aws_secretsmanager_secret",)),
        Item("the key of the alarms", 1, prices.KEY_MONTH, ("aws_kms_key",)),
        Item("images of the worker", workload.IMAGES_GB, prices.IMAGE_GB_MONTH, ("aws_ecr_repository",)),
    ]


def _watching(_: Environment) -> _Items:
    counted = ("aws_cloudwatch_log_metric_filter", "aws_ecs_cluster")
    # Of what is counted from logs, the sweeper's two are there at all times.
    metrics = workload.INSIGHT_METRICS + 2
    return [
        Item("alarms", _alarmed(), prices.ALARM_MONTH, ("aws_cloudwatch_metric_alarm",)),
        Item("metrics of cluster, service and jobs", metrics, prices.METRIC_MONTH, counted),
        Item("the dashboard", 1, prices.DASHBOARD_MONTH, ("aws_cloudwatch_dashboard",)),
    ]


def _alarmed() -> int:
    """Metrics that alarms look at: of edges, functions and jobs; two each of re-indexing, API, database and workers."""
    return len(STREAM_CONSUMERS) + len(QUEUES) + 2 * len(FUNCTIONS) + len(COUNTED) + 8


def _awake(environment: Environment) -> _Items:
    """What runs although nobody asks."""
    calls = HOURS * 3600 / _turn(environment)
    polls = len(QUEUE_CONSUMERS) * workload.POLLERS * HOURS * 3600 / workload.POLL_SECONDS
    logged = calls * workload.CALL_LOG_BYTES / 1e9
    seconds = calls * workload.SWEEP_SECONDS * SWEEPER.memory / _GIB
    tasks = environment.tasks_min * HOURS
    return [
        Item("the sweeper", seconds, prices.LAMBDA_GB_SECOND, ("aws_lambda_function",)),
        Item("its calls", calls, prices.LAMBDA_CALL),
        Item("its traces", calls if environment.tracing else 0, prices.TRACE),
        Item("its log", logged, prices.LOG_GB, ("aws_cloudwatch_log_group",)),
        Item("functions looking into their queues", polls, prices.QUEUE_REQUEST, ("aws_sqs_queue",)),
        Item("workers that always run", tasks, _task_hour(environment), ("aws_ecs_service",)),
    ]


# ------------------------------------------------------------------------------------ an hour of video
def per_hour(environment: Environment) -> _Items:
    """An hour of video with speech and no captions, which comes alone."""
    parts: Sequence[Callable[[Environment], _Items]] = (_listening, _working, _storing, _telling)
    return [item for part in parts for item in part(environment) if item.quantity]


def _listening(environment: Environment) -> _Items:
    minutes = 60 if environment.speech_engine == "transcribe" else 0
    price = prices.EMBEDDING_MODELS.get(environment.openai_embedding_model, prices.EMBEDDING_TOKEN)
    return [
        Item("Amazon Transcribe", minutes, prices.TRANSCRIBE_MINUTE),
        Item("embeddings by OpenAI", workload.TOKENS, price),
        *_summarising(environment),
    ]


def _worker_seconds(environment: Environment) -> float:
    cores = environment.task_cpu / _GIB
    speech = 3600 * workload.SPEECH_FACTOR[environment.speech_engine] / cores
    return workload.MEDIA_SECONDS + workload.TRANSFER_SECONDS + speech


def _working(environment: Environment) -> _Items:
    worked = _worker_seconds(environment)
    waited = 0 if environment.tasks_min else workload.START_SECONDS + workload.IDLE_SECONDS
    functions = sum(each.memory / _GIB * seconds for each, seconds in workload.CALL_SECONDS.items())
    asleep = environment.database_pause_seconds if awake_share(environment) < 1 else 0
    busy = worked + sum(workload.CALL_SECONDS.values()) + asleep
    return [
        Item("the worker at work", worked / 3600, _task_hour(environment)),
        Item("the worker starting and waiting", waited / 3600, _task_hour(environment)),
        Item("functions", functions, prices.LAMBDA_GB_SECOND),
        Item("Aurora at work", busy / 3600 * workload.DATABASE_BUSY_ACU, prices.ACU_HOUR),
    ]


def _task_hour(environment: Environment) -> Price:
    """Of a task of this environment's size."""
    sizes = (
        (environment.task_cpu / _GIB, prices.VCPU_HOUR),
        (environment.task_memory / _GIB, prices.MEMORY_GB_HOUR),
        (max(0, environment.task_storage_gib - workload.FREE_SCRATCH_GB), prices.SCRATCH_GB_HOUR),
    )
    american, german = (sum(size * price.in_region(region) for size, price in sizes) for region in prices.REGIONS)
    return Price("task-hour", american, german, prices.VCPU_HOUR.source)


def _storing(environment: Environment) -> _Items:
    versions = environment.noncurrent_expire if environment.media_versioning else 0
    media = workload.VIDEO_GB * ((environment.uploads_expire or workload.NEVER_DAYS) + versions)
    results = workload.RESULTS_GB * (environment.results_expire or workload.NEVER_DAYS)
    months = (media + results) / workload.DAYS_OF_A_MONTH
    puts = workload.UPLOAD_PARTS + workload.RESULT_OBJECTS
    return [
        Item("S3, until it expires", months, prices.STORAGE_GB_MONTH),
        Item("objects put", puts, prices.STORAGE_PUT),
    ]


def _summarising(environment: Environment) -> _Items:
    if not environment.openai_chat_model:
        return []
    read, written = prices.CHAT_MODELS.get(environment.openai_chat_model, (prices.CHAT_READ, prices.CHAT_WRITTEN))
    return [
        Item("summaries by OpenAI, read", workload.SUMMARY_READ, read),
        Item("summaries by OpenAI, written", workload.SUMMARY_WRITTEN, written),
    ]


def _telling(environment: Environment) -> _Items:
    on_demand = environment.stream_mode == "ON_DEMAND"
    records = workload.RECORDS * workload.RECORD_KB / 1e6
    put = (
        Item("records", records, prices.STREAM_GB) if on_demand else Item("records", workload.RECORDS, prices.PUT_UNIT)
    )
    return [
        put,
        Item("messages", workload.QUEUE_REQUESTS, prices.QUEUE_REQUEST),
        Item("log lines", workload.LOG_GB, prices.LOG_GB),
        Item("through NAT", workload.NAT_GB if environment.nat != "none" else 0, prices.NAT_GB),
    ]


# --------------------------------------------------------------------------------------------- to read
def tables() -> str:
    """For lib/README.md: both estimates of both environments in both regions."""
    columns = [(name, region) for name in ENVIRONMENTS for region in prices.REGIONS]
    rest = [(f"{name}, {region}", _usd(at_rest(ENVIRONMENTS[name]), region)) for name, region in columns]
    hour = [(f"{name}, {region}", _usd(per_hour(ENVIRONMENTS[name]), region)) for name, region in columns]
    return "\n".join(
        [
            f"List prices of {prices.AS_OF} in US dollars, without tax and free allowances; they change.",
            "Written by `python -m lib.costs --write`; prices stand in `prices.py`, assumptions in `workload.py`.",
            "",
            *markdown("a month at rest", rest, digits=2),
            "",
            *markdown("an hour of video", hour, digits=4),
        ]
    )


def _usd(items: Sequence[Item], region: str) -> dict[str, float]:
    return {item.what: item.usd(region) for item in items}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lib.costs", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--environment", choices=ENVIRONMENTS, default="dev")
    parser.add_argument("--region", choices=prices.REGIONS, default=prices.REGIONS[0])
    parser.add_argument("--markdown", action="store_true", help="the tables of lib/README.md")
    parser.add_argument("--write", action="store_true", help="puts them there")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        README.write_text(replaced(README.read_text(encoding="utf-8"), tables()), encoding="utf-8")
    elif chosen.markdown:
        sys.stdout.write(f"{tables()}\n")
    else:
        environment = ENVIRONMENTS[chosen.environment]
        for title, items in (("a month at rest", at_rest(environment)), ("an hour of video", per_hour(environment))):
            rows = [(each.what, each.quantity, each.price.unit, each.usd(chosen.region)) for each in items]
            sys.stdout.write(plain(f"{title}, {chosen.environment} in {chosen.region}", rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
