"""Makes the sample media and records that lie beside this file. See README.md for what it needs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.subtitles.subtitle import SubtitleSet
from PIL import Image, ImageDraw, ImageFont
from scripts import DRILL, MEMO, REMINDER, TOWN_HALL, Chapter, Speaker

from video_pipeline.events import QuestionAsked, VideoErasureRequested, VideoSubmitted, make_event
from video_pipeline.model import video_identifier

HERE: Final = Path(__file__).resolve().parent
BUCKET: Final = "media-bucket-local"
RATE: Final = 16_000
FPS: Final = 12
SIZE: Final = (640, 360)
LEAD, PAUSE, CHAPTER_PAUSE, TAIL = 0.4, 0.3, 0.6, 0.8
PRINTED: Final = "2026-03-02T08:00:00.000+00:00"  # of the records, so that making them again changes nothing

Samples = np.ndarray[Any, np.dtype[np.int16]]


@dataclass(frozen=True)
class Cue:
    """Who says what, from `start` to `end` seconds, in which chapter."""

    start: float
    end: float
    speaker: Speaker
    text: str
    chapter: Chapter


# ---------------------------------------------------------------------------------------------- sound
def speak(text: str, voice: str) -> Samples:
    """Flite's reading, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "speech.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(target)], check=True)
        with wave.open(str(target)) as wav:
            samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 200)
    return samples[loud[0] : loud[-1]]


def read_out(chapters: Sequence[Chapter]) -> tuple[Samples, list[Cue]]:
    """The whole sound track, and cues with the very times at which their words begin and end."""
    pieces: list[Samples] = [silence(LEAD)]
    cues: list[Cue] = []
    for number, chapter in enumerate(chapters):
        pieces += [silence(CHAPTER_PAUSE)] if number else []
        for speaker, text in chapter.lines:
            start = length(pieces)
            pieces.append(speak(text, speaker.voice))
            cues.append(Cue(round(start, 3), round(length(pieces), 3), speaker, text, chapter))
            pieces.append(silence(PAUSE))
    return np.concatenate([*pieces, silence(TAIL)]), cues


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


def length(pieces: Sequence[Samples]) -> float:
    return sum(map(len, pieces)) / RATE


# -------------------------------------------------------------------------------------------- picture
@cache
def font(size: int) -> Any:
    return ImageFont.load_default(size)


@cache
def backdrop(chapter: Chapter) -> Image.Image:
    """A vertical gradient of the chapter's colour with its title."""
    shade = np.linspace(1.25, 0.6, SIZE[1])[:, None, None] * np.array(chapter.colour)[None, None, :]
    image = Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8).repeat(SIZE[0], axis=1))
    ImageDraw.Draw(image).text((40, 60), chapter.title, font=font(46), fill=(255, 255, 255))
    return image


def picture(at: float, total: float, cues: Sequence[Cue]) -> Image.Image:
    """The chapter, who speaks, a voice that moves while words are said, and how far along we are."""
    current = next((cue for cue in reversed(cues) if cue.start <= at), cues[0])
    image = backdrop(current.chapter).copy()
    draw = ImageDraw.Draw(image)
    draw.text((42, 130), current.speaker.name, font=font(26), fill=(255, 226, 160))
    draw.text((42, 164), current.speaker.role, font=font(17), fill=(220, 220, 220))
    speaking = current.start <= at < current.end
    for bar in range(12):
        height = 8 + (round(30 * abs(np.sin(at * 7 + bar * 0.9))) if speaking else 0)
        left = 44 + bar * 16
        draw.rectangle((left, 268 - height, left + 8, 268 + height), fill=(255, 255, 255))
    draw.rectangle((0, SIZE[1] - 6, round(SIZE[0] * at / total), SIZE[1]), fill=(255, 226, 160))
    return image


# ------------------------------------------------------------------------------------------- files
def make_video(target: Path, chapters: Sequence[Chapter], *, captions: bool = False) -> list[Cue]:
    samples, cues = read_out(chapters)
    total = len(samples) / RATE
    with av.open(
        str(target), "w", options={"movflags": "+faststart"}, container_options={"fflags": "+bitexact"}
    ) as out:
        packets = [*encoded_pictures(out, cues, total), *encoded_sound(out, samples, "aac")]
        packets += encoded_captions(out, cues) if captions else []
        out.set_chapters(list(chapter_marks(cues, total)))
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            out.mux(packet)
    return cues


def encoded_pictures(out: Any, cues: Sequence[Cue], total: float) -> list[Any]:
    stream = out.add_stream("libx264", rate=FPS, options={"crf": "30", "preset": "veryslow", "threads": "1"})
    stream.width, stream.height = SIZE
    stream.pix_fmt, stream.gop_size = "yuv420p", FPS * 2
    packets = []
    for number in range(round(total * FPS)):
        frame = av.VideoFrame.from_ndarray(np.asarray(picture(number / FPS, total, cues)), format="rgb24")
        frame.pts = number
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def encoded_sound(out: Any, samples: Samples, codec: str) -> list[Any]:
    stream = out.add_stream(codec, rate=RATE, layout="mono")
    if codec == "aac":
        stream.bit_rate = 40_000
    packets = []
    for first in range(0, len(samples), RATE):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + RATE], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def encoded_captions(out: Any, cues: Sequence[Cue]) -> Iterator[Any]:
    stream = out.add_stream("mov_text")
    stream.metadata["language"] = "eng"
    stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
    stream.codec_context.subtitle_header = b"[Script Info]\r\n[V4+ Styles]\r\nFormat: Name\r\nStyle: Default\r\n"
    for number, cue in enumerate(cues):
        text = f"{number},0,Default,,0,0,0,,{cue.text}"
        packet = stream.codec_context.encode_subtitle(SubtitleSet.create(text=text.encode(), start=0, end=1))
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = round(cue.start * 1000)
        packet.duration = round((cue.end - cue.start) * 1000)
        yield packet


def chapter_marks(cues: Sequence[Cue], total: float) -> Iterator[dict[str, Any]]:
    first: dict[str, float] = {}
    for cue in cues:
        first.setdefault(cue.chapter.title, cue.start if first else 0.0)
    ends = [*list(first.values())[1:], total]
    for number, ((title, start), end) in enumerate(zip(first.items(), ends, strict=True)):
        times = {"start": round(start * 1000), "end": round(end * 1000), "time_base": Fraction(1, 1000)}
        yield {"id": number, **times, "metadata": {"title": title}}


def make_memo(target: Path) -> None:
    samples, _ = read_out(MEMO)
    with av.open(str(target), "w", container_options={"fflags": "+bitexact"}) as out:
        for packet in encoded_sound(out, samples, "flac"):
            out.mux(packet)


def webvtt(cues: Sequence[Cue]) -> str:
    blocks = [f"{stamp(cue.start)} --> {stamp(cue.end)}\n<v {cue.speaker.name}>{cue.text}" for cue in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def stamp(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"00:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


# ------------------------------------------------------------------------------------------- records
def make_records(folder: Path, video: Path) -> None:
    uri = f"s3://{BUCKET}/samples/{video.name}"
    submitted = VideoSubmitted(
        uri=uri,
        captions_uri=uri.removesuffix(".mp4") + ".vtt",
        title="Spring town hall",
        language="en",
        metadata={"department": "everyone", "series": "town halls"},
    )
    asked = QuestionAsked(query="When does Lighthouse go live?", top_k=3)
    video_id = video_identifier(hashlib.sha256(video.read_bytes()).hexdigest())
    erased = VideoErasureRequested(video_id=video_id, requested_by="samples")
    for name, body, subject in (
        ("video-submitted", submitted, uri),
        ("question-asked", asked, "town-hall-question"),
        ("erasure", erased, str(video_id)),
    ):
        event = make_event(body, subject=subject, source="samples") | {"time": PRINTED}
        (folder / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n")
    cut_off = json.dumps(make_event(submitted, subject=uri, source="samples") | {"time": PRINTED})
    (folder / "poison.json").write_text(cut_off[: len(cut_off) // 2])


def main(folder: Path) -> None:
    (folder / "records").mkdir(parents=True, exist_ok=True)
    cues = make_video(folder / "town-hall.mp4", TOWN_HALL)
    (folder / "town-hall.vtt").write_text(webvtt(cues))
    make_video(folder / "no-captions.mp4", REMINDER)
    make_video(folder / "embedded-captions.mp4", DRILL, captions=True)
    make_memo(folder / "voice-memo.flac")
    make_records(folder / "records", folder / "town-hall.mp4")
    for path in sorted(folder.rglob("*.*")):
        print(f"{path.stat().st_size:>9,}  {path.relative_to(folder)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
