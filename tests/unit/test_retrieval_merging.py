from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.spoken_archive import a_chunk, a_video
from video_pipeline.model import Chunk
from video_pipeline.ports import Outline
from video_pipeline.retrieval.merging import joined, runs
from video_pipeline.retrieval.ranking import Ranked

VIDEO, OTHER = UUID(int=1), UUID(int=2)


def ranked(position: int, fit: float, video: UUID = VIDEO) -> Ranked:
    return Ranked(Outline(uuid4(), video, "simple", position, 200, (), {}), fit, 0.5, 0.5)


def positions(*several: Ranked) -> list[list[int]]:
    return [[each.outline.position for each in run] for run in runs(several)]


def test_neighbours_that_fit_alike_become_one_passage_in_their_order() -> None:
    assert positions(ranked(5, 2.0), ranked(4, 1.96), ranked(9, 1.0)) == [[4, 5], [9]]


def test_a_neighbour_that_fits_much_less_stays_apart() -> None:
    assert positions(ranked(5, 2.0), ranked(4, 1.5)) == [[5], [4]]


def test_a_passage_grows_to_three_at_most() -> None:
    assert positions(*(ranked(n, 2.0 - n / 1000) for n in range(7))) == [[0, 1, 2], [3, 4, 5], [6]]


def test_neighbours_in_number_only_stay_apart() -> None:
    assert positions(ranked(5, 2.0), ranked(6, 2.0, OTHER)) == [[5], [6]]


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), unique_by=lambda each: each[0], max_size=30))
def test_every_passage_is_in_one_run_and_runs_are_without_gaps(drawn: list[tuple[int, float]]) -> None:
    several = [ranked(position, fit) for position, fit in sorted(drawn, key=lambda each: -each[1])]
    found = runs(several)
    assert sorted(each.outline.position for run in found for each in run) == sorted(position for position, _ in drawn)
    for run in found:
        at = [each.outline.position for each in run]
        assert at == list(range(at[0], at[0] + len(at)))
        assert len(at) <= 3
    best = [max(each.fit for each in run) for run in found]
    assert best == sorted(best, reverse=True)


def said(*texts: str, speakers: tuple[str, ...] = ()) -> list[Chunk]:
    video = a_video()
    return [
        a_chunk(video, text, position, speakers[position] if speakers else "ann") for position, text in enumerate(texts)
    ]


def test_what_is_joined_runs_from_the_first_second_to_the_last_under_the_name_of_the_best() -> None:
    chunks = said("One two.", "Three four.", "Five.", speakers=("ann", "bob", "bob"))
    whole = joined(chunks, chunks[1].id)
    assert (whole.id, whole.passage.position) == (chunks[1].id, 1)
    assert whole.passage.text == "One two.\nThree four. Five."
    assert (whole.passage.start, whole.passage.end) == (0.7, 25.7)
    assert whole.passage.speakers == ("ann", "bob")
    assert whole.passage.tokens == 600


def test_each_word_keeps_its_own_time_when_passages_are_joined() -> None:
    chunks = said("One two.", "Three four.", "Five.", speakers=("ann", "bob", "ann"))
    whole = joined(chunks, chunks[0].id).passage
    assert [(whole.text[t.first : t.last], t.start, t.speaker) for t in whole.timings] == [
        ("One two.", 0.7, "ann"),
        ("Three four.", 10.7, "bob"),
        ("Five.", 20.7, "ann"),
    ]


def test_one_passage_alone_stays_as_it_is() -> None:
    (chunk,) = said("One.")
    assert joined([chunk], chunk.id) is chunk
