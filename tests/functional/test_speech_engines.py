"""The real engines: pocketsphinx on the sample without captions, faster-whisper with a tiny model of random weights."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from video_pipeline.media.reader import PyAvMedia
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SpeechRequest
from video_pipeline.speech.pocketsphinx import PocketsphinxRecogniser
from video_pipeline.speech.whisper import WhisperRecogniser

SAMPLE = Path(__file__).parents[2] / "samples" / "no-captions.mp4"


def _request(audio: Path, duration: float) -> SpeechRequest:
    media = ObjectRef(bucket="media", key="a.mp4")
    return SpeechRequest(job_id=UUID(int=1), audio=audio, media=media, language=None, duration=duration)


FIRST_SENTENCE = 4.8  # seconds; recognising is slow


@pytest.fixture
def sample(tmp_path: Path) -> SpeechRequest:
    PyAvMedia().extract_audio(SAMPLE, tmp_path / "whole.wav")
    with wave.open(str(tmp_path / "whole.wav")) as whole, wave.open(str(tmp_path / "part.wav"), "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(round(FIRST_SENTENCE * 16_000)))
    return _request(tmp_path / "part.wav", FIRST_SENTENCE)


def test_pocketsphinx_hears_the_sample(sample: SpeechRequest) -> None:
    transcript = PocketsphinxRecogniser().transcribe(sample)
    times = {word.text: word.start for segment in transcript.segments for word in segment.words}
    assert {"remember", "close", "windows", "leave", "building"} <= times.keys()
    assert times["remember"] < times["close"] < times["windows"] < times["leave"] < times["building"]
    assert 0.4 < times["remember"] < 1.5
    assert 2.5 < times["building"] < 4.5
    assert transcript.quality == "low"


def test_pocketsphinx_hears_nothing_in_silence(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes(32_000 * 5))
    assert PocketsphinxRecogniser().transcribe(_request(tmp_path / "a.wav", 5.0)).segments == ()


def test_whisper_runs_from_a_model_folder(sample: SpeechRequest, tmp_path: Path) -> None:
    """Random weights say nothing sensible; what counts is that library, folder and times fit together."""
    pytest.importorskip("faster_whisper")
    _random_model(tmp_path / "model")
    recogniser = WhisperRecogniser(str(tmp_path / "model"), "float32")
    # Where it is unsure, Whisper draws its words: one time in fifteen such a model says nothing at all.
    for _ in range(10):
        told: list[float] = []
        transcript = recogniser.transcribe(sample, progress=told.append)
        if transcript.segments:
            break
    assert transcript.source == "whisper"
    assert transcript.engine == "faster-whisper model"
    assert transcript.language == "en"
    assert transcript.segments
    assert all(0 <= s.start <= s.end <= sample.duration + 0.001 for s in transcript.segments)
    assert [s.start for s in transcript.segments] == sorted(s.start for s in transcript.segments)
    assert told == sorted(told)


def _random_model(folder: Path, width: int = 16) -> None:
    """A converted Whisper model of one layer, with a tokenizer of single bytes; about 350 kB."""
    from ctranslate2.specs import WhisperSpec

    folder.mkdir()
    tokens = _tokenizer(folder / "tokenizer.json")
    draw = np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return (draw.standard_normal(shape) * 0.3).astype(np.float32)

    spec = WhisperSpec(1, 2, 1, 2)
    spec.encoder.conv1.weight, spec.encoder.conv2.weight = weights(width, 80, 3), weights(width, width, 3)
    spec.encoder.conv1.bias = spec.encoder.conv2.bias = np.zeros(width, np.float32)
    spec.encoder.position_encodings.encodings = weights(1500, width)
    spec.decoder.embeddings.weight = spec.decoder.projection.weight = weights(len(tokens), width)
    spec.decoder.projection.weight[tokens.index("<|endoftext|>")] *= 16  # so that it stops talking
    spec.decoder.position_encodings.encodings = weights(448, width)
    decoder = spec.decoder.layer[0]
    for attention, sizes in (
        (spec.encoder.layer[0].self_attention, (3, 1)),
        (decoder.self_attention, (3, 1)),
        (decoder.attention, (1, 2, 1)),
    ):
        for linear, size in zip(attention.linear, sizes, strict=True):
            _fill(linear, weights(size * width, width))
        _normalise(attention.layer_norm, width)
    for layer in (spec.encoder.layer[0], decoder):
        _fill(layer.ffn.linear_0, weights(4 * width, width))
        _fill(layer.ffn.linear_1, weights(width, 4 * width))
        _normalise(layer.ffn.layer_norm, width)
    for norm in (spec.encoder.layer_norm, spec.decoder.layer_norm):
        _normalise(norm, width)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [tokens.index("<|en|>")]
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))


def _fill(linear: Any, weight: Any) -> None:
    linear.weight, linear.bias = weight, np.zeros(weight.shape[0], np.float32)


def _normalise(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _tokenizer(target: Path) -> list[str]:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["endoftext", "startoftranscript", "en", "translate", "transcribe", "startoflm", "startofprev"]
    special = [f"<|{name}|>" for name in [*special, "nospeech", "notimestamps"]]
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(target))
    return [*letters, *special, *(f"<|{n * 0.02:.2f}|>" for n in range(1501))]
