from __future__ import annotations

import json
from typing import Any

import pytest

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.transcribe_json import read_transcribe


def word(text: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {
        "type": "pronunciation",
        "start_time": str(start),
        "end_time": str(end),
        "alternatives": [{"confidence": "0.9", "content": text}],
        **more,
    }


def mark(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": text}], **more}


def result(*items: dict[str, Any], **more: Any) -> bytes:
    transcripts = [{"transcript": "not read"}]
    body = {"transcripts": transcripts, "items": list(items), **more}
    return json.dumps({"jobName": "job", "accountId": "111122223333", "results": body, "status": "COMPLETED"}).encode()


def test_words_keep_their_times_and_confidences_and_take_their_punctuation() -> None:
    transcript = read_transcribe(
        result(word("Well", 0.04, 0.3), mark(","), word("yes", 0.4, 0.61, alternatives=[CONFIDENT]), mark("."))
    )
    (segment,) = transcript.segments
    assert segment.text == "Well, yes."
    assert [(w.text, w.start, w.end, w.confidence) for w in segment.words] == [
        ("Well,", 0.04, 0.3, 0.9),
        ("yes.", 0.4, 0.61, 1.0),
    ]
    assert (segment.start, segment.end, segment.confidence) == (0.04, 0.61, 0.95)
    assert (transcript.source, transcript.engine, transcript.quality) == (
        "transcribe",
        "amazon-transcribe",
        "recognised",
    )
    assert transcript.confidence == 0.95


CONFIDENT = {"confidence": "1.0", "content": "yes"}


def test_segments_end_with_sentences_and_at_long_pauses() -> None:
    transcript = read_transcribe(
        result(word("One", 0, 1), mark("."), word("two", 1, 2), mark(","), word("three", 2, 3), word("four", 9, 10))
    )
    assert [segment.text for segment in transcript.segments] == ["One.", "two, three", "four"]


def test_an_opening_mark_belongs_to_the_word_after_it() -> None:
    transcript = read_transcribe(
        result(mark("¿"), word("Qué", 0, 1), mark("?"), mark("¡"), word("Ay", 1, 2), mark("!"))
    )
    assert [segment.text for segment in transcript.segments] == ["¿Qué?", "¡Ay!"]


def test_a_label_on_each_word_names_the_speaker() -> None:
    transcript = read_transcribe(
        result(
            word("Hi", 0, 1, speaker_label="spk_0"),
            word("there", 1, 2, speaker_label="spk_0"),
            word("Hello", 2, 3, speaker_label="spk_1"),
        )
    )
    assert [(s.speaker, s.text) for s in transcript.segments] == [("spk_0", "Hi there"), ("spk_1", "Hello")]


def test_older_results_name_speakers_in_a_list_of_spans() -> None:
    labels = {
        "speakers": 2,
        "segments": [
            {
                "start_time": "0.0",
                "end_time": "2.0",
                "speaker_label": "spk_0",
                "items": [{"start_time": "0.0", "end_time": "1.0", "speaker_label": "spk_0"}],
            },
            {"start_time": "2.5", "end_time": "3.0", "speaker_label": "spk_1", "items": []},
        ],
    }
    transcript = read_transcribe(
        result(
            word("Hi", 0.0, 1.0),
            word("there", 1.1, 1.9),
            word("Yes", 2.5, 3.0),
            word("?", 3.1, 3.2),
            speaker_labels=labels,
        )
    )
    assert [(s.speaker, s.text) for s in transcript.segments] == [("spk_0", "Hi there"), ("spk_1", "Yes"), (None, "?")]


def test_the_services_own_segments_cut_and_name_speakers() -> None:
    parts = [{"id": 0, "items": [0, 1], "speaker_label": "spk_0"}, {"id": 1, "items": [2], "speaker_label": "spk_0"}]
    transcript = read_transcribe(
        result(word("a", 0, 1, id=0), mark(",", id=1), word("b", 1, 2, id=2), audio_segments=parts)
    )
    assert [(s.speaker, s.text) for s in transcript.segments] == [("spk_0", "a,"), ("spk_0", "b")]


def channel(label: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"channel_label": label, "items": list(items)}


def test_channels_are_speakers_and_what_they_say_at_once_stays_together() -> None:
    left = [word("How", 0, 1), word("are", 1, 2), word("you", 2, 3), mark("?")]
    right = [word("Yes", 0.5, 1.5), mark(",")]
    labels = {"channels": [channel("ch_0", *left), channel("ch_1", *right)]}
    woven = [left[0], right[0], left[1], right[1], left[2], left[3]]
    expected = [("ch_0", "How are you?"), ("ch_1", "Yes,")]

    def spoken(data: bytes) -> list[tuple[str | None, str]]:
        return [(s.speaker, s.text) for s in read_transcribe(data).segments]

    assert spoken(result(*woven, channel_labels=labels)) == expected
    labelled = [{**item, "channel_label": "ch_0" if item in left else "ch_1"} for item in woven]
    assert spoken(result(*labelled, channel_labels=labels)) == expected
    assert spoken(result(*labelled)) == expected


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"language_code": "en-GB"}, "en-GB"),
        ({"language_identification": [{"score": "0.2", "code": "fr-FR"}, {"score": "0.8", "code": "en-US"}]}, "en-US"),
        ({"language_codes": [{"language_code": "es-US", "duration_in_seconds": 8.05}]}, "es-US"),
        ({}, None),
    ],
)
def test_the_language_is_what_the_service_says_or_holds_most_likely(fields: Any, language: str | None) -> None:
    assert read_transcribe(result(word("x", 0, 1), **fields)).language == language


def test_silence_gives_a_transcript_without_segments_that_says_so() -> None:
    transcript = read_transcribe(result())
    assert transcript.segments == ()
    assert transcript.notes == ("Amazon Transcribe heard no words.",)


def test_half_characters_and_nul_are_replaced() -> None:
    transcript = read_transcribe(result(word("a\ud83d", 0, 1), word("b\0c", 1, 2)))
    assert transcript.text == "a\N{REPLACEMENT CHARACTER} b c"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"not json",
        b"{}",
        b'{"results": null}',
        b'{"results": {"items": "x"}}',
        b'{"results": {"transcripts": []}}',
        b'{"results": {"items": [{"type": "pronunciation", "alternatives": []}]}}',
        result(word("a", -1, 2)),
        result({**word("a", 0, 1), "start_time": "NaN"}),
        result({**word("a", 0, 1), "start_time": "soon"}),
        b'{"a":' * 100_000,
        b'{"a":' + b"1" * 100_000 + b"}",
    ],
)
def test_any_other_shape_is_refused(data: bytes) -> None:
    with pytest.raises(BadCaptions) as refusal:
        read_transcribe(data)
    assert refusal.value.code == "transcribe_malformed"
