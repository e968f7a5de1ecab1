"""Foreign errors become ours here, once, with the operation and the thing it was asked of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore import exceptions as aws

from video_pipeline.errors import BadInput, Misconfigured, NotFound, PipelineError, Unavailable

_NO_CREDENTIALS: Final = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ProfileNotFound,
    aws.TokenRetrievalError,
    aws.SSOTokenLoadError,
    aws.UnauthorizedSSOTokenError,
)
_OBJECT_MISSING: Final = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "404"}
_RESOURCE_MISSING: Final = {
    "ResourceNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
}
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "KMSAccessDeniedException"}
_WRONG_CREDENTIALS: Final = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "RequestTimeTooSkewed",
}
_THROTTLED: Final = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "KMSThrottlingException",
    "RequestLimitExceeded",
    "SlowDown",
    "OverLimit",
    "RequestTimeout",
}
_CHANGED: Final = {"PreconditionFailed", "412"}


@contextmanager
def translated(action: str, thing: str = "") -> Iterator[None]:
    """Inside, botocore's errors are raised as ours. `action` is the IAM name (`s3:GetObject`), `thing` what it was for.

    Throttling, 5xx and connections that fail: `Unavailable`. A missing object or bucket: `NotFound("object_missing")`.
    A missing stream, queue or secret, a missing permission, wrong credentials: `Misconfigured`. An object that was
    replaced, and every other refusal: `BadInput`.
    """
    try:
        yield
    except aws.ClientError as error:
        raise _from_answer(error, action, thing) from error
    except _NO_CREDENTIALS as error:
        raise Misconfigured(
            "aws_credentials_missing",
            f"There are no usable AWS credentials for {action}.",
            hint="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            cause=str(error),
        ) from error
    except aws.ConnectionError as error:
        message = f"AWS does not answer {action}."
        raise Unavailable("aws_unreachable", message, thing=thing, cause=str(error)) from error
    except (aws.HTTPClientError, aws.IncompleteReadError) as error:
        message = f"The connection to AWS broke during {action}."
        raise Unavailable("aws_connection_broken", message, thing=thing, cause=str(error)) from error
    except aws.BotoCoreError as error:
        message = f"What {action} was asked for is not valid{_of(thing)}."
        raise BadInput("aws_refused", message, cause=str(error)) from error


def _from_answer(error: aws.ClientError, action: str, thing: str) -> PipelineError:
    code, status = str(error.response.get("Error", {}).get("Code", "")), _status(error)
    facts: dict[str, Any] = {"action": action, "thing": thing, "aws_code": code, "status": status}
    if code in _THROTTLED or status >= 500 or status == 429:
        message = f"AWS refused {action} for now ({code})."
        return Unavailable("aws_unavailable", message, delay=_retry_after(error), **facts)
    return _for_sender(code, thing, facts) or _for_operator(code, status, facts) or _refused(error, facts)


def _for_sender(code: str, thing: str, facts: dict[str, Any]) -> BadInput | None:
    """What is wrong with the object that was asked for."""
    if code in _OBJECT_MISSING:
        what = "bucket" if code == "NoSuchBucket" else "object"
        return NotFound("object_missing", f"There is no such {what}{_of(thing)}.", hint="Check the address.", **facts)
    if code in _CHANGED:
        return BadInput("object_changed", f"The object was replaced{_of(thing)}.", hint="Submit it again.", **facts)
    if code == "InvalidObjectState":
        return BadInput("object_archived", f"The object is archived{_of(thing)}.", hint="Restore it first.", **facts)
    return None


def _for_operator(code: str, status: int, facts: dict[str, Any]) -> Misconfigured | None:
    """What this installation lacks."""
    action, thing = facts["action"], _of(facts["thing"])
    if code in _WRONG_CREDENTIALS:
        message = f"AWS does not accept the credentials ({code})."
        return Misconfigured("aws_credentials_wrong", message, hint="Renew them, and check the clock.", **facts)
    if code in _DENIED or status == 403:
        message = f"This process may not {action}{thing}."
        return Misconfigured("access_denied", message, hint=f"Grant {action} to its role.", **facts)
    if code in _RESOURCE_MISSING:
        message = f"What {action} needs does not exist{thing}."
        return Misconfigured("resource_missing", message, hint="Check the environment suffix and the region.", **facts)
    return None


def _refused(error: aws.ClientError, facts: dict[str, Any]) -> BadInput:
    said = str(error.response.get("Error", {}).get("Message", ""))[:300]
    message = f"AWS refused {facts['action']}{_of(facts['thing'])}: {facts['aws_code']} {said}".rstrip()
    return BadInput("aws_refused", message, **facts)


def _status(error: aws.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _retry_after(error: aws.ClientError) -> float | None:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _of(thing: str) -> str:
    return f" ({thing})" if thing else ""
