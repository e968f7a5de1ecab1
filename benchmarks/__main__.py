"""`python -m benchmarks`: every benchmark, one after the other, each beside its peer."""

from __future__ import annotations

import sys

from benchmarks import archive, chunking, embedding, journey, ledger, media, retrieval, slideshow, synth


def main() -> None:
    for bench in (chunking, ledger, embedding, media, slideshow, retrieval, archive, journey, synth):
        print(f"\n=== {bench.__name__.rpartition('.')[2]}", flush=True)
        bench.main([])


if __name__ == "__main__":
    sys.exit(main())
