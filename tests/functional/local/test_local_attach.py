"""What was deployed to an endpoint is set to work from what AWS's interfaces say, and nothing else is asked."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local import resources
from local.attach import Attached, AttachOptions
from local.deployed import Deployed, rate
from local.empty import Empty, EmptyOptions
from local.supervisor import CannotStart
from video_pipeline.cli.system import Options as CommandLineOptions
from video_pipeline.cli.system import System as CommandLine
from video_pipeline.deployment import Deployment

REGION, ACCOUNT = "us-east-1", resources.ACCOUNT
HOST = "database-cluster-toy.cluster-x.us-east-1.rds.amazonaws.com"
CODE = """
import json, os

def handler(event, context):
    if "Records" not in event and "requestContext" not in event:
        event = {"scheduled": event["detail-type"], "database": os.environ["DATABASE_URL"]}
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps({"function": context.function_name, "event": event}) + "\\n")
    if "requestContext" not in event:
        return {"batchItemFailures": []}
    if event["rawPath"] == "/fail":
        raise ValueError("on purpose")
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": event["rawPath"]}
"""


class Stack:
    """A suffix as Terraform would have made it, with toys for functions."""

    def __init__(self, aws: Any, suffix: str, notes: Path) -> None:
        self.aws, self.suffix, self._notes = aws, suffix, notes
        opened = resources.session(REGION)
        self.of: Callable[[str], Any] = lambda service: opened.client(service, endpoint_url=aws.url)

    def notes(self) -> list[dict[str, Any]]:
        text = self._notes.read_text() if self._notes.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def seen(self, unit: str) -> list[Any]:
        return [note["event"] for note in self.notes() if note["function"] == f"{unit}-{self.suffix}"]

    def make(self) -> None:
        self.queue = self.aws.sqs.create_queue(QueueName=f"uploads-queue-{self.suffix}")["QueueUrl"]
        for unit in ("ingest", "sweeper", "question_api"):
            self.function(f"{unit}-{self.suffix}")
        self.aws.functions.create_event_source_mapping(
            FunctionName=f"ingest-{self.suffix}",
            EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:uploads-queue-{self.suffix}",
            BatchSize=7,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": 3},
        )
        self.rule("sweeper-schedule", "rate(5 minutes)", f"sweeper-{self.suffix}")
        self.describe()
        self.task({"DATABASE_HOST": HOST, "ENVIRONMENT_SUFFIX": self.suffix, "SPEECH_ENGINE": "transcribe"})

    def function(self, name: str) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as packed:
            packed.writestr("toy.py", CODE)
        self.aws.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Handler="toy.handler",
            Code={"ZipFile": content.getvalue()},
            Timeout=20,
            Environment={"Variables": {"DATABASE_HOST": HOST, "NOTES": str(self._notes)}},
        )

    def rule(self, name: str, expression: str, function: str) -> None:
        events = self.of("events")
        events.put_rule(Name=f"{name}-{self.suffix}", ScheduleExpression=expression)
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        events.put_targets(Rule=f"{name}-{self.suffix}", Targets=[{"Id": "t", "Arn": arn}])

    def describe(self) -> None:
        named = {unit: f"{unit}-{self.suffix}" for unit in ("ingest", "sweeper", "question_api")}
        text = dict.fromkeys(Deployment.model_fields, "") | {
            "suffix": self.suffix,
            "region": REGION,
            "media_bucket": f"media-bucket-{ACCOUNT}-{self.suffix}",
            "functions": named,
            "secrets": {},
        }
        self.of("ssm").put_parameter(Name=f"deployment-{self.suffix}", Type="String", Value=json.dumps(text))

    def task(self, variables: Mapping[str, str]) -> None:
        environment = [{"name": name, "value": value} for name, value in variables.items()]
        self.of("ecs").register_task_definition(
            family=f"processor-task-{self.suffix}",
            containerDefinitions=[{"name": "processor", "image": "any", "memory": 128, "environment": environment}],
        )


@pytest.fixture(scope="module")
def server(new_aws: Callable[[], Any], postgres: str) -> Any:
    aws = new_aws()
    aws.start("--empty", "--databases", postgres)
    aws.iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    return aws


@pytest.fixture(scope="module")
def stack(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(server, "toy", tmp_path_factory.mktemp("toy") / "notes")
    made.make()
    return made


# ------------------------------------------------------------------------------- what the interfaces say
def test_mappings_and_schedules_are_those_of_the_suffix_alone(server: Any, stack: Stack, tmp_path: Path) -> None:
    other = Stack(server, "toy-other", tmp_path / "notes")
    other.make()
    stack.rule("hourly", "rate(1 hour)", "sweeper-toy")
    stack.rule("at-noon", "cron(0 12 * * ? *)", "ingest-toy")
    deployed = Deployed(server.url, REGION, "toy")
    [mapping] = deployed.mappings()
    assert (mapping.function, mapping.batch_size, mapping.max_concurrency) == ("ingest-toy", 7, 3)
    assert (mapping.source.split(":")[5], mapping.reports_failures) == ("uploads-queue-toy", True)
    assert mapping.key == mapping.uuid != ""
    assert deployed.schedules() == {"sweeper-toy": 300.0}
    assert Deployed(server.url, REGION, "toy-other").schedules() == {"sweeper-toy-other": 300.0}


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200), ("rate(1 day)", 86_400)],
)
def test_rates_are_understood(expression: str, seconds: float) -> None:
    assert rate(expression) == seconds


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(1 fortnight)", "rate()", ""])
def test_other_expressions_are_no_rates(expression: str) -> None:
    assert rate(expression) is None


def test_the_workers_environment_is_that_of_the_newest_task_definition(server: Any, tmp_path: Path) -> None:
    renewed = Stack(server, "renewed", tmp_path / "notes")
    renewed.describe()
    renewed.task({"A": "old"})
    renewed.task({"A": "new", "B": "b"})
    assert Deployed(server.url, REGION, "renewed").worker() == {"A": "new", "B": "b"}


# ----------------------------------------------------------------------------------- what can't be done
def attach(endpoint: str, suffix: str, folder: Path, **more: Any) -> Attached:
    return Attached(AttachOptions(endpoint, suffix, data=folder, api_port=0, **more))


def refusal(attached: Attached) -> str:
    with pytest.raises(CannotStart) as refused, attached:
        pass
    return str(refused.value)


def test_an_endpoint_that_does_not_answer_is_named(tmp_path: Path) -> None:
    assert refusal(attach("http://127.0.0.1:9", "toy", tmp_path)) == (
        "Nothing answers at http://127.0.0.1:9. Start it with `video-pipeline up --empty`."
    )


def test_a_suffix_that_is_not_deployed_is_named(server: Any, tmp_path: Path) -> None:
    said = refusal(attach(server.url, "nobody", tmp_path))
    assert said.startswith("No deployment `nobody` in us-east-1")
    assert "./deploy.sh nobody" in said


def test_a_missing_task_definition_is_named(server: Any, tmp_path: Path) -> None:
    Stack(server, "taskless", tmp_path / "notes").describe()
    said = refusal(attach(server.url, "taskless", tmp_path))
    assert said.startswith(f"There is no task definition processor-task-taskless at {server.url}")
    assert not (tmp_path / "endpoint.json").exists()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        pytest.param({}, "The worker of baseless knows no database.", id="none is named"),
        pytest.param({"DATABASE_HOST": "unknown.host"}, "does not tell unknown.host's database.", id="unknown"),
    ],
)
def test_a_missing_database_is_named(server: Any, tmp_path: Path, variables: dict[str, str], reason: str) -> None:
    baseless = Stack(server, "baseless", tmp_path / "notes")
    if not variables:
        baseless.describe()
    baseless.task(variables)
    said = refusal(attach(server.url, "baseless", tmp_path))
    assert reason in said
    assert said.endswith("Name it with `--set DATABASE_URL=…`.")


# ------------------------------------------------------------------------------------------- at work
@pytest.fixture(scope="module")
def at_work(stack: Stack, template: str, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attached]:
    """With a database of its own, as any other endpoint would need one."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database attached_toy template {template}")
    url = postgres.replace("/postgres?", "/attached_toy?")
    folder = tmp_path_factory.mktemp("attached")
    with attach(stack.aws.url, "toy", folder, overrides={"DATABASE_URL": url, "LOG_LEVEL": "DEBUG"}) as running:
        yield running


def test_messages_reach_the_deployed_function_and_are_done(
    at_work: Attached, stack: Stack, eventually: Callable[..., bool]
) -> None:
    stack.aws.sqs.send_message(QueueUrl=stack.queue, MessageBody="a film")
    assert eventually(lambda: stack.seen("ingest"))
    [event] = stack.seen("ingest")
    assert [record["body"] for record in event["Records"]] == ["a film"]

    def left() -> dict[str, str]:
        return dict(stack.aws.sqs.get_queue_attributes(QueueUrl=stack.queue, AttributeNames=["All"])["Attributes"])

    assert eventually(lambda: left()["ApproximateNumberOfMessagesNotVisible"] == "0")
    assert left()["ApproximateNumberOfMessages"] == "0"


def test_schedules_begin_at_once(at_work: Attached, stack: Stack, eventually: Callable[..., bool]) -> None:
    assert eventually(lambda: stack.seen("sweeper"))
    [event] = stack.seen("sweeper")
    assert event["scheduled"] == "Scheduled Event"
    assert "database_cluster_toy" in event["database"]


def test_http_reaches_the_deployed_function(at_work: Attached) -> None:
    with urllib.request.urlopen(f"{at_work.api_url}/some/path") as answer:
        assert (answer.status, answer.read()) == (200, b"/some/path")
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(f"{at_work.api_url}/fail")
    with failed.value as error:
        assert (error.code, json.load(error)) == (500, {"message": "Internal Server Error"})


def test_the_worker_has_the_deployed_variables_but_for_those_that_were_set(
    at_work: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = Path(f"/proc/{at_work.pid('worker')}/environ").read_bytes().split(b"\0")
    variables = dict(each.decode().split("=", 1) for each in raw if each)
    assert (variables["SPEECH_ENGINE"], variables["ENVIRONMENT_SUFFIX"]) == ("transcribe", "toy")
    assert variables["LOG_LEVEL"] == "DEBUG"
    assert variables["DATABASE_URL"] == at_work.database_url
    assert Path(variables["SCRATCH_FOLDER"]).parent == at_work.places.folder
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_it_describes_itself_to_the_command_line(at_work: Attached) -> None:
    described = json.loads(at_work.places.endpoint.read_text())
    assert (described["suffix"], described["api_url"]) == ("toy", at_work.api_url)
    assert Path(described["api_key_file"]).read_text().strip() == at_work.new_api_key
    system = CommandLine(CommandLineOptions(data=at_work.places.folder))
    assert (system.deployed, system.api_url, system.suffix) == (True, at_work.api_url, "toy")
    assert system.media_bucket == f"media-bucket-{ACCOUNT}-toy"
    assert system.api_key == at_work.new_api_key


# ------------------------------------------------------------------------------------------ the other half
def test_an_empty_aws_holds_nothing_and_forgets_what_was_made(tmp_path: Path) -> None:
    for _ in range(2):
        with Empty(EmptyOptions(data=tmp_path, aws_port=0)) as running:
            url = running.aws_endpoint_url
            assert any(line.endswith(f"up --attach {url} --suffix dev") for line in running.introduction())
            s3 = resources.session(REGION).client("s3", endpoint_url=url)
            assert s3.list_buckets()["Buckets"] == []
            s3.create_bucket(Bucket="made-by-hand")
