"""An emulated AWS that Terraform fills, and what a person does with what is deployed there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from video_pipeline.aws.clients import Clients
from video_pipeline.topology import DEFAULT_REGION

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = ("dev", "two")


@dataclass(frozen=True)
class Deployed:
    """An emulated AWS in which Terraform has made a stack for each of `SUFFIXES`."""

    endpoint: str
    folder: Path
    databases: str

    @property
    def clients(self) -> Clients:
        return Clients(DEFAULT_REGION, endpoint=self.endpoint, access_key="local")

    def terraform(self, stack: str, *arguments: str, attempts: int = 1) -> None:
        """Again after a failure, as a person would: one connection that breaks is enough for one."""
        kept = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
        surroundings = {**kept, "AWS_ENDPOINT_URL": self.endpoint, "CHECKPOINT_DISABLE": "1"}
        folder = self.folder / stack.partition("-")[2] / "cdktf.out" / "stacks" / stack
        command = ["terraform", f"-chdir={folder}", *arguments, "-input=false", "-no-color"]
        said = []
        for _ in range(attempts):
            run = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=900, check=False)
            if run.returncode == 0:
                return
            said.append(run.stdout[-3000:] + run.stderr[-3000:])
        raise AssertionError("\n".join(said))

    def apply(self, suffix: str) -> None:
        mirror = os.environ.get("TF_PLUGIN_DIR")
        for stack in (f"registry-{suffix}", f"tap-{suffix}"):
            self.terraform(stack, "init", *([f"-plugin-dir={mirror}"] if mirror else []))
            self.terraform(stack, "apply", "-auto-approve", attempts=2)

    def destroy(self, suffix: str) -> None:
        for stack in (f"tap-{suffix}", f"registry-{suffix}"):
            self.terraform(stack, "destroy", "-auto-approve", attempts=2)

    def rows(self, suffix: str, table: str) -> int:
        url = self.databases.replace("/postgres?", f"/database_cluster_{suffix}?")
        with psycopg.connect(url) as connection:
            [[count]] = connection.execute(f"select count(*) from {table}").fetchall()
        return int(count)

    def objects(self, suffix: str) -> list[str]:
        """Keys in the media bucket and in the results bucket."""
        s3 = self.clients.s3
        buckets = [f"{kind}-123456789012-{suffix}" for kind in ("media-bucket", "results-bucket")]
        return [each["Key"] for bucket in buckets for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def messages(self, suffix: str) -> dict[str, int]:
        """How many wait in each queue, dead letters too, where any do."""
        sqs = self.clients.sqs
        urls = [url for url in sqs.list_queues()["QueueUrls"] if url.endswith(f"-{suffix}")]
        found = {url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls}
        counts = {url.split("/")[-1]: int(each["ApproximateNumberOfMessages"]) for url, each in found.items()}
        return {name: count for name, count in counts.items() if count}

    def everything(self) -> str:
        """What the emulated account holds of every kind that the stack makes, as text."""
        clients = self.clients
        held = [getattr(clients.of(kind), call)() for kind, call in HELD]
        gateways = clients.of("ec2").describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])
        secrets = clients.of("secretsmanager").list_secrets()["SecretList"]
        # AWS deletes the password that RDS made together with its cluster; the emulator forgets to.
        kept = [each for each in secrets if not each["Name"].startswith("rds!")]
        return json.dumps([held, gateways, kept], default=str)


@dataclass
class Person:
    """Whoever sits at a terminal: what the command line says to them."""

    endpoint: str
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, given: str = "", code: int = 0) -> str:
        """What the command printed; `given` is its standard input."""
        run = subprocess.run(
            self.command(*arguments),
            env=self.surroundings,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == code, f"{arguments}: {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run.stdout.strip()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "video_pipeline.cli", *arguments]

    @property
    def surroundings(self) -> dict[str, str]:
        own = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        return {**os.environ, **own, "PYTHONPATH": str(ROOT), **self.variables}


class Attached:
    """`video-pipeline up --attach`, in a terminal of its own."""

    def __init__(self, person: Person, folder: Path, suffix: str) -> None:
        self.folder = folder
        arguments = ("up", "--attach", person.endpoint, "--suffix", suffix, "--api-port", "0", "--data", str(folder))
        self._process = subprocess.Popen(
            person.command(*arguments), env=person.surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        description = folder / "endpoint.json"
        deadline = time.monotonic() + 60
        while not description.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.stop())
            time.sleep(0.05)
        self.description: dict[str, Any] = json.loads(description.read_text())

    @property
    def url(self) -> str:
        return str(self.description["api_url"])

    def stop(self) -> str:
        """What it said; may be called again."""
        self._process.terminate()
        if self._process.stdout is None or self._process.stdout.closed:
            return ""
        return self._process.communicate(timeout=60)[0].decode()


# By boto3's names: a service, and the call that lists what it has.
HELD = (
    ("apigatewayv2", "get_apis"),
    ("cloudfront", "list_distributions"),
    ("cloudfront", "list_origin_access_controls"),
    ("cloudwatch", "describe_alarms"),
    ("cloudwatch", "list_dashboards"),
    ("ecr", "describe_repositories"),
    ("ec2", "describe_route_tables"),
    ("ec2", "describe_security_groups"),
    ("ec2", "describe_subnets"),
    ("ec2", "describe_vpc_endpoints"),
    ("ec2", "describe_vpcs"),
    ("ecs", "list_clusters"),
    ("ecs", "list_task_definitions"),
    ("events", "list_rules"),
    ("iam", "list_roles"),
    ("kinesis", "list_streams"),
    ("lambda", "list_event_source_mappings"),
    ("lambda", "list_functions"),
    ("lambda", "list_layers"),
    ("logs", "describe_log_groups"),
    ("rds", "describe_db_cluster_parameter_groups"),
    ("rds", "describe_db_clusters"),
    ("rds", "describe_db_instances"),
    ("rds", "describe_db_subnet_groups"),
    ("s3", "list_buckets"),
    ("sns", "list_topics"),
    ("sqs", "list_queues"),
    ("ssm", "describe_parameters"),
    ("stepfunctions", "list_state_machines"),
)
