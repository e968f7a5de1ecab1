"""A double of `POST /v1/embeddings` on loopback that is strict about requests. `replies` are given first."""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-5aX9"
MODEL = "text-embedding-3-small"


@dataclass
class Reply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


@dataclass
class Double:
    """Answers with vectors that say which text they belong to: its length, then ones."""

    url: str = ""
    dimensions: int = 4
    backwards: bool = False
    replies: deque[Reply] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Reply:
        self.bodies.append(body)
        if self.replies:
            return self.replies.popleft()
        if path != "/v1/embeddings":
            return Reply(404, body={"error": {"message": f"Unknown path {path}", "code": None}})
        if headers["authorization"] != f"Bearer {KEY}":
            message = f"Incorrect API key provided: {headers['authorization']}"
            return Reply(401, body={"error": {"message": message, "code": "invalid_api_key"}})
        if not self.acceptable(body):
            return Reply(400, body={"error": {"message": f"bad request {sorted(body)}", "code": None}})
        return Reply(200, body=self.embeddings(body["input"]))

    def acceptable(self, body: dict[str, Any]) -> bool:
        texts = body["input"]
        return (
            set(body) == {"model", "input", "dimensions", "encoding_format"}
            and body["encoding_format"] == "base64"
            and 0 < len(texts) <= 2048
            and all(isinstance(text, str) and text for text in texts)
            and sum(len(text.encode()) for text in texts) <= 300_000
        )

    def embeddings(self, texts: list[str]) -> object:
        data = [
            {"object": "embedding", "index": index, "embedding": packed([len(text), *[1.0] * (self.dimensions - 1)])}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return {"object": "list", "data": data[::-1] if self.backwards else data, "model": MODEL, "usage": usage}


def packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: Double

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.double.answer(self.path, headers, body)
        if reply.status == 0:
            self.double.stalled.wait(30)
            self.close_connection = True
            return
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", "Connection": "close", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(double: Double | None = None) -> Iterator[Any]:
    double = double or Double()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield double
    finally:
        double.stalled.set()
        server.shutdown()
        thread.join()
        server.server_close()
