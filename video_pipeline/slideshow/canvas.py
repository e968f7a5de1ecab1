"""A picture as the planes that its frames are read from: only the part that is ever seen, as large as it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image, ImageEnhance, ImageFilter

from video_pipeline.slideshow.motion import Box, Motion, whole_in
from video_pipeline.slideshow.pictures import photograph
from video_pipeline.slideshow.sampling import Bytes, plane_of, samples_of

Frame = tuple[Bytes, Bytes, Bytes]
# Rounding to bytes pulls at edges as they pass (.012 px in a source as fine as the frame); in one that was enlarged
# before, it is evened out (.008), and what lies between two samples stays crisp.
_OVER: Final = 1.125
_GROUND: Final = 16  # the ground is blurred at a sixteenth of the frame's size, which is as soft and much quicker
_GROUND_BLUR: Final = 3
_GROUND_LIGHT: Final = 0.6
_REDUCING: Final = 3.0  # Pillow's `reducing_gap`: large pictures are halved first, as good to the eye


class Canvas:
    """What is seen of one picture during its slide."""

    def __init__(self, path: Path, picture: tuple[int, int], motion: Motion, frame: tuple[int, int]) -> None:
        """`picture` is its size as `size_of` says it; the motion must be made for that. BadMedia for a damaged one."""
        self._motion = motion
        self._seen = seen = motion.start.around(motion.end)
        scale = frame[0] / min(motion.start.width, motion.end.width)
        size = _even(seen.width * scale), _even(seen.height * scale)
        finer = round(size[0] * _OVER), round(size[1] * _OVER)
        if motion.whole:
            planes = _enlarged(planes_of(_before_blur(path, picture, frame, seen, size)), Box(0, 0, *size), size, finer)
        else:
            planes = _part(path, picture, seen, size, finer)
        self._light_scale = finer[0] / seen.width, finer[1] / seen.height
        self._colour_scale = size[0] / seen.width / 2, size[1] / seen.height / 2
        highest = max(motion.start.height, motion.end.height)
        width, height = frame
        self._light = plane_of(planes[0], highest * self._light_scale[1], width, height)
        deepest = highest * self._colour_scale[1]
        self._colours = [plane_of(colour, deepest, width // 2, height // 2) for colour in planes[1:]]

    def draw(self, share: float, into: Frame) -> None:
        """The frame when `share` of the slide's time is over."""
        window = self._motion.at(share).moved(-self._seen.x, -self._seen.y)
        self._light.read(window.scaled(*self._light_scale), into[0])
        # In the film colour stands on every second pixel and between two rows, as H.264 has it if nothing else is said;
        # in what the converter makes it stands between two pixels too.
        coloured = window.scaled(*self._colour_scale)
        coloured = coloured.moved(-coloured.width / into[1].shape[1] / 4, 0)
        for plane, target in zip(self._colours, into[1:], strict=True):
            plane.read(coloured, target)


def planes_of(image: Image.Image) -> Frame:
    """BT.709, limited range, 4:2:0. Odd sides are made even, since the converter shifts colour where a half is over."""
    even = np.pad(np.asarray(image), ((0, image.height % 2), (0, image.width % 2), (0, 0)), mode="edge")
    made = VideoFrame.from_ndarray(even, format="rgb24").reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC,
    )
    luma, blue, red = (samples_of(plane) for plane in made.planes)
    return luma, blue, red


def _part(
    path: Path, picture: tuple[int, int], seen: Box, size: tuple[int, int], finer: tuple[int, int]
) -> tuple[Bytes, ...]:
    scale = size[0] / seen.width
    image = photograph(path, (round(picture[0] * scale), round(picture[1] * scale)))
    read = seen.scaled(image.width / picture[0], image.height / picture[1])
    if read.width > size[0]:
        image, read = _resized(image, size, read), Box(0, 0, *size)
    # What has to be enlarged is enlarged once, and as planes, which are half as many samples.
    return _enlarged(planes_of(image), read, size, finer)


def _enlarged(planes: Frame, read: Box, size: tuple[int, int], finer: tuple[int, int]) -> tuple[Bytes, ...]:
    """Luma as large as `finer`, the planes of colour half as large as `size`."""
    small, half = (size[0] // 2, size[1] // 2), read.scaled(0.5, 0.5)
    parts = zip(planes, (finer, small, small), (read, half, half), strict=True)
    return tuple(
        plane if plane.shape == (target[1], target[0]) else np.asarray(_resized(Image.fromarray(plane), target, part))
        for plane, target, part in parts
    )


def _resized(image: Image.Image, target: tuple[int, int], part: Box | None = None) -> Image.Image:
    read = part or Box(0, 0, image.width, image.height)
    right, bottom = min(read.x + read.width, image.width), min(read.y + read.height, image.height)
    return image.resize(target, Image.Resampling.LANCZOS, (read.x, read.y, right, bottom), _REDUCING)


def _before_blur(
    path: Path, picture: tuple[int, int], frame: tuple[int, int], seen: Box, target: tuple[int, int]
) -> Image.Image:
    """The whole picture in the middle, before a dark blur of itself that fills the frame."""
    place = whole_in(picture, frame).moved(-seen.x, -seen.y)
    place = place.scaled(target[0] / seen.width, target[1] / seen.height)
    size = max(1, round(place.width)), max(1, round(place.height))
    image = photograph(path, size)
    made = _ground(image, target)
    made.paste(_resized(image, size), (round(place.x), round(place.y)))
    return made


def _ground(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    small = max(2, target[0] // _GROUND), max(2, target[1] // _GROUND)
    aspect = target[0] / target[1]
    width, height = min(image.width, image.height * aspect), min(image.height, image.width / aspect)
    middle = Box((image.width - width) / 2, (image.height - height) / 2, width, height)
    soft = _resized(image, small, middle).filter(ImageFilter.GaussianBlur(_GROUND_BLUR))
    return ImageEnhance.Brightness(soft).enhance(_GROUND_LIGHT).resize(target, Image.Resampling.BICUBIC)


def _even(side: float) -> int:
    return max(4, round(side / 2) * 2)
