"""Cutting and embedding the archive anew, as a state machine: every video by itself, with retries and a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.sfn_state_machine import (
    SfnStateMachine,
    SfnStateMachineLoggingConfiguration,
    SfnStateMachineTracingConfiguration,
)
from constructs import Construct

from lib.function import LambdaFunction
from lib.permissions import Statement, role
from lib.place import Place
from video_pipeline.topology import REINDEXING, REINDEXING_AT_ONCE, REINDEXING_MACHINE, REINDEXING_RETRY

# Questions that were asked before the switch may still be reading the old index.
_SETTLE_SECONDS: Final = 60
_LONGEST: Final = 7 * 86_400
_DEFAULTS: Final = {"requested_by": "state machine", "anyway": False, "without_failed": False}
_REPORT: Final = {
    "id.$": "$.Payload.index.id",
    "state.$": "$.Payload.index.state",
    "serves.$": "$.Payload.serves",
    "waiting.$": "$.Payload.waiting",
}
_PAGE: Final = {"videos.$": "$.Payload.videos"}
# Videos came in the meantime. An index that was given up is not filled any further.
_MORE: Final = {
    "And": [
        {"Variable": "$.report.state", "StringEquals": "building"},
        {"Variable": "$.report.waiting", "NumericGreaterThan": 0},
    ]
}
_INCOMPLETE: Final = (
    "Some videos could not be taken in, or the index was given up; the old one goes on serving. "
    "`video-pipeline reindex --status` shows which and why."
)
# By the names of their classes: errors that another try does not mend.
_FOR_GOOD: Final = ("BadInput", "BadMedia", "BadCaptions", "NotFound", "Misconfigured", "Conflict", "ValidationError")


class Reindexing(Construct):
    """The state machine; its steps are those of one function."""

    def __init__(self, scope: Construct, id: str, *, place: Place, function: LambdaFunction) -> None:
        super().__init__(scope, id)
        name = place.names(REINDEXING_MACHINE)
        self.log_group = CloudwatchLogGroup(
            self,
            "log-group",
            name=place.names.log_group("vendedlogs/states", REINDEXING_MACHINE),
            retention_in_days=place.environment.log_retention,
        )
        self.arn = place.arn("states", f"stateMachine:{name}")
        made = role(
            self,
            "role",
            name=place.names("reindexing-machine-role"),
            service="states.amazonaws.com",
            statements=_statements(place, name, self.arn, function.arn),
        )
        self.name = name
        self.resource = SfnStateMachine(
            self,
            "machine",
            name=name,
            role_arn=made.arn,
            type="STANDARD",
            definition=json.dumps(
                definition(function.arn, settle=1 if place.environment.emulated else _SETTLE_SECONDS)
            ),
            logging_configuration=SfnStateMachineLoggingConfiguration(
                level="ERROR", include_execution_data=False, log_destination=f"{self.log_group.arn}:*"
            ),
            tracing_configuration=SfnStateMachineTracingConfiguration(enabled=place.environment.tracing),
            depends_on=[made.rights],
        )


def _statements(place: Place, name: str, arn: str, function: str) -> list[Statement]:
    executions = place.arn("states", f"execution:{name}/*")
    return [
        Statement(["lambda:InvokeFunction"], [function]),
        # A distributed map runs each of its items as an execution of its own.
        Statement(["states:StartExecution"], [arn]),
        Statement(["states:DescribeExecution", "states:StopExecution"], [executions]),
        Statement(
            [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            ["*"],
            because="log deliveries know no resource; AWS asks for exactly these on all",
        ),
        Statement(
            ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            ["*"],
            because="X-Ray knows no resource for these actions",
        ),
    ]


def definition(function: str, *, settle: int = _SETTLE_SECONDS) -> dict[str, Any]:
    """In Amazon States Language. Input: `requested_by`, `anyway`, `without_failed`, all optional."""
    begin = {"do": "begin", "requested_by.$": "$.given.requested_by", "anyway.$": "$.given.anyway"}
    index = {"index_id.$": "$.report.id"}
    switch = {"do": "switch", **index, "without_failed.$": "$.given.without_failed"}
    states = {
        "Defaults": {"Type": "Pass", "Result": _DEFAULTS, "ResultPath": "$.defaults", "Next": "Given"},
        "Given": {
            "Type": "Pass",
            "Parameters": {"given.$": "States.JsonMerge($.defaults, $$.Execution.Input, false)"},
            "Next": "Begin",
        },
        "Begin": _step(function, begin, _REPORT) | {"ResultPath": "$.report", "Next": "Anything to do?"},
        "Anything to do?": _choice({"Variable": "$.report.serves", "BooleanEquals": True}, "Clean", "List"),
        "List": _step(function, {"do": "waiting", **index}, _PAGE) | {"ResultPath": "$.page", "Next": "Take in"},
        "Take in": _each_video(function) | {"ResultPath": None, "Next": "Switch"},
        "Switch": _step(function, switch, _REPORT) | {"ResultPath": "$.report", "Next": "Does it serve?"},
        "Does it serve?": _choice({"Variable": "$.report.serves", "BooleanEquals": True}, "Settle", "More to come?"),
        "More to come?": _choice(_MORE, "List", "Incomplete"),
        "Incomplete": {"Type": "Fail", "Error": "IndexIncomplete", "Cause": _INCOMPLETE},
        "Settle": {"Type": "Wait", "Seconds": settle, "Next": "Clean"},
        "Clean": _step(function, {"do": "clean"}, None) | {"End": True},
    }
    return {
        "Comment": "All videos are cut and embedded anew; the old index serves until the new one is complete.",
        "StartAt": "Defaults",
        "TimeoutSeconds": _LONGEST,
        "States": states,
    }


def _each_video(function: str) -> dict[str, Any]:
    item = {"index_id.$": "$.index_id", "video_id.$": "$.video_id"}
    caught = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Record"}
    record = {"do": "failed", **item, "error.$": "$.error"}
    return {
        "Type": "Map",
        "ItemsPath": "$.page.videos",
        "ItemSelector": {"index_id.$": "$.report.id", "video_id.$": "$$.Map.Item.Value"},
        "MaxConcurrency": REINDEXING_AT_ONCE,
        # Executions of their own: an archive of any size fits, and each video has its own history.
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "One video",
            "States": {
                "One video": _step(function, {"do": "take_in", **item}, None) | {"Catch": [caught], "End": True},
                "Record": _step(function, record, None) | {"End": True},
            },
        },
    }


def _step(function: str, payload: Mapping[str, Any], answer: Mapping[str, str] | None) -> dict[str, Any]:
    """Asks the function; of its answer only what `answer` selects is handed on, or nothing."""
    kept = {"ResultSelector": dict(answer)} if answer else {"ResultPath": None}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": dict(payload)},
        "TimeoutSeconds": REINDEXING.timeout + 60,
        "Retry": [
            {"ErrorEquals": list(_FOR_GOOD), "MaxAttempts": 0},
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": int(REINDEXING_RETRY.base),
                "BackoffRate": REINDEXING_RETRY.factor,
                "MaxDelaySeconds": int(REINDEXING_RETRY.cap),
                "MaxAttempts": REINDEXING_RETRY.attempts - 1,
                "JitterStrategy": "FULL",
            },
        ],
        **kept,
    }


def _choice(rule: Mapping[str, Any], yes: str, no: str) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{**rule, "Next": yes}], "Default": no}
