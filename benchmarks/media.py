"""Media steps beside the ffmpeg program, on one file: CPU seconds, times real time, peak memory.

    python benchmarks/media.py FILE

Each step runs in a process of its own. A long file is made from a short one without encoding it again by
`ffmpeg -stream_loop 59 -i minute.mp4 -c copy hour.mp4`.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STEPS = {
    "import": "pass",
    "probe": "media.probe(path)",
    "sound": "media.extract_audio(path, folder / 'sound.wav')",
    "stills": "media.thumbnails(path, folder / 'stills', every=30)",
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


def main(path: Path) -> None:
    from video_pipeline.media.reader import PyAvMedia

    seconds = PyAvMedia().probe(path).duration
    print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        costs = {
            name: measure([sys.executable, "-c", PROGRAM.format(step=step), str(path), folder])
            for name, step in STEPS.items()
        }
        for name, cost in costs.items():
            cpu = max(0.0, cost.cpu - costs["import"].cpu) if name != "import" else cost.cpu
            print(f"{name:10} {cpu:8.2f} CPU s  {seconds / max(cpu, 0.01):8.0f}x real time  {cost.megabytes:5.0f} MB")
        if shutil.which("ffmpeg"):
            wav = ["-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-y", f"{folder}/ffmpeg.wav"]
            peer = measure(["ffmpeg", "-v", "error", "-i", str(path), *wav])
            ours = costs["sound"].cpu - costs["import"].cpu
            print(f"ffmpeg program, sound: {peer.cpu:.2f} CPU s; ours takes {ours / peer.cpu:.2f} of that")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
