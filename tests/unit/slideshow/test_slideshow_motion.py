from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.slideshow.motion import Box, eased, motion_for, whole_in

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
