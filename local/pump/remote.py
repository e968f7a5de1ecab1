"""Functions that Lambda runs, or whatever answers its Invoke."""

from __future__ import annotations

import json
import threading
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.pump.answers import Answer, NotInvoked
from local.resources import session

# Above the longest that a function may take.
READ_SECONDS: Final = 910


class LambdaApi:
    """Any thread may invoke. What is said of a failed function, its own log says."""

    def __init__(self, endpoint: str, region: str) -> None:
        config = Config(read_timeout=READ_SECONDS, max_pool_connections=50, retries={"max_attempts": 0}, proxies={})
        self._client: Any = session(region).client("lambda", endpoint_url=endpoint, config=config)
        self._changed = threading.Condition()
        self._running = 0

    def invoke(self, name: str, event: object) -> Answer:
        self._count(1)
        try:
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            payload: Any = json.loads(answer["Payload"].read() or b"null")
        except (BotoCoreError, ClientError, ValueError) as error:
            raise NotInvoked(str(error)) from error
        finally:
            self._count(-1)
        return Answer(error=payload) if answer.get("FunctionError") else Answer(payload=payload)

    def drain(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=seconds)

    def close(self) -> None:
        """What still runs goes on in Lambda; its records and messages come again."""

    def _count(self, more: int) -> None:
        with self._changed:
            self._running += more
            self._changed.notify_all()
