"""What Lambda makes of a function's answer to a batch."""

from __future__ import annotations

import pytest

from local.pump.answers import Answer, failures


def reported(*identifiers: object) -> dict[str, object]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        pytest.param(None, set(), id="no answer"),
        pytest.param({}, set(), id="empty answer"),
        pytest.param({"statusCode": 200}, set(), id="answer about something else"),
        pytest.param({"batchItemFailures": None}, set(), id="null list"),
        pytest.param({"batchItemFailures": []}, set(), id="empty list"),
        pytest.param(reported("2"), {"2"}, id="one failure"),
        pytest.param(reported("3", "1", "3"), {"1", "3"}, id="several, one twice"),
        pytest.param(reported(""), None, id="empty identifier"),
        pytest.param(reported(None), None, id="null identifier"),
        pytest.param(reported("9"), None, id="an identifier of another batch"),
        pytest.param(reported("1", "9"), None, id="one of several from another batch"),
        pytest.param(reported({"a": 1}), None, id="an object for an identifier"),
        pytest.param({"batchItemFailures": [{"id": "1"}]}, None, id="wrong key"),
        pytest.param({"batchItemFailures": ["1"]}, None, id="no objects"),
        pytest.param({"batchItemFailures": "1"}, None, id="no list"),
        pytest.param("done", None, id="no object"),
    ],
)
def test_an_answer_says_which_items_failed(payload: object, failed: set[str] | None) -> None:
    assert failures(Answer(payload=payload), ["1", "2", "3"]) == failed


def test_an_error_fails_the_whole_batch() -> None:
    assert failures(Answer(payload=reported("1"), error={"errorType": "KeyError"}), ["1", "2"]) is None
