from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.unit.meetings import VIDEO, meeting
from video_pipeline.model import ObjectRef, Video
from video_pipeline.moments import moments
from video_pipeline.summaries.document import ActionItem, Quote, Statement, Summary, TimeBlock
from video_pipeline.summaries.extractive import summarise
from video_pipeline.summaries.markdown import escaped, markdown_of
from video_pipeline.summaries.outline import clock
from video_pipeline.summaries.spoken import Spoken

LINK = moments("https://videos.example")
# As lenient as renderers are: addresses become links by themselves, and tables and strikethrough are known.
RENDER = MarkdownIt("gfm-like", {"linkify": False, "html": True})
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<https://evil.example>",
    "# A heading",
    "- a list",
    "1. a list",
    "12) a list",
    "> a quote",
    "a | b",
    "```\ncode\n```",
    "    indented",
    "**bold** _em_ ~~gone~~ `code`",
    "one\n\n# two",
    "&lt;script&gt;",
    "[ref]: https://evil.example",
    "[ref][ref]",
    "===",
    "---",
    "\\[x](https://evil.example)",
    "a\u202eb\x00c",
]


def video(title: str = "All hands") -> Video:
    return Video(
        id=VIDEO,
        sha256="0" * 64,
        title=title,
        filename="a.mp4",
        media=ObjectRef(bucket="b", key="k"),
        job_id=uuid4(),
        created_at=datetime(2026, 5, 4, tzinfo=UTC),
    )


def everywhere(text: str) -> Summary:
    """A summary in which a stranger's text stands wherever text can stand."""
    plain = summarise(VIDEO, Spoken(meeting("garden")))
    quote = Quote(text=f"{text} he said", start=3, end=4, speaker=text)
    block = TimeBlock(
        number=1,
        start=0,
        end=9,
        title=text[:100].strip() or "x",
        points=(text[:600],),
        speakers=(text, text),
        quotes=(quote,),
        engine="m",
    )
    return plain.model_copy(
        update={
            "overview": (Statement(text=text[:600], start=1),),
            "time_blocks": (block,),
            "action_items": (ActionItem(text=text[:600], owner=text, due=text, quote=quote),),
            "speakers": (text, "Bob"),
            "notes": (text[:600],),
            "engine": text,
        }
    )


def rendered(markdown: str) -> str:
    return str(RENDER.render(markdown))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_say_is_text_wherever_it_stands(text: str) -> None:
    html = rendered(markdown_of(everywhere(text), video(text), LINK))
    harmless = rendered(markdown_of(everywhere("harmless"), video("harmless"), LINK))
    assert tags(html) == tags(harmless)
    assert "evil.example" not in "".join(targets(html))


@settings(max_examples=150)
@given(st.text(alphabet="<>[]()!*_`~#-+=|\\&:/.@ \n\tahttps1wJ日", max_size=40))
def test_no_text_becomes_markup(text: str) -> None:
    html = rendered(f"before {escaped('x' + text)}")
    assert tags(html) == ["<p>", "</p>"]


@settings(max_examples=100)
@given(st.text(alphabet="<>[]()!*_`~#-+=|\\&: \nab1", max_size=30))
def test_no_text_at_the_start_of_an_item_becomes_markup(text: str) -> None:
    html = rendered(f"- {escaped(text)} end")
    assert tags(html) == ["<ul>", "<li>", "</li>", "</ul>"]


def tags(html: str) -> list[str]:
    """Elements with their names alone."""
    return [f"<{slash}{name}>" for slash, name in re.findall(r"<(/?)([a-zA-Z0-9]+)[^>]*>", html)]


def targets(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]*)"', html)


def test_addresses_are_not_linked_by_renderers_that_look_for_them() -> None:
    text = escaped("see https://evil.example, www.evil.example and me@evil.example")
    assert "https:" not in text
    assert "www." not in text
    assert "@" not in text
    assert rendered(text) == "<p>see https://evil.example, www.evil.example and me@evil.example</p>\n"


def test_every_link_plays_a_second_of_this_video_and_every_block_has_one() -> None:
    summary = summarise(VIDEO, Spoken(meeting("garden", "rocket", turns=80)))
    found = targets(rendered(markdown_of(summary, video(), LINK)))
    assert all(each.startswith(f"https://videos.example/videos/{VIDEO}?t=") for each in found)
    for block in summary.time_blocks:
        assert LINK(VIDEO, block.start) in found


def test_the_parts_are_called_as_befits_the_kind() -> None:
    plain = summarise(VIDEO, Spoken(meeting("garden", turns=60)))
    kinds = {kind: plain.model_copy(update={"kind": kind}) for kind in ("meeting", "lecture", "vlog", "other")}
    told = {kind: markdown_of(each, video(), LINK) for kind, each in kinds.items()}
    assert "## What was discussed" in told["meeting"]
    assert "## Main ideas" in told["lecture"]
    assert "## Moments" in told["vlog"]
    assert "*Recording · " in told["other"]


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (3600, "1:00:00"), (36_061.2, "10:01:01")])
def test_times_are_shown_as_players_show_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
