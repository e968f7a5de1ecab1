"""The messages of the summary queue: of which video a summary is wanted."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationError

from video_pipeline.errors import BadRecord
from video_pipeline.model import Message, Value
from video_pipeline.topology import SUMMARY


class SummaryOrder(Value):
    """`request`: somebody asked for a new one, once. `attempt` counts the tries with a language model that failed."""

    job_id: UUID
    video_id: UUID
    request: UUID | None = None
    attempt: Annotated[int, Field(ge=1)] = 1


def order_message(
    job_id: UUID, video_id: UUID, *, request: UUID | None = None, attempt: int = 1, delay: float = 0
) -> Message:
    order = SummaryOrder(job_id=job_id, video_id=video_id, request=request, attempt=attempt)
    body = order.model_dump_json(exclude_none=True)
    return Message(destination=SUMMARY.name, key=str(video_id), body=body, delay=min(round(delay), 900))


def read_order(body: str) -> SummaryOrder:
    """BadRecord("not_an_order") for a message that nothing of ours has sent."""
    try:
        return SummaryOrder.model_validate_json(body)
    except ValidationError as error:
        raise BadRecord("not_an_order", "The message does not say of which video a summary is wanted.") from error
