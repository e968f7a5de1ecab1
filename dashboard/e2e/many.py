"""Fills the library of a running system: `python many.py DATABASE_URL COUNT`. Each is a copy of the newest video."""

from __future__ import annotations

import sys

import psycopg

COPIES = """
insert into videos (id, sha256, title, filename, media, job_id, info,
                    language, metadata, poster, thumbnails, created_at, indexed_at)
select gen_random_uuid(), encode(sha256(n::text::bytea), 'hex'), title || ' ' || n, filename, media, job_id, info,
       language, metadata, poster, thumbnails, created_at - n * interval '1 minute', indexed_at
from (select * from videos order by created_at desc limit 1) as newest, generate_series(1, %s) as n
on conflict do nothing
"""


def main() -> None:
    with psycopg.connect(sys.argv[1]) as connection:
        connection.execute(COPIES, (int(sys.argv[2]),))


if __name__ == "__main__":
    main()
