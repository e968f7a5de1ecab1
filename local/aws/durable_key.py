"""moto's S3 object, with its body in files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

from moto.s3.models import FakeKey

from local.aws.bodies import Body, BodyStore
from local.aws.gate import current
from local.aws.work import discard

_streaming: ContextVar[bool] = ContextVar("streaming", default=False)


@contextmanager
def streaming() -> Iterator[None]:
    """Inside, the value of a key is its body; everywhere else moto gets plain bytes."""
    token = _streaming.set(True)
    try:
        yield
    finally:
        _streaming.reset(token)


class DurableKey(FakeKey):
    """Takes bytes, a body that it will own, or a view that it copies."""

    store: ClassVar[BodyStore]
    body: Body

    @property
    def value(self) -> Any:
        return self.body.view() if _streaming.get() else self.body.read()

    @value.setter
    def value(self, value: Any) -> None:
        self.body = self.store.own(value)
        self.contentsize = len(self.body)
        exchange = current()
        if exchange.body is value:
            exchange.body = None

    @property
    def etag(self) -> str:
        if self._etag is None:
            self._etag = self.body.md5()
        return f'"{self._etag}"'

    def release(self) -> Body:
        """The body, which this key has no longer."""
        body, self.body = self.body, Body(self.store.folder)
        return body

    def dispose(self, garbage: bool = False) -> None:
        """Removed or overwritten: the files go when the journal has said so. Ends of processes remove nothing."""
        if garbage or self.disposed:
            return
        self.disposed = True
        discard(self.release())
        if self.multipart:
            self.multipart.dispose()

    def __del__(self) -> None:
        """moto disposes here; our files outlive the object in memory."""
