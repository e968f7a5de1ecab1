"""OpenAI's `POST /v1/embeddings` on loopback, with MiniLM's real vectors, so that meaning counts."""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from video_pipeline.language.minilm import DIMENSIONS, MiniLm

KEY = "sk-deployed-7fQ2"


@dataclass
class Service:
    """`refused` counts calls without the key."""

    url: str = ""
    model: MiniLm = field(default_factory=MiniLm)
    texts: list[str] = field(default_factory=list)
    refused: int = 0

    def answer(self, path: str, authorization: str | None, body: dict[str, Any]) -> tuple[int, object]:
        if authorization != f"Bearer {KEY}":
            self.refused += 1
            return 401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}
        if path != "/v1/embeddings" or body["dimensions"] != DIMENSIONS or body["encoding_format"] != "base64":
            return 400, {"error": {"message": f"not understood: {path} {sorted(body)}", "code": None}}
        self.texts += body["input"]
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(vector)}
            for index, vector in enumerate(self.model.embed(body["input"]))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return 200, {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _packed(vector: Any) -> str:
    numbers = [float(number) for number in vector]
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = self.service.answer(self.path, self.headers.get("authorization"), body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(port: int = 0) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (_Handler,), {"service": service}))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
