"""`video-pipeline ask`: a question, its answer, and where that was said."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import Annotated, Any

import typer

from video_pipeline.cli.console import clean, clock, line, say, say_json
from video_pipeline.cli.exits import NOTHING
from video_pipeline.cli.system import system_of

_LOW = "low-quality transcript"
# Of a passage that does not answer, the beginning is enough to see what it is about.
_EXCERPT = 240


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you want to know.")],
    video: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this video; may be given again.")] = None,
    speaker: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only where this one speaks.")] = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="Only videos in this language, like en.")] = None,
    date_from: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Only videos of this day or later.")
    ] = None,
    date_to: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Only videos of this day or before.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(metavar="0..1", help="Leave out what fits less surely.")] = None,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Of an answer that this question refers to.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, max=50, help="The most passages to answer from.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Ask the videos.

    Every claim of the answer is quoted, with the second at which it was said.
    """
    from video_pipeline.cli.api import api_of

    with api_of(system_of(context)) as api:
        found = api.ask(
            question,
            top_k=top_k,
            min_score=min_score,
            video_ids=video or (),
            speaker_ids=speaker or (),
            date_from=date_from,
            date_to=date_to,
            language=language,
            conversation_id=conversation,
        )
    if as_json:
        say_json(found)
    else:
        _say(found)
    if found["answer"] is None:
        raise typer.Exit(NOTHING)


def _say(found: Mapping[str, Any]) -> None:
    if found["answer"] is not None:
        say(clean(found["answer"]))
        for citation in found["citations"]:
            say()
            _say_citation(citation)
    elif found["results"]:
        say("The videos do not answer this. What comes closest:")
        for result in found["results"]:
            say()
            _say_result(result)
    else:
        say("Nothing found: no video holds anything about this.")
    if found["conversation_id"]:
        say()
        say(f"To ask on: --conversation {found['conversation_id']}")


def _say_citation(citation: Mapping[str, Any]) -> None:
    where = _where(citation["title"], citation["start"], citation.get("speaker"), citation["quality"])
    say(f"[{citation['number']}] {where}")
    say(f'    "{line(citation["quote"])}"')
    say(f"    {line(citation['link'])}")


def _say_result(result: Mapping[str, Any]) -> None:
    speakers = ", ".join(result["speakers"])
    say(f"- {_where(result['video']['title'], result['start'], speakers, result['chunk']['quality'])}")
    say(f'    "{shorten(line(result["chunk"]["text"]), _EXCERPT, placeholder=" …")}"')
    say(f"    {line(result['link'])}")


def _where(title: str, start: float, speaker: str | None, quality: str) -> str:
    parts = [title, clock(start), speaker or "", _LOW if quality == "low" else ""]
    return " · ".join(line(part) for part in parts if part)
