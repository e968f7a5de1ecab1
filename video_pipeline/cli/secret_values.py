"""Secrets of a deployed suffix in Secrets Manager: whether they have a value, since when, and giving them one."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from video_pipeline.aws.errors import translated
from video_pipeline.errors import BadInput

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

MOST_BYTES: Final = 64 * 1024
_CURRENT: Final = "AWSCURRENT"


@dataclass(frozen=True)
class SecretState:
    """`version` is the current one's id, `since` when it was made; both None while there is no value."""

    name: str
    version: str | None = None
    since: datetime | None = None


def state_of(client: SecretsManagerClient, name: str) -> SecretState:
    """Misconfigured("resource_missing") if there is no such secret."""
    current = _current(client, name)
    if current is None:
        return SecretState(name)
    with translated("secretsmanager:ListSecretVersionIds", name):
        versions = client.list_secret_version_ids(SecretId=name)["Versions"]
    since = next((each.get("CreatedDate") for each in versions if each.get("VersionId") == current), None)
    return SecretState(name, current, since)


def _current(client: SecretsManagerClient, name: str) -> str | None:
    with translated("secretsmanager:DescribeSecret", name):
        stages = client.describe_secret(SecretId=name).get("VersionIdsToStages") or {}
    return next((version for version, labels in stages.items() if _CURRENT in labels), None)


def checked_value(content: bytes) -> str:
    """A secret's text without the one new line that files and pipes end with. BadInput, which never quotes it."""
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    if len(content) > MOST_BYTES:
        raise BadInput("secret_too_long", f"The value is longer than {MOST_BYTES // 1024} KiB.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadInput("secret_not_text", "The value is not UTF-8 text.") from None  # the cause would quote it
    if not text:
        raise BadInput("secret_empty", "The value is empty.", hint="Type it, pipe it in, or name a --from-file.")
    if any(unicodedata.category(each) == "Cc" for each in text):
        message = "The value holds control characters, such as a line break in its midst."
        raise BadInput("secret_unclean", message, hint="Give the value alone, on one line.")
    return text


def set_value(client: SecretsManagerClient, name: str, value: str) -> bool:
    """Makes `value` the secret's newest version; False, and no new version, if it is the current one already."""
    current = _current(client, name)
    if current is not None and _holds(client, name, current, value):
        return False
    with translated("secretsmanager:PutSecretValue", name):
        client.put_secret_value(
            SecretId=name, SecretString=value, ClientRequestToken=_token(name, current or "", value)
        )
    return True


def _holds(client: SecretsManagerClient, name: str, version: str, value: str) -> bool:
    with translated("secretsmanager:GetSecretValue", name):
        held = client.get_secret_value(SecretId=name, VersionId=version).get("SecretString", "")
    return hmac.compare_digest(held.encode(), value.encode())


def _token(name: str, current: str, value: str) -> str:
    """The same for those who set the same value at the same time, so that one version comes of it.

    It becomes the version's id, which more people may read than the value: hence slow to guess from. With the current
    version in it, because a value that returns after another one must be a new version to become current.
    """
    salt = f"{name}\0{current}".encode()
    return hashlib.scrypt(value.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()
