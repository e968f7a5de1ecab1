"""One execution environment of one function: `python -m local.function MODULE`.

Reads invocations as JSON lines from standard input and answers each with one JSON line on what was standard output.
Whatever the function prints goes to standard error, so that it can't be taken for an answer. The end of standard input
ends the process, even in the middle of an invocation: there is nobody left to answer to.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda tells a handler about its invocation. `deadline` is monotonic."""

    function_name: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self.deadline - time.monotonic()) * 1000), 0)


def main(arguments: list[str]) -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    invocations = _invocations()
    handler = _load(arguments[0], answers)
    _write(answers, {"ready": True})
    for invocation in invocations:
        _write(answers, _invoke(handler, invocation))


def _invocations() -> Iterator[dict[str, Any]]:
    """The lines as they come. They are read beside the handler, so that their end is noticed at once."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with os.fdopen(0, "rb", buffering=1024 * 1024, closefd=False) as source:
            for line in source:
                lines.put(line)
        os._exit(0)

    threading.Thread(target=read, name="invocations", daemon=True).start()
    while True:
        yield json.loads(lines.get())


def _load(module: str, answers: BinaryIO) -> Handler:
    try:
        handler: Handler = importlib.import_module(module).handler
    except Exception as error:
        _write(answers, {"error": _described(error, "Runtime.ImportModuleError")})
        raise SystemExit(1) from error
    return handler


def _invoke(handler: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    described = invocation["context"]
    context = LambdaContext(
        function_name=described["function_name"],
        memory_limit_in_mb=str(described["memory"]),
        invoked_function_arn=described["arn"],
        aws_request_id=described["request_id"],
        deadline=time.monotonic() + described["seconds"],
        log_group_name=f"/aws/lambda/{described['function_name']}",
    )
    try:
        result = handler(invocation["event"], context)
    except Exception as error:  # noqa: BLE001  a function's exception is its answer
        return {"error": _described(error, type(error).__name__, context.aws_request_id)}
    return _checked(result, context.aws_request_id)


def _checked(result: Any, request_id: str) -> dict[str, Any]:
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        return {"error": _described(error, "Runtime.MarshalError", request_id)}
    return {"result": result}


def _described(error: BaseException, kind: str, request_id: str = "") -> dict[str, Any]:
    return {
        "errorType": kind,
        "errorMessage": str(error),
        "requestId": request_id,
        "stackTrace": traceback.format_exception(error),
    }


def _write(answers: BinaryIO, answer: dict[str, Any]) -> None:
    rest = memoryview(json.dumps(answer).encode() + b"\n")
    while rest:
        rest = rest[answers.write(rest) :]


if __name__ == "__main__":
    main(sys.argv[1:])
