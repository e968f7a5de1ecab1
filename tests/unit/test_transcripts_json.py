from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.json_format import read_json, write_json
from video_pipeline.transcripts.model import Segment, Transcript, Word
from video_pipeline.transcripts.read import read_transcript

SEGMENT = Segment(start=0.5, end=1.25, text="Grüße 😀", speaker="Ann", words=(Word(text="Grüße", start=0.5, end=0.75),))
TRANSCRIPT = Transcript(segments=(SEGMENT,), source="whisper", language="de", notes=("A note.",), duration=2.0)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
times = st.floats(0, 1e6)
shares = st.none() | st.floats(0, 1)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    words = st.builds(Word, text=texts, start=times, end=times, confidence=shares)
    spans = st.tuples(times, times).map(sorted)
    segments = [
        Segment(
            start=start,
            end=end,
            text=draw(texts),
            speaker=draw(st.none() | texts),
            words=tuple(draw(st.lists(words, max_size=3))),
            confidence=draw(shares),
        )
        for start, end in draw(st.lists(spans, max_size=4))
    ]
    return Transcript(
        segments=tuple(segments),
        source=draw(st.sampled_from(["sidecar", "transcribe", "none"])),
        quality=draw(st.sampled_from(["captions", "recognised", "low"])),
        engine=draw(texts),
        language=draw(st.none() | texts),
        confidence=draw(shares),
        duration=draw(st.none() | times),
        notes=tuple(draw(st.lists(texts, max_size=2))),
    )


@given(transcripts())
def test_what_is_written_is_read_back_exactly(transcript: Transcript) -> None:
    data = write_json(transcript)
    assert read_json(data) == transcript
    assert write_json(read_json(data)) == data


def test_the_file_says_what_it_is_and_stays_readable() -> None:
    data = write_json(TRANSCRIPT)
    assert data.startswith(b'{"format":"video-pipeline/transcript","version":1,')
    document = json.loads(data)
    assert document["segments"][0]["text"] == "Grüße 😀"
    assert "Grüße" in data.decode()
    assert "confidence" not in document["segments"][0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "other"}, "transcript_malformed"),
        ({"version": 2}, "transcript_version"),
        ({"version": None}, "transcript_version"),
        ({"segments": [{"start": 2, "end": 1, "text": "x"}]}, "transcript_malformed"),
        ({"segments": [{"start": 1, "end": 2, "text": "x\0"}]}, "transcript_malformed"),
        ({"segments": [{"start": 1, "end": 2, "text": "\ud800"}]}, "transcript_malformed"),
        ({"notes": ["\0"]}, "transcript_malformed"),
        ({"surprise": 1}, "transcript_malformed"),
    ],
)
def test_another_version_or_shape_is_refused(change: dict[str, object], code: str) -> None:
    document = {**json.loads(write_json(TRANSCRIPT)), **change}
    with pytest.raises(BadCaptions) as refusal:
        read_json(json.dumps(document).encode())
    assert refusal.value.code == code


class TestReadTranscript:
    def test_every_format_is_told_by_its_content(self) -> None:
        item = '{"type":"pronunciation","start_time":"0","end_time":"1","alternatives":[{"content":"hi"}]}'
        files = {
            "webvtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\nhi\n",
            "subrip": b"1\n00:00:00,000 --> 00:00:01,000\nhi\n",
            "amazon-transcribe": b' \n{"results":{"items":[' + item.encode() + b"]}}",
            "": write_json(Transcript(segments=(Segment(start=0, end=1, text="hi"),), source="import")),
        }
        for engine, data in files.items():
            transcript = read_transcript(data, filename="misleading.bin")
            assert (transcript.engine, transcript.text) == (engine, "hi")

    def test_own_json_is_known_whatever_the_order_of_its_keys(self) -> None:
        document = json.loads(write_json(TRANSCRIPT))
        data = b"\xef\xbb\xbf" + json.dumps(dict(reversed(document.items())), indent=2).encode()
        assert read_transcript(data, filename="t.json") == TRANSCRIPT

    def test_captions_take_source_and_duration_from_the_caller(self) -> None:
        data = b"WEBVTT\n\n00:00.000 --> 00:09.000\nhi\n"
        transcript = read_transcript(data, filename="a.vtt", duration=3, source="embedded")
        assert (transcript.source, transcript.segments[0].end) == ("embedded", 3)

    @pytest.mark.parametrize("data", [b"{", b'{"a": 1}', b"hello", b"\x00\x01\x02"])
    def test_anything_else_is_refused(self, data: bytes) -> None:
        with pytest.raises(BadCaptions):
            read_transcript(data, filename="a.json")
