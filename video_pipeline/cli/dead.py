"""`video-pipeline dlq`: what was put aside, why, and putting it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from video_pipeline.cli.console import clean, complain, line, moment, note, say, say_json, say_table
from video_pipeline.cli.exits import FAILED
from video_pipeline.cli.files import existing
from video_pipeline.cli.system import system_of
from video_pipeline.topology import DEAD_LETTER_QUEUES, LIMITS

if TYPE_CHECKING:
    from video_pipeline.deadletters import DeadLetter, DeadLetters, Outcome

app = typer.Typer(help="Look at what was put aside, and put it back.", no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
_NAMES = [queue.name for queue in DEAD_LETTER_QUEUES]
_SHOWN = 4_000


@app.command("list")
def list_letters(
    context: typer.Context,
    queue: Annotated[str | None, typer.Argument(metavar="QUEUE", help=f"One of {', '.join(_NAMES)}.")] = None,
    as_json: Json = False,
) -> None:
    """List the dead letters of one queue or of all."""
    with _dead_letters(context) as dead:
        letters = dead.letters(queue)
    if as_json:
        say_json([letter.model_dump(mode="json") for letter in letters])
    elif not letters:
        say("There are no dead letters.")
    else:
        rows = [(each.queue, each.id, moment(each.since), each.source, _why(each)) for each in letters]
        say_table(("QUEUE", "LETTER", "SINCE", "FROM", "REASON"), rows)


@app.command()
def show(
    context: typer.Context,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="Where it lies.")],
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Which one.")],
    out: Annotated[Path | None, typer.Option(help="Save what it carries to this file.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Show a dead letter and what it carries.

    What --out saves can be mended and sent by `dlq redrive --with`.
    """
    with _dead_letters(context) as dead:
        letter = dead.find(letter_id, queue)
        content = dead.content(letter)
    if out is not None:
        out.write_bytes(content)
        note(f"saved: {out}")
    if as_json:
        say_json(letter.model_dump(mode="json"))
    else:
        _say_letter(letter, content)


@app.command()
def redrive(
    context: typer.Context,
    queue: Annotated[
        str | None, typer.Argument(metavar="QUEUE", help="Where it lies; with --all, which queue.")
    ] = None,
    letter_id: Annotated[str | None, typer.Argument(metavar="ID", help="Which one.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters of the queue, or of all queues.")] = False,
    mended: Annotated[
        Path | None, typer.Option("--with", metavar="FILE", help="Send this file's bytes instead of the letter's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put dead letters back where they came from."""
    if everything == (letter_id is not None):
        raise typer.BadParameter("give either QUEUE and ID, or --all.", param_hint="ID")
    replacement = _mended(mended) if mended else None
    with _dead_letters(context) as dead:
        queues = [queue] if queue else _NAMES
        outcomes = [each for name in queues for each in dead.redrive(name, letter_id, replacement=replacement)]
    if as_json:
        say_json([outcome.model_dump(mode="json") for outcome in outcomes])
    else:
        _say_outcomes(outcomes)
    if not all(outcome.redriven for outcome in outcomes):
        raise typer.Exit(FAILED)


@contextmanager
def _dead_letters(context: typer.Context) -> Iterator[DeadLetters]:
    from video_pipeline.wiring import open_dead_letters

    system = system_of(context)
    with system.reaching() as clients:
        yield open_dead_letters(clients, system.suffix)


def _mended(path: Path) -> bytes:
    from video_pipeline.errors import BadInput

    if existing(path).stat().st_size > LIMITS.segment_bytes:
        raise BadInput("record_too_large", f"{path} is larger than a record may be.")
    return path.read_bytes()


def _why(letter: DeadLetter) -> str:
    return f"{letter.reason.code}: {letter.reason.message}"


def _say_letter(letter: DeadLetter, content: bytes) -> None:
    facts = {
        "letter": letter.id,
        "queue": letter.queue,
        "kind": letter.kind.replace("_", " "),
        "consumer": letter.consumer,
        "from": f"{letter.source} {letter.position}".strip(),
        "since": moment(letter.since),
        "reason": _why(letter),
        "hint": letter.reason.hint,
    }
    for name, value in facts.items():
        if value:
            say(f"{name + ':':<10}{line(value)}")
    say(f"{'size:':<10}{len(content)} bytes")
    say()
    say(_readable(content))


def _readable(content: bytes) -> str:
    """Text as text, other bytes as their first few in hexadecimal."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{content[:64].hex(' ')} …"
    return clean(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")


def _say_outcomes(outcomes: list[Outcome]) -> None:
    if not outcomes:
        say("There are no dead letters.")
    for outcome in outcomes:
        if outcome.redriven:
            say(f"redriven: {outcome.queue} {outcome.id} ({outcome.records} records)")
        else:
            complain(f"not redriven: {outcome.queue} {outcome.id}: {outcome.message} [{outcome.code}]")
