"""An ASGI application on a listening socket that was inherited."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

import uvicorn

from local import child

# Open connections are given so many seconds when the process is told to stop.
GRACE: Final = 2


class Server(uvicorn.Server):
    """Says when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        child.ready()


def serve(application: Any, listener: socket.socket, **settings: Any) -> None:
    """Until the process is told to stop."""
    config = uvicorn.Config(application, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE, **settings)
    asyncio.run(Server(config).serve(sockets=[listener]))
