"""`video-pipeline evaluate`: how well the running system finds what is asked for, on meetings with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from video_pipeline.cli.progress import steps
from video_pipeline.cli.system import system_of


def evaluate(
    context: typer.Context,
    qmsum: Annotated[Path, typer.Option(metavar="DIR", help="QMSum's folder with val, test or both.")],
    split: Annotated[str, typer.Option(help="train, val or test.")] = "val",
) -> None:
    """Measure retrieval on QMSum: feed its meetings to the running system, ask its questions, judge what is found.

    The meetings stay in the archive and are not fed twice.
    """
    from video_pipeline.cli.api import api_of
    from video_pipeline.cli.evaluating import run

    with api_of(system_of(context)) as api, steps() as shown:
        run(api, shown, qmsum, split)
