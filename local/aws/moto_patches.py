"""What moto 5.2 lacks for Terraform to apply this project's stack onto it, per service and only when it is used.

An action that moto does not know answers 500, which the AWS provider retries for minutes.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from local.aws.patching import add, replace


def register(service: str, patch: Callable[[], None]) -> None:
    """Adds one that needs to know more than moto does."""
    _MORE[service] = patch


def apply(service: str) -> None:
    """To be called before the service's application is made."""
    for patches in (_PATCHES, _MORE):
        if patch := patches.get(service):
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
    """And an execution that is not named gets a name."""
    from moto.core.responses import ActionResult
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend as Backend
    from moto.stepfunctions.responses import StepFunctionResponse as Response

    @add(Response, "validate_state_machine_definition")
    def validate(_: Response) -> ActionResult:
        return ActionResult({"result": "OK", "diagnostics": []})

    @add(Response, "list_state_machine_versions")
    def versions(_: Response) -> ActionResult:
        return ActionResult({"stateMachineVersions": []})

    start = Backend.start_execution

    @replace(Backend, "start_execution")
    def start_execution(self: Backend, state_machine_arn: str, name: str | None = None, *rest: Any, **more: Any) -> Any:
        return start(self, state_machine_arn, name or str(uuid4()), *rest, **more)


def _ec2() -> None:
    """A deleted endpoint is gone; moto would go on describing it."""
    from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint

    every = VPCBackend.describe_vpc_endpoints

    @replace(VPCBackend, "describe_vpc_endpoints")
    def describe_vpc_endpoints(
        self: VPCBackend, vpc_end_point_ids: list[str] | None, filters: Any = None
    ) -> list[VPCEndPoint]:
        return [each for each in every(self, vpc_end_point_ids, filters) if each.state != "deleted"]


def _ecs() -> None:
    """A deleted cluster can be described for a while, but is listed no more."""
    from moto.ecs.models import EC2ContainerServiceBackend as Backend

    @replace(Backend, "list_clusters")
    def list_clusters(self: Backend) -> list[str]:
        return [cluster.arn for cluster in self.clusters.values() if cluster.status == "ACTIVE"]


def _rds() -> None:
    """What moto would say of a cluster differs from what it was told, so that Terraform would change it each time."""
    from moto.rds.models import DBCluster

    def told(self: DBCluster) -> bool:
        return bool(self._enable_http_endpoint)

    def tell(self: DBCluster, value: bool | None) -> None:
        self._enable_http_endpoint = bool(value)

    replace(DBCluster, "enable_http_endpoint")(property(told, tell))
    info = vars(DBCluster)["scaling_configuration_info"].fget

    def scaling(self: DBCluster) -> dict[str, Any] | None:
        described: dict[str, Any] = info(self)
        return described if self.scaling_configuration else None

    replace(DBCluster, "scaling_configuration_info")(property(scaling))


def _s3() -> None:
    """moto reads no conditions, so a policy that refuses plain HTTP would refuse everything. Here nothing leaves the
    machine: what comes over loopback counts as secure."""
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    over_plain_http = {"Bool": {"aws:SecureTransport": "false"}}

    @replace(FakeBucket, "get_permission")
    def get_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        policy["Statement"] = [each for each in statements if each.get("Condition") != over_plain_http]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


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


def _ses() -> None:
    """A rule for mail that arrives can be deleted; one that is gone already is no error."""
    from moto.core.responses import EmptyResult
    from moto.ses.responses import EmailResponse as Response

    @add(Response, "delete_receipt_rule")
    def delete_receipt_rule(self: Response) -> EmptyResult:
        rules = self.backend.describe_receipt_rule_set(self._get_param("RuleSetName")).rules
        name = self._get_param("RuleName")
        rules[:] = [rule for rule in rules if rule["Name"] != name]
        return EmptyResult()


_PATCHES: Final[dict[str, Callable[[], None]]] = {
    "applicationautoscaling": _application_autoscaling,
    "transcribe": _transcribe,
    "stepfunctions": _step_functions,
    "ec2": _ec2,
    "ecs": _ecs,
    "rds": _rds,
    "s3": _s3,
    "ses": _ses,
    "sqs": _sqs,
    "events": _events,
}
_MORE: Final[dict[str, Callable[[], None]]] = {}
