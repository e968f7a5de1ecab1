"""What is read out of a mail: the question, the thread, whether to believe it, whether a machine wrote it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mails import OTHERS, OWN, SES, mail
from tests.unit.mail_corpus import REPLIES
from video_pipeline.errors import BadInput, Misconfigured
from video_pipeline.mail.addresses import Welcome, checked_address
from video_pipeline.mail.markup import text_of
from video_pipeline.mail.reading import read_mail
from video_pipeline.mail.replies import typed
from video_pipeline.mail.threads import conversation_reference
from video_pipeline.mail.verdicts import objection
from video_pipeline.topology import LIMITS


def refused(raw: bytes) -> str | None:
    read = read_mail(raw, own_address=OWN)
    return objection(read.headers, read.author)


# ------------------------------------------------------------------------------------------ addresses
@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.O'Neil+tag@Example.COM", "Ann.O'Neil+tag@example.com"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_in_the_form_that_every_server_takes(given: str, checked: str) -> None:
    assert checked_address(given) == checked


@pytest.mark.parametrize(
    "ugly",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann\r\nBcc: bob@example.com",
        "ann@example.com\n",
        " ann@example.com",
        '"ann bob"@example.com',
        "ann@[127.0.0.1]",
        "änn@example.com",
        "ann@exa\u202emple.com",
        f"{'a' * 300}@example.com",
    ],
)
def test_a_malformed_address_is_refused_with_its_reason(ugly: str) -> None:
    with pytest.raises(BadInput, match=r"is not a mail address: .{10}") as caught:
        checked_address(ugly)
    assert caught.value.code == "email_malformed"


def test_the_allow_list_names_addresses_and_domains_but_not_what_lies_below_them() -> None:
    welcome = Welcome(["example.com", "Bob@Partner.example", "@third.example"])
    assert all(map(welcome.names, ["ANN@example.com", "bob@partner.example", "x@third.example"]))
    assert not any(map(welcome.names, ["ann@sub.example.com", "eve@partner.example", "example.com@evil.example"]))
    assert not Welcome([])
    with pytest.raises(Misconfigured, match="neither an address nor a domain"):
        Welcome(["exam ple.com"])


# ------------------------------------------------------------------------------------- what was typed
@pytest.mark.parametrize("program", REPLIES)
def test_of_a_reply_only_what_was_typed_is_asked(program: str) -> None:
    text, expected = REPLIES[program]
    assert typed(text, own_address=OWN) == expected
    assert typed(text.replace("\n", "\r\n"), own_address=OWN) == expected


@given(st.text(alphabet=st.sampled_from("On wrote:>-_\n \tAm schrieb From:@x"), max_size=4_000))
def test_any_text_is_taken_apart(text: str) -> None:
    assert len(typed(text, own_address=OWN)) <= len(text)


def test_a_mail_that_is_html_alone_is_read_without_what_it_quotes() -> None:
    html = (
        "<html><head><title>t</title><style>p {}</style></head>"
        "<body><div>And how\n <b>much</b> &amp; when?<br>Bye</div>"
        '<div class="gmail_signature">Ann</div><br><div class="gmail_quote"><div>On Monday we wrote:</div>'
        "<blockquote>You asked</blockquote></div></body></html>"
    )
    assert text_of(html) == "And how much & when?\nBye"
    read = read_mail(mail(html, Content_Type="text/html; charset=utf-8"), own_address=OWN)
    assert read.question == "And how much & when?\nBye"


@given(st.text(alphabet=st.sampled_from("<>/divblockquote \"'=&;a!-[]"), max_size=2_000))
def test_any_html_gives_some_text(html: str) -> None:
    assert isinstance(text_of(html), str)


def test_an_empty_mail_asks_its_subject_and_a_long_one_its_beginning() -> None:
    assert read_mail(mail("", Subject="Re: AW: When does it open?"), own_address=OWN).question == "When does it open?"
    assert len(read_mail(mail("why " * 5_000), own_address=OWN).question) <= LIMITS.question_chars
    assert read_mail(mail("  \n", Subject=""), own_address=OWN).question == ""


def test_a_mail_of_many_parts_is_read_by_its_first_text() -> None:
    body = (
        "--x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
        "Wann =F6ffnet es?\u0007\n--x\nContent-Type: text/html\n\n<b>other</b>\n--x\nContent-Type: text/plain\n"
        "Content-Disposition: attachment; filename=a.txt\n\nattached\n--x--\n"
    )
    read = read_mail(mail(body, Content_Type="multipart/mixed; boundary=x"), own_address=OWN)
    assert read.question == "Wann öffnet es?"


@pytest.mark.parametrize(
    "broken",
    [
        {"Content_Type": "text/plain; charset=nonsense"},
        {"Content_Type": "multipart/mixed"},
        {"Content_Transfer_Encoding": "base64"},
        {"Subject": "=?utf-8?b?////?="},
        {"Subject": "=?nonsense?q?x?="},
        {"References": "<" + "a" * 5_000 + "@x> <ok@x> <a b@x> no"},
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(broken: dict[str, str]) -> None:
    read = read_mail(mail(**broken), own_address=OWN)
    assert read.author == "ann@example.com"
    assert all(len(each) < 300 for each in read.thread.references)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_no_mail_of_anybody(raw: bytes) -> None:
    with pytest.raises(BadInput):
        read_mail(b"From\n" + raw, own_address=OWN)


@given(st.binary(max_size=2_000))
def test_a_mail_of_any_content_is_read(raw: bytes) -> None:
    content = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" + raw
    assert read_mail(b"From: ann@example.com\n" + content, own_address=OWN).author == "ann@example.com"


def test_mails_inside_of_mails_without_end_are_refused() -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1_500))
    with pytest.raises(BadInput) as caught:
        read_mail(b"From: a@example.com\n" + nested.encode(), own_address=OWN)
    assert caught.value.code == "mail_unreadable"


@pytest.mark.parametrize(
    "author",
    [
        {"From": ""},
        {"From": "Ann <ann@example.com>, Bob <bob@example.com>"},
        {"From": "Ann"},
        {"From": "Ann <ann@example.com>\nFrom: Bob <bob@example.com>"},
        {"From": '"ann@example.com" <>'},
    ],
)
def test_a_mail_without_exactly_one_author_is_refused(author: dict[str, str]) -> None:
    with pytest.raises(BadInput) as caught:
        read_mail(mail(**author), own_address=OWN)
    assert caught.value.code == "mail_author_unclear"


# --------------------------------------------------------------------------------------------- thread
def test_a_reply_names_the_conversation_and_the_mail_before_it() -> None:
    conversation = uuid4()
    ours = conversation_reference(conversation, "videos.example")
    raw = mail(
        References=f"{ours}\n <m0@example.com>", In_Reply_To="<0100-abc@email.amazonses.com>", Subject="RE: Lisbon"
    )
    read = read_mail(raw, own_address=OWN)
    assert read.conversations == [conversation]
    assert read.named == [f"c.{conversation.hex}", "m0", "0100-abc"]
    assert (read.thread.message_id, read.thread.subject) == ("<m1@example.com>", "Lisbon")


def test_of_a_long_thread_the_beginning_and_the_end_are_kept() -> None:
    references = " ".join(f"<{number}@x>" for number in range(100))
    kept = read_mail(mail(References=references), own_address=OWN).thread.references
    assert (len(kept), kept[0], kept[-1]) == (20, "<0@x>", "<99@x>")


# ------------------------------------------------------------------------------------------- verdicts
def test_a_mail_that_its_authors_domain_vouches_for_is_believed() -> None:
    assert refused(mail()) is None
    assert refused(mail(head=SES)) is None
    assert refused(mail(head=SES.replace("Spam-Verdict: PASS", "Spam-Verdict: GRAY"))) is None


FORGED = "Authentication-Results: amazonses.com; dmarc=pass header.from=example.com;\n"
UNSCANNED = SES.replace("X-SES-Virus-Verdict: PASS\n", "")
FAILED = SES.replace("dmarc=pass", "dmarc=fail")


@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("sender_not_verified", mail(author="ann@bank.example")),
        ("sender_not_verified", mail(head=FAILED)),
        ("sender_not_verified", mail(head=FAILED + FORGED)),
        ("sender_not_verified", mail(head=FAILED + OTHERS + FORGED)),
        ("sender_not_verified", mail(head=SES.replace("dmarc=pass", "dmarc=none"))),
        ("sender_not_verified", mail(head=SES.replace("amazonses.com;", "mx.evil.example;", 1))),
        (
            "sender_not_verified",
            mail(head=FAILED.replace("helo=mail.example.com", "helo=x;dmarc=pass header.from=example.com")),
        ),
        (
            "sender_not_verified",
            mail(head=FAILED.replace("ann@example.com; h", '"x; dmarc=pass header.from=example.com;"@evil.example; h')),
        ),
        ("sender_not_verified", mail(head="\n".join(each for each in SES.split("\n") if "header" not in each))),
        ("virus_verdict", mail(head=SES.replace("Virus-Verdict: PASS", "Virus-Verdict: FAIL"))),
        (
            "virus_verdict",
            mail(head=UNSCANNED + OTHERS + "X-SES-Virus-Verdict: PASS\n"),
        ),
        ("spam_verdict", mail(head=SES.replace("Spam-Verdict: PASS", "Spam-Verdict: FAIL"))),
        ("not_received_by_ses", mail(head="")),
        ("not_received_by_ses", mail(head=OTHERS + SES)),
    ],
)
def test_a_mail_that_cannot_be_believed_says_why(reason: str, raw: bytes) -> None:
    assert refused(raw) == reason


# --------------------------------------------------------------------------------------------- loops
@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("own_mail", mail(author="Questions@videos.example")),
        ("machine_address", mail(author="MAILER-DAEMON@example.com")),
        ("machine_address", mail(author="no-reply@example.com")),
        ("bounce", mail(head=SES.replace("<ann@example.com>", "<>", 1))),
        ("bounce", mail(Content_Type="multipart/report; report-type=delivery-status; boundary=b")),
        ("auto_submitted", mail(Auto_Submitted="auto-replied")),
        ("auto_submitted", mail(Auto_Submitted="auto-generated; owner-email=x")),
        ("bulk", mail(Precedence="Bulk")),
        ("bulk", mail(List_Id="<news.example.com>")),
        ("bulk", mail(X_Autoreply="yes")),
        (None, mail(Auto_Submitted="no")),
        (None, mail()),
    ],
)
def test_machines_are_told_from_people(reason: str | None, raw: bytes) -> None:
    assert read_mail(raw, own_address=OWN).automatic == reason
