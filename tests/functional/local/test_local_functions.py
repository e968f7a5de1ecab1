"""Functions in processes of their own: what they return, and every way in which they can fail to."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.environment import variables
from local.pump.answers import NotInvoked
from local.pump.pool import Functions, FunctionSpec

HANDLER = """
import os, signal, sys, time
print("noise at import")

def handler(event, context):
    print("noise on standard output")
    os.write(1, b"more noise, below Python\\n")
    print("noise on standard error", file=sys.stderr)
    return globals()[event["do"]](event, context)

def echo(event, context):
    return event

def describe(event, context):
    return {
        "name": context.function_name, "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn,
        "request": context.aws_request_id, "left": context.get_remaining_time_in_millis(), "pid": os.getpid(),
        "variable": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "setting": os.environ.get("SETTING"),
    }

def fail(event, context):
    raise KeyError("no such thing")

def unwritable(event, context):
    return {1, 2}

def leave(event, context):
    os._exit(3)

def sys_exit(event, context):
    sys.exit(4)

def crash(event, context):
    os.kill(os.getpid(), signal.SIGKILL)

def sleep(event, context):
    time.sleep(event["seconds"])
    return os.getpid()

def freeze(event, context):
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "toy_handler.py").write_text(HANDLER)
    (folder / "toy_broken.py").write_text("import no_such_module\n")
    (folder / "toy_empty.py").write_text("")
    return folder


@pytest.fixture(scope="module")
def functions(folder: Path) -> Iterator[Functions]:
    specs = [
        FunctionSpec("toy", "toy_handler", timeout=20, memory=256, concurrency=1),
        FunctionSpec("short", "toy_handler", timeout=2, memory=256),
        FunctionSpec("pair", "toy_handler", timeout=20, memory=256, concurrency=2),
        FunctionSpec("broken", "toy_broken", timeout=5, memory=128),
        FunctionSpec("empty", "toy_empty", timeout=5, memory=128),
    ]
    own = {**os.environ, "PYTHONPATH": str(folder), "SETTING": "from outside"}
    environment = variables(own, region="us-east-1", suffix="test", aws_url="", api_url="")
    functions = Functions({spec.name: spec for spec in specs}, environment, folder / "logs", "us-east-1")
    yield functions
    functions.close()


def run(functions: Functions, action: str, name: str = "toy", **event: Any) -> Any:
    return functions.invoke(name, {"do": action, **event})


def test_a_function_answers_whatever_it_prints(functions: Functions, folder: Path) -> None:
    assert run(functions, "echo", text="ö\n\x00🎬").payload == {"do": "echo", "text": "ö\n\x00🎬"}
    run(functions, "echo")
    logged = (folder / "logs" / "toy.log").read_text()
    assert "noise on standard output" in logged
    assert "below Python" in logged


def test_an_event_of_six_megabytes_passes_both_ways(functions: Functions) -> None:
    big = "x" * 6 * 1024 * 1024
    assert run(functions, "echo", text=big).payload["text"] == big


def test_the_context_is_lambdas(functions: Functions) -> None:
    described = run(functions, "describe").payload
    assert described["name"] == described["variable"] == "toy"
    assert described["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:toy"
    assert (described["memory"], described["setting"]) == ("256", "from outside")
    assert 0 < described["left"] <= 20_000
    assert len(described["request"]) == 36


def test_a_process_is_kept_warm(functions: Functions) -> None:
    assert run(functions, "describe").payload["pid"] == run(functions, "describe").payload["pid"]


def test_an_exception_is_an_error_and_the_process_stays(functions: Functions) -> None:
    before = run(functions, "describe").payload["pid"]
    error = run(functions, "fail").error
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'no such thing'")
    assert any("no such thing" in line for line in error["stackTrace"])
    assert run(functions, "describe").payload["pid"] == before


def test_a_result_that_is_not_json_is_an_error(functions: Functions) -> None:
    assert run(functions, "unwritable").error["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param("leave", "exit status 3", id="it leaves"),
        pytest.param("sys_exit", "exit status 4", id="it calls sys.exit"),
        pytest.param("crash", "signal: SIGKILL", id="it is killed"),
    ],
)
def test_a_process_that_ends_is_an_error_and_is_replaced(functions: Functions, action: str, message: str) -> None:
    before = run(functions, "describe").payload["pid"]
    error = run(functions, action).error
    assert error["errorType"] == "Runtime.ExitError"
    assert message in error["errorMessage"]
    assert run(functions, "describe").payload["pid"] != before


@pytest.mark.parametrize("action", ["sleep", "freeze"])
def test_a_function_is_ended_at_its_timeout(functions: Functions, action: str) -> None:
    error = run(functions, action, "short", seconds=60).error
    assert (error["errorType"], error["errorMessage"]) == ("Sandbox.Timedout", "Task timed out after 2.00 seconds")
    assert run(functions, "echo", "short").payload == {"do": "echo"}


@pytest.mark.parametrize("name", ["broken", "empty"])
def test_a_module_that_can_not_be_used_is_an_error_each_time(functions: Functions, name: str) -> None:
    for _ in range(2):
        assert run(functions, "echo", name).error["errorType"] == "Runtime.ImportModuleError"


def test_an_unknown_function_is_not_invoked(functions: Functions) -> None:
    with pytest.raises(NotInvoked, match="no function nobody"):
        run(functions, "echo", "nobody")


def test_as_many_run_at_once_as_the_concurrency_says(functions: Functions) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: run(functions, "sleep", "pair", seconds=0.2), range(4)))
    assert len({answer.payload for answer in answers}) == 2


def test_draining_waits_for_what_runs(folder: Path) -> None:
    spec = FunctionSpec("toy", "toy_handler", timeout=20, memory=256)
    own = variables({**os.environ, "PYTHONPATH": str(folder)}, region="r", suffix="s", aws_url="", api_url="")
    functions = Functions({"toy": spec}, own, folder / "logs", "us-east-1")
    ended = threading.Event()

    def work() -> None:
        run(functions, "sleep", seconds=0.5)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        while functions.drain(0):
            pass
        assert functions.drain(20)
        assert ended.wait(5)
    finally:
        functions.close()
        thread.join()


def test_a_function_ends_with_the_one_who_runs_it(folder: Path) -> None:
    """Even in the middle of an invocation."""
    spec = dataclasses.replace(FunctionSpec("toy", "toy_handler", timeout=60, memory=256))
    own = variables({**os.environ, "PYTHONPATH": str(folder)}, region="r", suffix="s", aws_url="", api_url="")
    functions = Functions({"toy": spec}, own, folder / "logs", "us-east-1")
    pid = run(functions, "describe").payload["pid"]
    thread = threading.Thread(target=run, args=(functions, "sleep"), kwargs={"seconds": 60})
    thread.start()
    while functions.drain(0):
        pass
    functions.close()
    thread.join(20)
    assert not thread.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
