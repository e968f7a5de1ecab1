"""A deployed suffix from the command line: where it is, what it has, its secrets and its keys."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lambdas.administration.handler import handler
from tests.conftest import EmulatedAws
from video_pipeline.aws.clients import Clients
from video_pipeline.cli.app import app
from video_pipeline.errors import PipelineError
from video_pipeline.topology import (
    ADMINISTRATION,
    DATABASE_CLUSTER,
    DEFAULT_REGION,
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
    UPLOADS_DLQ,
)

Run = Callable[..., Result]
VALUE = "sk-do-not-show-this"


class Healthy(BaseHTTPRequestHandler):
    """An API that is well."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path.split("?")[0] in ("/api/v1/healthz", "/api/v1/videos") else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"status": "ok", "items": [], "next": null}')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(aws: EmulatedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, with nothing on this machine. boto3's clients take long to make, so those here are shared."""
    for name in ("VIDEO_PIPELINE_API_URL", "VIDEO_PIPELINE_API_KEY", "AWS_REGION", "MEDIA_BUCKET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("ENVIRONMENT_SUFFIX", aws.suffix)
    monkeypatch.setattr("video_pipeline.aws.clients.Clients", lambda *_, **__: aws.clients)
    return lambda *arguments, stdin=None: CliRunner().invoke(app, ["--data", str(tmp_path), *arguments], input=stdin)


@pytest.fixture
def deployed(aws: EmulatedAws, api_url: str) -> EmulatedAws:
    """Everything that a deployment has, with secrets that have no value yet."""
    describe(aws, api_url)
    for secret in SECRETS:
        aws.clients.secrets.create_secret(Name=aws.name(secret))
    deploy_functions(aws)
    deploy_rules(aws)
    deploy_processing(aws)
    deploy_machine(aws)
    aws.clients.s3.put_object(Bucket=aws.media, Key="index.html", Body=b"page")
    aws.clients.of("rds").create_db_cluster(
        DBClusterIdentifier=aws.name(DATABASE_CLUSTER),
        Engine="aurora-postgresql",
        MasterUsername="someone",
        MasterUserPassword="emulated-only",
    )
    return aws


def describe(aws: EmulatedAws, api_url: str) -> None:
    document = {
        "suffix": aws.suffix,
        "region": DEFAULT_REGION,
        "api_url": api_url,
        "public_url": api_url,
        "media_bucket": aws.media,
        "results_bucket": aws.results,
        "web_bucket": aws.media,
        "database_cluster": aws.name(DATABASE_CLUSTER),
        "processing_cluster": aws.name(PROCESSING_CLUSTER),
        "processor_service": aws.name(PROCESSOR_SERVICE),
        "functions": {each.unit: aws.name(each.unit) for each in FUNCTIONS},
        "secrets": {},
        "reindexing_machine": machine_arn(aws),
    }
    aws.clients.of("ssm").put_parameter(Name=aws.name(DEPLOYMENT), Type="String", Value=json.dumps(document))


def arn(aws: EmulatedAws, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{DEFAULT_REGION}:123456789012:{rest}"


def machine_arn(aws: EmulatedAws) -> str:
    return arn(aws, "states", f"stateMachine:{aws.name(REINDEXING_MACHINE)}")


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("handler.py", "")
    return packed.getvalue()


def deploy_functions(aws: EmulatedAws) -> None:
    functions, iam = aws.clients.of("lambda"), aws.clients.of("iam")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = iam.create_role(RoleName=aws.name("role"), AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for each in FUNCTIONS:
        functions.create_function(
            FunctionName=aws.name(each.unit),
            Runtime="python3.11",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": archive()},
        )
    sources = [(each.unit, "kinesis", f"stream/{aws.name(each.stream)}") for each in STREAM_CONSUMERS]
    sources += [(each.unit, "sqs", aws.name(each.queue)) for each in QUEUE_CONSUMERS]
    for unit, service, rest in sources:
        start = {"StartingPosition": "TRIM_HORIZON"} if service == "kinesis" else {}
        functions.create_event_source_mapping(
            FunctionName=aws.name(unit), EventSourceArn=arn(aws, service, rest), Enabled=True, **start
        )


def deploy_machine(aws: EmulatedAws) -> None:
    role = aws.clients.of("iam").get_role(RoleName=aws.name("role"))["Role"]["Arn"]
    states = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    aws.clients.of("stepfunctions").create_state_machine(
        name=aws.name(REINDEXING_MACHINE), definition=json.dumps(states), roleArn=role
    )


def deploy_rules(aws: EmulatedAws) -> None:
    events = aws.clients.of("events")
    targets = {
        "every-minute": arn(aws, "lambda", f"function:{aws.name(SWEEPER.unit)}"),
        "transcribed": arn(aws, "sqs", aws.name(TRANSCRIPTION.name)),
    }
    for name, target in targets.items():
        events.put_rule(Name=aws.name(name), ScheduleExpression="rate(1 minute)", State="ENABLED")
        events.put_targets(Rule=aws.name(name), Targets=[{"Id": "1", "Arn": target}])


def deploy_processing(aws: EmulatedAws) -> None:
    ecs = aws.clients.of("ecs")
    ecs.create_cluster(clusterName=aws.name(PROCESSING_CLUSTER))
    ecs.register_task_definition(
        family=aws.name(PROCESSOR_TASK), containerDefinitions=[{"name": "one", "image": "one", "memory": 128}]
    )
    ecs.create_service(
        cluster=aws.name(PROCESSING_CLUSTER),
        serviceName=aws.name(PROCESSOR_SERVICE),
        taskDefinition=aws.name(PROCESSOR_TASK),
        desiredCount=0,
    )
    aws.clients.of("ecr").create_repository(repositoryName=aws.name(PROCESSOR_REPOSITORY))


def findings(result: Result) -> dict[str, dict[str, str]]:
    return {each["name"]: each for each in json.loads(result.stdout)}


class TestDoctor:
    def test_a_whole_deployment_is_told_to_be_there(self, deployed: EmulatedAws, run: Run) -> None:
        result = run("doctor", "--json")
        assert result.exit_code == 0, result.output
        found = findings(result)
        states = {name: each["state"] for name, each in found.items() if each["state"] != "present"}
        unfilled = (*SECRETS, PROCESSOR_REPOSITORY)
        assert states == {deployed.name(each): "no value yet" for each in unfilled}
        assert "secrets set openai" in found[deployed.name("openai-secret")]["todo"]
        mappings = [each for each in found.values() if each["kind"] == "mapping"]
        assert len(mappings) == len(STREAM_CONSUMERS) + len(QUEUE_CONSUMERS)

    def test_a_queue_that_was_deleted_by_hand_is_named(self, deployed: EmulatedAws, run: Run) -> None:
        name = deployed.name(UPLOADS_DLQ.name)
        queue = deployed.clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        deployed.clients.sqs.delete_queue(QueueUrl=queue)
        result = run("doctor", "--suffix", deployed.suffix)
        assert result.exit_code == 1
        [missing] = [each for each in result.stdout.splitlines() if each.startswith("missing")]
        assert missing.split()[:3] == ["missing", "queue", name]
        assert f"./deploy.sh {deployed.suffix}" in missing

    def test_what_else_is_missing_or_switched_off_is_named(self, deployed: EmulatedAws, run: Run) -> None:
        clients, name = deployed.clients, deployed.name
        functions = clients.of("lambda")
        [mapping] = functions.list_event_source_mappings(FunctionName=name("chunking"))["EventSourceMappings"]
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
        [mapping] = functions.list_event_source_mappings(FunctionName=name("embedding"))["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        functions.delete_function(FunctionName=name("question_api"))
        clients.of("events").disable_rule(Name=name("every-minute"))
        clients.of("rds").delete_db_cluster(DBClusterIdentifier=name(DATABASE_CLUSTER), SkipFinalSnapshot=True)
        clients.of("ecs").delete_service(cluster=name(PROCESSING_CLUSTER), service=name(PROCESSOR_SERVICE))
        clients.of("ecr").delete_repository(repositoryName=name(PROCESSOR_REPOSITORY))
        clients.s3.delete_bucket(Bucket=deployed.results)
        clients.s3.delete_object(Bucket=deployed.media, Key="index.html")
        clients.kinesis.delete_stream(StreamName=name("pipeline-stream"))
        clients.of("stepfunctions").delete_state_machine(stateMachineArn=machine_arn(deployed))
        clients.secrets.delete_secret(SecretId=name("webhook-secret"), ForceDeleteWithoutRecovery=True)
        result = run("doctor", "--json")
        assert result.exit_code == 1
        found = findings(result)
        assert {each for each, finding in found.items() if finding["state"] == "missing"} == {
            f"{name('pipeline-stream')} to {name('chunking')}",
            name("question_api"),
            name(DATABASE_CLUSTER),
            name(PROCESSOR_SERVICE),
            name(PROCESSOR_REPOSITORY),
            deployed.results,
            f"{deployed.media}/index.html",
            name("pipeline-stream"),
            name("webhook-secret"),
            name(REINDEXING_MACHINE),
        }
        switched_off = {each: finding["todo"] for each, finding in found.items() if finding["state"] == "unreachable"}
        assert switched_off == {
            f"{name('pipeline-stream')} to {name('embedding')}": (
                f"Enable it: `aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled`."
            ),
            f"schedule of {name('sweeper')}": f"Enable it: `aws events enable-rule --name {name('every-minute')}`.",
        }

    def test_an_api_that_does_not_answer_is_out_of_reach_and_a_flag_names_another(
        self, deployed: EmulatedAws, run: Run, api_url: str
    ) -> None:
        nowhere = ("--api-url", "http://127.0.0.1:9")
        result = run(*nowhere, "doctor", "--json")
        assert result.exit_code == 1
        assert findings(result)["http://127.0.0.1:9"]["state"] == "unreachable"
        assert run("--api-url", api_url, "doctor").exit_code == 0

    def test_without_any_deployment_everything_is_missing_or_unknown(self, run: Run, aws: EmulatedAws) -> None:
        result = run("doctor", "--suffix", "nobody", "--json")
        assert result.exit_code == 1
        found = findings(result)
        assert {each["state"] for each in found.values()} == {"missing", "unreachable"}
        assert found["deployment-nobody"]["state"] == "missing"

    def test_the_system_on_this_machine_is_checked_for_what_it_has(
        self,
        run: Run,
        aws: EmulatedAws,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        database_url: str,
        api_url: str,
    ) -> None:
        monkeypatch.delenv("ENVIRONMENT_SUFFIX")
        monkeypatch.setattr("video_pipeline.cli.doctor.LOCAL_SUFFIX", aws.suffix)
        described = {
            "api_url": api_url,
            "aws_endpoint_url": aws.endpoint,
            "region": DEFAULT_REGION,
            "database_url": database_url,
            "suffix": aws.suffix,
            "api_key_file": str(tmp_path / "key"),
        }
        (tmp_path / "key").write_text("vp_local")
        (tmp_path / "endpoint.json").write_text(json.dumps(described))
        result = run("doctor", "--json")
        assert result.exit_code == 0, result.output
        kinds = {each["kind"] for each in findings(result).values()}
        assert kinds == {"stream", "queue", "bucket", "API", "database", "renderer"}
        aws.clients.s3.delete_bucket(Bucket=aws.media)
        result = run("doctor", "--json")
        assert (result.exit_code, findings(result)[aws.media]["state"]) == (1, "missing")


class TestSecrets:
    def versions(self, aws: EmulatedAws, secret: str = "openai-secret") -> list[Any]:
        found = aws.clients.secrets.list_secret_version_ids(SecretId=aws.name(secret), IncludeDeprecated=True)
        return list(found["Versions"])

    def current(self, aws: EmulatedAws) -> str:
        return aws.clients.secrets.get_secret_value(SecretId=aws.name("openai-secret"))["SecretString"]

    def test_the_same_value_twice_is_one_version_and_is_never_shown(self, deployed: EmulatedAws, run: Run) -> None:
        first = run("secrets", "set", "openai", stdin=f"{VALUE}\n")
        again = run("--debug", "secrets", "set", "openai", "--suffix", deployed.suffix, stdin=VALUE)
        assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
        name = deployed.name("openai-secret")
        assert (first.stdout, again.stdout) == (f"set: {name}\n", f"unchanged: {name}\n")
        assert self.current(deployed) == VALUE
        assert len(self.versions(deployed)) == 1
        assert VALUE not in first.output + again.output

    def test_a_value_that_returns_after_another_one_counts_again(self, deployed: EmulatedAws, run: Run) -> None:
        for value in ("one", "two", "one"):
            assert run("secrets", "set", "openai", stdin=value).stdout.startswith("set:")
        assert self.current(deployed) == "one"

    def test_a_value_comes_from_a_file_as_well_without_its_new_line_alone(
        self, deployed: EmulatedAws, run: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "value").write_bytes(b" a b \r\n")
        assert run("secrets", "set", "openai", "--from-file", str(tmp_path / "value")).exit_code == 0
        assert self.current(deployed) == " a b "

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (b"", "is empty"),
            (b"\n", "is empty"),
            (b"x" * 65_537, "longer than 64 KiB"),
            (b"sk-secret\x1b[0m", "control characters"),
            (b"sk-secret\n\n", "control characters"),
            (b"sk-secret\xff", "not UTF-8"),
        ],
    )
    def test_what_is_no_value_is_refused_unquoted(
        self, deployed: EmulatedAws, run: Run, value: bytes, said: str
    ) -> None:
        result = run("--debug", "secrets", "set", "openai", stdin=value)
        assert (result.exit_code, said in result.stderr) == (4, True)
        assert "sk-secret" not in result.output
        assert self.versions(deployed) == []

    def test_the_longest_value_fits_with_its_new_line(self, deployed: EmulatedAws, run: Run) -> None:
        assert run("secrets", "set", "openai", stdin=b"x" * 65_536 + b"\r\n").exit_code == 0

    def test_a_value_in_the_place_of_the_name_is_not_repeated(self, deployed: EmulatedAws, run: Run) -> None:
        result = run("secrets", "set", VALUE)
        assert result.exit_code == 2
        assert VALUE not in result.output
        assert "pinecone" in result.stderr

    def test_the_list_tells_which_have_a_value_since_when(self, deployed: EmulatedAws, run: Run) -> None:
        run("secrets", "set", "pinecone", stdin=VALUE)
        listed = json.loads(run("secrets", "list", "--json").stdout)
        since = {each["name"]: each["since"] for each in listed}
        assert (since["openai"], since["webhook"]) == (None, None)
        assert datetime.fromisoformat(since["pinecone"]).tzinfo is not None
        shown = run("secrets", "list", "--suffix", deployed.suffix).stdout
        assert str(datetime.now(UTC).year) in shown
        assert shown.count("no value yet") == 2

    def test_a_secret_that_was_not_deployed_and_a_system_without_any_are_told(self, aws: EmulatedAws, run: Run) -> None:
        result = run("secrets", "set", "openai", stdin=VALUE)
        assert (result.exit_code, aws.name("openai-secret") in result.stderr) == (2, True)
        result = run("secrets", "list", "--suffix", "local")
        assert (result.exit_code, "reads its environment" in result.stderr) == (2, True)


class Invoker:
    """Lambda's way to the administration function, whose database only it can reach."""

    def __init__(self, function: str, database_url: str, environment: pytest.MonkeyPatch) -> None:
        self._function = function
        self._database_url = database_url
        self._environment = environment

    def invoke(self, **asked: Any) -> dict[str, Any]:
        assert asked["FunctionName"] == self._function
        with self._environment.context() as inside:
            inside.setenv("DATABASE_URL", self._database_url)
            try:
                return {"Payload": io.BytesIO(json.dumps(handler(json.loads(asked["Payload"]), None)).encode())}
            except PipelineError as error:
                said = {"errorMessage": str(error), "errorType": type(error).__name__}
                return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(said).encode())}


@pytest.fixture
def invoker(
    aws: EmulatedAws, api_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    describe(aws, api_url)
    url = getattr(request, "param", database_url)
    invoking = Invoker(aws.name(ADMINISTRATION.unit), url, monkeypatch)
    monkeypatch.setattr(Clients, "invoker", invoking)
    monkeypatch.setattr("lambdas.administration.handler.configure", lambda *_: None)


@pytest.mark.usefixtures("invoker")
class TestKeys:
    def test_keys_are_made_listed_and_revoked_by_the_administration_function(self, run: Run) -> None:
        made = json.loads(run("keys", "create", "laptop", "--json").stdout)
        assert made["key"].startswith(f"vp_{made['prefix']}_")
        listed = run("keys", "list").stdout
        assert made["id"] in listed
        assert made["key"] not in listed
        assert run("keys", "revoke", made["id"]).stdout == f"revoked: {made['id']}\n"
        assert run("keys", "revoke", made["id"]).exit_code == 3

    def test_its_refusals_are_refusals_here(self, run: Run) -> None:
        result = run("keys", "create", " ")
        assert (result.exit_code, "printable characters" in result.stderr) == (4, True)

    def test_a_database_that_the_environment_names_is_asked_itself(
        self, run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(Clients, "invoker")
        monkeypatch.setenv("DATABASE_URL", database_url)
        assert run("keys", "list").stdout == "There are no keys yet.\n"

    @pytest.mark.parametrize("invoker", ["postgresql://nobody@127.0.0.1:9/nothing"], indirect=True)
    def test_a_function_that_fails_is_told_with_its_log_group(
        self, run: Run, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("video_pipeline.wiring.RESUMING_SECONDS", 0.2)
        result = run("keys", "list")
        assert result.exit_code == 5
        assert "The database does not answer." in result.stderr
        assert f"/aws/lambda/administration-{aws.suffix}" in result.stderr


class TestPlaces:
    def test_the_api_of_a_suffix_is_found_by_itself(self, deployed: EmulatedAws, run: Run) -> None:
        assert run("videos").stdout == "There are no videos yet.\n"

    def test_a_suffix_that_is_not_deployed_is_told_in_a_sentence(self, aws: EmulatedAws, run: Run) -> None:
        result = run("--suffix", "nobody", "videos")
        assert result.exit_code == 2
        assert result.stderr.startswith("video-pipeline: No deployment `nobody` in us-east-1")
        assert "VIDEO_PIPELINE_API_URL" in result.stderr

    def test_a_parameter_that_describes_nothing_is_told(self, aws: EmulatedAws, run: Run) -> None:
        aws.clients.of("ssm").put_parameter(Name=aws.name(DEPLOYMENT), Type="String", Value='{"suffix": 7}')
        result = run("keys", "list")
        assert (result.exit_code, "does not describe a deployment" in result.stderr) == (2, True)

    def test_what_is_sent_goes_to_the_bucket_that_the_deployment_names(
        self, aws: EmulatedAws, run: Run, api_url: str, tmp_path: Path
    ) -> None:
        bucket = f"elsewhere-{aws.suffix}"
        aws.clients.s3.create_bucket(Bucket=bucket)
        describe(aws, api_url)
        ssm, name = aws.clients.of("ssm"), aws.name(DEPLOYMENT)
        document = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"]) | {"media_bucket": bucket}
        ssm.put_parameter(Name=name, Type="String", Value=json.dumps(document), Overwrite=True)
        (tmp_path / "film.mp4").write_bytes(b"film")
        result = run("ingest", str(tmp_path / "film.mp4"), "--via", "event", "--json")
        assert json.loads(result.stdout)["uri"].startswith(f"s3://{bucket}/incoming/")
