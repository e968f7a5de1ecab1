"""One JSON line per event, the same on Lambda, in the worker and on one machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_fields: ContextVar[dict[str, str] | None] = ContextVar("log_fields", default=None)
_NOISY = (
    *("botocore", "boto3", "urllib3", "s3transfer", "httpx", "httpcore", "httpx2", "httpcore2"),
    *("werkzeug", "mangum", "openai", "pinecone"),
)


class _BoundFields(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for key, value in (_fields.get() or {}).items():
            if not hasattr(record, key):
                setattr(record, key, value)
        return True


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Every line logged inside, by whatever module, carries these fields (typically `job_id` and `video_id`)."""
    added = {key: str(value) for key, value in fields.items() if value is not None}
    token = _fields.set({**(_fields.get() or {}), **added})
    try:
        yield
    finally:
        _fields.reset(token)


def configure(service: str, level: str = "INFO") -> None:
    """Sends everything that this process logs to standard error as JSON lines. May be called again."""
    handler = logging.StreamHandler()
    handler.setFormatter(LambdaPowertoolsFormatter(service=service, utc=True))
    handler.addFilter(_BoundFields())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
