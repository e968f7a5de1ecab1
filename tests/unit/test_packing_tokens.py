from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE

from video_pipeline.errors import Misconfigured
from video_pipeline.language import tokens
from video_pipeline.language.minilm_files import TOKENIZER, model_file
from video_pipeline.language.tokens import WordPieceCounter


@pytest.fixture(scope="module")
def file() -> Path:
    return model_file(TOKENIZER)


@pytest.fixture(scope="module")
def tokenizer(file: Path) -> Tokenizer:
    loaded = Tokenizer.from_file(str(file))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


@pytest.fixture(scope="module")
def counter(file: Path) -> WordPieceCounter:
    return WordPieceCounter(file)


def really(tokenizer: Tokenizer, texts: list[str]) -> list[int]:
    return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]


odd = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
plain = st.text(st.sampled_from("ab cdé'.,-[]SEP\n \x0b\x1c\x85\u2028 今日がภ가"), max_size=60)


@given(texts=st.lists(odd | plain, max_size=8))
def test_counts_are_those_of_the_tokenizer(counter: WordPieceCounter, tokenizer: Tokenizer, texts: list[str]) -> None:
    assert counter.count(texts) == really(tokenizer, texts)


def test_every_kind_of_space_and_control_character_counts_as_the_tokenizer_has_it(
    counter: WordPieceCounter, tokenizer: Tokenizer
) -> None:
    kinds = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"}
    found = [chr(point) for point in range(0x30000) if unicodedata.category(chr(point)) in kinds]
    texts = [f"ab{character}cd {character} e{character}" for character in found]
    assert counter.count(texts) == really(tokenizer, texts)


def test_special_tokens_in_a_text_and_long_words_count_as_the_tokenizer_has_it(
    counter: WordPieceCounter, tokenizer: Tokenizer
) -> None:
    texts = ["[CLS] a[SEP]b [SE\x0bP]", "x" * 100, "x" * 101, "https://example.com/" + "a-b" * 50, "", " "]
    assert counter.count(texts) == really(tokenizer, texts)
    assert counter.count(texts) == really(tokenizer, texts)


@given(left=odd, right=odd)
def test_tokens_add_up_across_a_space(counter: WordPieceCounter, left: str, right: str) -> None:
    whole, first, second = counter.count([f"{left} {right}", left, right])
    assert whole == first + second


def test_memory_is_bounded(file: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_WORDS", 10)
    monkeypatch.setattr(tokens, "_BLOCK_CHARS", 50)
    small = WordPieceCounter(file)
    texts = [f"word{n} again {'long' * 20}{n}" for n in range(50)]
    assert small.count(texts) == really(tokenizer, texts)
    assert len(small._known) <= 10
    assert max(map(len, small._known)) <= 32


def test_threads_may_share_a_counter(file: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_WORDS", 5)
    shared = WordPieceCounter(file)
    texts = [f"thread{n} says things" for n in range(40)]
    expected = really(tokenizer, texts)
    with ThreadPoolExecutor(4) as pool:
        assert all(counts == expected for counts in pool.map(shared.count, [texts] * 20))


class TestFiles:
    def test_a_missing_file_is_a_fault_of_the_installation(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured) as refusal:
            WordPieceCounter(tmp_path / "tokenizer.json")
        assert refusal.value.code == "tokenizer_missing"

    def test_a_broken_file_is_refused(self, tmp_path: Path) -> None:
        broken = tmp_path / "tokenizer.json"
        broken.write_text("{")
        with pytest.raises(Misconfigured) as refusal:
            WordPieceCounter(broken)
        assert refusal.value.code == "tokenizer_unreadable"

    def test_a_tokenizer_whose_tokens_do_not_add_up_is_refused(self, tmp_path: Path) -> None:
        other = tmp_path / "tokenizer.json"
        Tokenizer(BPE()).save(str(other))
        with pytest.raises(Misconfigured) as refusal:
            WordPieceCounter(other)
        assert refusal.value.code == "tokenizer_unsupported"
