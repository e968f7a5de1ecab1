"""Media steps beside the ffmpeg program, on one file: CPU seconds, times real time, peak memory.

    python -m benchmarks.media [FILE]

Each step runs in a process of its own; what importing costs is taken off. Without a file, the sample video is
repeated to an hour without encoding it again. ffmpeg is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from benchmarks.table import print_table
from video_pipeline.media.reader import PyAvMedia

SAMPLE = Path(__file__).parents[1] / "samples" / "town-hall.mp4"
STEPS = {
    "import": "pass",
    "probe": "media.probe(path)",
    "sound to WAV": "media.extract_audio(path, folder / 'sound.wav')",
    "stills, 2 a minute": "media.thumbnails(path, folder / 'stills', every=30)",
    "poster": "media.poster(path, folder / 'poster.jpg')",
    "subtitles": "media.subtitles(path)",
}
PROGRAM = """
import sys
from pathlib import Path
from video_pipeline.media.reader import PyAvMedia
media, path, folder = PyAvMedia(), Path(sys.argv[1]), Path(sys.argv[2])
{step}
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Cost:
    cpu: float
    megabytes: float


def measure(command: Sequence[str]) -> Cost:
    """CPU seconds of a command, and the peak memory that it prints in kB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, int(done.stdout or 0) / 1024)


def repeated(source: Path, target: Path, *, seconds: float) -> Path:
    """The packets of `source` over and over."""
    length = PyAvMedia().probe(source).duration + 0.25  # the last packet of sound reaches over the end
    with av.open(str(target), "w") as out, av.open(str(source)) as first:
        streams = [out.add_stream_from_template(each) for each in (*first.streams.video, *first.streams.audio)]
        for turn in range(round(seconds / length)):
            with av.open(str(source)) as again:
                for packet in again.demux(*again.streams.video, *again.streams.audio):
                    if packet.dts is not None and packet.pts is not None:
                        shift = int(turn * Fraction(length) / packet.time_base)
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = streams[packet.stream_index]
                        out.mux(packet)
    return target


def report(path: Path, folder: Path) -> None:
    seconds = PyAvMedia().probe(path).duration
    programs = {name: [sys.executable, "-c", PROGRAM.format(step=step)] for name, step in STEPS.items()}
    costs = {name: measure([*program, str(path), str(folder)]) for name, program in programs.items()}
    bare = costs["import"].cpu
    spent = {name: cost.cpu if name == "import" else max(cost.cpu - bare, 0.0) for name, cost in costs.items()}
    rows = [(name, cpu, f"{costs[name].megabytes:.0f}") for name, cpu in spent.items()]
    if shutil.which("ffmpeg"):
        wav = ["-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-y", str(folder / "ffmpeg.wav")]
        rows.append(("ffmpeg, sound to WAV (peer)", measure(["ffmpeg", "-v", "error", "-i", str(path), *wav]).cpu, "-"))
    print_table(
        f"Media: {path.name}, {seconds:.0f} s, {path.stat().st_size / 1e6:.0f} MB",
        ("step", "CPU s", "times real time", "peak MB"),
        [(name, f"{cpu:.2f}", f"{seconds / max(cpu, 0.01):.0f}", peak) for name, cpu, peak in rows],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report(chosen.file or repeated(SAMPLE, folder / "hour.mp4", seconds=3600), folder)


if __name__ == "__main__":
    main()
