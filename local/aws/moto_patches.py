"""What moto 5.2 lacks for Terraform to apply this project's stack onto it, per service and only when it is used.

An action that moto does not know answers 500, which the AWS provider retries for minutes.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

from local.aws.patching import add, replace


def apply(service: str) -> None:
    """To be called before the service's application is made."""
    if patch := _PATCHES.get(service):
        patch()


def _application_autoscaling() -> None:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

    @add(Response, "list_tags_for_resource")
    def list_tags_for_resource(_: Response) -> str:
        return json.dumps({"Tags": {}})

    for name in ("tag_resource", "untag_resource"):

        @add(Response, name)
        def accept(_: Response) -> str:
            return "{}"


def _transcribe() -> None:
    from moto.transcribe.responses import TranscribeResponse as Response

    @add(Response, "list_tags_for_resource")
    def list_tags_for_resource(self: Response) -> str:
        return json.dumps({"ResourceArn": self._get_param("ResourceArn"), "Tags": []})


def _step_functions() -> None:
    from moto.core.responses import ActionResult
    from moto.stepfunctions.responses import StepFunctionResponse as Response

    @add(Response, "validate_state_machine_definition")
    def validate(_: Response) -> ActionResult:
        return ActionResult({"result": "OK", "diagnostics": []})

    @add(Response, "list_state_machine_versions")
    def versions(_: Response) -> ActionResult:
        return ActionResult({"stateMachineVersions": []})


def _sqs() -> None:
    from moto.sqs.models import Queue

    add(Queue, "redrive_allow_policy")(None)
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")


def _events() -> None:
    """Adds the Kinesis target to rules (the partition key is the event's id; PartitionKeyPath is not read)."""
    from moto.events.models import Rule
    from moto.kinesis.models import kinesis_backends

    send = Rule.send_to_targets
    swapping = threading.Lock()

    def put(target: str, event: dict[str, Any]) -> None:
        _, _, _, region, account, resource = target.split(":", 5)
        stream = kinesis_backends[account][region].streams[resource.split("/")[1]]
        stream.put_record(str(event.get("id")), "", b64encode(json.dumps(event).encode()).decode())

    @replace(Rule, "send_to_targets")
    def send_to_targets(self: Rule, event: Any, transform_input: bool = True) -> None:
        streams = [target for target in self.targets if target["Arn"].split(":")[2] == "kinesis"]
        if not streams:
            return send(self, event, transform_input)
        if self.event_pattern.matches_event(event):
            for target in streams:
                put(target["Arn"], event)
        with swapping:  # moto refuses a target that it does not know, so it is shown the others alone
            every, self.targets = self.targets, [target for target in self.targets if target not in streams]
            try:
                return send(self, event, transform_input)
            finally:
                self.targets = every


_PATCHES: Final[dict[str, Callable[[], None]]] = {
    "applicationautoscaling": _application_autoscaling,
    "transcribe": _transcribe,
    "stepfunctions": _step_functions,
    "sqs": _sqs,
    "events": _events,
}
