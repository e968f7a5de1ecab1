from __future__ import annotations

import contextlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import BadRecord
from video_pipeline.events import (
    QuestionAsked,
    SegmentHeader,
    TranscriptReady,
    VideoSubmitted,
    announce,
    cut,
    decode_segment,
    encode_segment,
    is_segment,
    make_event,
    read_event,
)

# Everything that JSON and PostgreSQL take: no halves of surrogate pairs, no NUL.
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
UPLOAD = UUID("7b0f5f0e-0d9b-4b53-9d3b-0c9c9d3a8f10")


def submitted(**data: Any) -> dict[str, Any]:
    given = {"uri": "s3://media-bucket-local/a/film.mp4", **data}
    return {"specversion": "1.0", "id": "1", "source": "test", "type": "video.submitted", "data": given}


def header(**changes: Any) -> SegmentHeader:
    fields = {"upload_id": UPLOAD, "index": 0, "count": 2, "size": 10, "sha256": "a" * 64, "filename": "film.mp4"}
    return SegmentHeader.model_validate({**fields, **changes})


def test_an_event_is_read_with_what_its_sender_said() -> None:
    document = submitted(title=" Town hall ", language="en-GB", metadata={"show": "one"}, captions_uri="s3://abc/c.vtt")
    event = read_event(json.dumps({**document, "extension": "kept"}))
    assert event.body == VideoSubmitted(
        uri="s3://media-bucket-local/a/film.mp4",
        title="Town hall",
        language="en-GB",
        metadata={"show": "one"},
        captions_uri="s3://abc/c.vtt",
    )


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        (b"\xff\xfe\x00", "not_json", "not JSON"),
        (b"hello", "not_json", "not JSON"),
        (b"", "not_json", "not JSON"),
        (b"[" * 100_000, "not_json", "not JSON"),
        (b"[1]", "not_an_event", "not an object"),
        (json.dumps(without(submitted(), "id")), "missing_field", "'id'"),
        (json.dumps(without(submitted(), "data")), "missing_field", "'data'"),
        (json.dumps({**submitted(), "data": {}}), "missing_field", "'data.uri'"),
        (json.dumps({**submitted(), "type": "video.exploded"}), "unknown_type", "video.exploded"),
        (json.dumps({**submitted(), "specversion": "0.3"}), "invalid_field", "'specversion'"),
        (json.dumps(submitted(uri="https://example.com/film.mp4")), "invalid_field", "'data.uri'"),
        (json.dumps(submitted(uri="s3://UPPER/film.mp4")), "invalid_field", "'data.uri'"),
        (json.dumps(submitted(surprise=1)), "invalid_field", "'data.surprise'"),
        (json.dumps(submitted(title="x" * 501)), "invalid_field", "'data.title'"),
        (json.dumps(submitted(title="a\0b")), "invalid_field", "NUL"),
        (json.dumps(submitted(language="klingon!")), "invalid_field", "'data.language'"),
        (json.dumps(submitted(metadata={"k": "x" * 3000})), "invalid_field", "'data.metadata'"),
        (json.dumps(submitted(metadata={str(n): "x" for n in range(51)})), "invalid_field", "51 keys"),
    ],
)
def test_what_is_wrong_with_a_record_is_said(raw: bytes | str, code: str, words: str) -> None:
    with pytest.raises(BadRecord) as caught:
        read_event(raw)
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_backslash_before_letters_is_no_nul() -> None:
    assert read_event(json.dumps(submitted(title=r"the regex \u0000 explained"))).body


@pytest.mark.parametrize("depth", [900, 970, 985, 990, 995, 1000, 5000])
def test_an_event_nested_however_deeply_is_read_or_refused(depth: int) -> None:
    text = json.dumps(submitted())[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    with contextlib.suppress(BadRecord):
        assert read_event(text).body


def test_a_question_keeps_its_bounds() -> None:
    for query in ("", "   ", "x" * 4_001):
        document = make_event(QuestionAsked(query="ok"), subject="q")
        document["data"]["query"] = query
        with pytest.raises(BadRecord) as caught:
            read_event(json.dumps(document))
        assert caught.value.code == "invalid_field"


def test_announcing_the_same_thing_twice_gives_the_same_event_id() -> None:
    ready = TranscriptReady(job_id=uuid4(), video_id=uuid4())
    first, second = (json.loads(announce(ready, unique=1).body) for _ in range(2))
    assert first["id"] == second["id"]
    assert read_event(json.dumps(first)).body == ready
    assert announce(ready).key == str(ready.video_id)


@given(content=st.binary(min_size=1, max_size=5_000), filename=st.text(TEXT, min_size=1, max_size=100))
def test_a_segment_comes_out_as_it_went_in(content: bytes, filename: str) -> None:
    made = header(filename=filename, title="Town hall", metadata={"a": "b"})
    raw = encode_segment(made, content)
    assert is_segment(raw)
    assert decode_segment(raw) == (made, content)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"VPS1", "segment_malformed"),
        (b"VPS1\xff\xff{}", "segment_malformed"),
        (b"VPS1\x00\x02{}x", "missing_field"),
        (b"VPS1\x00\x03[1]x", "missing_field"),
        (encode_segment(header(title="a\0b"), b"x"), "invalid_field"),
        (encode_segment(header(index=2), b"x"), "segment_malformed"),
        (encode_segment(header(), b""), "segment_malformed"),
        (encode_segment(header(), b"x").replace(b'"count":2', b'"count":0'), "invalid_field"),
        (encode_segment(header(), b"x").replace(b"a" * 64, b"Z" * 64), "invalid_field"),
    ],
)
def test_a_malformed_segment_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(BadRecord) as caught:
        decode_segment(raw)
    assert caught.value.code == code


@given(size=st.integers(1, 10_000), payload=st.integers(1, 999))
def test_the_cuts_cover_the_content_exactly(size: int, payload: int) -> None:
    ranges = list(cut(size, payload))
    assert b"".join(bytes(size)[first:last] for first, last in ranges) == bytes(size)
    assert all(0 < last - first <= payload for first, last in ranges)
