"""A file through the API, as a form that is streamed from disk."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.cli.api import api_of
from video_pipeline.cli.console import megabytes
from video_pipeline.cli.files import MediaFile, ReadingTold
from video_pipeline.cli.progress import Steps, counting
from video_pipeline.cli.system import System
from video_pipeline.cli.wishes import S3, Sent, Wishes, read_captions
from video_pipeline.client.wire import File
from video_pipeline.errors import BadInput
from video_pipeline.layout import content_type
from video_pipeline.topology import LIMITS


def send(system: System, file: MediaFile, wishes: Wishes, steps: Steps) -> Sent:
    if file.size > LIMITS.form_upload_bytes:
        message = f"{file.path} is too large for a form (at most {LIMITS.form_upload_bytes // 1024**3} GiB)."
        raise BadInput("upload_too_large", message, hint="Use --via event.")
    told = counting(steps, f"Sending {megabytes(file.size)}", file.size)
    with api_of(system) as api, file.path.open("rb") as content:
        answer = api.upload(
            (file.name, ReadingTold(content, told), content_type(file.name)),
            **wishes.facts,
            captions=_captions(wishes),
        )
    return Sent(via="upload", job_id=answer["job_id"])


def _captions(wishes: Wishes) -> File | None:
    if wishes.captions is None:
        return None
    if wishes.captions.startswith(S3):
        message = "Captions that lie in S3 can't go through a form."
        raise BadInput("captions_elsewhere", message, hint="Use --via event.")
    path = Path(wishes.captions)
    return path.name, read_captions(path), content_type(path.name)
