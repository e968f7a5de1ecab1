"""boto3's clients: made when first asked for, one of each kind, safe to share between threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sqs import SQSClient
    from types_boto3_transcribe import TranscribeServiceClient

_Client = TypeVar("_Client")
ATTEMPTS: Final = 4
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60  # above the longest long poll
_MAIL_SECONDS: Final = 20
_INVOKED_SECONDS: Final = 310  # above the longest function


class Clients:
    """AWS in one region, or at one endpoint: `endpoint`, else the standard AWS_ENDPOINT_URL, else AWS itself.

    Calls that fail for a passing reason are made `attempts` times in all. `access_key` stands for both halves of the
    credentials where an endpoint asks for some and checks none; otherwise they come from where boto3 finds them.
    """

    def __init__(
        self, region: str, *, endpoint: str | None = None, attempts: int = ATTEMPTS, access_key: str | None = None
    ) -> None:
        self._session = boto3.session.Session(
            region_name=region, aws_access_key_id=access_key, aws_secret_access_key=access_key
        )
        self._endpoint = endpoint
        self._config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            # A proxy for the world must not get in between this machine and itself.
            proxies={} if _on_this_machine(endpoint or os.environ.get("AWS_ENDPOINT_URL", "")) else None,
        )
        self._made: dict[str, Any] = {}
        self._lock = Lock()

    @property
    def s3(self) -> S3Client:
        config = self._config.merge(_storage_config(own_endpoint=self._endpoint is not None or _given_endpoint()))
        return self._once("s3", lambda: self._session.client("s3", endpoint_url=self._endpoint, config=config))

    @property
    def kinesis(self) -> KinesisClient:
        return self._once(
            "kinesis", lambda: self._session.client("kinesis", endpoint_url=self._endpoint, config=self._config)
        )

    @property
    def sqs(self) -> SQSClient:
        return self._once("sqs", lambda: self._session.client("sqs", endpoint_url=self._endpoint, config=self._config))

    @property
    def secrets(self) -> SecretsManagerClient:
        return self._once(
            "secrets", lambda: self._session.client("secretsmanager", endpoint_url=self._endpoint, config=self._config)
        )

    @property
    def transcribe(self) -> TranscribeServiceClient:
        return self._once(
            "transcribe", lambda: self._session.client("transcribe", endpoint_url=self._endpoint, config=self._config)
        )

    @property
    def mail(self) -> SESV2Client:
        """SES, for calls that are never made twice: it would send the mail twice."""
        once = Config(read_timeout=_MAIL_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
        config = self._config.merge(once)
        return self._once("sesv2", lambda: self._session.client("sesv2", endpoint_url=self._endpoint, config=config))

    def of(self, service: str) -> Any:
        """A client of a service that only the operator's commands ask."""
        session: Any = self._session  # whose annotations know no service that is named by a variable
        return self._once(service, lambda: session.client(service, endpoint_url=self._endpoint, config=self._config))

    @property
    def invoker(self) -> Any:
        """Lambda, for calls that last as long as a function may, and are never made twice."""
        once = Config(read_timeout=_INVOKED_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
        config = self._config.merge(once)
        return self._once("invoker", lambda: self._session.client("lambda", endpoint_url=self._endpoint, config=config))

    def _once(self, name: str, make: Callable[[], _Client]) -> _Client:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            made: _Client = self._made[name]
            return made


def _on_this_machine(endpoint: str) -> bool:
    return urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def _given_endpoint() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))


def _storage_config(*, own_endpoint: bool) -> Config:
    """How S3 is addressed and signed.

    Virtual hosts are said outright because with the default a presigned URL of a young bucket outside us-east-1 names
    the global host, whose redirect breaks the signature. Checksums only where S3 demands them, because an upload that
    is opened with one must be completed with one of every part, and browsers that PUT to presigned URLs send none.
    """
    return Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if own_endpoint else "virtual",
            # Else links of the first region alone lead to another host than those of all others.
            "us_east_1_regional_endpoint": "regional",
        },
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
