"""The emulated Lambda: deployed archives are invoked as AWS's own interface promises."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local import resources

CODE = """
import os, time, urllib.request

COUNT = 0

def handler(event, context):
    global COUNT
    COUNT += 1
    print("VERSION", event)
    return globals()[event.get("do", "describe")](event, context)

def describe(event, context):
    return {"pid": os.getpid(), "count": COUNT, "version": "VERSION", "greeting": os.environ.get("GREETING"),
            "url": os.environ.get("DATABASE_URL"), "memory": context.memory_limit_in_mb}

def fail(event, context):
    raise ValueError("it went wrong")

def hold(event, context):
    while not os.path.exists(event["until"]):
        time.sleep(0.02)
    return os.getpid()

def large(event, context):
    return "x" * 7_000_000
"""
ROLE = "arn:aws:iam::123456789012:role/any"


def archive(version: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("toy.py", CODE.replace("VERSION", version))
    return content.getvalue()


@pytest.fixture(scope="module")
def server(new_aws: Callable[[], Any], postgres: str) -> Any:
    aws = new_aws()
    aws.start("--empty", "--databases", postgres)
    aws.iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    return aws


@pytest.fixture
def deploy(server: Any) -> Iterator[Callable[..., str]]:
    """Makes a function of a name of its own."""
    made: list[str] = []

    def create(**settings: Any) -> str:
        name = f"toy-{uuid4().hex[:8]}"
        server.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler="toy.handler",
            Code={"ZipFile": archive("first")},
            Timeout=20,
            **settings,
        )
        made.append(name)
        return name

    yield create
    for name in made:
        server.functions.delete_function(FunctionName=name)


def call(server: Any, name: str, **event: Any) -> Any:
    return json.loads(server.functions.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())


def alive(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)


def test_a_function_is_kept_warm_until_its_code_or_its_settings_change(server: Any, deploy: Callable[..., str]) -> None:
    name = deploy(Environment={"Variables": {"GREETING": "hello"}}, MemorySize=256)
    first, second = call(server, name), call(server, name)
    assert (first["version"], first["greeting"], first["memory"]) == ("first", "hello", "256")
    assert second == first | {"count": 2}
    server.functions.update_function_code(FunctionName=name, ZipFile=archive("second"))
    changed = call(server, name)
    assert (changed["version"], changed["count"]) == ("second", 1)
    server.functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"GREETING": "bye"}})
    assert call(server, name)["greeting"] == "bye"
    assert not alive(first["pid"])
    assert not alive(changed["pid"])


def test_a_deleted_function_leaves_no_process(server: Any) -> None:
    server.functions.create_function(
        FunctionName="gone",
        Runtime="python3.11",
        Role=ROLE,
        Handler="toy.handler",
        Code={"ZipFile": archive("first")},
    )
    pid = call(server, "gone")["pid"]
    assert alive(pid)
    server.functions.delete_function(FunctionName="gone")
    assert not alive(pid)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        call(server, "gone")


def test_an_error_of_the_function_is_told_apart_from_its_answer(server: Any, deploy: Callable[..., str]) -> None:
    answer = server.functions.invoke(FunctionName=deploy(), Payload=b'{"do": "fail"}')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.loads(answer["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "it went wrong")


def test_an_answer_beyond_the_limit_is_an_error(server: Any, deploy: Callable[..., str]) -> None:
    answer = server.functions.invoke(FunctionName=deploy(), Payload=b'{"do": "large"}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_what_is_not_json_is_refused(server: Any, deploy: Callable[..., str]) -> None:
    with pytest.raises(ClientError, match="InvalidRequestContent"):
        server.functions.invoke(FunctionName=deploy(), Payload=b"{")


def test_beyond_its_concurrency_a_function_is_throttled_while_all_else_answers(
    server: Any, deploy: Callable[..., str], eventually: Callable[..., bool], tmp_path: Any
) -> None:
    name = deploy()
    server.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    call(server, name)
    log = server.folder / "logs" / f"{name}.log"
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(call, server, name, do="hold", until=str(tmp_path / "go"))
        try:
            assert eventually(lambda: "hold" in log.read_text())
            with pytest.raises(ClientError, match="TooManyRequests"):
                call(server, name)
            assert server.sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        finally:
            (tmp_path / "go").touch()
        assert isinstance(held.result(), int)
    assert call(server, name)["count"] == 3


def test_an_event_that_nobody_waits_for_is_tried_thrice_and_then_a_dead_letter(
    server: Any, deploy: Callable[..., str], eventually: Callable[..., bool]
) -> None:
    url = server.sqs.create_queue(QueueName="letters")["QueueUrl"]
    arn = resources.queue_arn("letters", "us-east-1", "x").removesuffix("-x")
    name = deploy(DeadLetterConfig={"TargetArn": arn})
    described = server.functions.get_function_configuration(FunctionName=name)
    assert described["DeadLetterConfig"] == {"TargetArn": arn}
    answer = server.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"do": "fail", "n": 1}')
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        found.extend(server.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", []))
        return bool(found)

    assert eventually(arrived)
    assert json.loads(found[0]["Body"]) == {"do": "fail", "n": 1}
    assert found[0]["MessageAttributes"]["ErrorMessage"]["StringValue"] == "it went wrong"
    log = (server.folder / "logs" / f"{name}.log").read_text()
    assert log.count("'n': 1") == 3


def test_a_dry_run_runs_nothing(server: Any, deploy: Callable[..., str]) -> None:
    name = deploy()
    assert server.functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert call(server, name)["count"] == 1


def test_what_arrives_in_a_mapped_source_waits_for_whoever_polls(server: Any, deploy: Callable[..., str]) -> None:
    name = deploy()
    queue = server.sqs.create_queue(QueueName="mapped")["QueueUrl"]
    server.kinesis.create_stream(StreamName="mapped", ShardCount=1)
    for source in ("sqs:us-east-1:123456789012:mapped", "kinesis:us-east-1:123456789012:stream/mapped"):
        server.functions.create_event_source_mapping(
            FunctionName=name, EventSourceArn=f"arn:aws:{source}", StartingPosition="TRIM_HORIZON"
        )
    server.sqs.send_message(QueueUrl=queue, MessageBody="hello")
    server.kinesis.put_record(StreamName="mapped", PartitionKey="p", Data=b"hello")
    [message] = server.receive("mapped")
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("hello", "1")
    assert len(server.records("mapped")) == 1
    assert not (server.folder / "logs" / f"{name}.log").exists()


def test_a_cluster_has_a_database_until_it_is_deleted(server: Any, deploy: Callable[..., str]) -> None:
    rds = boto3.session.Session("a", "b", region_name="us-east-1").client(
        "rds", endpoint_url=server.url, config=Config(retries={"max_attempts": 0})
    )
    made = rds.create_db_cluster(
        DBClusterIdentifier="cluster-of-test",
        Engine="aurora-postgresql",
        MasterUsername="someone",
        MasterUserPassword="not-a-secret",
    )
    host = made["DBCluster"]["Endpoint"]
    status, body = told(server, host)
    assert (status, "No deployed function" in body["message"]) == (404, True)
    url = call(server, deploy(Environment={"Variables": {"DATABASE_HOST": host}}))["url"]
    assert told(server, host) == (200, {"url": url})
    with psycopg.connect(url) as connection:
        connection.execute("create table t ()")
    rds.delete_db_cluster(DBClusterIdentifier="cluster-of-test", SkipFinalSnapshot=True)
    assert told(server, host)[0] == 404


def test_where_nothing_is_deployed_no_database_is_told(aws: Any) -> None:
    status, body = told(aws, "anything")
    assert (status, body["message"].startswith("Here no database stands for RDS")) == (404, True)


def told(aws: Any, host: str) -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"{aws.url}/_emulator/databases/{host}") as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_a_state_machine_calls_deployed_functions(
    server: Any, deploy: Callable[..., str], eventually: Callable[..., bool]
) -> None:
    """One video each, and what fails is caught with the function's own words."""
    machines = boto3.session.Session("a", "b", region_name="us-east-1").client("stepfunctions", endpoint_url=server.url)
    step = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": f"arn:aws:lambda:us-east-1:123456789012:function:{deploy()}",
            "Payload": {"do.$": "$"},
        },
        "ResultSelector": {"version.$": "$.Payload.version"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": 2,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Step",
            "States": {"Step": step, "Caught": {"Type": "Pass", "End": True}},
        },
        "End": True,
    }
    definition = json.dumps({"StartAt": "Each", "States": {"Each": each}})
    made = machines.create_state_machine(name="machine", definition=definition, roleArn=ROLE)["stateMachineArn"]
    run = machines.start_execution(stateMachineArn=made, input='["describe", "fail"]')["executionArn"]
    again = machines.start_execution(stateMachineArn=made, input="[]")["executionArn"]
    assert again != run

    def state() -> Any:
        return machines.describe_execution(executionArn=run)

    assert eventually(lambda: state()["status"] != "RUNNING")
    assert state()["status"] == "SUCCEEDED"
    good, bad = json.loads(state()["output"])
    assert good == {"version": "first"}
    assert "it went wrong" in bad["Cause"]
