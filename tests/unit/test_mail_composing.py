"""A mail as bytes: both forms, pictures, threads, and nothing that a stranger's words could change."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mails import LETTER
from video_pipeline.errors import BadInput
from video_pipeline.mail.composing import compose
from video_pipeline.mail.wording import Content, Passage, to_asker, to_human

CITED = Passage(
    title="All <hands> & more",
    start=61.9,
    text='We open "soon"\nin Lisbon — <script>alert(1)</script>',
    link="https://videos.example/videos/7?t=61&x=%22",
    speaker="Ann",
    number=1,
    picture="still-1.ab@videos.example",
)


def written(**changes: object) -> EmailMessage:
    raw = compose(replace(LETTER, **changes))  # type: ignore[arg-type]  # tests name fields
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    return message_from_bytes(raw, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Tags(HTMLParser):
    """Which elements there are, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


def test_an_answer_is_there_as_text_and_as_html_with_its_picture_inside() -> None:
    page = to_asker(Content("When?", "“We open soon.” [1]", [CITED]))
    mail = written(page=page, pictures={"still-1.ab@videos.example": b"\xff\xd8jpeg"})
    assert mail.get_content_type() == "multipart/alternative"
    assert "[1] All <hands> & more · 00:01:01 · Ann" in part(mail, "plain")
    assert CITED.link in part(mail, "plain")
    tags = Tags(part(mail, "html"))
    assert tags.links == {CITED.link, "cid:still-1.ab@videos.example"}
    (picture,) = [each for each in mail.walk() if each.get_content_type() == "image/jpeg"]
    assert picture["Content-ID"] == "<still-1.ab@videos.example>"
    assert picture.get_content() == b"\xff\xd8jpeg"


def test_words_of_strangers_are_no_markup() -> None:
    hostile = '<img src=x onerror="a()"></p></table><script>'
    passage = replace(CITED, title=hostile, text=hostile, speaker=hostile, link=f"https://x/?{hostile}")
    for page in (to_asker(Content(hostile, hostile, [passage])), to_human(Content(hostile, None, [passage]), hostile)):
        assert set(Tags(page.html).names) <= {
            "html",
            "head",
            "meta",
            "body",
            "p",
            "table",
            "tr",
            "td",
            "a",
            "img",
            "br",
        }
        assert Tags(page.html).names.count("img") == 1


def test_without_an_answer_it_says_so_and_shows_what_comes_closest() -> None:
    near = replace(CITED, number=None, text="word " * 200, low=True)
    page = to_asker(Content("When?", None, [near], passed_on=True))
    for said in ("The videos do not say.", "What comes closest:", "passed on to a person", "low-quality transcript"):
        assert said in page.text
        assert said in page.html
    assert len(page.text) < 900
    assert "What comes closest" not in to_asker(Content("When?", None, [])).text


def test_a_thread_goes_on_whatever_the_length_of_its_ids() -> None:
    long = [f"<{'a' * 200}{number}@mail.example>" for number in range(20)]
    mail = written(references=long, in_reply_to=long[-1])
    assert str(mail["References"]).split() == long
    assert mail["In-Reply-To"] == long[-1]
    assert mail["Message-ID"] == LETTER.message_id


def test_no_machine_is_asked_to_answer() -> None:
    mail = written()
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


@pytest.mark.parametrize("field", ["sender", "recipient", "reply_to"])
def test_an_address_cannot_bring_another_header(field: str) -> None:
    with pytest.raises(BadInput) as caught:
        written(**{field: "ann@example.com\r\nBcc: eve@example.com"})
    assert caught.value.code == "email_malformed"


@given(st.text(max_size=300))
def test_a_subject_stays_one_header_whatever_is_in_it(subject: str) -> None:
    mail = written(subject=f"{subject}\r\nBcc: eve@example.com\r\n\r\nbody")
    assert mail["Bcc"] is None
    assert sorted(mail.keys()) == sorted(written().keys())


@given(st.text(max_size=300))
def test_every_word_arrives_as_it_was(text: str) -> None:
    storable = text.encode("utf-8", "ignore").decode()
    page = to_asker(Content(storable, storable, []))
    assert part(written(page=page), "plain").split() == page.text.split()
