"""`python -m benchmarks`: every benchmark, one after the other, each beside its peer."""

from __future__ import annotations

import sys

from benchmarks import chunking, embedding, journey, ledger


def main() -> None:
    for name, bench in (("chunking", chunking), ("ledger", ledger), ("embedding", embedding), ("journey", journey)):
        print(f"\n=== {name}", flush=True)
        bench.main([])


if __name__ == "__main__":
    sys.exit(main())
