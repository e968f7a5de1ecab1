"""A mail as SES puts it into the bucket, and one as it goes out."""

from __future__ import annotations

from datetime import UTC, datetime

from video_pipeline.mail.composing import Letter
from video_pipeline.mail.wording import Page

OWN = "questions@videos.example"
SES = """\
Return-Path: <ann@example.com>
Received: from mail.example.com (mail.example.com [203.0.113.7])
 by inbound-smtp.us-east-1.amazonaws.com with SMTP id 4a1b2c for questions@videos.example;
 Sat, 21 Nov 2026 08:00:00 +0000 (UTC)
X-SES-Spam-Verdict: PASS
X-SES-Virus-Verdict: PASS
Received-SPF: pass (spfCheck: domain of example.com designates 203.0.113.7) client-ip=203.0.113.7;
Authentication-Results: amazonses.com; spf=pass (spfCheck: 203.0.113.7) client-ip=203.0.113.7;
 envelope-from=ann@example.com; helo=mail.example.com; dkim=pass header.i=@example.com;
 dmarc=pass header.from=example.com;
"""
OTHERS = "Received: from laptop (laptop [10.0.0.2]) by mail.example.com with ESMTPS id 77\n"


def mail(
    body: str = "When does it open?", *, head: str = SES + OTHERS, author: str = "ann@example.com", **more: str
) -> bytes:
    headers = {"From": f"Ann <{author}>", "To": OWN, "Subject": "A question", "Message-ID": "<m1@example.com>"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items() if value)
    return f"{head}{lines}\n{body}\n".encode()


LETTER = Letter(
    sender="questions@videos.example",
    recipient="ann@example.com",
    subject="Answer: When?",
    page=Page(text="Text\n", html="<p>HTML</p>"),
    date=datetime(2026, 11, 21, 8, tzinfo=UTC),
    message_id="<answer.ab@videos.example>",
)
