"""Draws the pictures of samples/slideshow and reads out its story. See README.md for what it needs."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from make_samples import RATE, Samples, length, silence, speak, stamp
from PIL import Image, ImageDraw, ImageFilter

FOLDER: Final = Path(__file__).resolve().parent / "slideshow"
LEAD, PAUSE, TAIL = 0.6, 0.7, 1.2
STORY: Final = (
    "Before sunrise, the boats leave the harbour.",
    "In the old street, the baker has been up since three.",
    "Behind the town, the hills lie in the mist.",
    "The keeper of the lighthouse puts out the lamp.",
    "And over the market square, the last stars fade.",
)
Colour = tuple[int, int, int]


# ----------------------------------------------------------------------------------------- brushes
def sky(size: tuple[int, int], *colours: Colour) -> Image.Image:
    """From top to bottom."""
    column = np.array(colours, np.uint8)[:, None, :]
    return Image.fromarray(column).resize(size, Image.Resampling.BICUBIC)


def grained(image: Image.Image, seed: int, strength: float = 3) -> Image.Image:
    """Like film, so that flat areas don't break into bands."""
    grain = np.random.default_rng(seed).normal(0, strength, (image.height, image.width, 1))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), float)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def glow(image: Image.Image, x: int, y: int, reach: int, colour: Colour, strength: float = 1.0) -> None:
    rows, columns = np.mgrid[0 : image.height, 0 : image.width]
    light = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2)) * 255 * strength
    image.paste(colour, (0, 0), Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)))


def ridge(width: int, base: float, rough: float, seed: int) -> list[tuple[float, float]]:
    """The outline of hills, as a sum of waves."""
    random = np.random.default_rng(seed)
    x = np.linspace(0, 1, 240)
    waves = sum(np.sin(x * np.pi * 2 * n + random.uniform(0, 6)) * rough / n for n in (1, 2, 3, 5, 8, 13))
    return list(zip((x * width).tolist(), (base + waves).tolist(), strict=True))


def land(image: Image.Image, base: float, rough: float, seed: int, colour: Colour) -> None:
    outline = ridge(image.width, base, rough, seed)
    ImageDraw.Draw(image).polygon([*outline, (image.width, image.height), (0, image.height)], fill=colour)


def houses(image: Image.Image, ground: int, seed: int, colour: Colour, lit: Colour) -> None:
    random = np.random.default_rng(seed)
    draw = ImageDraw.Draw(image)
    left = -20
    while left < image.width:
        wide, tall = int(random.integers(70, 130)), int(random.integers(90, 210))
        draw.rectangle((left, ground - tall, left + wide, image.height), fill=colour)
        draw.polygon(
            [(left - 6, ground - tall), (left + wide // 2, ground - tall - 46), (left + wide + 6, ground - tall)],
            colour,
        )
        for x in range(left + 14, left + wide - 20, 30):
            for y in range(ground - tall + 18, ground - 24, 42):
                if random.random() < 0.3:
                    draw.rectangle((x, y, x + 13, y + 19), fill=lit)
        left += wide + int(random.integers(0, 8))


# ---------------------------------------------------------------------------------------- pictures
def harbour() -> Image.Image:
    image = sky((1800, 1200), (38, 52, 98), (120, 96, 140), (240, 150, 110), (250, 196, 130))
    glow(image, 1240, 640, 150, (255, 226, 170))
    land(image, 620, 26, 3, (74, 74, 112))
    draw = ImageDraw.Draw(image)
    water = sky((1800, 560), (214, 138, 118), (92, 82, 128), (30, 40, 78))
    image.paste(water, (0, 660))
    random = np.random.default_rng(4)
    for _ in range(420):
        y = int(random.integers(668, 1190))
        near = (y - 660) / 540
        x = int(random.normal(1240, 60 + 300 * near))
        wide = int(random.integers(10, 30) * (1 + 3 * near))
        draw.line((x - wide, y, x + wide, y), fill=(250, 190 - int(60 * near), 140), width=1 + int(3 * near))
    for x, y, scale in ((420, 900, 1.6), (830, 770, 0.9), (1090, 720, 0.6)):
        boat(draw, x, y, scale)
    return grained(image, 1)


def boat(draw: ImageDraw.ImageDraw, x: int, y: int, scale: float) -> None:
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + a * scale, y + b * scale) for a, b in points]

    draw.polygon(at((-150, -20), (160, -34), (120, 34), (-120, 34)), fill=(26, 28, 48))
    draw.polygon(at((-60, -70), (20, -70), (28, -22), (-60, -22)), fill=(196, 74, 58))
    draw.line(at((50, -26), (50, -230)), fill=(26, 28, 48), width=round(7 * scale))
    draw.line(at((50, -224), (150, -40)), fill=(26, 28, 48), width=round(3 * scale))
    draw.rectangle(at((-40, -58), (-16, -40)), fill=(255, 226, 150))


def bakery() -> Image.Image:
    image = sky((1000, 1400), (12, 16, 40), (30, 34, 66), (52, 46, 70))
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 260, 880, 1400), fill=(60, 46, 52))
    draw.polygon([(80, 270), (500, 60), (920, 270)], fill=(38, 30, 40))
    for x in (220, 640):
        draw.rectangle((x, 380, x + 140, 600), fill=(30, 34, 52))
        draw.line((x + 70, 380, x + 70, 600), fill=(74, 60, 64), width=8)
    glow(image, 500, 980, 240, (255, 190, 96), 0.8)
    draw.rectangle((230, 800, 640, 1180), fill=(255, 214, 134))
    draw.rectangle((700, 800, 830, 1330), fill=(92, 58, 44))
    draw.polygon([(200, 800), (860, 800), (900, 700), (160, 700)], fill=(168, 52, 46))
    for x in range(170, 880, 110):
        draw.polygon([(x, 800), (x + 52, 800), (x + 60, 700), (x + 12, 700)], fill=(236, 220, 196))
    draw.ellipse((370, 860, 480, 970), fill=(150, 96, 66))
    draw.rounded_rectangle((390, 830, 460, 880), 20, fill=(250, 246, 236))
    draw.rounded_rectangle((330, 960, 520, 1180), 40, fill=(244, 240, 230))
    for x in range(240, 620, 64):
        draw.ellipse((x, 1118, x + 56, 1172), fill=(190, 120, 52))
    draw.rectangle((0, 1330, 1000, 1400), fill=(34, 30, 40))
    return grained(image, 2)


def hills() -> Image.Image:
    image = sky((3200, 900), (126, 164, 196), (206, 208, 206), (246, 226, 200))
    glow(image, 2500, 300, 140, (255, 244, 214))
    shades = ((150, 174, 188), (120, 150, 162), (90, 126, 130), (60, 98, 96), (34, 68, 62))
    for number, colour in enumerate(shades):
        land(image, 400 + number * 100, 60 - number * 4, 20 + number, colour)
        image = image.filter(ImageFilter.GaussianBlur(3 - number / 2))
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(6)
    for _ in range(90):
        x, y = int(random.integers(0, 3200)), int(random.integers(800, 880))
        tall = int(random.integers(50, 110))
        draw.polygon([(x - tall * 0.24, y), (x, y - tall), (x + tall * 0.24, y)], fill=(22, 48, 44))
    return grained(image, 3)


def lighthouse() -> Image.Image:
    image = sky((1500, 1000), (60, 92, 146), (150, 170, 196), (250, 206, 160))
    image.paste(sky((1500, 320), (120, 148, 168), (40, 74, 104)), (0, 700))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 1000), (0, 690), (160, 640), (420, 650), (560, 740), (700, 1000)], fill=(46, 52, 56))
    for number in range(6):
        top, bottom = 260 + number * 66, 326 + number * 66
        draw.polygon(
            [(286 - number * 6, top), (354 + number * 6, top), (360 + number * 6, bottom), (280 - number * 6, bottom)],
            fill=(196, 50, 48) if number % 2 else (240, 236, 228),
        )
    glow(image, 320, 210, 90, (255, 240, 180))
    draw.rectangle((296, 180, 344, 256), fill=(255, 248, 210))
    draw.polygon([(280, 180), (320, 130), (360, 180)], fill=(120, 32, 34))
    draw.rectangle((272, 252, 368, 264), fill=(50, 40, 44))
    for x, y in ((700, 300), (790, 260), (1000, 380)):
        draw.arc((x, y, x + 40, y + 24), 200, 340, fill=(40, 48, 60), width=4)
        draw.arc((x + 36, y, x + 76, y + 24), 200, 340, fill=(40, 48, 60), width=4)
    return grained(image, 4)


def market() -> Image.Image:
    image = sky((1300, 1300), (14, 20, 56), (46, 52, 104), (150, 110, 130))
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(9)
    for _ in range(160):
        x, y, wide = int(random.integers(0, 1300)), int(random.integers(0, 620)), float(random.uniform(0.8, 3))
        draw.ellipse((x - wide, y - wide, x + wide, y + wide), fill=(236, 232, 214))
    houses(image, 960, 12, (30, 30, 56), (255, 206, 120))
    draw.rectangle((590, 420, 700, 960), fill=(24, 24, 48))
    draw.polygon([(570, 430), (645, 260), (720, 430)], fill=(24, 24, 48))
    draw.ellipse((612, 470, 678, 536), fill=(255, 236, 180))
    draw.rectangle((0, 950, 1300, 1300), fill=(52, 48, 70))
    for x, colour in ((160, (178, 60, 60)), (480, (60, 120, 110)), (820, (200, 150, 60)), (1090, (90, 80, 150))):
        draw.polygon([(x - 110, 1010), (x + 110, 1010), (x + 80, 940), (x - 80, 940)], fill=colour)
        draw.rectangle((x - 96, 1010, x + 96, 1080), fill=(40, 34, 44))
    return grained(image, 5)


PICTURES: Final[Sequence[tuple[Callable[[], Image.Image], dict[str, object]]]] = (
    (harbour, {"query": "harbour boats sunrise"}),
    (bakery, {"query": "baker in his bakery"}),
    (hills, {"query": "misty hills"}),
    (lighthouse, {"query": "lighthouse lamp", "matters": [{"x": 0.17, "y": 0.12, "width": 0.09, "height": 0.55}]}),
    (market, {"query": "market square stars"}),
)


# ------------------------------------------------------------------------------------------- files
def make_story(target: Path) -> str:
    """The sound; captions with the very times at which it is said."""
    pieces: list[Samples] = [silence(LEAD)]
    blocks = ["WEBVTT"]
    for line in STORY:
        start = length(pieces)
        pieces.append(speak(line, "slt"))
        blocks.append(f"{stamp(start)} --> {stamp(length(pieces))}\n{line}")
        pieces.append(silence(PAUSE))
    with wave.open(str(target), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(np.concatenate([*pieces, silence(TAIL)]).astype("<i2").tobytes())
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    images = []
    for draw, known in PICTURES:
        name = f"{draw.__name__}.jpg"
        draw().save(FOLDER / name, quality=76, optimize=True)
        images.append({"file": name, "provider": "drawn by samples/make_slideshow.py"} | known)
    (FOLDER / "story.vtt").write_text(make_story(FOLDER / "story.wav"))
    manifest = {
        "version": 1,
        "title": "A morning by the sea",
        "audio": {"file": "story.wav"},
        "captions": {"file": "story.vtt", "show": "burnt"},
        "timing": "words",
        "images": images,
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
