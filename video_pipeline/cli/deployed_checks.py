"""What a deployed suffix is expected to have, by the topology and by what the deployment says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from video_pipeline.aws.clients import Clients
from video_pipeline.aws.errors import translated
from video_pipeline.cli import checks as common
from video_pipeline.cli.checkup import MISSING, NO_VALUE, UNREACHABLE, Check, Seen
from video_pipeline.cli.system import System
from video_pipeline.deployment import Deployment
from video_pipeline.errors import Misconfigured
from video_pipeline.topology import (
    DATABASE_CLUSTER,
    DEPLOYMENT,
    FUNCTIONS,
    PROCESSING_CLUSTER,
    PROCESSOR_REPOSITORY,
    PROCESSOR_SERVICE,
    PROCESSOR_TASK,
    QUEUE_CONSUMERS,
    REINDEXING_MACHINE,
    SECRETS,
    STREAM_CONSUMERS,
    SWEEPER,
    TRANSCRIPTION,
    resource_name,
)

_NOT_YET_KNOWN: Final = "its name stands in the deployment parameter"
_ON_ITS_WAY: Final = ("Enabling", "Creating", "Updating")
_DATABASE_AT_WORK: Final = ("available", "backing-up", "maintenance", "modifying", "upgrading", "renaming")


def of_deployment(system: System, clients: Clients) -> list[Check]:
    """Misconfigured when AWS may not be asked at all; a deployment that does not describe itself is a missing thing."""
    try:
        deployment = system.deployment
    except Misconfigured as error:
        if error.code not in ("deployment_missing", "deployment_malformed"):
            raise
        return list(_Expected(system, clients, None))
    return list(_Expected(system, clients, deployment))


class _Expected:
    """Everything, as checks."""

    def __init__(self, system: System, clients: Clients, deployment: Deployment | None) -> None:
        self._system = system
        self._clients = clients
        self._deployment = deployment
        self._deploy = f"Deploy: `./deploy.sh {system.suffix}`."

    def __iter__(self) -> Iterator[Check]:
        yield Check("parameter", self._name(DEPLOYMENT), self._described, self._deploy)
        yield from common.streams_and_queues(self._clients, self._system.suffix, self._deploy)
        yield from self._functions()
        yield from self._consumers()
        yield from self._rules()
        yield from self._storage()
        yield from self._secrets()
        yield from self._services()

    def _name(self, resource_type: str) -> str:
        return resource_name(resource_type, self._system.suffix)

    def _described(self) -> Seen:
        return Seen(state=MISSING) if self._deployment is None else Seen()

    def _function(self, unit: str) -> str:
        return (self._deployment.functions if self._deployment else {}).get(unit, self._name(unit))

    def _functions(self) -> Iterator[Check]:
        for each in FUNCTIONS:
            name = self._function(each.unit)
            yield Check("function", name, partial(_function, self._clients, name), self._deploy)

    def _consumers(self) -> Iterator[Check]:
        reads = [(each.unit, f":stream/{self._name(each.stream)}") for each in STREAM_CONSUMERS]
        reads += [(each.unit, f":{self._name(each.queue)}") for each in QUEUE_CONSUMERS]
        for unit, source in reads:
            name = self._function(unit)
            title = f"{source.removeprefix(':').removeprefix('stream/')} to {name}"
            yield Check("mapping", title, partial(_mapping, self._clients, name, source), self._deploy)

    def _rules(self) -> Iterator[Check]:
        sweeper, queue = self._function(SWEEPER.unit), self._name(TRANSCRIPTION.name)
        clients = self._clients
        yield Check("rule", f"schedule of {sweeper}", lambda: _rule(clients, _arn(clients, sweeper)), self._deploy)
        yield Check(
            "rule", f"events to {queue}", lambda: _rule(clients, common.queue_arn(clients, queue)), self._deploy
        )

    def _storage(self) -> Iterator[Check]:
        if self._deployment is None:
            for kind in ("bucket", "API"):
                yield Check(kind, "?", lambda: Seen(_NOT_YET_KNOWN, UNREACHABLE), self._deploy)
            return
        named = (self._deployment.media_bucket, self._deployment.results_bucket)
        yield from common.buckets(self._clients, named, self._deploy)
        if bucket := self._deployment.web_bucket:
            yield Check("dashboard", f"{bucket}/index.html", partial(_page, self._clients, bucket), self._deploy)
        log_group = f"/aws/lambda/{self._function('question_api')}"
        yield common.api(self._system, f"Look at the log group {log_group}.")

    def _secrets(self) -> Iterator[Check]:
        for each in SECRETS:
            name = self._name(each)
            short = each.removesuffix("-secret")
            remedy = f"If it is used: `video-pipeline secrets set {short} --suffix {self._system.suffix}`."
            yield Check("secret", name, partial(_secret, self._clients, name, remedy), self._deploy)

    def _services(self) -> Iterator[Check]:
        clients = self._clients
        database, cluster, service = map(self._name, (DATABASE_CLUSTER, PROCESSING_CLUSTER, PROCESSOR_SERVICE))
        if self._deployment:
            database, cluster = self._deployment.database_cluster, self._deployment.processing_cluster
            service = self._deployment.processor_service
        task, repository = self._name(PROCESSOR_TASK), self._name(PROCESSOR_REPOSITORY)
        yield Check("database", database, partial(_database, clients, database), self._deploy)
        yield Check("cluster", cluster, partial(_cluster, clients, cluster), self._deploy)
        yield Check("service", service, partial(_service, clients, cluster, service), self._deploy)
        yield Check("task", task, partial(_task, clients, task), self._deploy)
        yield Check("image", repository, partial(_image, clients, repository), self._deploy)
        machine = self._deployment.reindexing_machine if self._deployment else None
        look = partial(_machine, clients, machine) if machine else lambda: Seen(_NOT_YET_KNOWN, UNREACHABLE)
        yield Check("machine", self._name(REINDEXING_MACHINE), look, self._deploy)


def _page(clients: Clients, bucket: str) -> Seen:
    with translated("s3:GetObject", f"s3://{bucket}/index.html"):
        found = clients.s3.head_object(Bucket=bucket, Key="index.html")
    return Seen(f"of {found['LastModified']:%Y-%m-%d %H:%M} UTC")


def _configuration(clients: Clients, name: str) -> dict[str, Any]:
    with translated("lambda:GetFunctionConfiguration", name):
        found: dict[str, Any] = clients.of("lambda").get_function_configuration(FunctionName=name)
    return found


def _arn(clients: Clients, function: str) -> str:
    return str(_configuration(clients, function)["FunctionArn"])


def _function(clients: Clients, name: str) -> Seen:
    return common.in_state(_configuration(clients, name).get("State", "Active"), "Active", "Pending", "Inactive")


def _mapping(clients: Clients, function: str, source: str) -> Seen:
    with translated("lambda:ListEventSourceMappings", function):
        pages = clients.of("lambda").get_paginator("list_event_source_mappings").paginate(FunctionName=function)
        found = [each for page in pages for each in page["EventSourceMappings"]]
    mine = next((each for each in found if str(each.get("EventSourceArn", "")).endswith(source)), None)
    if mine is None:
        return Seen(state=MISSING)
    state = str(mine["State"])
    if state == "Enabled" or state in _ON_ITS_WAY:
        return Seen(state.lower())
    remedy = f"Enable it: `aws lambda update-event-source-mapping --uuid {mine['UUID']} --enabled`."
    return Seen(state.lower(), UNREACHABLE, remedy)


def _rule(clients: Clients, target: str) -> Seen:
    events = clients.of("events")
    with translated("events:ListRuleNamesByTarget", target):
        names = events.list_rule_names_by_target(TargetArn=target)["RuleNames"]
        states = {name: str(events.describe_rule(Name=name)["State"]) for name in names}
    if not states:
        return Seen(state=MISSING)
    enabled = [name for name, state in states.items() if state.startswith("ENABLED")]
    if enabled:
        return Seen(enabled[0])
    name = names[0]
    return Seen(f"{name} is disabled", UNREACHABLE, f"Enable it: `aws events enable-rule --name {name}`.")


def _secret(clients: Clients, name: str, remedy: str) -> Seen:
    from video_pipeline.cli.console import moment
    from video_pipeline.cli.secret_values import state_of

    found = state_of(clients.secrets, name)
    if found.version is None:
        return Seen(state=NO_VALUE, remedy=remedy)
    return Seen(f"has a value since {moment(found.since)}")


def _database(clients: Clients, cluster: str) -> Seen:
    with translated("rds:DescribeDBClusters", cluster):
        [found] = clients.of("rds").describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    return common.in_state(str(found["Status"]), *_DATABASE_AT_WORK)


def _cluster(clients: Clients, name: str) -> Seen:
    with translated("ecs:DescribeClusters", name):
        found = clients.of("ecs").describe_clusters(clusters=[name])["clusters"]
    return _active(found)


def _service(clients: Clients, cluster: str, name: str) -> Seen:
    with translated("ecs:DescribeServices", name):
        found = clients.of("ecs").describe_services(cluster=cluster, services=[name])["services"]
    seen = _active(found)
    return (
        seen if seen.state == MISSING else Seen(f"{found[0]['runningCount']} of {found[0]['desiredCount']} tasks run")
    )


def _active(found: list[dict[str, Any]]) -> Seen:
    """ECS remembers for a while, as inactive, what was deleted."""
    active = bool(found) and found[0]["status"] == "ACTIVE"
    return Seen("active") if active else Seen(state=MISSING)


def _task(clients: Clients, family: str) -> Seen:
    with translated("ecs:DescribeTaskDefinition", family):
        found = clients.of("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    return Seen(f"revision {found['revision']}")


def _machine(clients: Clients, arn: str) -> Seen:
    with translated("states:DescribeStateMachine", arn):
        found = clients.of("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return common.in_state(str(found["status"]), "ACTIVE")


def _image(clients: Clients, repository: str) -> Seen:
    with translated("ecr:ListImages", repository):
        found = clients.of("ecr").list_images(repositoryName=repository, maxResults=1)["imageIds"]
    return Seen() if found else Seen("no image was pushed", NO_VALUE)
