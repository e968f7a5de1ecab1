"""What kind of recording it is, told by who speaks how much and to whom."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from video_pipeline.summaries.document import Kind
from video_pipeline.summaries.spoken import Spoken

_HEARD: Final = 0.05
"""Who says less of the words takes no part in a conversation."""
_ALONE: Final = 0.85
_TEACHES: Final = re.compile(
    r"\b(?:lecture|course|slides?|theorem|definition|chapter|students?|homework|exam|today (?:we(?:'ll| will| "
    r"are)|i(?:'ll| "
    r"will)) (?:learn|look|discuss|talk|cover|study)|in this (?:lecture|lesson|talk|course|tutorial)|as you "
    r"can see|for "
    r"example|recall that|let(?:'s| us) (?:consider|look at|define)"
    r"|vorlesung|folien?|kapitel|zum beispiel|wie sie sehen|definition|prüfung|studierende"
    r"|cours|diapositives?|chapitre|par exemple|comme vous (?:le )?voyez|définition|examen|étudiants"
    r"|clase|diapositivas?|capítulo|por ejemplo|como (?:pueden|podéis) ver|definición|estudiantes)\b",
    re.IGNORECASE,
)
_SHARES: Final = re.compile(
    r"\b(?:subscribe|my channel|hey guys|hi guys|hello everyone|what'?s up|vlog|link (?:is )?in the "
    r"description|like and "
    r"|comment below|see you (?:in the )?next|today i(?:'m| am) going to show|come with me|follow me"
    r"|abonniert?|mein(?:em|en)? kanal|hallo leute|kommentare|abonnez|ma chaîne|salut (?:à tous|les)|commentaires"
    r"|suscr[ií]b\w+|mi canal|hola (?:a todos|chicos)|comentarios)\b",
    re.IGNORECASE,
)
_RATE: Final = 1000
_CLEAR: Final = 3.0
"""Such phrases in a thousand words."""


class Told(NamedTuple):
    kind: Kind
    reason: str


def kind_of(spoken: Spoken) -> Told:
    """Shares of the speakers first; of one who speaks alone, the phrases that teachers and vloggers use."""
    total = sum(spoken.words_of.values())
    if total == 0:
        return Told("other", "Nothing is said in it.")
    named = {speaker: words for speaker, words in spoken.words_of.items() if speaker}
    taking_part = [speaker for speaker, words in named.items() if words >= _HEARD * total]
    share = next(iter(spoken.words_of.values())) / total
    if len(taking_part) > 1 and share < _ALONE:
        return Told(
            "meeting", f"{len(taking_part)} people talk with each other, nobody has more than {share:.0%} of it."
        )
    who = "One person speaks" if named else "Nobody is named as a speaker"
    teaches, shares = (_often(pattern, spoken.text, total) for pattern in (_TEACHES, _SHARES))
    if max(teaches, shares) < _CLEAR:
        return Told("other", f"{who}, and the words tell neither a lecture nor a vlog.")
    if teaches >= shares:
        return Told("lecture", f"{who}, with {teaches:.0f} phrases of a lecture in a thousand words.")
    return Told("vlog", f"{who}, with {shares:.0f} phrases of a vlog in a thousand words.")


def _often(pattern: re.Pattern[str], text: str, words: int) -> float:
    return sum(1 for _ in pattern.finditer(text)) * _RATE / words
