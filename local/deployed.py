"""A suffix that was deployed to an endpoint, as AWS's interfaces describe it; the topology is not asked."""

from __future__ import annotations

import json
import logging
import re
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from local.aws.databases import PATH
from local.pump.mapping import Mapping
from local.supervisor import CannotStart
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.errors import translated
from video_pipeline.cli.deployed import read_deployment
from video_pipeline.deployment import Deployment
from video_pipeline.errors import PipelineError
from video_pipeline.topology import PROCESSOR_TASK, resource_name

log = logging.getLogger(__name__)
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}
_PATIENCE: Final = 10.0


class Deployed:
    """Everything raises `CannotStart` with one sentence if it can't be told."""

    def __init__(self, endpoint: str, region: str, suffix: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._suffix = suffix
        self._clients = Clients(region, endpoint=self._endpoint, attempts=2, access_key="local")
        with self._asking():
            self.deployment: Deployment = read_deployment(self._clients, suffix, region)

    def mappings(self) -> tuple[Mapping, ...]:
        """From streams and queues to functions of this suffix."""
        with self._asking(), translated("lambda:ListEventSourceMappings"):
            pages = self._clients.of("lambda").get_paginator("list_event_source_mappings").paginate()
            found = [Mapping.from_api(each) for page in pages for each in page["EventSourceMappings"]]
        return tuple(mapping for mapping in found if mapping.function in self.functions)

    def schedules(self) -> dict[str, float]:
        """Seconds between the runs of a function of this suffix, by its name."""
        events = self._clients.of("events")
        with self._asking(), translated("events:ListRules"):
            rules = [rule for page in events.get_paginator("list_rules").paginate() for rule in page["Rules"]]
            found = [
                (name, rule)
                for rule in rules
                if rule.get("ScheduleExpression") and rule.get("State") == "ENABLED"
                for name in _functions(events.list_targets_by_rule(Rule=rule["Name"])["Targets"], self.functions)
            ]
        schedules: dict[str, float] = {}
        for name, rule in found:
            if seconds := rate(rule["ScheduleExpression"]):
                schedules[name] = min(seconds, schedules.get(name, seconds))
            else:
                log.warning("only rates are kept here, no times", extra={"rule": rule["Name"], "function": name})
        return schedules

    @property
    def functions(self) -> Collection[str]:
        """Names."""
        return set(self.deployment.functions.values())

    def worker(self) -> dict[str, str]:
        """The environment variables of the newest task definition."""
        family = resource_name(PROCESSOR_TASK, self._suffix)
        try:
            with translated("ecs:DescribeTaskDefinition", family):
                found = self._clients.of("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
        except PipelineError as error:
            raise CannotStart(
                f"There is no task definition {family} at {self._endpoint}, so the worker's environment is unknown. "
                f"Deploy it with `./deploy.sh {self._suffix}`."
            ) from error
        return {each["name"]: each["value"] for each in found["containerDefinitions"][0].get("environment", ())}

    def database(self, host: str | None) -> str:
        """The URL of what stands for the cluster at `host`."""
        if not host:
            raise CannotStart(f"The worker of {self._suffix} knows no database. {_OTHERWISE}")
        address = f"{self._endpoint}{PATH}{quote(host, safe='')}"
        try:
            with _direct.open(address, timeout=_PATIENCE) as answer:
                return str(json.load(answer)["url"])
        except urllib.error.HTTPError as error:
            with error:
                raise CannotStart(f"{self._endpoint} does not tell {host}'s database. {_OTHERWISE}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CannotStart(f"{self._endpoint} does not tell {host}'s database. {_OTHERWISE}") from error

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except PipelineError as error:
            if error.code == "aws_unreachable":
                raise CannotStart(
                    f"Nothing answers at {self._endpoint}. Start it with `video-pipeline up --empty`."
                ) from error
            raise CannotStart(f"{error.message} {error.hint}".strip()) from error


_OTHERWISE: Final = "Name it with `--set DATABASE_URL=…`."
# Proxies are for the world; the endpoint is a neighbour.
_direct: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def rate(expression: str) -> float | None:
    """The seconds of `rate(5 minutes)`; None for other expressions."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    return float(int(found[1]) * _SECONDS[found[2]]) if found else None


def _functions(targets: list[dict[str, Any]], known: Collection[str]) -> list[str]:
    arns = [str(target["Arn"]).split(":") for target in targets]
    return [arn[6] for arn in arns if arn[2] == "lambda" and arn[6] in known]
