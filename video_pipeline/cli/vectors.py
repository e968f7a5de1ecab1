"""`video-pipeline vectors`: moving vectors from one store to another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from video_pipeline.cli.console import line, note, say, say_json
from video_pipeline.cli.exits import FAILED
from video_pipeline.cli.system import System, system_of
from video_pipeline.errors import BadInput

if TYPE_CHECKING:
    from video_pipeline.cli.vector_places import FileCheckpoint, PlaceName, Places
    from video_pipeline.comparing import Comparison, Sides
    from video_pipeline.copying import Copying, Progress
    from video_pipeline.model import Index
    from video_pipeline.ports import Ledger, VectorSource

app = typer.Typer(help="Copy vectors from one store to another.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def vectors() -> None:
    """Copy vectors from one store to another."""


@dataclass(frozen=True)
class _Wish:
    source: PlaceName
    target: PlaceName
    source_space: str | None
    unknown: bool
    queries: int
    k: int
    at_least: float
    patience: float
    switch: bool


@app.command()
def copy(
    context: typer.Context,
    source: Annotated[str, typer.Option("--from", metavar="PLACE", help="faiss:FILE, pgvector or pinecone:INDEX.")],
    target: Annotated[str, typer.Option("--to", metavar="PLACE", help="pgvector or pinecone:INDEX.")],
    space: Annotated[
        str | None, typer.Option(metavar="NAME", help="Namespace to copy from; else that of the index in use.")
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Also passages that the ledger does not know; they can't be shown.")
    ] = False,
    queries: Annotated[int, typer.Option(min=1, max=10_000, help="Vectors to compare with, before and after.")] = 50,
    top_k: Annotated[int, typer.Option(min=1, max=1_000, help="How many of their neighbours to compare.")] = 10,
    at_least: Annotated[float, typer.Option(min=0, max=1, help="Share of them that has to be the same.")] = 0.99,
    settle: Annotated[float, typer.Option(min=0, help="Seconds in which Pinecone may still be catching up.")] = 60,
    switch: Annotated[
        bool, typer.Option("--switch", help="Then answer from the copy, and remove what it was made from.")
    ] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the report, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Copy vectors, and compare the nearest passages before and after.

    Run it again after an interruption: it goes on where it stopped, and what is copied twice is there once. Beside a
    FAISS file stands FILE.jsonl, a line like {"chunk_id": "..."} for each vector, in order.
    """
    from video_pipeline.cli.vector_places import place_named

    wish = _Wish(
        source=place_named(source),
        target=place_named(target),
        source_space=space,
        unknown=unknown,
        queries=queries,
        k=top_k,
        at_least=at_least,
        patience=settle,
        switch=switch,
    )
    told = _copied(system_of(context), wish)
    if report is not None:
        from json import dumps

        report.write_text(dumps(told, indent=2) + "\n", encoding="utf-8")
    _tell(told, as_json=as_json)
    if not told["same"]:
        raise typer.Exit(FAILED)


@dataclass(frozen=True)
class _Opened:
    ledger: Ledger
    index: Index
    places: Places


@contextmanager
def _opened(system: System) -> Iterator[_Opened]:
    from video_pipeline.cli.stored import settings_for
    from video_pipeline.cli.vector_places import Places
    from video_pipeline.settings import EmbeddingSettings
    from video_pipeline.store.ledger import PostgresLedger
    from video_pipeline.wiring import open_database, wanted_index

    settings = settings_for(system, EmbeddingSettings, environment_suffix=system.suffix, aws_region=system.region)
    database = open_database(settings)
    ledger = PostgresLedger(database)
    try:
        index = ledger.indexes.serving(wanted_index(settings))
        yield _Opened(ledger, index, Places(settings, database, index))
    finally:
        ledger.close()


def _copied(system: System, wish: _Wish) -> dict[str, Any]:
    """What was done, as it is reported."""
    from video_pipeline.comparing import Sides
    from video_pipeline.copying import Copying, check_dimensions

    began = time.monotonic()
    with _opened(system) as opened:
        space = opened.index.space
        source_space = wish.source_space or space
        _check(opened.index, wish, source_space)
        source = opened.places.source(wish.source, source_space)
        check_dimensions(source, opened.index.spec.dimensions)
        target = opened.places.target(wish.target, space)
        copying = Copying(opened.ledger, source, target, unknown=wish.unknown)
        progress = _run(copying, source, _checkpoint(system, wish, source_space, space))
        left_out = progress.unknown + progress.erased
        comparison = _compare(wish, Sides(source, target, copying.kept, left_out=left_out))
        same = comparison.queries > 0 and comparison.shared_mean >= wish.at_least
        switched = wish.switch and same
        if switched:
            _switch(opened, wish, copying)
    return {
        "from": str(wish.source),
        "to": str(wish.target),
        "space": space,
        "dimensions": source.dimensions,
        "vectors": _seen(progress),
        "copied": progress.copied,
        "unknown": progress.unknown,
        "erased": progress.erased,
        "seconds": round(time.monotonic() - began, 3),
        "comparison": comparison.model_dump(mode="json"),
        "same": same,
        "switched": switched,
    }


def _check(index: Index, wish: _Wish, source_space: str) -> None:
    if wish.source == wish.target and source_space == index.space:
        raise BadInput("places_same", f"The vectors lie in {wish.source} already.", hint="Name two places.")
    if wish.switch:
        _expect_serving(index, wish.source, source_space)


def _checkpoint(system: System, wish: _Wish, source_space: str, space: str) -> FileCheckpoint:
    from video_pipeline.cli.vector_places import FileCheckpoint

    return FileCheckpoint(system.data, _version(wish.source), source_space, wish.target, space, wish.unknown)


def _run(copying: Copying, source: VectorSource, checkpoint: FileCheckpoint) -> Progress:
    before, total = checkpoint.load(), source.count()
    if before.after is not None:
        note(f"Going on behind the {_seen(before)} that were looked at before.")
    progress = copying.run(checkpoint, lambda now: note(f"{_seen(now)} of {total}"))
    checkpoint.forget()
    return progress


def _compare(wish: _Wish, sides: Sides) -> Comparison:
    from video_pipeline.comparing import settled

    patience = wish.patience if wish.target.store == "pinecone" else 0.0
    return settled(sides, queries=wish.queries, k=wish.k, patience=patience)


def _expect_serving(index: Index, place: PlaceName, space: str) -> None:
    if (index.spec.store, index.spec.collection, index.space) != (place.store, place.name, space):
        message = f"Questions are answered from {index.spec.store} ({index.spec.collection}), not from {place}."
        raise BadInput("place_not_serving", message, hint="--switch moves away from where they are answered from.")


def _switch(opened: _Opened, wish: _Wish, copying: Copying) -> None:
    from video_pipeline.cli.vector_places import NoCheckpoint
    from video_pipeline.copying import move

    old = opened.places.target(wish.source, opened.index.space)
    move(opened.ledger, opened.index, wish.target.store, wish.target.name)
    note("Questions are answered from the copy now. Copying what came in meanwhile ...")
    copying.run(NoCheckpoint(), lambda _: None)
    old.drop()


def _version(place: PlaceName) -> str:
    """Names the place, and a file's state: another file is copied from its beginning."""
    if place.store != "faiss" or not Path(place.name).is_file():
        return str(place)
    found = Path(place.name).stat()
    return f"faiss:{Path(place.name).resolve()} {found.st_size} {found.st_mtime_ns}"


def _seen(progress: Progress) -> int:
    return progress.copied + progress.unknown + progress.erased


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(told)
        return
    say(f"{told['copied']} of {told['vectors']} vectors of {told['dimensions']} numbers copied: {line(told['space'])}")
    if told["unknown"]:
        say(f"{told['unknown']} left out: the ledger does not know their passages. --unknown copies them all the same.")
    if told["erased"]:
        say(f"{told['erased']} left out: their videos were erased.")
    if told["comparison"]["queries"]:
        say(_compared(told["comparison"]))
    if told["switched"]:
        say(f"Questions are answered from {line(told['to'])} now; {line(told['from'])} was emptied.")
    elif not told["comparison"]["queries"]:
        say("There is nothing to compare.")
    elif not told["same"]:
        say("That is not the same. The report (--report FILE) names what differs.")


def _compared(found: dict[str, Any]) -> str:
    gap = found["score_difference"]
    return (
        f"Of the {found['k']} nearest passages of {found['queries']} vectors, {found['shared_mean']:.2%} are the same"
        f" (at worst {found['shared_least']:.0%}), the first one of {found['same_first']:.0%}"
        + ("" if gap is None else f"; scores differ by {gap:.1g} at most")
        + "."
    )
