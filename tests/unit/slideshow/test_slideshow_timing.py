from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.manifest import Image
from video_pipeline.slideshow.timing import slots, spread


def _images(count: int) -> list[Image]:
    return [Image(file=f"{n}.jpg") for n in range(count)]


@given(
    count=st.integers(1, 60), seconds=st.floats(5, 4000), fade=st.floats(0, 5), fps=st.sampled_from([24, 25, 30, 60])
)
def test_slides_fill_the_sound_to_the_frame_and_at_most_two_are_seen_at_once(
    count: int, seconds: float, fade: float, fps: int
) -> None:
    made = slots(_images(count), seconds=seconds, fps=fps, crossfade=fade)
    assert made[0].first == 0
    assert abs(made[-1].last / fps - seconds) <= 0.5 / fps + 1e-9
    for before, after in pairwise(made):
        assert before.first < after.first <= before.last < after.last
        assert (before.leaving, before.last) == (after.first, after.alone)
    for before, after in zip(made, made[2:], strict=False):
        assert before.last <= after.first


def test_times_of_the_manifest_are_kept_to_the_frame() -> None:
    images = [Image(file="a.jpg", start=0, end=1.5), Image(file="b.jpg", start=1.5, end=4)]
    first, second = slots(images, seconds=4, fps=30, crossfade=0)
    assert (first.first, first.last, second.first, second.last) == (0, 45, 45, 120)


def test_a_picture_after_the_end_of_the_sound_and_too_many_pictures_are_refused() -> None:
    late = [Image(file="a.jpg", start=0, end=5), Image(file="b.jpg", start=9, end=12)]
    with pytest.raises(BadInput) as refused:
        slots(late, seconds=8, fps=30, crossfade=0)
    assert refused.value.code == "images_after_sound"
    with pytest.raises(BadInput) as refused:
        slots(_images(100), seconds=2, fps=30, crossfade=0)
    assert refused.value.code == "too_many_images"


def test_pictures_change_at_the_moment_that_is_nearest_to_a_fair_share() -> None:
    timed = spread(_images(3), [0, 2.5, 9.25, 12, 21.5], 0, 30)
    assert [each.start for each in timed] == [0, 9.25, 21.5]
    assert [each.end for each in timed] == [9.25, 21.5, 30]


def test_without_a_moment_pictures_share_the_time() -> None:
    assert [each.start for each in spread(_images(4), [], 2, 10)] == [2, 4, 6, 8]


@given(moments=st.lists(st.floats(-5, 50), max_size=30), count=st.integers(1, 20))
def test_no_moment_makes_a_picture_vanish(moments: list[float], count: int) -> None:
    timed = spread(_images(count), moments, 0, 40)
    assert timed[0].start == 0
    assert timed[-1].end == 40
    fair = 40 / count
    for each in timed:
        assert each.start is not None
        assert each.end is not None
        assert each.end - each.start > fair * 0.2
