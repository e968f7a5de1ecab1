"""Terraform makes the whole stack on an emulated AWS, with the real provider, and removes it again."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.infra.synthesis import synthesise
from video_pipeline.aws.clients import Clients
from video_pipeline.topology import DEFAULT_REGION

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "lambdas" / "layer" / "layer.zip"
SUFFIXES = ("dev", "two")
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed"),
    pytest.mark.skipif(not LAYER.exists(), reason="the layer is not built: `make layer`"),
]


@dataclass(frozen=True)
class Deployed:
    """An emulated AWS in which Terraform has made a stack for each of `SUFFIXES`."""

    endpoint: str
    folder: Path
    databases: str

    @property
    def clients(self) -> Clients:
        return Clients(DEFAULT_REGION, endpoint=self.endpoint, access_key="local")

    def stack(self, suffix: str) -> Path:
        return self.folder / suffix / "cdktf.out" / "stacks" / f"tap-{suffix}"

    def terraform(self, suffix: str, *arguments: str) -> str:
        kept = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
        surroundings = {**kept, "AWS_ENDPOINT_URL": self.endpoint, "CHECKPOINT_DISABLE": "1"}
        command = ["terraform", f"-chdir={self.stack(suffix)}", *arguments, "-input=false", "-no-color"]
        run = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=900, check=False)
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        return run.stdout

    def apply(self, suffix: str) -> None:
        mirror = os.environ.get("TF_PLUGIN_DIR")
        self.terraform(suffix, "init", *([f"-plugin-dir={mirror}"] if mirror else []))
        self.terraform(suffix, "apply", "-auto-approve")

    def destroy(self, suffix: str) -> None:
        self.terraform(suffix, "destroy", "-auto-approve")

    def everything(self) -> str:
        """What the emulated account holds of every kind that the stack makes, as text."""
        clients = self.clients
        held = [getattr(clients.of(kind), call)() for kind, call in HELD]
        gateways = clients.of("ec2").describe_nat_gateways(Filters=[{"Name": "state", "Values": ["available"]}])
        secrets = clients.of("secretsmanager").list_secrets()["SecretList"]
        # AWS deletes the password that RDS made together with its cluster; the emulator forgets to.
        kept = [each for each in secrets if not each["Name"].startswith("rds!")]
        return json.dumps([held, gateways, kept], default=str)


# By boto3's names: a service, and the call that lists what it has.
HELD = (
    ("apigatewayv2", "get_apis"),
    ("cloudfront", "list_distributions"),
    ("cloudfront", "list_origin_access_controls"),
    ("cloudwatch", "describe_alarms"),
    ("cloudwatch", "list_dashboards"),
    ("ec2", "describe_route_tables"),
    ("ec2", "describe_security_groups"),
    ("ec2", "describe_subnets"),
    ("ec2", "describe_vpc_endpoints"),
    ("ec2", "describe_vpcs"),
    ("ecs", "list_clusters"),
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
)


@pytest.fixture(scope="module")
def deployed(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deploy")
    port = _free_port()
    arguments = ["--empty", "--port", str(port), "--data", str(folder / "data"), "--databases", postgres]
    with (folder / "aws.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "local.aws", *arguments], stdout=log, stderr=log, cwd=ROOT)
        made = Deployed(f"http://127.0.0.1:{port}", folder, postgres)
        try:
            _await(port)
            for suffix in SUFFIXES:
                synthesise(folder / suffix, suffix, layer=LAYER, emulated=True)
            with ThreadPoolExecutor() as pool:
                list(pool.map(made.apply, SUFFIXES))
            yield made
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the emulated AWS does not answer")


def test_the_deployment_migrated_a_database_of_its_own_for_each_suffix(deployed: Deployed) -> None:
    for suffix in SUFFIXES:
        url = deployed.databases.replace("/postgres?", f"/database_cluster_{suffix}?")
        with psycopg.connect(url) as connection:
            rows = connection.execute("select count(*) from migrations").fetchall()
            assert rows[0][0] >= 2
            assert connection.execute("select count(*) from jobs").fetchall() == [(0,)]


def test_the_deployed_archive_makes_keys_with_nothing_but_its_layer(deployed: Deployed) -> None:
    for _ in range(2):
        answer = deployed.clients.invoker.invoke(
            FunctionName="administration-dev", Payload=json.dumps({"do": "create_key", "name": "me"}).encode()
        )
        made = json.loads(answer["Payload"].read())
        assert made["key"].startswith("vp_"), made
    refused = deployed.clients.invoker.invoke(FunctionName="administration-dev", Payload=b'{"do": "dance"}')
    assert json.loads(refused["Payload"].read())["error"]["code"] == "administration_unclear"


def test_one_suffix_goes_and_leaves_nothing_while_the_other_stays(deployed: Deployed) -> None:
    assert len(_names(deployed.everything(), "two")) > 100
    deployed.destroy("two")
    assert _names(deployed.everything(), "two") == []
    assert deployed.clients.sqs.get_queue_url(QueueName="processing-queue-dev")["QueueUrl"]
    deployed.destroy("dev")
    assert _names(deployed.everything(), "dev") == []


def _names(text: str, suffix: str) -> list[str]:
    return re.findall(rf'[^"]*-{suffix}\b[^"]*', text)
