from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.slideshow.motion import Box, Face, eased, motion_for, whole_in

WIDE = (1920, 1080)
SHARES = [n / 10 for n in range(11)]
sides = st.integers(16, 9000)
shares = st.floats(0, 1)
frames = st.sampled_from([WIDE, (1080, 1920), (1080, 1080)])


def _windows(picture: tuple[int, int], *matters: Box, seconds: float = 4.0, turn: int = 0) -> list[Box]:
    motion = motion_for(picture, WIDE, matters, seconds, turn)
    return [motion.at(share) for share in SHARES]


@given(
    picture=st.tuples(sides, sides),
    frame=frames,
    x=shares,
    y=shares,
    seconds=st.floats(0.1, 60),
    turn=st.integers(0, 3),
)
def test_what_matters_is_in_sight_in_every_frame_and_nothing_beyond_the_picture_is(
    picture: tuple[int, int], frame: tuple[int, int], x: float, y: float, seconds: float, turn: int
) -> None:
    motion = motion_for(picture, frame, (Box(x, y, 0, 0),), seconds, turn)
    outer = Box(0, 0, *frame) if motion.whole else Box(0, 0, *picture)
    kept = whole_in(picture, frame) if motion.whole else Box(x * picture[0], y * picture[1], 0, 0)
    for share in SHARES:
        window = motion.at(share)
        assert outer.holds(window, slack=1e-6 * max(picture))
        assert window.holds(kept, slack=1e-6 * max(*picture, *frame))
        assert math.isclose(window.width / window.height, frame[0] / frame[1], rel_tol=1e-9)


def test_a_portrait_is_shown_whole_before_its_blur() -> None:
    assert motion_for((1080, 1920), WIDE, (), 4, 0).whole
    assert not motion_for((1080, 1920), (1080, 1920), (), 4, 0).whole


def test_faces_that_a_cut_would_lose_keep_the_picture_whole() -> None:
    group = (Box(0.4, 0.02, 0.2, 0.1), Box(0.4, 0.88, 0.2, 0.1))
    assert motion_for((3000, 2000), WIDE, group, 4, 0).whole
    assert not motion_for((3000, 2000), WIDE, group[:1], 4, 0).whole


def test_it_moves_towards_what_matters_and_away_from_it_by_turns() -> None:
    face = Box(0.2, 0.2, 0.1, 0.1)
    there, back = _windows((2560, 1440), face, turn=0), _windows((2560, 1440), face, turn=1)
    assert there[0].width > there[-1].width
    assert [box.x for box in back] == pytest.approx([box.x for box in reversed(there)])


def test_a_longer_slide_moves_further_but_never_too_close() -> None:
    def zoom(seconds: float) -> float:
        windows = _windows((1920, 1080), seconds=seconds)
        return windows[0].width / windows[-1].width

    assert 1.04 < zoom(0.5) < zoom(4) < zoom(6)
    assert zoom(600) == pytest.approx(1.2)


def test_speed_is_gentle_at_both_ends_and_never_nothing() -> None:
    steps = [eased((n + 1) / 1000) - eased(n / 1000) for n in range(1000)]
    assert eased(0) == 0
    assert eased(1) == pytest.approx(1)
    assert min(steps) > 0
    assert steps[0] < steps[500] / 5
    assert max(abs(after - before) for before, after in pairwise(steps)) < max(steps) / 100


def test_a_panorama_passes_by_at_a_quiet_pace() -> None:
    there, back = (motion_for((5400, 1000), WIDE, (), 12, turn) for turn in (0, 1))
    assert not there.whole
    assert there.start.x < 100
    assert there.end.x + there.end.width > 5300
    assert (back.start, back.end) == (there.end, there.start)
    assert there.start.height == pytest.approx(1000)
    assert (there.end.x - there.start.x) / there.start.width / 12 <= 0.2


def test_a_panorama_without_time_enough_is_shown_whole_and_one_with_a_mark_stays_round_it() -> None:
    assert motion_for((5400, 1000), WIDE, (), 3, 0).whole
    face = Box(0.2, 0.3, 0.05, 0.2)
    motion = motion_for((5400, 1000), WIDE, (face,), 5, 0)
    assert not motion.whole
    assert all(window.holds(face.scaled(5400, 1000)) for window in (motion.start, motion.end))
    assert motion.start.x < motion.end.x


def test_a_tower_passes_by_from_top_to_bottom() -> None:
    motion = motion_for((1080, 2400), (1080, 1080), (), 8, 0)
    assert (motion.start.x, motion.end.x) == (0, 0)
    assert motion.start.y < 50
    assert motion.end.y + motion.end.height > 2350


class _Eye:
    def __init__(self, x: float, y: float, *faces: Face) -> None:
        self.place = x, y
        self.faces = faces

    def middle(self, width: float, height: float) -> tuple[float, float]:
        return self.place


@given(x=shares, y=shares, size=st.sampled_from([(4000, 3000), (3000, 2000), (1920, 1080)]), turn=st.integers(0, 1))
def test_what_draws_the_eye_stays_in_sight(x: float, y: float, size: tuple[int, int], turn: int) -> None:
    motion = motion_for(size, WIDE, (), 4, turn, _Eye(x, y))
    eye = Box(x, y, 0, 0).scaled(*size)
    outer = Box(0, 0, *size)
    for window in (motion.start, motion.end):
        assert outer.holds(window)
        assert window.holds(eye, slack=0.06 * size[0])


@pytest.mark.parametrize(
    ("size", "y", "kept"), [((1920, 1080), 0.9, True), ((4000, 3000), 0.4, True), ((4000, 3000), 0.9, False)]
)
def test_nothing_is_cut_off_above_unless_what_draws_the_eye_would_be_lost_below(
    size: tuple[int, int], y: float, kept: bool
) -> None:
    for turn in range(2):
        motion = motion_for(size, WIDE, (), 4, turn, _Eye(0.5, y))
        assert (motion.start.y == motion.end.y == 0) is kept
        assert motion.start.width != motion.end.width


def test_marks_count_more_than_what_draws_the_eye() -> None:
    marks = (Box(0.1, 0.1, 0, 0),)
    assert motion_for((4000, 3000), WIDE, marks, 4, 0, _Eye(0.9, 0.9)) == motion_for((4000, 3000), WIDE, marks, 4, 0)


def _face(x: float, y: float, width: float, height: float, sure: bool = True) -> Face:
    return Face(Box(x, y, min(width, 1 - x), min(height, 1 - y)), sure)


small = st.floats(0.01, 0.4)
faces = st.lists(st.builds(_face, shares, shares, small, small), min_size=1, max_size=5)


@given(picture=st.tuples(sides, sides), frame=frames, found=faces, seconds=st.floats(0.1, 60), turn=st.integers(0, 3))
def test_every_head_that_was_surely_found_is_in_sight_in_every_frame(
    picture: tuple[int, int], frame: tuple[int, int], found: list[Face], seconds: float, turn: int
) -> None:
    motion = motion_for(picture, frame, (), seconds, turn, _Eye(0.9, 0.9, *found))
    outer = Box(0, 0, *frame) if motion.whole else Box(0, 0, *picture)
    for share in SHARES:
        window = motion.at(share)
        assert outer.holds(window, slack=1e-6 * max(*picture, *frame))
        if not motion.whole:
            assert all(window.holds(face.head.scaled(*picture), slack=1e-6 * max(picture)) for face in found)


def test_a_cut_around_found_heads_still_moves_and_else_the_picture_is_whole() -> None:
    close = _Eye(0.5, 0.5, _face(0.3, 0.1, 0.4, 0.7))
    assert not motion_for((3000, 2000), WIDE, (), 4, 0, close).whole
    tall = _Eye(0.5, 0.5, _face(0.3, 0.05, 0.4, 0.82))
    assert motion_for((3000, 2000), WIDE, (), 4, 0, tall).whole
    row = _Eye(0.5, 0.5, _face(0.0, 0.4, 0.1, 0.2), _face(0.9, 0.4, 0.1, 0.2))
    assert motion_for((1920, 1080), WIDE, (), 4, 0, row).whole


def test_heads_have_air_where_there_is_room_for_it() -> None:
    head = _face(0.05, 0.1, 0.1, 0.2)
    motion = motion_for((3000, 2000), WIDE, (), 10, 0, _Eye(0.9, 0.9, head))
    airy = Box(0.02, 0.07, 0.16, 0.26).scaled(3000, 2000)
    assert all(window.holds(airy) for window in (motion.start, motion.end))


def test_a_doubtful_face_is_kept_where_it_fits_and_never_shrinks_the_picture() -> None:
    person, doubtful = _face(0.4, 0.05, 0.1, 0.2), _face(0.4, 0.2, 0.1, 0.2, sure=False)
    beneath = _face(0.4, 0.8, 0.1, 0.2, sure=False)
    kept = motion_for((3000, 2000), WIDE, (), 4, 0, _Eye(0.9, 0.9, person, doubtful))
    assert kept.end.holds(doubtful.head.scaled(3000, 2000))
    plain = motion_for((3000, 2000), WIDE, (), 4, 0, _Eye(0.9, 0.9, person))
    assert motion_for((3000, 2000), WIDE, (), 4, 0, _Eye(0.9, 0.9, person, beneath)) == plain
    vast = _face(0, 0, 1, 1, sure=False)
    nobody = motion_for((3000, 2000), WIDE, (), 4, 0, _Eye(0.9, 0.9))
    assert motion_for((3000, 2000), WIDE, (), 4, 0, _Eye(0.9, 0.9, vast)) == nobody


def test_a_panorama_stays_round_a_head_and_passes_by_a_doubtful_one() -> None:
    head = _face(0.2, 0.3, 0.05, 0.2)
    motion = motion_for((5400, 1000), WIDE, (), 5, 0, _Eye(0.9, 0.9, head))
    assert not motion.whole
    assert all(window.holds(head.head.scaled(5400, 1000)) for window in (motion.start, motion.end))
    doubtful = _face(0.2, 0.3, 0.05, 0.2, sure=False)
    passing = motion_for((5400, 1000), WIDE, (), 12, 0, _Eye(0.9, 0.9, doubtful))
    assert passing == motion_for((5400, 1000), WIDE, (), 12, 0)


def test_marks_count_more_than_faces() -> None:
    marks = (Box(0.1, 0.1, 0, 0),)
    found = _Eye(0.9, 0.9, _face(0.8, 0.1, 0.1, 0.9))
    assert motion_for((4000, 3000), WIDE, marks, 4, 0, found) == motion_for((4000, 3000), WIDE, marks, 4, 0)
