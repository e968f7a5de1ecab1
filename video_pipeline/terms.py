"""The words of a text made comparable, in any language."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from video_pipeline.transcripts.scripts import has_unsegmented

_STEM: Final = 6
# English words that say how something is asked, not what about. In other languages their frequency tells them apart.
_FUNCTION_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "a about all an and any are as at be been but by can could did do does for from had has have he her him his "
        "how i if in into is it its me my of on or our say says said she should so tell that the their them then there "
        "they this to told us was we were what when where which who whom whose why will with would you your",
    )
)
_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es?)$|(?<=\w{3})s$")
# Korean has blanks, but its particles cling to the words.
_HANGUL = re.compile("[\uac00-\ud7af]")


def terms(text: str) -> set[str]:
    """The words of a text made comparable: no case, no common English ending, the first letters only."""
    found: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if len(word) > 1 and (has_unsegmented(word) or _HANGUL.search(word)):
            # Where nothing tells words apart, pairs of characters stand for them.
            found.update(word[at : at + 2] for at in range(len(word) - 1))
        elif word not in _FUNCTION_WORDS:
            found.add(_ENDING.sub("", word)[:_STEM])
    return found
