"""How every Lambda function is made; what differs is data of the topology."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cdktf import AssetType, TerraformAsset
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction as Resource,
)
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunctionDeadLetterConfig,
    LambdaFunctionEphemeralStorage,
    LambdaFunctionTracingConfig,
    LambdaFunctionVpcConfig,
)
from cdktf_cdktf_provider_aws.lambda_function_event_invoke_config import LambdaFunctionEventInvokeConfig
from constructs import Construct

from lib.permissions import Role, Statement, role
from lib.place import Place
from video_pipeline.topology import Function

RUNTIME = "python3.11"
# The bundled requests of the archives and of the layer are compiled for it.
ARCHITECTURE = "x86_64"
# Of calls that nobody waits for. What they would have done, the next one does.
_CALL_RETRIES = 1
_CALL_AGE = 120


class LambdaFunction(Construct):
    """One function with its role, log group, limits and code."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        function: Function,
        archive: Path,
        layer_arns: Sequence[str],
        variables: Mapping[str, str],
        statements: Sequence[Statement],
        subnet_ids: Sequence[str],
        group_id: str,
        dead_letter_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        environment = place.environment
        self.name = place.names.function(function.unit)
        self.log_group = CloudwatchLogGroup(
            self,
            "log-group",
            name=place.names.log_group("lambda", function.unit),
            retention_in_days=environment.log_retention,
        )
        role_made = self._role(place, function, statements, dead_letter_arn)
        self.resource = Resource(
            self,
            "function",
            function_name=self.name,
            role=role_made.arn,
            handler=f"{function.module}.handler",
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            filename=TerraformAsset(self, "archive", path=str(archive.resolve()), type=AssetType.FILE).path,
            source_code_hash=source_hash(archive),
            layers=list(layer_arns),
            timeout=function.timeout,
            memory_size=function.memory,
            reserved_concurrent_executions=function.concurrency if environment.reserve_concurrency else -1,
            environment={"variables": dict(sorted(variables.items()))},
            vpc_config=LambdaFunctionVpcConfig(subnet_ids=list(subnet_ids), security_group_ids=[group_id]),
            tracing_config=LambdaFunctionTracingConfig(mode="Active" if environment.tracing else "PassThrough"),
            dead_letter_config=LambdaFunctionDeadLetterConfig(target_arn=dead_letter_arn) if dead_letter_arn else None,
            ephemeral_storage=LambdaFunctionEphemeralStorage(size=function.storage),
            # Without its rights the function could not enter the network, nor a mapping read its stream.
            depends_on=[self.log_group, role_made.rights],
        )
        self.arn, self.invoke_arn = self.resource.arn, self.resource.invoke_arn
        if dead_letter_arn:
            self._cap()

    def _role(
        self, place: Place, function: Function, statements: Sequence[Statement], dead_letter_arn: str | None
    ) -> Role:
        writes_log = Statement(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{self.log_group.arn}:log-stream:*"])
        own = [writes_log, *_NETWORKING, *(_TRACING if place.environment.tracing else ())]
        if dead_letter_arn:
            own.append(Statement(["sqs:SendMessage"], [dead_letter_arn]))
        return role(
            self,
            "role",
            name=place.names(f"{function.unit}-role"),
            service="lambda.amazonaws.com",
            statements=[*own, *statements],
        )

    def _cap(self) -> None:
        """What is called without waiting is tried no longer than it makes sense."""
        LambdaFunctionEventInvokeConfig(
            self,
            "event-invoke-config",
            function_name=self.resource.function_name,
            maximum_retry_attempts=_CALL_RETRIES,
            maximum_event_age_in_seconds=_CALL_AGE,
        )


def source_hash(archive: Path) -> str:
    """As Lambda writes it: the base64 of the SHA-256."""
    return base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()


_NETWORKING = (
    Statement(
        [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        ["*"],
        because="Lambda makes network interfaces whose names nobody knows before; AWS asks for exactly these on all",
    ),
)
_TRACING = (
    Statement(
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        ["*"],
        because="X-Ray knows no resource for these actions",
    ),
)
