from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from video_pipeline.errors import Misconfigured
from video_pipeline.store.migrate import MIGRATIONS, migrate

# What databases out there have applied. A new file gets a line; none is ever changed.
GIVEN_OUT = {
    "0001_ledger.sql": "fe38db142ea6e913",
    "0002_vectors.sql": "ad121fb36015a8b3",
    "0003_indexes.sql": "95f048bf3757769f",
    "0004_conversations.sql": "9fbe5ec8025d1853",
    "0005_summaries.sql": "b736e0e2cafa29d3",
    "0006_lexicon.sql": "560c0fd58a557745",
    "0007_allowances_and_questions.sql": "91021c96dd1208af",
    "0008_mails.sql": "01b8454033c00725",
    "0009_spending.sql": "b1cc46f7909096db",
    "0010_recording_days.sql": "88232b8268ce74a5",
    "0011_projects.sql": "9b64e8575f3bcf35",
    "0012_scopes.sql": "a5d9d1e8f457e674",
    "0013_project_states.sql": "160741207c016999",
}


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


def test_no_file_that_was_given_out_is_edited() -> None:
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in MIGRATIONS.glob("*.sql")}
    assert there == GIVEN_OUT


@pytest.mark.parametrize("held_the_view", [False, True])
def test_a_database_with_either_form_of_the_projects_goes_on(
    empty_url: str, tmp_path: Path, held_the_view: bool
) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        if path.name < "0013":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    if held_the_view:
        view = (MIGRATIONS / "0013_project_states.sql").read_bytes().replace(b"or replace ", b"")
        with (tmp_path / "0011_projects.sql").open("ab") as file:
            file.write(b"\n" + view)
    assert len(migrate(empty_url, tmp_path)) == 12
    assert migrate(empty_url)[0] == "0013_project_states.sql"
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("select count(state) from project_states").fetchone() == (0,)
