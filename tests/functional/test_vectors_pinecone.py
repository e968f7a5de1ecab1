"""What goes over the wire to Pinecone, and what its refusals become. What is found is the contract's matter."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.functional.pinecone_double import API_KEY, FIELD, VERSION, Fault, PineconeDouble, opened, serving
from video_pipeline.errors import BadInput, Misconfigured, Unavailable
from video_pipeline.model import NAMESPACE, SearchFilter, VectorItem
from video_pipeline.vectors.pinecone import PineconeIndex

ANYTHING = SearchFilter()
FILM = uuid5(NAMESPACE, "film")
CHUNK = uuid5(NAMESPACE, "chunk")


@pytest.fixture
def service() -> Iterator[PineconeDouble]:
    with serving() as double:
        yield double


@pytest.fixture
def ready(service: PineconeDouble) -> PineconeDouble:
    service.add_index("passages", {"embedding": FIELD})
    return service


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the package would have waited between its own retries."""
    waited: list[float] = []
    monkeypatch.setattr("pinecone._internal.http_client._retry_sleep", waited.append)
    return waited


def item(position: int = 0, **changes: Any) -> VectorItem:
    values: dict[str, Any] = {
        "chunk_id": uuid5(CHUNK, str(position)) if position else CHUNK,
        "video_id": FILM,
        "position": position,
        "start": 61.25,
        "end": 75.0,
        "speakers": ("Ann", "Bob", "Ann"),
        "date": "2026-01-31",
        "vector": (0.6, 0.8, 0.0),
    }
    return VectorItem(**{**values, **changes})


def ask(index: PineconeIndex) -> list[UUID]:
    return [hit.chunk_id for hit in index.query((1.0, 0.0, 0.0), limit=5, where=ANYTHING)]


def test_a_missing_index_is_made_as_it_is_needed(service: PineconeDouble) -> None:
    opened(service, cloud="gcp", region="europe-west4").upsert([item()])
    (made,) = service.sent("POST", "/indexes")
    assert made.body == {
        "name": "passages",
        "schema": {"fields": {"embedding": FIELD}},
        "deployment": {"deployment_type": "managed", "cloud": "gcp", "region": "europe-west4"},
    }


def test_an_index_that_is_there_is_used_and_looked_up_once(ready: PineconeDouble) -> None:
    index = opened(ready)
    index.upsert([item()])
    assert ask(index) == [CHUNK]
    assert len(ready.sent("GET", "/indexes/passages")) == 1
    assert ready.sent("POST", "/indexes") == []


def test_an_index_that_another_process_made_in_the_meantime_is_used(ready: PineconeDouble) -> None:
    ready.faults.append(Fault(404, body={"error": {"code": "NOT_FOUND", "message": "no such index"}}))
    assert ask(opened(ready)) == []
    assert len(ready.sent("POST", "/indexes")) == 1


def test_with_a_host_the_control_plane_is_left_alone(ready: PineconeDouble) -> None:
    index = opened(ready, host=ready.url, controller="http://127.0.0.1:1")
    index.upsert([item()])
    assert ask(index) == [CHUNK]
    assert not any(each.path.startswith("/indexes") for each in ready.requests)


def test_an_index_in_preparation_is_asked_again_later(service: PineconeDouble) -> None:
    service.add_index("passages", {"embedding": FIELD}, ready=False)
    with pytest.raises(Unavailable) as raised:
        ask(opened(service))
    assert (raised.value.code, raised.value.delay) == ("pinecone_index_not_ready", 10.0)


@pytest.mark.parametrize(
    ("fields", "has"),
    [
        ({"embedding": {**FIELD, "dimension": 1536}}, "1536 numbers by cosine"),
        ({"embedding": {**FIELD, "metric": "dotproduct"}}, "3 numbers by dotproduct"),
        ({"_values": FIELD}, "none"),
    ],
)
def test_an_index_of_another_kind_is_refused_with_a_sentence(
    service: PineconeDouble, fields: dict[str, Any], has: str
) -> None:
    service.add_index("passages", fields)
    with pytest.raises(
        Misconfigured, match=f"needs a field 'embedding' of 3 numbers by cosine; it has {has}"
    ) as raised:
        opened(service).upsert([item()])
    assert raised.value.code == "pinecone_index_unfit"
    assert "PINECONE_INDEX" in raised.value.hint


def test_a_passage_goes_with_what_filters_need_and_without_its_text(ready: PineconeDouble) -> None:
    opened(ready, space="text-embedding-3-small@3").upsert([item(position=7)])
    (sent,) = ready.sent("POST", "/namespaces/text-embedding-3-small%403/documents/upsert")
    assert sent.body == {
        "documents": [
            {
                "_id": f"{FILM}#000007#{uuid5(CHUNK, '7')}",
                "embedding": [0.6, 0.8, 0.0],
                "video_id": str(FILM),
                "position": 7,
                "start": 61.25,
                "end": 75.0,
                "day": 20260131,
                "speakers": ["Ann", "Bob"],
            }
        ]
    }


def test_every_request_carries_the_key_and_the_version(ready: PineconeDouble) -> None:
    index = opened(ready)
    index.upsert([item()])
    ask(index)
    index.delete_video(FILM)
    carried = {(each.headers["api-key"], each.headers["x-pinecone-api-version"]) for each in ready.requests}
    assert carried == {(API_KEY, VERSION)}


def test_a_question_asks_for_ids_and_scores_only(ready: PineconeDouble) -> None:
    where = SearchFilter(video_ids=(FILM,), speakers=("Ann",), date_from="2026-01-02", date_to="2026-11-30")
    opened(ready).query((0.0, 0.0, 2.0), limit=4, where=where)
    (sent,) = ready.sent("POST", "/namespaces/model-a/documents/search")
    assert sent.body == {
        "score_by": [{"type": "dense_vector", "field": "embedding", "values": [0.0, 0.0, 2.0]}],
        "top_k": 4,
        "filter": {
            "video_id": {"$in": [str(FILM)]},
            "speakers": {"$in": ["Ann"]},
            "day": {"$gte": 20260102, "$lte": 20261130},
        },
    }


def test_without_a_filter_none_is_sent(ready: PineconeDouble) -> None:
    ask(opened(ready))
    (sent,) = ready.sent("POST", "/namespaces/model-a/documents/search")
    assert "filter" not in sent.body


@pytest.mark.parametrize("dimensions", [384, 1536, 3072])
def test_no_request_is_larger_than_pinecone_takes(service: PineconeDouble, dimensions: int) -> None:
    service.add_index("passages", {"embedding": {**FIELD, "dimension": dimensions}})
    vector = tuple(-1 / (3 + n) for n in range(dimensions))
    opened(service, dimensions=dimensions).upsert([item(position=n, vector=vector) for n in range(1, 301)])
    sent = service.sent("POST", "/namespaces/model-a/documents/upsert")
    assert max(each.size for each in sent) < 2_000_000
    assert len(service.namespaces["model-a"]) == 300


def test_a_deletion_names_ids_page_after_page(ready: PineconeDouble) -> None:
    index = opened(ready)
    index.upsert([item(position=n) for n in range(250)])
    assert index.delete_video(FILM) == 250
    listed = ready.sent("POST", "/namespaces/model-a/documents/list")
    assert [each.body.get("prefix") for each in listed] == [f"{FILM}#"] * 3
    (deleted,) = ready.sent("POST", "/namespaces/model-a/documents/delete")
    assert len(deleted.body["ids"]) == 250


def test_a_namespace_that_vanished_holds_nothing(ready: PineconeDouble) -> None:
    index = opened(ready)
    index.upsert([item()])
    ready.faults.append(Fault(404, body={"code": 5, "message": "Namespace not found", "details": []}))
    assert ask(index) == []
    ready.faults.append(Fault(200, body={"namespaces": [{"name": "gone", "record_count": "1"}], "total_count": 1}))
    assert index.delete_video(FILM) == 0


def test_what_others_put_into_the_namespace_is_passed_over(
    ready: PineconeDouble, caplog: pytest.LogCaptureFixture
) -> None:
    index = opened(ready)
    index.upsert([item()])
    ready.namespaces["model-a"]["theirs"] = {"_id": "theirs", "embedding": [1.0, 0.0, 0.0]}
    assert ask(index) == [CHUNK]
    assert "foreign document in the vector index" in caplog.text


def test_a_rotated_key_is_taken_up(ready: PineconeDouble) -> None:
    keys = iter(["old", API_KEY])
    index = PineconeIndex(lambda: next(keys), index="passages", space="model-a", dimensions=3, controller=ready.url)
    with pytest.raises(Misconfigured):
        ask(index)
    assert ask(index) == []


def test_a_refused_key_is_a_matter_for_the_operator_and_stays_secret(
    ready: PineconeDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "pcsk_wrong_secret"
    with pytest.raises(Misconfigured) as raised:
        ask(opened(ready, key=secret))
    assert raised.value.code == "pinecone_key_refused"
    assert "PINECONE_API_KEY" in raised.value.hint
    trace = "".join(traceback.format_exception(raised.value))
    assert "UnauthorizedError" in trace
    assert secret not in f"{trace} {raised.value!r} {raised.value.facts} {caplog.text}"


@pytest.mark.parametrize("key", ["", "  \n", "pcsk_naïve", "pcsk\nHost: evil"])
def test_a_key_that_is_none_is_refused_before_anything_is_sent(ready: PineconeDouble, key: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        ask(opened(ready, key=key))
    assert raised.value.code == "pinecone_key_missing"
    assert ready.requests == []


def test_a_busy_service_is_asked_again_after_the_time_it_names(ready: PineconeDouble, pauses: list[float]) -> None:
    index = opened(ready)
    assert ask(index) == []
    ready.faults += [Fault(429, {"Retry-After": "1"}), Fault(503)]
    assert ask(index) == []
    assert 1.0 <= pauses[0] <= 1.5
    assert len(pauses) == 2


def test_a_service_that_stays_busy_is_unavailable_with_its_delay(ready: PineconeDouble, pauses: list[float]) -> None:
    index = opened(ready)
    assert ask(index) == []
    ready.faults += [Fault(429, {"Retry-After": "1"})] * 4
    with pytest.raises(Unavailable) as raised:
        ask(index)
    assert (raised.value.code, raised.value.delay, raised.value.facts["status"]) == ("pinecone_busy", 1.0, 429)
    assert len(pauses) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(500, body={"error": {"code": "UNKNOWN", "message": "oops"}}), Unavailable, "pinecone_busy"),
        (Fault(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"), Unavailable, "pinecone_busy"),
        (Fault(200, body=b"not json"), Unavailable, "pinecone_unreachable"),
        (Fault(200, body={"matches": "?"}), Unavailable, "pinecone_unreachable"),
        (Fault(400, body={"code": 3, "message": "wrong API"}), Misconfigured, "pinecone_index_unfit"),
        (Fault(402, body={"error": {"message": "unpaid"}}), Misconfigured, "pinecone_forbidden"),
        (Fault(403, body={"error": {"message": "quota"}}), Misconfigured, "pinecone_forbidden"),
        (Fault(413), BadInput, "vector_too_large"),
    ],
)
def test_refusals_become_ours(
    ready: PineconeDouble, pauses: list[float], fault: Fault, kind: type[Exception], code: str
) -> None:
    index = opened(ready)
    assert ask(index) == []
    ready.faults += [fault] * (4 if fault.status >= 500 else 1)
    with pytest.raises(kind) as raised:
        ask(index)
    assert getattr(raised.value, "code", None) == code
    assert raised.value.__cause__ is not None


def test_a_refused_batch_of_an_upsert_is_raised(ready: PineconeDouble) -> None:
    index = opened(ready)
    assert ask(index) == []
    ready.faults.append(Fault(403, body={"error": {"message": "quota"}}))
    with pytest.raises(Misconfigured):
        index.upsert([item(position=n) for n in range(1, 1500)])


def test_a_service_that_is_not_there_is_unavailable(pauses: list[float]) -> None:
    with serving() as gone:
        pass
    with pytest.raises(Unavailable) as raised:
        ask(opened(gone))
    assert raised.value.code == "pinecone_unreachable"


def test_a_name_that_pinecone_does_not_allow_is_a_matter_for_the_operator(service: PineconeDouble) -> None:
    with pytest.raises(Misconfigured) as raised:
        ask(opened(service, index="Not A Name"))
    assert raised.value.code == "pinecone_settings_refused"
