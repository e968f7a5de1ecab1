"""Where an event goes that a function was not able to deal with and nobody waits for."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.aws.patching import replace
from local.resources import session

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef

log = logging.getLogger(__name__)
# ARNs of queues.
_targets: WeakKeyDictionary[LambdaFunction, str] = WeakKeyDictionary()


def keep_dead_letters() -> None:
    """moto forgets a function's dead-letter queue as soon as it is told; Terraform would set it again each time."""
    from moto.awslambda.models import LambdaFunction

    init, update = LambdaFunction.__init__, LambdaFunction.update_configuration
    describe = LambdaFunction.get_configuration

    @replace(LambdaFunction, "__init__")
    def begin(self: LambdaFunction, account_id: str, spec: dict[str, Any], *rest: Any, **more: Any) -> None:
        init(self, account_id, spec, *rest, **more)
        _targets[self] = (spec.get("DeadLetterConfig") or {}).get("TargetArn") or ""

    @replace(LambdaFunction, "update_configuration")
    def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        if "DeadLetterConfig" in config_updates:
            _targets[self] = (config_updates["DeadLetterConfig"] or {}).get("TargetArn") or ""
        updated: dict[str, Any] = update(self, config_updates)
        return updated

    @replace(LambdaFunction, "get_configuration")
    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        described: dict[str, Any] = describe(self, on_create)
        target = _targets.get(self)
        return described | ({"DeadLetterConfig": {"TargetArn": target}} if target else {})


def to_dead_letters(function: LambdaFunction, endpoint: str, event: object, error: dict[str, Any]) -> None:
    """As Lambda does: the event itself, with attributes that say what became of it."""
    target = _targets.get(function)
    if not target:
        return
    region, name = target.split(":")[3], target.split(":")[5]
    sqs: SQSClient = session(region).client("sqs", endpoint_url=endpoint, config=Config(proxies={}))
    said: dict[str, MessageAttributeValueTypeDef] = {
        "RequestID": {"StringValue": str(error.get("requestId") or uuid4()), "DataType": "String"},
        "ErrorCode": {"StringValue": "200", "DataType": "Number"},
        "ErrorMessage": {"StringValue": str(error.get("errorMessage") or "?")[:1024], "DataType": "String"},
    }
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event), MessageAttributes=said)
    except (BotoCoreError, ClientError):
        log.exception("an event that was given up is lost: its dead-letter queue does not take it")
