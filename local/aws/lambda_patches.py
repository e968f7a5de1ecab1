"""What moto's Lambda has to do otherwise, so that deployed functions are run by a `Host`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from local.aws import moto_patches
from local.aws.delivering import keep_dead_letters
from local.aws.invoking import Host
from local.aws.patching import replace
from local.pump.answers import Answer, NotInvoked
from local.pump.pool import Busy

if TYPE_CHECKING:
    from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction


def install(host: Host) -> None:
    """To be called before the first request."""
    moto_patches.register("awslambda", lambda: _patch(host))


def _patch(host: Host) -> None:
    keep_dead_letters()
    _answer(host)
    _end(host)
    _leave_to_pump()
    _list_mappings()


def _end(host: Host) -> None:
    """Processes end with what they were started for."""
    from moto.awslambda.models import LambdaBackend, LambdaFunction

    for name in ("update_configuration", "update_function_code"):
        _then(LambdaFunction, name, lambda function, *_: host.forget(function))
    delete = LambdaBackend.delete_function

    @replace(LambdaBackend, "delete_function")
    def delete_function(self: LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
        function = self.get_function(function_name, qualifier)
        delete(self, function_name, qualifier)
        host.forget(function)


def _leave_to_pump() -> None:
    """moto would hand over what arrives by itself, each record alone and within the sender's request."""
    from moto.awslambda.models import LambdaBackend
    from moto.sqs.models import sqs_backends

    @replace(LambdaBackend, "send_kinesis_message")
    def send_kinesis_message(*_: object, **__: object) -> None:
        return None

    def unhook(backend: LambdaBackend, spec: dict[str, Any]) -> None:
        for queue in sqs_backends[backend.account_id][backend.region_name].queues.values():
            if queue.queue_arn == spec["EventSourceArn"]:
                queue.lambda_event_source_mappings.clear()

    _then(LambdaBackend, "create_event_source_mapping", unhook)


def _list_mappings() -> None:
    """A function may be named by its name or its ARN, whichever way its mapping was made."""
    from moto.awslambda.models import LambdaBackend

    every = LambdaBackend.list_event_source_mappings

    @replace(LambdaBackend, "list_event_source_mappings")
    def list_event_source_mappings(
        self: LambdaBackend, event_source_arn: str, function_name: str
    ) -> Iterable[EventSourceMapping]:
        found: Iterable[EventSourceMapping] = every(self, event_source_arn, "")
        wanted = (function_name or "").split(":")[-1]
        return [each for each in found if not wanted or each.function_arn.split(":")[6] == wanted]


def _then(owner: type, name: str, after: Callable[..., None]) -> None:
    """Calls `after` with what the method was called with, when it has done its work."""
    original = getattr(owner, name)

    @replace(owner, name)
    def method(*arguments: Any) -> Any:
        answer = original(*arguments)
        after(*arguments)
        return answer


def _answer(host: Host) -> None:
    from moto.awslambda.models import LambdaFunction

    @replace(LambdaFunction, "invoke")
    def invoke(
        self: LambdaFunction, body: str | bytes, request_headers: Mapping[str, str], response_headers: dict[str, str]
    ) -> str | bytes:
        event = _event(body)
        response_headers["X-Amz-Executed-Version"] = "$LATEST"
        way = request_headers.get("x-amz-invocation-type", "RequestResponse")
        if way == "Event":
            host.invoke_later(self, event)
        if way != "RequestResponse":
            return b""
        answer = _answered(host, self, event)
        if answer.error is not None:
            response_headers["X-Amz-Function-Error"] = "Unhandled"
        return json.dumps(answer.payload if answer.error is None else answer.error).encode()


def _event(body: str | bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise _refusal(400, "InvalidRequestContentException", f"The payload is not JSON: {error}.") from error


def _answered(host: Host, function: LambdaFunction, event: object) -> Answer:
    try:
        return host.invoke(function, event)
    except Busy as error:
        raise _refusal(429, "TooManyRequestsException", "Rate Exceeded.") from error
    except NotInvoked as error:
        raise _refusal(500, "ServiceException", str(error)) from error


def _refusal(status: int, name: str, message: str) -> Exception:
    from moto.awslambda.exceptions import LambdaClientError

    error = LambdaClientError(name, message)
    error.code = status
    return error
