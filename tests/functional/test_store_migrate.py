from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from video_pipeline.errors import Misconfigured
from video_pipeline.store.migrate import MIGRATIONS, migrate


@pytest.fixture
def empty_url(postgres: str) -> str:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database if exists empty with (force)")
        connection.execute("create database empty")
    before, _, query = postgres.partition("?")
    return f"{before.rpartition('/')[0]}/empty?{query}"


def test_migrating_at_the_same_time_applies_each_file_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(lambda _: migrate(empty_url), range(4)) for name in names]
    assert sorted(applied) == sorted(path.name for path in MIGRATIONS.glob("*.sql"))
    assert migrate(empty_url) == []


def test_a_failing_file_leaves_those_before_it_and_nothing_of_itself(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("create table good (id int);")
    (tmp_path / "0002_bad.sql").write_text("create table half (id int); select nonsense;")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(empty_url, tmp_path)
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("select to_regclass('good') is not null, to_regclass('half') is null").fetchone()
    assert found == (True, True)


def test_an_applied_file_that_was_edited_is_refused(empty_url: str, tmp_path: Path) -> None:
    file = tmp_path / "0001_good.sql"
    file.write_text("create table good (id int);")
    migrate(empty_url, tmp_path)
    file.write_text("create table good (id bigint);")
    with pytest.raises(Misconfigured, match="was changed"):
        migrate(empty_url, tmp_path)
