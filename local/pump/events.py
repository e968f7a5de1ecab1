"""The events that Lambda makes of records, messages and schedules."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local.pump.delivery import Batch, Condition, StreamRecord
from local.pump.mapping import Mapping
from local.resources import ACCOUNT

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef


# --------------------------------------------------------------------------------------------- Kinesis
def kinesis_fields(record: StreamRecord) -> dict[str, Any]:
    """What a record says about itself, besides its data."""
    return {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": record.partition_key,
        "sequenceNumber": record.sequence,
        "approximateArrivalTimestamp": round(record.arrived, 3),
    }


def kinesis_event(mapping: Mapping, shard: str, records: Sequence[StreamRecord]) -> dict[str, Any]:
    return {"Records": [_kinesis_record(mapping, shard, record) for record in records]}


def _kinesis_record(mapping: Mapping, shard: str, record: StreamRecord) -> dict[str, Any]:
    return {
        "kinesis": kinesis_fields(record) | {"data": b64encode(record.data).decode()},
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record.sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/{mapping.function}",
        "awsRegion": mapping.region,
        "eventSourceARN": mapping.source,
    }


def failure_record(mapping: Mapping, shard: str, batch: Batch, condition: Condition) -> dict[str, Any]:
    """What a failure destination is told of a batch: where it lies in the stream, not what it says."""
    first, last = batch.records[0], batch.records[-1]
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": function_arn(mapping.function, mapping.region),
            "condition": condition,
            "approximateInvokeCount": batch.attempts,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "version": "1.0",
        "timestamp": _moment(datetime.now(UTC)),
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": last.sequence,
            "approximateArrivalOfFirstRecord": _moment(datetime.fromtimestamp(first.arrived, UTC)),
            "approximateArrivalOfLastRecord": _moment(datetime.fromtimestamp(last.arrived, UTC)),
            "batchSize": len(batch.records),
            "streamArn": mapping.source,
        },
    }
    if batch.answer is not None and batch.answer.error is not None:
        record["responseContext"]["functionError"] = "Unhandled"
    return record


# ------------------------------------------------------------------------------------------------- SQS
def sqs_event(mapping: Mapping, messages: Sequence[MessageTypeDef]) -> dict[str, Any]:
    return {"Records": [_sqs_record(mapping, message) for message in messages]}


def _sqs_record(mapping: Mapping, message: MessageTypeDef) -> dict[str, Any]:
    record: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.region,
    }
    if digest := message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = digest
    return record


def _attribute(value: Any) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = b64encode(value["BinaryValue"]).decode()
    return attribute


# ------------------------------------------------------------------------------------------- schedules
def scheduled_event(function: str, region: str) -> dict[str, Any]:
    """What an EventBridge rule with a schedule sends."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{ACCOUNT}:rule/{function}"],
        "detail": {},
    }


def function_arn(function: str, region: str) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function}"


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
