"""What differs between environments, in one place. Costs are US dollars a month in us-east-1, on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

from video_pipeline.topology import DEFAULT_REGION


class BadSetting(ValueError):
    """One sentence that names the setting."""


@dataclass(frozen=True)
class Environment:
    """Sizes and switches of one environment. Times are days unless the name says otherwise."""

    region: str = DEFAULT_REGION

    # network: what leaves the private subnets. `single`: one NAT gateway, 37 and 0.045 per GB; `per_zone`: two of them,
    # none lost with a zone; `none`: interface endpoints alone (7 per service and zone), nothing reaches the internet.
    nat: Literal["none", "single", "per_zone"] = "single"
    interface_endpoints: bool = False

    # streams: `ON_DEMAND` costs 29 a stream at rest, a provisioned shard 11.
    stream_mode: Literal["PROVISIONED", "ON_DEMAND"] = "PROVISIONED"
    stream_shards: int = 1
    stream_retention_hours: int = 24

    # database: an ACU that runs all month costs 88; a minimum of 0 pauses after `database_pause_seconds` of silence,
    # which there is not while the sweeper comes more often: see `sweep_minutes`.
    database_min_acu: float = 0.0
    database_max_acu: float = 2.0
    database_pause_seconds: int = 900
    database_instances: int = 1
    database_backup: int = 1
    database_maintenance: str = "sun:04:00-sun:05:00"
    database_backup_window: str = "02:00-03:00"

    # storage
    uploads_expire: int = 30
    projects_expire: int = 14
    results_expire: int = 0  # 0: never
    noncurrent_expire: int = 7
    media_versioning: bool = True

    # functions
    log_retention: int = 7
    reserve_concurrency: bool = True
    tracing: bool = True
    # Between two sweeps, which carry on what a crash left behind. A minute keeps the database awake (44 a month); with
    # 60 it sleeps three quarters of the time, and a lost message waits for up to an hour.
    sweep_minutes: int = 60

    # processing: a task of 2 vCPU and 4 GiB costs 0.10 an hour while it runs.
    task_cpu: int = 2048
    task_memory: int = 4096
    task_storage_gib: int = 50
    tasks_min: int = 0
    tasks_max: int = 2
    videos_per_task: int = 2
    image_tag: str = "latest"
    desired_tasks: int = 0

    # services that the product asks
    speech_engine: Literal["transcribe", "whisper", "pocketsphinx"] = "transcribe"
    openai_base_url: str = "https://api.openai.com/v1"
    openai_chat_model: str = "gpt-4.1-mini"  # empty: answers and summaries are quoted without a language model
    openai_embedding_model: str = "text-embedding-3-small"
    openai_embedding_dimensions: int = 1536
    vector_store: Literal["pgvector", "pinecone"] = "pgvector"
    pinecone_index: str = "video-pipeline"

    # mail: without a domain none goes out and none comes in. What its DNS has to say is an output of the stack. Mail
    # comes from, and to, `mail_from`, or `questions@` the domain. Who may ask by mail stands in `mail_allowed`:
    # addresses and domains. `mail_rule_set`: the active receipt rules of an account that receives other mail already.
    mail_domain: str = ""
    mail_from: str = ""
    mail_allowed: tuple[str, ...] = ()
    mail_rule_set: str = ""
    human_address: str = ""  # gets the questions that found no answer

    # the dashboard: which edges of CloudFront serve it (100: Europe and North America), a path under which it lies, and
    # a domain of one's own, whose certificate stands in us-east-1; its DNS is to point at the output `web_host`.
    web_price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    web_path: str = ""
    web_domain: str = ""
    web_certificate_arn: str = ""

    # API
    throttle_rate: int = 50
    throttle_burst: int = 100
    jwt_issuer: str = ""
    jwt_audience: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()

    # watching
    alarm_email: str = ""
    budget: int = 0  # US dollars a month; 0: no budget alarm

    # An endpoint that emulates AWS lacks some services; see lib/README.md.
    emulated: bool = False

    @property
    def mail_address(self) -> str:
        return self.mail_from or f"questions@{self.mail_domain}"


DEV: Final = Environment()
PROD: Final = Environment(
    nat="per_zone",
    interface_endpoints=True,
    stream_mode="ON_DEMAND",
    stream_retention_hours=168,
    database_min_acu=0.5,
    sweep_minutes=1,
    database_max_acu=16.0,
    database_instances=2,
    database_backup=14,
    uploads_expire=90,
    noncurrent_expire=30,
    log_retention=90,
    task_cpu=4096,
    task_memory=8192,
    task_storage_gib=100,
    tasks_max=10,
    vector_store="pinecone",
    throttle_rate=200,
    throttle_burst=400,
    budget=500,
)


def environment_for(suffix: str, overrides: Mapping[str, Any] | None = None) -> Environment:
    """`prod` and `prod-…` are wide, all others small; `overrides` names single settings. Raises `BadSetting`."""
    base = PROD if suffix == "prod" or suffix.startswith("prod-") else DEV
    chosen = replace(base, **_checked(overrides or {}))
    if chosen.nat == "none" and (chosen.vector_store == "pinecone" or "api.openai.com" in chosen.openai_base_url):
        raise BadSetting(
            "nat `none` cuts the functions off from OpenAI and Pinecone: choose `single`, or an inner URL."
        )
    _check_mail(chosen)
    _check_web(chosen)
    return chosen


def _check_web(chosen: Environment) -> None:
    if not re.fullmatch(r"(/[a-z0-9-]+)*", chosen.web_path):
        raise BadSetting(f"`web_path` is {chosen.web_path!r}; it should look like '/films'.")
    if bool(chosen.web_domain) != bool(chosen.web_certificate_arn):
        raise BadSetting("`web_domain` and `web_certificate_arn` go together: a name wants a certificate.")
    if chosen.web_price_class not in ("PriceClass_100", "PriceClass_200", "PriceClass_All"):
        raise BadSetting(f"`web_price_class` is {chosen.web_price_class!r}; it is PriceClass_100, _200 or _All.")


def _check_mail(chosen: Environment) -> None:
    if not chosen.mail_domain and (chosen.mail_from or chosen.mail_allowed or chosen.human_address):
        raise BadSetting("Settings of mail need `mail_domain`, the domain that mail comes from.")
    if chosen.mail_from and chosen.mail_from.rpartition("@")[2] != chosen.mail_domain:
        raise BadSetting(f"`mail_from` is {chosen.mail_from!r}, which is no address of {chosen.mail_domain!r}.")
    if chosen.mail_domain and chosen.nat == "none":
        raise BadSetting("nat `none` cuts the functions off from SES: choose `single`.")


def overrides_from(text: str | None) -> dict[str, Any]:
    """Of `STACK_SETTINGS`, a JSON object. Raises `BadSetting`."""
    if not text:
        return {}
    try:
        read = json.loads(text)
    except ValueError as error:
        raise BadSetting(f"STACK_SETTINGS is not JSON: {error}.") from error
    if not isinstance(read, dict):
        raise BadSetting('STACK_SETTINGS is not a JSON object such as {"nat": "single"}.')
    return read


def _checked(overrides: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name: getattr(DEV, each.name) for each in fields(Environment)}
    checked: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in known:
            raise BadSetting(f"There is no stack setting {name!r}. Known: {', '.join(sorted(known))}.")
        checked[name] = _like(name, value, known[name])
    return checked


def _like(name: str, value: Any, example: Any) -> Any:
    if isinstance(example, tuple) and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if isinstance(example, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(example):
        raise BadSetting(f"The stack setting {name!r} is {value!r}; it should look like {example!r}.")
    return value
