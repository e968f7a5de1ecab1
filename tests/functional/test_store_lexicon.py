"""Which words are said where, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

import pytest

from tests.functional.spoken import SpokenArchive, passages
from video_pipeline.database import Database
from video_pipeline.model import SearchFilter
from video_pipeline.ports import Term
from video_pipeline.store import lexicon
from video_pipeline.store.leases import Policy
from video_pipeline.store.ledger import PostgresLedger

ANYTHING = SearchFilter()
ENGLISH = "We will have to see what they think of it and then I am going to tell you about the rest of this. " * 3
GERMAN = "Ich habe ihm gesagt, dass wir das nicht machen können, weil es für uns alle zu teuer ist und war. " * 3
FRENCH = "Je ne sais pas ce que nous avons dit à la réunion, mais il est dans le rapport que vous avez lu. " * 3


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database, Policy())


@pytest.fixture
def archive(database: Database, ledger: PostgresLedger) -> SpokenArchive:
    return SpokenArchive(database, ledger)


def weights(terms: Iterable[Term]) -> dict[Term, float]:
    return dict.fromkeys(terms, 1.0)


def test_words_meet_by_their_stems_and_stop_words_do_not_count(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    archive.add(["The budgets were growing.", "We moved the office.", "Nothing of note."])
    terms = ledger.chunks.terms("what is the growing budget", "budget")
    assert [(term.config, term.term, term.topical, term.passages, term.holding) for term in terms] == [
        ("english", "budget", True, 3, 1),
        ("english", "grow", False, 3, 1),
    ]


def test_each_language_has_its_own_rules_and_its_own_counts(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    archive.add(["Die Häuser waren teuer.", "Ein anderes Haus."], language="de-AT")
    archive.add(["The houses were expensive."], language="en")
    archive.add(["Houses houses."], language="xx")
    found = {(term.config, term.term): term.holding for term in ledger.chunks.terms("Häuser houses", "Häuser")}
    assert found["german", "haus"] == 2
    assert found["english", "hous"] == 1
    assert found["simple", "houses"] == 1
    assert found["simple", "häuser"] == 0


@pytest.mark.parametrize(
    ("text", "config"),
    [
        (ENGLISH, "english"),
        (GERMAN, "german"),
        (FRENCH, "french"),
        ("Budget office launch.", "simple"),
        ("予算は来年増えます。", "simple"),
    ],
)
def test_a_language_that_nobody_named_is_told_by_its_stop_words(
    archive: SpokenArchive, ledger: PostgresLedger, text: str, config: str
) -> None:
    archive.add([text], language=None)
    assert {each.config for each in ledger.chunks.terms("budget", "budget")} == {config}


def test_where_words_have_no_blanks_pairs_of_letters_stand_for_them(
    archive: SpokenArchive, ledger: PostgresLedger
) -> None:
    video = archive.add(["来年の予算は増えます。", "事務所は移転します。"], language="ja")
    terms = ledger.chunks.terms("予算は？", "予算")
    first, second = ledger.chunks.outlines([video], terms)
    assert (first.said.get("予算"), second.said.get("予算")) == (1, None)


def test_speakers_are_found_by_their_names_though_they_do_not_say_them(
    archive: SpokenArchive, ledger: PostgresLedger
) -> None:
    video = archive.add(["We ship in March."], speaker="Grace Hopper")
    terms = ledger.chunks.terms("Hopper", "Hopper")
    assert ledger.chunks.by_words(weights(terms), saturation=1.2, limit=5, where=ANYTHING) == [video]


def test_videos_come_by_the_best_passage_that_each_has(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    scattered = archive.add(["The budget.", "An office.", "A launch."])
    together = archive.add(["The budget for the office launch.", "Nothing.", "Nothing."])
    archive.add(["Nothing at all."])
    terms = ledger.chunks.terms("budget office launch", "budget office launch")
    found = ledger.chunks.by_words(weights(terms), saturation=1.2, limit=5, where=ANYTHING)
    assert found == [together, scattered]


def test_outlines_tell_every_passage_in_order_and_how_often_words_are_said(
    archive: SpokenArchive, ledger: PostgresLedger
) -> None:
    video = archive.add(["Budget, budget, budgets!", "An office.", "The budget of an office."], speaker="Ann")
    terms = ledger.chunks.terms("budget office", "budget")
    outlines = ledger.chunks.outlines([video, uuid4()], terms)
    assert [(each.position, each.said) for each in outlines] == [
        (0, {"budget": 3}),
        (1, {"offic": 1}),
        (2, {"budget": 1, "offic": 1}),
    ]
    assert {each.speakers for each in outlines} == {("Ann",)}
    assert [each.chunk_id for each in outlines] == [chunk.id for chunk in ledger.chunks.of_video(video)]


def test_filters_narrow_what_may_be_searched(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    german = archive.add(["Das budget."], language="de", speaker="Ann", day="2026-01-31")
    english = archive.add(["The budget.", "Again."], language="en-GB", speaker="Bob", day="2026-02-01")
    for where, expected in (
        (ANYTHING, {german: 1, english: 2}),
        (SearchFilter(video_ids=(german,)), {german: 1}),
        (SearchFilter(video_ids=(uuid4(),)), {}),
        (SearchFilter(speakers=("Ann", "Eve")), {german: 1}),
        (SearchFilter(language="en"), {english: 2}),
        (SearchFilter(date_from="2026-02-01"), {english: 2}),
        (SearchFilter(date_from="2026-01-31", date_to="2026-01-31"), {german: 1}),
        (SearchFilter(language="en", speakers=("Ann",)), {}),
    ):
        assert ledger.chunks.sizes(where, limit=10) == expected, where
        terms = weights(ledger.chunks.terms("budget", "budget"))
        assert set(ledger.chunks.by_words(terms, saturation=1.2, limit=10, where=where)) == set(expected), where


def test_a_recording_counts_by_its_own_day_and_not_by_the_one_it_came(
    archive: SpokenArchive, ledger: PostgresLedger
) -> None:
    old = archive.add(["The budget."], day="2026-02-01", recorded_on="2019-06-30")
    for where, expected in (
        (SearchFilter(date_from="2019-06-30", date_to="2019-06-30"), {old: 1}),
        (SearchFilter(date_from="2026-01-01"), {}),
    ):
        assert ledger.chunks.sizes(where, limit=10) == expected, where


def test_passages_written_again_have_only_their_new_words(
    archive: SpokenArchive, ledger: PostgresLedger, database: Database
) -> None:
    video = archive.add(["The budget."])
    with database.transaction() as connection:
        lexicon.write(connection, archive.index, video, passages(video, ["An office."]))
    assert [term.holding for term in ledger.chunks.terms("budget", "budget")] == [0]
    assert [term.holding for term in ledger.chunks.terms("office", "office")] == [1]


def test_nothing_of_a_question_is_read_as_a_query(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    archive.add(["The budget."])
    odd = "budget & | ! ' <-> :* \\ drop table chunks; -- %(words)s"
    assert ("english", "budget") in {(term.config, term.term) for term in ledger.chunks.terms(odd, odd)}
    assert ledger.chunks.terms("?!", "?!") == []
    assert ledger.chunks.by_words({}, saturation=1.2, limit=5, where=ANYTHING) == []


def test_an_erased_video_and_one_that_is_not_ready_are_not_searched(
    archive: SpokenArchive, ledger: PostgresLedger, database: Database
) -> None:
    video = archive.add(["A secret."])
    for change in ("indexed_at = null", "indexed_at = now(), erased_at = now()"):
        with database.transaction() as connection:
            connection.execute(f"update videos set {change} where id = %s".encode(), [video])
        assert ledger.chunks.sizes(ANYTHING, limit=5) == {}
        assert ledger.chunks.terms("secret", "secret") == []


def test_a_video_may_have_more_passages_than_a_row_holds(archive: SpokenArchive, ledger: PostgresLedger) -> None:
    video = archive.add(f"The budget, number {number}." for number in range(600))
    (term,) = ledger.chunks.terms("budget", "budget")
    assert term.holding == term.passages == 600
    assert [each.said for each in ledger.chunks.outlines([video], [term])] == [{"budget": 1}] * 600
    assert ledger.chunks.by_words({term: 1.0}, saturation=1.2, limit=5, where=ANYTHING) == [video]
