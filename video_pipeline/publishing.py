"""What a committed move has caused goes out at once; what can't, the sweeper sends later."""

from __future__ import annotations

import logging

from video_pipeline.errors import PipelineError
from video_pipeline.ports import Outbox, Publisher

logger = logging.getLogger(__name__)


class Publishing:
    """Empties the outbox after a use case."""

    def __init__(self, outbox: Outbox, publisher: Publisher) -> None:
        self._outbox = outbox
        self._publisher = publisher

    def flush(self) -> int:
        """How many messages went out. A failing service is no failure of the work that is committed already."""
        try:
            return self._outbox.drain(self._publisher.publish)
        except PipelineError as error:
            logger.warning("messages left for the sweeper", extra={"reason": error.code, "detail": str(error)})
            return 0
