"""Whether a quote stands in a passage, and exactly where: what is shown afterwards are the passage's own words.

First it is looked for letter by letter, passing over case, punctuation and blanks. Then a few words may differ, as
they do where a recogniser slipped or a model tidied up; never a number, and never a "not".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from video_pipeline.quoting import Quote, timed
from video_pipeline.transcripts.model import Passage
from video_pipeline.transcripts.scripts import has_unsegmented

_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_APOSTROPHES: Final = str.maketrans("", "", "'’ʼ")
# Models shorten what they quote by dots.
_LEFT_OUT: Final = re.compile(r"\[?(?:\.{3,}|…)\]?")
_LEAST_WORDS: Final = 3
_LEAST_CHARACTERS: Final = 4
"""In scripts that write no blanks between words."""
_MOST_WORDS: Final = 200
_SLIPS: Final = 0.2
"""The share of a quote's words that may differ; one that merely sounds alike counts half."""
_ALIKE: Final = 0.6
_OPENING: Final = "“‘«„([¿¡「『"
_DENIALS: Final = frozenset(
    re.findall(
        r"\w+",
        "no not never none nobody nothing neither nor cannot without nt aint arent cant couldnt "
        "didnt doesnt dont hadnt hasnt havent isnt mustnt neednt shouldnt wasnt werent wont wouldnt "
        "kein keine keinen keiner keinem nicht nie niemals nichts niemand ohne ne pas jamais aucun aucune rien sans "
        "non mai nessuno niente senza nunca ningún ninguna nada nadie sin não sem nem geen niet nooit niets zonder "
        "nie bez не нет ни никогда ничего без",
    )
)


class _Word(NamedTuple):
    """Comparable letters, and the characters `[first, last)` they stand for."""

    text: str
    first: int
    last: int


class _Place(NamedTuple):
    """Words `[first, last)` of a passage."""

    first: int
    last: int


def find(passage: Passage, quote: str) -> Quote | None:
    """The passage's own words that the quote stands for, with their time; None if nobody says so there."""
    words = _words(passage.text)
    wanted = _words(max(_LEFT_OUT.split(quote), key=len))
    if not _enough(wanted) or not words:
        return None
    place = _verbatim(words, wanted) or _alike(words, wanted)
    if place is None:
        return None
    first, last = _whole(passage.text, words[place.first].first, words[place.last - 1].last)
    said = [word.text for word in words if first <= word.first < last]
    return timed(passage, first, last) if _fixed(said) == _fixed([word.text for word in wanted]) else None


def _words(text: str) -> list[_Word]:
    """Words without case and marks; in scripts without blanks every character is one."""
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        first, last = match.span()
        spans = [(at, at + 1) for at in range(first, last)] if has_unsegmented(match.group()) else [(first, last)]
        found += [_Word(_letters(text[a:b]), a, b) for a, b in spans]
    return found


def _letters(word: str) -> str:
    return unicodedata.normalize("NFKC", word.translate(_APOSTROPHES)).casefold()


def _enough(wanted: Sequence[_Word]) -> bool:
    """A word or two stand everywhere and prove nothing."""
    unspaced = sum(has_unsegmented(word.text) for word in wanted)
    return len(wanted) - unspaced >= _LEAST_WORDS or unspaced >= _LEAST_CHARACTERS


def _verbatim(words: Sequence[_Word], wanted: Sequence[_Word]) -> _Place | None:
    """The first place where the same letters stand, however they are spaced and marked; only whole words."""
    text, letters = "".join(word.text for word in words), "".join(word.text for word in wanted)
    starts: dict[int, int] = {}
    at = 0
    for number, word in enumerate(words):
        starts[at] = number
        at += len(word.text)
    starts[at] = len(words)
    at = text.find(letters)
    while at >= 0:
        if at in starts and at + len(letters) in starts:
            return _Place(starts[at], starts[at + len(letters)])
        at = text.find(letters, at + 1)
    return None


# ------------------------------------------------------------------------------------ with small slips
def _alike(words: Sequence[_Word], wanted: Sequence[_Word]) -> _Place | None:
    said, asked = [word.text for word in words], [word.text for word in wanted[: _MOST_WORDS + 1]]
    if len(asked) > _MOST_WORDS:
        return None
    place = _nearest(said, asked)
    run = said[place.first : place.last]
    return place if run and _slips(run, asked) <= _SLIPS * len(asked) else None


def _nearest(said: Sequence[str], asked: Sequence[str]) -> _Place:
    """The run of `said` that takes the fewest insertions, deletions and exchanges of words to become `asked`.

    Of equals the longest: what stands beside the other words may be the "not" that changes everything.
    """
    # Each cell: the cost of `asked` so far against a run that ends here, and where that run begins.
    row = [(0.0, at) for at in range(len(said) + 1)]
    for number, word in enumerate(asked, start=1):
        above, row = row, [(float(number), 0)]
        for at, other in enumerate(said, start=1):
            exchanged = (above[at - 1][0] + _exchange(word, other), above[at - 1][1])
            left_out = (above[at][0] + 1, above[at][1])
            put_in = (row[at - 1][0] + 1, row[at - 1][1])
            row.append(min(exchanged, left_out, put_in, key=lambda cell: cell[0]))
    last = min(range(len(row)), key=lambda at: (row[at][0], -at))
    return _Place(row[last][1], last)


def _exchange(word: str, other: str) -> float:
    if word == other:
        return 0
    return 0.5 if word[:2] == other[:2] or word[-3:] == other[-3:] else 1


def _slips(said: Sequence[str], asked: Sequence[str]) -> float:
    changes = SequenceMatcher(None, said, asked, autojunk=False).get_opcodes()
    return sum(_weight(said[a:b], asked[c:d]) for tag, a, b, c, d in changes if tag != "equal")


def _weight(said: Sequence[str], asked: Sequence[str]) -> float:
    count = max(len(said), len(asked))
    sounds = SequenceMatcher(None, "".join(said), "".join(asked), autojunk=False).ratio()
    return count / 2 if sounds >= _ALIKE else float(count)


def _fixed(words: Sequence[str]) -> tuple[Counter[str], int]:
    """What no slip may touch: the numbers, and how often something is denied."""
    return Counter(_numbers(words)), sum(word in _DENIALS for word in words)


def _numbers(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words if any(each.isdigit() for each in word))


def _whole(text: str, first: int, last: int) -> tuple[int, int]:
    """With the rest of the words at both ends ("non-" of "non-members", "3." of "3.5"), and the marks that cling."""
    while last < len(text) and not text[last].isspace() and text[last] not in _OPENING and not _apart(text, last):
        last += 1
    while first > 0 and not text[first - 1].isspace() and not _apart(text, first):
        first -= 1
    return first, last


def _apart(text: str, at: int) -> bool:
    """Whether a word may begin or end at `at` though there is no blank."""
    before, after = text[at - 1], text[at]
    return (before.isalnum() or after.isalnum()) and has_unsegmented(before + after) and not _mark(after)


def _mark(character: str) -> bool:
    return unicodedata.category(character).startswith("P")
