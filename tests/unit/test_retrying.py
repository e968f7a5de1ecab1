from __future__ import annotations

import pytest

from video_pipeline.errors import BadMedia, Misconfigured, Unavailable
from video_pipeline.retrying import as_failure, pause_before_retry
from video_pipeline.topology import Retry

POLICY = Retry(attempts=3, base=5, factor=4, cap=15)


@pytest.mark.parametrize(
    ("error", "attempt", "pause"),
    [
        (Unavailable("s3_down", "S3 is down."), 1, 5),
        (Unavailable("s3_down", "S3 is down."), 2, 15),
        (Unavailable("s3_down", "S3 is down."), 3, None),
        (Unavailable("busy", "Too many requests.", delay=60), 1, 60),
        (Unavailable("busy", "Too many requests.", delay=1), 1, 5),
        (ZeroDivisionError(), 1, 5),
        (BadMedia("not_media", "It is no media."), 1, None),
        (Misconfigured("key", "No key."), 1, None),
    ],
)
def test_whether_and_when_an_attempt_is_made_again(error: Exception, attempt: int, pause: float | None) -> None:
    assert pause_before_retry(error, attempt, POLICY) == pause


def test_a_failure_tells_people_the_reason_and_operators_the_trace() -> None:
    try:
        raise BadMedia("not_media", "It is no media.", hint="Send media.")
    except BadMedia as error:
        failure = as_failure(error)
    assert (failure.code, failure.message, failure.hint, failure.retryable) == (
        "not_media",
        "It is no media.",
        "Send media.",
        False,
    )
    assert "test_retrying" in (failure.trace or "")


def test_what_has_no_name_is_an_internal_error_without_its_text() -> None:
    failure = as_failure(ValueError("secret\0value \ud800"))
    assert failure.code == "internal_error"
    assert "secret" not in failure.message
    assert "\0" not in (failure.trace or "")
    (failure.trace or "").encode()
