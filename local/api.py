"""The API as a process: `python -m local.api --fd N`, on a listening socket that was inherited."""

from __future__ import annotations

import argparse
import asyncio
import socket

import uvicorn

from local import child
from video_pipeline import logs
from video_pipeline.api.app import create_app
from video_pipeline.settings import QuestionApiSettings
from video_pipeline.wiring import open_api

# Open connections are given so many seconds when the process is told to stop.
GRACE = 2


class Server(uvicorn.Server):
    """Says when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        child.ready()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.api", description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    listener = socket.socket(fileno=parser.parse_args().fd)
    settings = QuestionApiSettings()
    logs.configure("api", settings.log_level)
    config = uvicorn.Config(
        create_app(open_api(settings)), log_config=None, access_log=False, timeout_graceful_shutdown=GRACE
    )
    asyncio.run(Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
