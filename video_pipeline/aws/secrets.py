"""Secrets Manager, asked seldom enough to cost nothing and often enough to notice a rotation."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from video_pipeline.aws.errors import translated
from video_pipeline.errors import Misconfigured

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS: Final = 300.0
_Kept = dict[str, tuple[float, str]]
_kept: MutableMapping[object, _Kept] = WeakKeyDictionary()
_lock = Lock()


def secret_value(
    client: SecretsManagerClient, arn: str, *, fresh: bool = False, clock: Callable[[], float] = time.monotonic
) -> str:
    """The secret's current text, at most five minutes old, or as it is now if `fresh`.

    `Misconfigured` when it is missing or not text.
    """
    with _lock:
        kept = _kept.setdefault(client, {})
        read_at, value = kept.get(arn, (float("-inf"), ""))
    if not fresh and clock() - read_at < KEPT_SECONDS:
        return value
    value = _read(client, arn)
    with _lock:
        kept[arn] = (clock(), value)
    return value


def _read(client: SecretsManagerClient, arn: str) -> str:
    with translated("secretsmanager:GetSecretValue", arn):
        answer = client.get_secret_value(SecretId=arn)
    value = answer.get("SecretString")
    if not value:
        raise Misconfigured("secret_not_text", f"The secret {arn} holds no text.", hint="Store its value as a string.")
    return value
