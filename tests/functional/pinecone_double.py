"""A Pinecone on loopback: the part of its documented interface (2026-07) that the product uses, strict about requests.

It keeps documents and searches them by brute force. `faults` are answered first, one for each request.
"""

from __future__ import annotations

import json
import math
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from video_pipeline.vectors.pinecone import PineconeIndex

API_KEY = "pcsk_test_4Zq"
VERSION = "2026-07"
FIELD = {"type": "dense_vector", "dimension": 3, "metric": "cosine"}
PAGE = 100
MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    size: int


@dataclass
class Fault:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PineconeDouble:
    def __init__(self) -> None:
        self.url = ""
        self.indexes: dict[str, dict[str, Any]] = {}
        self.namespaces: dict[str, dict[str, dict[str, Any]]] = {}
        self.requests: list[Request] = []
        self.faults: deque[Fault] = deque()
        self._lock = threading.Lock()

    def add_index(self, name: str, fields: Mapping[str, Any], *, ready: bool = True) -> None:
        self.indexes[name] = {
            "name": name,
            "host": self.url,
            "schema": {"fields": dict(fields)},
            "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
            "deletion_protection": "disabled",
            "read_capacity": {"mode": "OnDemand", "status": {"state": "Ready"}},
            "status": {"ready": ready, "state": "Ready" if ready else "Initializing"},
        }

    def sent(self, method: str, path: str) -> list[Request]:
        return [each for each in self.requests if (each.method, each.path) == (method, path)]

    def answer(self, request: Request) -> Fault:
        with self._lock:
            self.requests.append(request)
            if self.faults:
                return self.faults.popleft()
            try:
                self._admit(request)
                return Fault(200, {}, self._route(request))
            except Refused as refused:
                return Fault(refused.status, {}, {"error": {"code": "X", "message": str(refused)}})

    def _admit(self, request: Request) -> None:
        if request.headers.get("api-key") != API_KEY:
            raise Refused(401, "Unauthorized")
        if request.headers.get("x-pinecone-api-version") != VERSION:
            raise Refused(400, "unknown version")
        if request.method == "POST" and request.headers.get("content-type") != "application/json":
            raise Refused(400, "not JSON")
        if request.size > MOST_BYTES:
            raise Refused(413, "request too large")

    def _route(self, request: Request) -> Any:
        parts = [unquote(part) for part in urlsplit(request.path).path.split("/")[1:]]
        match (request.method, parts):
            case ("GET", ["indexes", name]):
                return self._index(name)
            case ("POST", ["indexes"]):
                return self._create(request.body)
            case ("GET", ["namespaces"]):
                return self._list_namespaces(request.path)
            case ("DELETE", ["namespaces", namespace]):
                if self.namespaces.pop(namespace, None) is None:
                    raise Refused(404, "Namespace not found")
                return {}
            case (
                "POST",
                ["namespaces", namespace, "documents", ("upsert" | "search" | "list" | "fetch" | "delete") as verb],
            ):
                return getattr(self, f"_{verb}")(namespace, request.body)
        raise Refused(404, f"no route {request.method} {request.path}")

    def _index(self, name: str) -> Any:
        if name not in self.indexes:
            raise Refused(404, f"Resource {name} not found")
        return self.indexes[name]

    def _create(self, body: Any) -> Any:
        if set(body) != {"name", "schema", "deployment"}:
            raise Refused(400, f"unknown fields {sorted(body)}")
        for each in body["schema"]["fields"].values():
            if set(each) != {"type", "dimension", "metric"} or each["type"] != "dense_vector":
                raise Refused(400, "bad field")
        if body["deployment"]["deployment_type"] != "managed":
            raise Refused(400, "bad deployment")
        if body["name"] in self.indexes:
            raise Refused(409, "already exists")
        self.add_index(body["name"], body["schema"]["fields"])
        return self.indexes[body["name"]]

    def _list_namespaces(self, path: str) -> Any:
        names = sorted(self.namespaces)
        first = int(parse_qs(urlsplit(path).query).get("paginationToken", ["0"])[0])
        page = [{"name": name, "record_count": str(len(self.namespaces[name]))} for name in names[first : first + PAGE]]
        more = {"pagination": {"next": str(first + PAGE)}} if first + PAGE < len(names) else {}
        return {"namespaces": page, "total_count": len(names), **more}

    def _upsert(self, namespace: str, body: Any) -> Any:
        documents = body["documents"]
        if not 0 < len(documents) <= 1000:
            raise Refused(400, "between 1 and 1000 documents")
        for document in documents:
            self._validate(document)
        kept = self.namespaces.setdefault(namespace, {})
        kept.update({document["_id"]: document for document in documents})
        return {"upserted_count": len(documents)}

    def _validate(self, document: Mapping[str, Any]) -> None:
        name = document.get("_id", "")
        if not (name and name.isascii() and len(name) <= 512):
            raise Refused(400, "bad _id")
        if any(key.startswith(("_", "$")) for key in document if key != "_id"):
            raise Refused(400, "reserved field name")
        for each, kind in self._fields().items():
            vector = document.get(each, [])
            if len(vector) != kind["dimension"] or not any(vector):
                raise Refused(400, f"{each} needs {kind['dimension']} numbers, not all zero")
        metadata = {key: value for key, value in document.items() if key not in self._fields()}
        if len(json.dumps(metadata, ensure_ascii=False).encode()) > 40 * 1024:
            raise Refused(400, "metadata above 40 KB")
        for value in metadata.values():
            if not isinstance(value, str | int | float | bool) and not _strings(value):
                raise Refused(400, "metadata must be strings, numbers, booleans or lists of strings")

    def _search(self, namespace: str, body: Any) -> Any:
        (clause,) = body["score_by"]
        if clause["type"] != "dense_vector" or clause["field"] not in self._fields():
            raise Refused(400, "unknown field")
        if not 1 <= body["top_k"] <= 10_000:
            raise Refused(400, "top_k out of range")
        where = body.get("filter") or {}
        found = [each for each in self.namespaces.get(namespace, {}).values() if matches(each, where)]
        scored = [{"_id": each["_id"], "_score": cosine(each[clause["field"]], clause["values"])} for each in found]
        best = sorted(scored, key=lambda each: (-each["_score"], each["_id"]))[: body["top_k"]]
        return {"matches": best, "namespace": namespace, "usage": {"read_units": 1}}

    def _list(self, namespace: str, body: Any) -> Any:
        if namespace not in self.namespaces:
            raise Refused(404, "Namespace not found")
        names = sorted(each for each in self.namespaces[namespace] if each.startswith(body.get("prefix", "")))
        first = int(body.get("pagination_token", "0"))
        page = [{"_id": name} for name in names[first : first + PAGE]]
        more = {"pagination": {"next": str(first + PAGE)}} if first + PAGE < len(names) else {}
        return {"documents": page, "namespace": namespace, "usage": {"read_units": 1}, **more}

    def _fetch(self, namespace: str, body: Any) -> Any:
        if set(body) != {"ids"} or not 0 < len(body["ids"]) <= 1000:
            raise Refused(400, "between 1 and 1000 ids")
        kept = self.namespaces.get(namespace, {})
        found = {name: kept[name] for name in body["ids"] if name in kept}
        return {"documents": found, "namespace": namespace, "usage": {"read_units": 1}}

    def _delete(self, namespace: str, body: Any) -> Any:
        if set(body) != {"ids"} or not 0 < len(body["ids"]) <= 1000:
            raise Refused(400, "between 1 and 1000 ids")
        for name in body["ids"]:
            self.namespaces[namespace].pop(name, None)
        return {}

    def _fields(self) -> Mapping[str, Any]:
        (index,) = self.indexes.values()
        fields: Mapping[str, Any] = index["schema"]["fields"]
        return fields


def matches(document: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(_holds(document.get(name), wanted) for name, wanted in where.items())


def _holds(value: Any, wanted: Mapping[str, Any]) -> bool:
    for comparison, operand in wanted.items():
        match comparison:
            case "$in":
                held = bool(set(value if isinstance(value, list) else [value]) & set(operand))
            case "$gte" | "$lte" if isinstance(operand, int | float):
                held = isinstance(value, int | float) and (
                    value >= operand if comparison == "$gte" else value <= operand
                )
            case _:
                raise Refused(400, f"bad filter {comparison} {operand}")
        if not held:
            return False
    return True


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (math.hypot(*one) * math.hypot(*other))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: PineconeDouble

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        given = self.double.answer(Request(self.command, self.path, headers, json.loads(raw or "null"), len(raw)))
        data = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
        self.send_response(given.status)
        for name, value in {"Content-Type": "application/json", **given.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[PineconeDouble]:
    double = PineconeDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened(service: PineconeDouble, key: str = API_KEY, **changes: Any) -> PineconeIndex:
    """The product's index on this double, by default for three-dimensional vectors of one model."""
    values: dict[str, Any] = {"index": "passages", "space": "model-a", "dimensions": 3, "controller": service.url}
    return PineconeIndex(lambda: key, **{**values, **changes})
