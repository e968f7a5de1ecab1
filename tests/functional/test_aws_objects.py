"""S3Objects keeps what ports.Objects promises, against moto's S3 and against connections that break."""

from __future__ import annotations

import hashlib
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from video_pipeline.aws.clients import Clients
from video_pipeline.aws.objects import S3Objects, disposition
from video_pipeline.aws.retry import Backoff
from video_pipeline.aws.uploads import GRANTED_PARTS, PART, part_size
from video_pipeline.errors import BadInput, Misconfigured, NotFound, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SentPart

MIB = 1024**2
BUCKET = "media-bucket-test"
QUICK = Backoff(tries=4, sleep=lambda _: None)


@pytest.fixture
def clients(aws_clients: Clients) -> Iterator[Clients]:
    s3 = aws_clients.s3
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield aws_clients
    left = s3.list_object_versions(Bucket=BUCKET)
    for kind in (left.get("Versions", []), left.get("DeleteMarkers", [])):
        for each in kind:
            s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def objects(clients: Clients) -> S3Objects:
    return S3Objects(clients.s3, piece=MIB, part=5 * MIB, backoff=QUICK)


def ref(key: str, **pins: str | None) -> ObjectRef:
    return ObjectRef(bucket=BUCKET, key=key, **pins)


def unfinished(clients: Clients) -> list[Any]:
    return list(clients.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


class TestReading:
    def test_what_was_written_is_read_back_whole_and_in_pieces(self, objects: S3Objects) -> None:
        content = bytes(range(256)) * 10_000
        written = objects.write(BUCKET, "a b/ä.bin", content, content_type="video/mp4")
        pieces = list(objects.stream(written))
        assert b"".join(pieces) == content
        assert [len(piece) for piece in pieces] == [MIB, MIB, len(content) - 2 * MIB]
        assert objects.read(written, limit=len(content)) == content

    def test_an_empty_object_has_no_pieces(self, objects: S3Objects) -> None:
        written = objects.write(BUCKET, "empty", b"", content_type="video/mp4")
        assert list(objects.stream(written)) == []
        assert objects.read(written, limit=0) == b""

    def test_head_pins_the_version_and_the_etag_without_its_quotes(self, objects: S3Objects) -> None:
        written = objects.write(BUCKET, "k", b"hello", content_type="audio/ogg")
        info = objects.head(ref("k"))
        assert info.ref == written
        assert info.ref.etag == hashlib.md5(b"hello").hexdigest()
        assert info.ref.version_id
        assert (info.size, info.content_type) == (5, "audio/ogg")
        assert info.modified is not None

    def test_a_bucket_without_versions_gives_no_version(self, clients: Clients, objects: S3Objects) -> None:
        clients.s3.create_bucket(Bucket="plain-bucket-test")
        objects.write("plain-bucket-test", "k", b"x", content_type="text/plain")
        assert objects.head(ObjectRef(bucket="plain-bucket-test", key="k")).ref.version_id is None

    def test_a_pinned_version_is_read_although_a_newer_one_exists(self, objects: S3Objects) -> None:
        old = objects.write(BUCKET, "k", b"old", content_type="text/plain")
        objects.write(BUCKET, "k", b"new", content_type="text/plain")
        assert objects.read(old, limit=10) == b"old"
        assert objects.read(ref("k"), limit=10) == b"new"

    def test_an_object_that_is_not_the_pinned_one_any_more_is_refused(self, objects: S3Objects) -> None:
        old = objects.write(BUCKET, "k", b"old", content_type="text/plain")
        objects.write(BUCKET, "k", b"new", content_type="text/plain")
        unversioned = ref("k", etag=old.etag)
        with pytest.raises(BadInput) as reading:
            objects.read(unversioned, limit=10)
        with pytest.raises(BadInput) as looking:
            objects.head(unversioned)
        assert (reading.value.code, looking.value.code) == ("object_changed", "object_changed")

    def test_more_than_the_limit_is_refused(self, objects: S3Objects) -> None:
        written = objects.write(BUCKET, "k", b"x" * 11, content_type="text/plain")
        with pytest.raises(BadInput) as caught:
            objects.read(written, limit=10)
        assert caught.value.code == "object_too_large"

    @pytest.mark.parametrize("bucket", [BUCKET, "no-such-bucket"])
    def test_what_is_not_there_is_not_found(self, objects: S3Objects, bucket: str) -> None:
        missing = ObjectRef(bucket=bucket, key="nothing")
        with pytest.raises(NotFound) as looking:
            objects.head(missing)
        with pytest.raises(NotFound) as reading:
            objects.read(missing, limit=1)
        assert looking.value.code == reading.value.code == "object_missing"

    def test_a_bucket_name_that_can_not_be_is_bad_input(self, objects: S3Objects) -> None:
        with pytest.raises(BadInput) as caught:
            objects.head(ObjectRef(bucket="not a bucket", key="k"))
        assert caught.value.code == "aws_refused"

    def test_listing_gives_keys_in_order_with_size_and_etag(self, objects: S3Objects) -> None:
        for key in ("p/2", "p/1", "q/1"):
            objects.write(BUCKET, key, key.encode(), content_type="text/plain")
        listed = list(objects.under(BUCKET, "p/"))
        assert [(info.ref.key, info.size) for info in listed] == [("p/1", 3), ("p/2", 3)]
        assert listed[0].ref.etag == hashlib.md5(b"p/1").hexdigest()


class TestWriting:
    def test_a_stream_is_written_in_parts_and_reads_back_the_same(self, clients: Clients, objects: S3Objects) -> None:
        pieces = [bytes([number]) * (3 * MIB) for number in range(4)]
        written = objects.write_stream(BUCKET, "big", iter(pieces), content_type="video/mp4")
        assert objects.read(written, limit=13 * MIB) == b"".join(pieces)
        assert written.etag is not None
        assert written.etag.endswith("-3")
        assert objects.head(written).content_type == "video/mp4"
        assert unfinished(clients) == []

    @pytest.mark.parametrize("pieces", [[], [b"a", b"", b"bc"]])
    def test_a_small_stream_is_one_put(self, objects: S3Objects, pieces: list[bytes]) -> None:
        written = objects.write_stream(BUCKET, "small", pieces, content_type="text/plain")
        assert objects.read(written, limit=10) == b"".join(pieces)
        assert written.etag is not None
        assert "-" not in written.etag

    def test_a_source_that_breaks_leaves_no_object_and_no_parts(self, clients: Clients, objects: S3Objects) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"x" * (11 * MIB)
            raise NotFound("object_missing", "Segment 7 is gone.")

        with pytest.raises(NotFound, match="Segment 7"):
            objects.write_stream(BUCKET, "half", breaking(), content_type="video/mp4")
        assert list(objects.under(BUCKET, "half")) == []
        assert unfinished(clients) == []

    def test_no_more_than_two_parts_are_read_ahead_of_what_is_sent(
        self, clients: Clients, objects: S3Objects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken, sent, ahead = 0, 0, []
        upload_part = clients.s3.upload_part

        def source() -> Iterator[bytes]:
            nonlocal taken
            for _ in range(40):
                taken += MIB
                ahead.append(taken - sent)
                yield b"x" * MIB

        def counting(**request: Any) -> Any:
            nonlocal sent
            sent += len(request["Body"])
            return upload_part(**request)

        monkeypatch.setattr(clients.s3, "upload_part", counting)
        objects.write_stream(BUCKET, "flat", source(), content_type="video/mp4")
        assert sent == taken == 40 * MIB
        assert max(ahead) <= 10 * MIB

    def test_an_upload_that_was_ended_by_another_is_to_be_tried_again(
        self, clients: Clients, objects: S3Objects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clients.s3, "complete_multipart_upload", _refusing("NoSuchUpload", 404))
        with pytest.raises(Unavailable) as caught:
            objects.write_stream(BUCKET, "k", [b"x" * (6 * MIB)], content_type="video/mp4")
        assert caught.value.code == "upload_lost"


class TestDeleting:
    def test_every_version_of_a_key_goes_and_its_neighbours_stay(self, clients: Clients, objects: S3Objects) -> None:
        for content in (b"1", b"2", b"3"):
            objects.write(BUCKET, "film", content, content_type="text/plain")
        clients.s3.delete_object(Bucket=BUCKET, Key="film")
        objects.write(BUCKET, "film2", b"stays", content_type="text/plain")
        assert objects.delete(BUCKET, ["film", "never-there"]) == 3
        left = clients.s3.list_object_versions(Bucket=BUCKET)
        assert [each["Key"] for each in left["Versions"]] == ["film2"]
        assert left.get("DeleteMarkers", []) == []

    def test_a_prefix_is_emptied_with_all_versions(self, clients: Clients, objects: S3Objects) -> None:
        for number in range(3):
            objects.write(BUCKET, f"v/{number}", b"a", content_type="text/plain")
            objects.write(BUCKET, f"v/{number}", b"b", content_type="text/plain")
        objects.write(BUCKET, "w/0", b"stays", content_type="text/plain")
        assert objects.delete_prefix(BUCKET, "v/") == 6
        assert objects.delete_prefix(BUCKET, "v/") == 0
        assert [info.ref.key for info in objects.under(BUCKET, "")] == ["w/0"]

    def test_more_than_one_page_of_versions_goes(
        self, clients: Clients, objects: S3Objects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clients.s3, "list_object_versions", partial(clients.s3.list_object_versions, MaxKeys=4))
        for number in range(10):
            objects.write(BUCKET, f"many/{number}", b"x", content_type="text/plain")
        for _ in range(10):
            objects.write(BUCKET, "many", b"x", content_type="text/plain")
        assert objects.delete(BUCKET, ["many"]) == 10
        assert objects.delete_prefix(BUCKET, "many/") == 10
        assert list(objects.under(BUCKET, "many/")) == []

    def test_an_empty_prefix_is_refused(self, objects: S3Objects) -> None:
        objects.write(BUCKET, "k", b"stays", content_type="text/plain")
        with pytest.raises(BadInput) as caught:
            objects.delete_prefix(BUCKET, "")
        assert caught.value.code == "prefix_missing"
        assert objects.read(ref("k"), limit=10) == b"stays"

    def test_what_s3_did_not_delete_is_reported(
        self, clients: Clients, objects: S3Objects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        objects.write(BUCKET, "k", b"x", content_type="text/plain")
        answer = {"Errors": [{"Key": "k", "Code": "InternalError"}]}
        monkeypatch.setattr(clients.s3, "delete_objects", lambda **_: answer)
        with pytest.raises(Unavailable, match="InternalError"):
            objects.delete(BUCKET, ["k"])


class TestGrants:
    def test_a_stranger_uploads_the_parts_with_plain_http_and_completing_may_be_repeated(
        self, clients: Clients
    ) -> None:
        objects = S3Objects(clients.s3)
        content = b"a" * PART + b"the rest"
        grant = objects.presign_parts(BUCKET, "up/film", size=len(content), content_type="video/mp4", seconds=600)
        assert (len(grant.urls), grant.part_size) == (2, PART)
        etags = [_put(url, content[n * PART : (n + 1) * PART]) for n, url in enumerate(grant.urls)]
        first = objects.complete_parts(BUCKET, "up/film", grant.upload_id, etags)
        again = objects.complete_parts(BUCKET, "up/film", grant.upload_id, etags)
        assert first == again
        assert objects.head(first).content_type == "video/mp4"
        assert objects.read(first, limit=PART + 8) == content

    def test_an_upload_that_broke_off_is_known_by_its_parts_and_goes_on_with_new_urls(self, clients: Clients) -> None:
        objects = S3Objects(clients.s3)
        content = b"a" * PART + b"the rest"
        grant = objects.presign_parts(BUCKET, "up/film", size=len(content), content_type="video/mp4", seconds=600)
        last = _put(grant.urls[1], content[PART:])
        assert objects.sent_parts(BUCKET, "up/film", grant.upload_id) == [SentPart(2, 8, last)]
        urls, _ = objects.presign_again(BUCKET, "up/film", grant.upload_id, size=len(content), numbers=[1], seconds=600)
        first = _put(urls[1], content[:PART])
        done = objects.complete_parts(BUCKET, "up/film", grant.upload_id, [first, last])
        assert objects.read(done, limit=PART + 8) == content
        for unknown in (0, 3):
            with pytest.raises(BadInput, match="no part"):
                objects.presign_again(
                    BUCKET, "up/film", grant.upload_id, size=len(content), numbers=[unknown], seconds=600
                )
        with pytest.raises(NotFound) as gone:
            objects.sent_parts(BUCKET, "up/film", grant.upload_id)
        assert gone.value.code == "upload_missing"

    def test_a_download_link_works_and_carries_its_name(self, clients: Clients) -> None:
        objects = S3Objects(clients.s3)
        written = objects.write(BUCKET, "k", b"bytes", content_type="video/mp4")
        with urllib.request.urlopen(objects.presign_get(written, seconds=60, filename="Grüße.mp4")) as answer:
            assert answer.read() == b"bytes"
            assert answer.headers["Content-Disposition"] == disposition("Grüße.mp4")

    def test_parts_that_were_not_sent_are_refused(self, objects: S3Objects) -> None:
        grant = objects.presign_parts(BUCKET, "up/film", size=10, content_type="video/mp4", seconds=600)
        with pytest.raises(BadInput) as caught:
            objects.complete_parts(BUCKET, "up/film", grant.upload_id, ['"0123456789abcdef"'])
        assert caught.value.code == "upload_parts_wrong"

    def test_an_upload_that_s3_has_forgotten_is_missing_unless_its_object_is_there(
        self, clients: Clients, objects: S3Objects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clients.s3, "complete_multipart_upload", _refusing("NoSuchUpload", 404))
        with pytest.raises(NotFound) as caught:
            objects.complete_parts(BUCKET, "up/film", "forgotten", ["tag"])
        assert caught.value.code == "upload_missing"
        written = objects.write(BUCKET, "up/film", b"whole", content_type="video/mp4")
        assert objects.complete_parts(BUCKET, "up/film", "forgotten", ["tag"]) == written

    def test_an_upload_of_nothing_is_not_granted(self, objects: S3Objects) -> None:
        with pytest.raises(BadInput) as caught:
            objects.presign_parts(BUCKET, "k", size=0, content_type="video/mp4", seconds=60)
        assert caught.value.code == "object_empty"

    @pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
    def test_on_aws_urls_are_https_of_the_region_and_sign_the_length_of_each_part(
        self, region: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        s3 = Clients(region, access_key="testing").s3
        monkeypatch.setattr(s3, "create_multipart_upload", lambda **_: {"UploadId": "u"})
        grant = S3Objects(s3).presign_parts(BUCKET, "k", size=PART + 1, content_type="video/mp4", seconds=60)
        link = S3Objects(s3).presign_get(ref("k"), seconds=60)
        for url in (*grant.urls, link):
            assert url.startswith(f"https://{BUCKET}.s3.{region}.amazonaws.com/k?")
        signed = parse_qs(urlsplit(grant.urls[0]).query)
        assert signed["X-Amz-SignedHeaders"] == ["content-length;host"]
        assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]

    @pytest.mark.parametrize(
        "size", [1, PART, PART * GRANTED_PARTS, PART * GRANTED_PARTS + 1, 20 * 1024**3, 5 * 10**12]
    )
    def test_parts_are_few_enough_and_large_enough_for_any_size(self, size: int) -> None:
        part = part_size(size)
        assert part >= PART
        assert part % MIB == 0
        assert -(-size // part) <= GRANTED_PARTS


class TestNames:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("talk.mp4", "attachment; filename=\"talk.mp4\"; filename*=UTF-8''talk.mp4"),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("C:\\films\\a b.mov", "attachment; filename=\"a b.mov\"; filename*=UTF-8''a%20b.mov"),
            ('x"; evil="1.mp4', "attachment; filename=\"x__ evil__1.mp4\"; filename*=UTF-8''x%22%3B%20evil%3D%221.mp4"),
            ("a\r\nSet-Cookie: b", "attachment; filename=\"aSet-Cookie_ b\"; filename*=UTF-8''aSet-Cookie%3A%20b"),
            ("gpj.\u202e4pm.mp4", "attachment; filename=\"gpj.4pm.mp4\"; filename*=UTF-8''gpj.4pm.mp4"),
            ("🎬", "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%8E%AC"),
            ("..", "attachment; filename=\"download\"; filename*=UTF-8''download"),
        ],
    )
    def test_a_file_name_can_not_leave_its_header_or_its_folder(self, name: str, expected: str) -> None:
        assert disposition(name) == expected


class TestBreakingConnections:
    """A server that hangs up in the middle of an answer, as a network does."""

    def test_a_broken_download_goes_on_where_it_stopped(self, breaking: _Breaking) -> None:
        content = b"".join(hashlib.sha256(bytes([n % 256])).digest() for n in range(8_000))
        breaking.content, breaking.hang_up_after = content, [100_000, 70_000, None]
        read = b"".join(breaking.objects().stream(ref("k")))
        assert hashlib.sha256(read).digest() == hashlib.sha256(content).digest()
        assert breaking.ranges == [None, "bytes=100000-", "bytes=170000-"]
        assert breaking.matches == [None, '"tag"', '"tag"']

    def test_a_download_that_breaks_again_and_again_is_unavailable(self, breaking: _Breaking) -> None:
        breaking.content, breaking.hang_up_after = b"x" * 100_000, [0] * 4
        with pytest.raises(Unavailable) as caught:
            list(breaking.objects().stream(ref("k")))
        assert caught.value.code == "aws_connection_broken"
        assert len(breaking.ranges) == 4

    def test_an_object_replaced_between_two_connections_is_noticed(self, breaking: _Breaking) -> None:
        breaking.content, breaking.hang_up_after = b"x" * 100_000, [40_000, None]
        breaking.replaced_after = 1
        with pytest.raises(BadInput) as caught:
            list(breaking.objects().stream(ref("k")))
        assert caught.value.code == "object_changed"

    def test_refusals_name_the_permission(self, breaking: _Breaking) -> None:
        breaking.refuse = (403, "AccessDenied")
        with pytest.raises(Misconfigured, match="s3:GetObject") as caught:
            breaking.objects().read(ref("k"), limit=1)
        assert caught.value.code == "access_denied"

    def test_a_throttled_answer_says_when_to_ask_again(self, breaking: _Breaking) -> None:
        breaking.refuse = (503, "SlowDown")
        with pytest.raises(Unavailable) as caught:
            breaking.objects().read(ref("k"), limit=1)
        assert (caught.value.code, caught.value.delay) == ("aws_unavailable", 7.0)

    def test_nobody_at_the_endpoint_is_unavailable(self, breaking: _Breaking) -> None:
        objects = breaking.objects()
        breaking.stop()
        with pytest.raises(Unavailable) as caught:
            objects.head(ref("k"))
        assert caught.value.code == "aws_unreachable"


class _Breaking:
    def __init__(self) -> None:
        self.content = b""
        self.hang_up_after: list[int | None] = []
        self.replaced_after: int | None = None
        self.refuse: tuple[int, str] | None = None
        self.ranges: list[str | None] = []
        self.matches: list[str | None] = []
        self._clients: list[Clients] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self._stopped = False

    def objects(self) -> S3Objects:
        endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._clients.append(Clients("us-east-1", endpoint=endpoint, access_key="testing", attempts=1))
        return S3Objects(self._clients[-1].s3, piece=32 * 1024, backoff=QUICK)

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def close(self) -> None:
        for clients in self._clients:
            clients.s3.close()
        self.stop()


def _handler(script: _Breaking) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.ranges.append(self.headers["Range"])
            script.matches.append(self.headers["If-Match"])
            if script.refuse:
                return self._refuse(*script.refuse)
            if script.replaced_after is not None and len(script.ranges) > script.replaced_after:
                return self._refuse(412, "PreconditionFailed")
            first = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
            return self._answer(script.content[first:], script.hang_up_after.pop(0))

        def _answer(self, body: bytes, hang_up_after: int | None) -> None:
            self.send_response(200)
            self.send_header("ETag", '"tag"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:hang_up_after])

        def _refuse(self, status: int, code: str) -> None:
            body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def breaking() -> Iterator[_Breaking]:
    script = _Breaking()
    yield script
    script.close()


def _refusing(code: str, status: int) -> Callable[..., Any]:
    def refuse(**_: Any) -> Any:
        answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, "Operation")

    return refuse


def _put(url: str, body: bytes) -> str:
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": "video/mp4"})
    with urllib.request.urlopen(request) as answer:
        return str(answer.headers["ETag"])
