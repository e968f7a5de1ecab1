"""Mail through SES: on moto's, and against servers that refuse, break off or say nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy

import pytest
from moto.ses.models import ses_backends

from local.resources import ACCOUNT, create_sender
from tests.conftest import EmulatedAws
from tests.mails import LETTER
from video_pipeline.aws.clients import Clients
from video_pipeline.aws.mail import SesMailer
from video_pipeline.errors import BadInput, Misconfigured, PipelineError, Unavailable
from video_pipeline.mail.composing import compose
from video_pipeline.topology import DEFAULT_REGION

RAW = compose(LETTER)


def test_a_mail_is_handed_over_as_it_was_composed(aws: EmulatedAws) -> None:
    create_sender(aws.clients.mail, LETTER.sender)
    taken_as = SesMailer(aws.clients.mail).send(RAW, sender=LETTER.sender, recipient=LETTER.recipient)
    kept = next(each for each in ses_backends[ACCOUNT][DEFAULT_REGION].sent_messages if each.id == taken_as)
    mail = message_from_string(kept.raw_data, policy=policy.default)
    assert (mail["To"], mail["Message-ID"]) == (LETTER.recipient, LETTER.message_id)
    assert kept.raw_data.encode() == RAW


def test_an_address_that_is_not_ours_is_refused_with_a_reason(aws: EmulatedAws) -> None:
    with pytest.raises(BadInput, match="MessageRejected"):
        SesMailer(aws.clients.mail).send(RAW, sender="eve@elsewhere.example", recipient=LETTER.recipient)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[Clients, list[bytes]]]:
    """A client of a server that reads each request, sends these bytes and hangs up; and the requests."""
    requests: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(_request(connection))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Clients(DEFAULT_REGION, endpoint=url, access_key="test"), requests
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head


def _refusal(status: str, code: str) -> bytes:
    body = b'{"message": "no"}'
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nx-amzn-ErrorType: {code}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_refusal("429 Too Many Requests", "TooManyRequestsException"), Unavailable),
        (_refusal("503 Service Unavailable", "ServiceUnavailable"), Unavailable),
        (_refusal("400 Bad Request", "LimitExceededException"), Unavailable),
        (_refusal("403 Forbidden", "AccessDeniedException"), Misconfigured),
        (_refusal("400 Bad Request", "MailFromDomainNotVerifiedException"), BadInput),
    ],
)
def test_what_was_surely_not_taken_is_an_error(answer: bytes, error: type[PipelineError]) -> None:
    with answering(answer) as (clients, requests):
        with pytest.raises(error):
            SesMailer(clients.mail).send(RAW, sender=LETTER.sender, recipient=LETTER.recipient)
        assert len(requests) == 1


def test_a_service_that_is_not_there_took_nothing() -> None:
    clients = Clients(DEFAULT_REGION, endpoint="http://127.0.0.1:9", access_key="test")
    with pytest.raises(Unavailable, match="does not answer"):
        SesMailer(clients.mail).send(RAW, sender=LETTER.sender, recipient=LETTER.recipient)


@pytest.mark.parametrize(
    "answer", [_refusal("500 Internal Server Error", "InternalFailure"), b"", b"HTTP/1.1 200 OK\r\nContent-Le"]
)
def test_of_what_may_have_been_taken_nobody_knows_and_it_is_asked_once(answer: bytes) -> None:
    with answering(answer) as (clients, requests):
        assert SesMailer(clients.mail).send(RAW, sender=LETTER.sender, recipient=LETTER.recipient) is None
        assert len(requests) == 1
