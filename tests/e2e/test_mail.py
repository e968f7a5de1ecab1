"""Questions by mail on the whole system of one machine: asked by record, by API and by reply; read in the outbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config

from local.run import Options, System

TOWN_HALL = Path(__file__).parents[2] / "samples" / "town-hall.mp4"
SETTINGS = {"MAIL_ALLOWED": '["example.com"]', "HUMAN_ADDRESS": "desk@example.com"}
VERDICTS = """\
Return-Path: <ann@example.com>
Received: from mail.example.com (mail.example.com [203.0.113.7])
 by inbound-smtp.us-east-1.amazonaws.com with SMTP id 4a1b2c for questions@video-pipeline.example;
 Sat, 21 Nov 2026 08:00:00 +0000 (UTC)
X-SES-Spam-Verdict: PASS
X-SES-Virus-Verdict: PASS
Authentication-Results: amazonses.com; spf=pass (spfCheck: 203.0.113.7) client-ip=203.0.113.7;
 envelope-from=ann@example.com; helo=mail.example.com; dkim=pass header.i=@example.com;
 dmarc=pass header.from=example.com;
"""
pytestmark = pytest.mark.timeout(180)


class Office:
    """A system with a video in it, and somebody who writes to it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.http = httpx.Client(headers={"X-API-Key": system.api_key}, base_url=system.api_url, trust_env=False)
        session = boto3.session.Session("local", "local", region_name="us-east-1")
        config = Config(s3={"addressing_style": "path"}, proxies={})
        self.s3 = session.client("s3", endpoint_url=system.aws_endpoint_url, config=config)
        self.kinesis = session.client("kinesis", endpoint_url=system.aws_endpoint_url, config=config)

    def close(self) -> None:
        self.http.close()
        self.s3.close()
        self.kinesis.close()

    def put(self, event: dict[str, Any]) -> None:
        self.kinesis.put_record(StreamName="ingestion-stream-local", PartitionKey="k", Data=json.dumps(event).encode())

    def outbox(self) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = self.http.get("/dev/outbox").raise_for_status().json()["mails"]
        return mails

    def to(self, address: str) -> list[EmailMessage]:
        """The newest first."""
        return [self.mail(each["id"]) for each in self.outbox() if address in each["to"]]

    def mail(self, key: str) -> EmailMessage:
        answer = self.http.get(f"/dev/outbox/{key}/source").raise_for_status()
        return message_from_bytes(answer.content, policy=policy.default)

    def cli(self, *arguments: str) -> str:
        environment = {**os.environ, "VIDEO_PIPELINE_DATA": str(self.system.places.folder), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "video_pipeline.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def until(check: Callable[[], Any], seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)
    return found


def asked(query: str, email: str) -> dict[str, Any]:
    data = {"query": query, "email": email}
    return {"specversion": "1.0", "id": str(uuid4()), "source": "test", "type": "question.asked", "data": data}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    folder = Path(tempfile.mkdtemp(prefix="vp-mail-"))
    options = Options(data=folder / "data", api_port=0, aws_port=0, sweep_seconds=1, variables=SETTINGS)
    with System(options) as system:
        made = Office(system)
        made.cli("ingest", str(TOWN_HALL), "--captions", str(TOWN_HALL.with_suffix(".vtt")), "--wait")
        yield made
        made.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_question_by_record_is_one_mail_also_when_the_record_is_put_five_times(office: Office) -> None:
    event = asked("When does Lighthouse go live?", "five@example.com")
    for _ in range(5):
        office.put(event)
    (mail,) = until(lambda: office.to("five@example.com"))
    # What was put behind the five has been answered, so the five are through.
    office.put(asked("When does Lighthouse go live?", "after@example.com"))
    until(lambda: office.to("after@example.com"))
    assert len(office.to("five@example.com")) == 1
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "[1]" in text.get_content()
    assert f"{office.system.api_url}/videos/" in text.get_content()
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert pictures
    for picture in pictures:
        assert f"cid:{str(picture['Content-ID']).strip('<>')}" in html.get_content()
        assert bytes(picture.get_content()).startswith(b"\xff\xd8")


def test_a_reply_to_an_answer_goes_on_with_its_conversation(office: Office) -> None:
    answer = office.http.post(
        "/api/v1/questions", json={"question": "When does Lighthouse go live?", "email": "ann@example.com"}
    )
    assert answer.status_code == 202, answer.text
    (first,) = until(lambda: office.to("ann@example.com"))
    until(lambda: office.http.get(answer.json()["status_url"]).status_code == 200)
    reply = (
        f"{VERDICTS}From: Ann <ann@example.com>\nTo: questions@video-pipeline.example\n"
        f"Subject: Re: {first['Subject']}\nMessage-ID: <reply-1@example.com>\n"
        f"In-Reply-To: <0100-abc@email.amazonses.com>\n"
        f"References: {first['References']} <0100-abc@email.amazonses.com>\n\n"
        "And what was said about the budget?\n\nOn Sat, Nov 21, 2026 Video questions wrote:\n> You asked: ...\n"
    )
    office.s3.put_object(Bucket="media-bucket-local", Key="mail/reply-1", Body=reply.encode())
    second = until(lambda: len(found := office.to("ann@example.com")) == 2 and found[0])
    assert second["In-Reply-To"] == "<reply-1@example.com>"
    assert str(second["References"]).split()[0] == str(first["References"]).split()[0]
    body = second.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("You asked: And what was said about the budget?\r\n")


def test_what_nothing_answers_goes_to_a_person_too(office: Office) -> None:
    office.put(asked("Zyxwv qwertz?", "bob@example.com"))
    (mail,) = until(lambda: office.to("desk@example.com"))
    assert mail["Reply-To"] == "bob@example.com"
    assert len(office.to("bob@example.com")) == 1


def test_the_outbox_is_read_in_a_browser_and_by_command(office: Office) -> None:
    office.put(asked("When does Lighthouse go live?", "reader@example.com"))
    until(lambda: office.to("reader@example.com"))
    page = office.http.get("/dev/outbox", headers={"Accept": "text/html"})
    assert "reader@example.com" in page.text
    newest = next(each for each in office.outbox() if "reader@example.com" in each["to"])
    shown = office.http.get(f"/dev/outbox/{newest['id']}/page")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    picture = shown.text.partition('src="')[2].partition('"')[0]
    assert office.http.get(picture).content.startswith(b"\xff\xd8")
    assert newest["id"] in office.cli("outbox")
    assert "You asked: When does Lighthouse go live?" in office.cli("outbox", newest["id"])
    elsewhere = office.http.get("/dev/outbox", headers={"Host": "evil.example"})
    assert elsewhere.status_code == 403
