"""A web server whose addresses answer in every bad way, and a guard that takes it for the internet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.functional.projects import pictures
from video_pipeline.internet.addresses import Guard

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Web:
    """`answers` by path; `asked`: the paths and Host headers that came. `secret`: another place, which is private."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def url(self, path: str, host: str = "pictures.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def guard(self) -> Guard:
        """`pictures.test` is trusted to be public, by its port; `inside.test` is as private as it looks."""
        return Guard([f"pictures.test:{self.port}"], [self.port], resolve=lambda *_: ["127.0.0.1"])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    world: Web


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        world = self.server.world
        world.asked.append((self.path, self.headers["Host"]))
        begun = {
            "/slow": b"",
            "/drip": b"HTTP/1.1 200 OK\r\n",
            "/body": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        }
        if self.path in begun:
            self._never_end(begun[self.path])
        else:
            self._answer(*world.answers.get(self.path, (404, {}, b"no such picture")))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _never_end(self, begun: bytes) -> None:
        """Each line comes in time, all of them together don't; without a first one none comes."""
        self.wfile.write(begun)
        while not self.server.world.over.wait(0.05):
            try:
                self.wfile.write(b"X-A: b\r\n" if begun else b"")
            except OSError:
                return

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Web]:
    server = Server(("127.0.0.1", 0), Handler)
    server.world = world = Web(server.server_port)
    world.answers = _answers(world)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield world
    finally:
        world.over.set()
        server.shutdown()
        server.server_close()


def _answers(web: Web) -> dict[str, Answer]:
    return {
        "/good.jpg": (200, {"Content-Type": "text/plain"}, pictures.picture()),
        "/good.png": (200, {}, pictures.picture((321, 240), "PNG")),
        "/good.webp": (200, {}, pictures.picture((322, 240), "WEBP")),
        "/good.avif": (200, {}, pictures.picture((323, 240), "AVIF")),
        "/cmyk.jpg": (200, {}, pictures.picture((324, 240), mode="CMYK")),
        "/page.jpg": (200, {"Content-Type": "image/jpeg"}, pictures.HTML),
        "/drawing.jpg": (200, {"Content-Type": "image/jpeg"}, pictures.SVG),
        "/moving.webp": (200, {}, pictures.animation()),
        "/moving.gif": (200, {}, b"GIF89a" + bytes(50)),
        "/corrupt.jpg": (200, {}, pictures.corrupt()),
        "/dot.png": (200, {}, pictures.picture((1, 1), "PNG")),
        "/wide.png": (200, {}, pictures.picture((20_000, 20), "PNG")),
        "/bomb.png": (200, {}, pictures.promising(30_000, 30_000)),
        "/vast.png": (200, {}, pictures.vast()),
        "/cut.png": (200, {}, pictures.promising(300, 300)),
        "/empty.jpg": (200, {}, b""),
        "/huge.jpg": (200, {"Content-Length": str(10**12)}, b"\xff\xd8\xff"),
        "/unannounced.jpg": (200, {"Content-Length": ""}, bytes(3_000_000)),
        "/cut.jpg": (200, {"Content-Length": "5000"}, pictures.picture()[:100]),
        "/packed.jpg": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b" + bytes(99)),
        "/moved": (302, {"Location": "/good.jpg"}, b""),
        "/inside": (302, {"Location": web.url("/good.jpg", "inside.test")}, b""),
        "/file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/broken": (302, {"Location": "http://[::1/"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/error": (503, {}, b"later"),
    }
