"""Filter patterns: the rules of Lambda's documentation, case by case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.pump.filters import wanted
from video_pipeline.topology import STREAM_CONSUMERS

EVENT = {
    "type": "question.asked",
    "data": {"top_k": 5, "speakers": ["Ada", "Grace"], "title": "Launch day", "draft": False, "note": None},
    "parts": [{"index": 1}, {"index": 7}],
}


def matches(pattern: dict[str, Any], content: object = EVENT) -> bool:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return wanted([pattern], {"partitionKey": "video-7", "sequenceNumber": "41"}, "data", raw)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param({"data": {"type": ["question.asked"]}}, True, id="literal"),
        pytest.param({"data": {"type": ["video.submitted", "question.asked"]}}, True, id="one of several literals"),
        pytest.param({"data": {"type": ["video.submitted"]}}, False, id="another literal"),
        pytest.param({"data": {"type": ["Question.Asked"]}}, False, id="literals mind case"),
        pytest.param({"data": {"type": [{"equals-ignore-case": "Question.Asked"}]}}, True, id="unless told not to"),
        pytest.param({"data": {"type": [{"prefix": "question."}]}}, True, id="prefix"),
        pytest.param({"data": {"type": [{"prefix": "video."}]}}, False, id="another prefix"),
        pytest.param({"data": {"type": [{"suffix": ".asked"}]}}, True, id="suffix"),
        pytest.param({"data": {"type": [{"anything-but": ["video.submitted"]}]}}, True, id="anything but others"),
        pytest.param({"data": {"type": [{"anything-but": ["question.asked"]}]}}, False, id="anything but this"),
        pytest.param({"data": {"type": [{"anything-but": {"prefix": "question."}}]}}, False, id="but a prefix"),
        pytest.param({"data": {"nothing": [{"anything-but": ["x"]}]}}, False, id="anything but needs a value"),
        pytest.param({"data": {"type": [{"exists": True}]}}, True, id="exists"),
        pytest.param({"data": {"nothing": [{"exists": False}]}}, True, id="does not exist"),
        pytest.param({"data": {"nothing": [{"exists": True}]}}, False, id="would have to exist"),
        pytest.param({"data": {"type": [{"exists": False}]}}, False, id="would have to be missing"),
        pytest.param({"data": {"data": {"nothing": [{"exists": False}]}}}, True, id="missing in a nested object"),
        pytest.param({"data": {"data": {"top_k": [5]}}}, True, id="nested number"),
        pytest.param({"data": {"data": {"top_k": ["5"]}}}, False, id="a number is not its text"),
        pytest.param({"data": {"data": {"top_k": [{"numeric": ["=", 5]}]}}}, True, id="numeric equal"),
        pytest.param({"data": {"data": {"top_k": [{"numeric": [">", 1, "<=", 5]}]}}}, True, id="numeric range"),
        pytest.param({"data": {"data": {"top_k": [{"numeric": [">", 5]}]}}}, False, id="outside of the range"),
        pytest.param({"data": {"data": {"title": [{"numeric": [">", 5]}]}}}, False, id="text has no range"),
        pytest.param({"data": {"data": {"draft": [False]}}}, True, id="boolean"),
        pytest.param({"data": {"data": {"draft": [0]}}}, False, id="false is not nought"),
        pytest.param({"data": {"data": {"note": [None]}}}, True, id="null"),
        pytest.param({"data": {"data": {"speakers": ["Grace"]}}}, True, id="one element of a list"),
        pytest.param({"data": {"data": {"speakers": ["Alan"]}}}, False, id="no element of a list"),
        pytest.param({"data": {"parts": {"index": [7]}}}, True, id="one object of a list"),
        pytest.param({"data": {"type": ["question.asked"], "data": {"top_k": [4]}}}, False, id="all fields must match"),
        pytest.param({"data": {"$or": [{"type": ["x"]}, {"data": {"top_k": [5]}}]}}, True, id="either of two objects"),
        pytest.param({"partitionKey": ["video-7"]}, True, id="metadata of the record"),
        pytest.param({"partitionKey": ["video-8"]}, False, id="other metadata"),
        pytest.param({"partitionKey": ["video-7"], "data": {"type": ["x"]}}, False, id="metadata and content"),
    ],
)
def test_a_record_is_wanted_when_the_pattern_matches(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern) is expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not json", id="text"),
        pytest.param(b"VPS1\x00\x80\xff", id="binary"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
        pytest.param(b'"question.asked"', id="a JSON string"),
        pytest.param(b"[1, 2]", id="a JSON list of numbers"),
        pytest.param(b"null", id="null"),
    ],
)
def test_content_that_is_no_json_object_does_not_match_a_pattern_on_fields(content: bytes) -> None:
    assert not matches({"data": {"type": ["question.asked"]}}, content)


def test_plain_text_matches_a_pattern_of_strings() -> None:
    assert matches({"data": ["hello"]}, b"hello")
    assert not matches({"data": ["hello"]}, b"goodbye")
    assert not matches({"data": ["hello"]}, {"hello": 1})


def test_any_of_several_patterns_is_enough() -> None:
    patterns = [{"data": {"type": ["a"]}}, {"data": {"type": ["b"]}}]
    assert wanted(patterns, {}, "data", b'{"type": "b"}')
    assert not wanted(patterns, {}, "data", b'{"type": "c"}')


def test_without_patterns_everything_is_wanted() -> None:
    assert wanted([], {}, "data", b"\xff\x00")


def test_the_topology_wakes_each_consumer_for_its_own_events_only() -> None:
    questions = next(each for each in STREAM_CONSUMERS if each.unit == "question")
    assert wanted(questions.filter_patterns, {}, "data", b'{"type": "question.asked"}')
    assert not wanted(questions.filter_patterns, {}, "data", b'{"type": "video.submitted"}')
    assert not wanted(questions.filter_patterns, {}, "data", b"VPS1....")
