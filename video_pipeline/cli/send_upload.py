"""A file through the API, as a form that is streamed from disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from video_pipeline.cli.api import api_of
from video_pipeline.cli.console import megabytes
from video_pipeline.cli.files import MediaFile, ReadingTold
from video_pipeline.cli.progress import Steps, counting
from video_pipeline.cli.system import System
from video_pipeline.cli.wishes import S3, Sent, Wishes, read_captions
from video_pipeline.errors import BadInput
from video_pipeline.layout import content_type
from video_pipeline.topology import LIMITS


def send(system: System, file: MediaFile, wishes: Wishes, steps: Steps) -> Sent:
    if file.size > LIMITS.form_upload_bytes:
        message = f"{file.path} is too large for a form (at most {LIMITS.form_upload_bytes // 1024**3} GiB)."
        raise BadInput("upload_too_large", message, hint="Use --via event.")
    told = counting(steps, f"Sending {megabytes(file.size)}", file.size)
    with api_of(system) as api, file.path.open("rb") as content:
        # The file comes last, because the API reads the form as it arrives.
        media = ("file", (file.name, ReadingTold(content, told), content_type(file.name)))
        answer = api.upload(_fields(wishes), [*_captions(wishes), media])
    return Sent(via="upload", job_id=str(answer["job_id"]))


def _fields(wishes: Wishes) -> dict[str, str]:
    said = {"title": wishes.title, "language": wishes.language}
    fields = {name: text for name, text in said.items() if text is not None}
    return fields | ({"metadata": json.dumps(dict(wishes.metadata))} if wishes.metadata else {})


def _captions(wishes: Wishes) -> list[tuple[str, Any]]:
    if wishes.captions is None:
        return []
    if wishes.captions.startswith(S3):
        message = "Captions that lie in S3 can't go through a form."
        raise BadInput("captions_elsewhere", message, hint="Use --via event.")
    path = Path(wishes.captions)
    return [("captions", (path.name, read_captions(path), content_type(path.name)))]
