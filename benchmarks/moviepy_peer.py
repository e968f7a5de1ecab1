"""The usual way with MoviePy, run in an environment of its own, since its pins don't go with ours.

python moviepy_peer.py film FOLDER PICTURES SECONDS     writes FOLDER/moviepy.mp4
python moviepy_peer.py light PICTURE SECONDS            writes the light of each frame to standard output
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, concatenate_videoclips, vfx

SIZE, FPS, ZOOM = (1920, 1080), 30, 0.15


def slide(path: Path, seconds: float) -> CompositeVideoClip:
    grown = ImageClip(str(path), duration=seconds).with_effects([vfx.Resize(lambda t: 1 + ZOOM * t / seconds)])
    return CompositeVideoClip([grown.with_position("center")], size=SIZE).with_duration(seconds)


def film(folder: Path, count: int, seconds: float) -> None:
    pictures = sorted(folder.glob("*.jpg"))[:count]
    sound = AudioFileClip(str(folder / "sound.wav")).subclipped(0, count * seconds)
    made = concatenate_videoclips([slide(path, seconds) for path in pictures]).with_audio(sound)
    coded = {"codec": "libx264", "preset": "veryfast", "ffmpeg_params": ["-crf", "23"], "audio_codec": "aac"}
    beside = {"temp_audiofile": str(folder / "moviepy.m4a")}
    made.write_videofile(str(folder / "moviepy.mp4"), fps=FPS, audio_bitrate="128k", logger=None, **beside, **coded)


def light(picture: Path, seconds: float) -> None:
    for frame in slide(picture, seconds).iter_frames(fps=FPS):
        os.write(sys.stdout.fileno(), frame[:, :, 1].tobytes())


if __name__ == "__main__":
    if sys.argv[1] == "film":
        film(Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    elif sys.argv[1] == "light":
        light(Path(sys.argv[2]), float(sys.argv[3]))
