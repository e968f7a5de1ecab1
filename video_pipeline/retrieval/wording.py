"""What a question is about, apart from how it is put.

English only: the archive's other languages lose their stop words by the database's rules, and how rare a word is does
the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Words of grammar.
_FUNCTION: Final = frozenset(
    re.findall(
        r"\w+",
        "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers "
        "herself it its itself they them their theirs themselves what which who whom whose this that these those am "
        "is are was were be been being have has had having do does did doing would should could ought can will shall "
        "may might must a an the and but if or because as until while of at by for with about against between into "
        "through during before after above below to from up down in out on off over under again further then once "
        "here there when where why how all any both each few more most other some such no nor not only own same so "
        "than too very s t d ll m re ve don didn doesn isn aren wasn weren hasn haven hadn won wouldn shouldn couldn "
        "let us also just much many else ever yet still",
    )
)
# What people say when they ask about a recording, whatever it is about: to ask, to tell, to hold a view, the recording.
_FRAMING: Final = frozenset(
    re.findall(
        r"\w+",
        "ask answer question reply respond response say said tell told talk speak spoke speech mention discuss "
        "discussion debate converse conversation dialogue explain explanation describe description summarize "
        "summarise summary outline overview recap detail list name identify define give gave show find found think "
        "thought believe belief feel felt feeling opinion view viewpoint perspective idea stance attitude consider "
        "argue argument claim state statement comment remark suggest suggestion propose proposal recommend "
        "recommendation advise agree agreement disagree disagreement conclude conclusion decide decision reason mean "
        "know learn understand happen meeting video recording lecture session presentation present episode interview "
        "transcript clip group team people person speaker participant member everyone someone anyone anybody somebody "
        "everybody topic subject theme matter thing point part issue aspect regard regarding concern concerning "
        "respect according please main mainly key general generally overall brief briefly short specific exactly "
        "different",
    )
)
_WORD: Final = re.compile(r"\w[\w'’-]*")
_ENDINGS: Final = (
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("ied", "y"),
)


@dataclass(frozen=True)
class Wording:
    """`words`: the question without words of grammar; `topic`: also without those in which any question is put."""

    words: str
    topic: str


def worded(query: str) -> Wording:
    """Where nothing would be left, all of it stays."""
    words = [word for word in _WORD.findall(query) if _plain(word) not in _FUNCTION]
    topic = content(query)
    return Wording(words=" ".join(words) or query, topic=" ".join(topic or words) or query)


def content(query: str) -> list[str]:
    """The words that tell what it is about; there may be none."""
    return [word for word in _WORD.findall(query) if not _empty(_plain(word))]


def _empty(word: str) -> bool:
    return word in _FUNCTION or _frames(word)


def _plain(word: str) -> str:
    """`What` of `What's`."""
    return word.lower().replace("’", "'").partition("'")[0]


def _frames(word: str) -> bool:
    return word in _FRAMING or any(
        word.endswith(ending) and word.removesuffix(ending) + instead in _FRAMING for ending, instead in _ENDINGS
    )
