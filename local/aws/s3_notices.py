"""Bucket notifications: told once the object is kept, in S3's own shape, and never swallowed."""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from moto.s3 import notifications
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import sqs_backends

from local.aws.patching import replace
from local.aws.work import later

log = logging.getLogger(__name__)


def mend_notices() -> None:
    send, shape = notifications.send_event, notifications._get_s3_event  # noqa: SLF001  moto has no public seam here

    @replace(notifications, "send_event")
    def send_event(*args: Any, **kwargs: Any) -> None:
        later(partial(send, *args, **kwargs))

    @replace(notifications, "_get_s3_event")
    def event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, list[dict[str, Any]]]:
        message = shape(event_name, bucket, key, notification_id)
        for record in message["Records"]:
            _complete(record, bucket, key)
        return message

    @replace(notifications, "_send_sqs_message")
    def to_queue(account_id: str, event_body: Any, queue_name: str, region_name: str) -> None:
        try:
            sqs_backends[account_id][region_name].send_message(queue_name, json.dumps(event_body))
        except QueueDoesNotExist:
            log.warning("a bucket notification names the queue %s, which does not exist", queue_name)


def _complete(record: dict[str, Any], bucket: Any, key: Any) -> None:
    """What moto leaves out, and the key as S3 quotes it (a slash stays a slash)."""
    described = record["s3"]["object"]
    described["key"] = quote_plus(key.name, safe="/")
    described["sequencer"] = f"{time.time_ns():018X}"
    if bucket.is_versioned:
        described["versionId"] = key.version_id
    record["s3"]["bucket"]["ownerIdentity"] = {"principalId": bucket.account_id}
    record["userIdentity"] = {"principalId": f"AWS:{bucket.account_id}"}
    record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
    record["responseElements"] = {}
