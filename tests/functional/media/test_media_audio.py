"""The sound track: on the media's clock, past damage, whole or refused, with flat memory."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from video_pipeline.errors import BadMedia
from video_pipeline.media import audio
from video_pipeline.media.reader import PyAvMedia

media = PyAvMedia()
RATE = 16_000


def _onsets(path: Path) -> list[float]:
    """The seconds at which sound begins after at least a tenth of a second of silence."""
    with wave.open(str(path)) as wav:
        samples = np.abs(np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(int))
    loud = np.flatnonzero(samples > 3000)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 10)]
    return [round(float(each) / RATE, 2) for each in starts]


def _extract(path: Path) -> tuple[float, list[float]]:
    target = path.with_suffix(".out.wav")
    return media.extract_audio(path, target), _onsets(target)


def test_the_result_is_16_khz_mono_16_bit_wav(film: Any, tmp_path: Path) -> None:
    seconds = media.extract_audio(film(seconds=3.0), tmp_path / "out.wav")
    with wave.open(str(tmp_path / "out.wav")) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16_000, 1, 2)
        assert wav.getnframes() / 16_000 == seconds == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "codec", "late"),
    [
        ("f.mp4", "aac", 0.0),
        ("f.mkv", "aac", 0.0),
        ("f.mov", "pcm_s16le", 0.0),
        ("f.webm", "libopus", 0.0),
        ("f.ts", "aac", 1024 / RATE),  # these two can't say how many samples the encoder put before the first
        ("f.avi", "libmp3lame", 1105 / RATE),
    ],
)
def test_sound_is_where_the_player_plays_it(film: Any, name: str, codec: str, late: float) -> None:
    video = "libvpx" if name.endswith("webm") else "libx264"
    sound = [(0.0, film.beeps(6.0, 1.0, 4.5))]
    path = film(name, video=video, audio=codec, seconds=6.0, size=(64, 36), sound=sound)
    seconds, onsets = _extract(path)
    assert onsets == pytest.approx([1.0 + late, 4.5 + late], abs=0.02)
    assert seconds == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_sound_that_starts_late_keeps_its_time(film: Any, name: str) -> None:
    path = film(name, seconds=6.0, sound=[(2.0, film.beeps(4.0, 0.5, 3.0))])
    seconds, onsets = _extract(path)
    assert onsets == pytest.approx([2.5, 5.0], abs=0.05)
    assert seconds == pytest.approx(6.0, abs=0.1)


def test_a_clock_that_does_not_start_at_zero_is_counted_from_its_start(film: Any) -> None:
    """Transport streams begin at any time."""
    path = film("tape.ts", seconds=4.0, sound=[(0.0, film.beeps(4.0, 1.0))], options={"output_ts_offset": "3600"})
    with av.open(str(path)) as container:
        assert container.start_time > 3_599_000_000
    assert media.probe(path).duration == pytest.approx(4.0, abs=0.2)
    assert _extract(path)[1] == pytest.approx([1.0], abs=0.1)


@pytest.mark.parametrize(("name", "codec"), [("gap.mkv", "pcm_s16le"), ("gap.mp4", "aac")])
def test_gaps_become_silence(film: Any, name: str, codec: str) -> None:
    sound = [(0.0, film.beeps(2.0, 1.0)), (5.0, film.beeps(2.0, 1.0))]
    seconds, onsets = _extract(film(name, audio=codec, seconds=7.0, sound=sound))
    assert onsets == pytest.approx([1.0, 6.0], abs=0.1)
    assert seconds == pytest.approx(7.0, abs=0.15)


def test_many_small_gaps_do_not_add_up(film: Any) -> None:
    """A call recording that loses 30 ms every second."""
    sound = [(second * 1.03, film.beeps(1.0, 0.5)) for second in range(20)]
    _, onsets = _extract(film("call.mkv", video=None, audio="pcm_s16le", sound=sound))
    assert onsets == pytest.approx([second * 1.03 + 0.5 for second in range(20)], abs=0.06)


def test_sound_alone_is_enough(film: Any) -> None:
    path = film("memo.flac", video=None, audio="flac", sound=[(0.0, film.beeps(3.0, 2.0))])
    assert _extract(path) == (3.0, [2.0])


def test_a_video_without_sound_says_so(film: Any, tmp_path: Path) -> None:
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(film(audio=None), tmp_path / "out.wav")
    assert refused.value.code == "no_audio"


def test_a_sound_track_shorter_than_its_film_is_whole(film: Any) -> None:
    assert _extract(film(seconds=20.0, sound=[(0.0, film.beeps(3.0, 1.0))]))[0] == pytest.approx(3.0, abs=0.1)


def test_progress_rises_to_the_end(film: Any, tmp_path: Path) -> None:
    told: list[float] = []
    path = film("long.wav", video=None, audio="pcm_s16le", sound=[(0.0, film.silence(60))])
    media.extract_audio(path, tmp_path / "out.wav", progress=told.append)
    assert told == sorted(told)
    assert len(told) > 5
    assert 0.9 < told[-1] <= 1.0


@pytest.mark.parametrize(
    ("name", "options"), [("front.mp4", {"movflags": "faststart"}), ("cut.mkv", {}), ("cut.flac", {})]
)
def test_a_file_cut_off_in_the_middle_is_truncated(
    film: Any, tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    plan = {"video": None, "audio": "flac"} if name.endswith("flac") else {}
    noise = np.random.default_rng(1).integers(-8000, 8000, 20 * RATE).astype(np.int16)
    path = film(name, seconds=20.0, options=options, sound=[(0.0, noise)], **plan)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(path, tmp_path / "out.wav")
    assert refused.value.code == "media_truncated"
    assert refused.value.facts["promised"] == pytest.approx(20, abs=0.5)
    assert 5 < float(str(refused.value.facts["readable"])) < 15


@pytest.mark.parametrize(
    ("name", "codec", "exact"),
    [("torn.mkv", "aac", 0.1), ("torn.flac", "flac", 0.1), ("torn.mp3", "libmp3lame", 0.3)],  # MP3 has no clock
)
def test_damage_in_the_middle_is_passed_over(film: Any, name: str, codec: str, exact: float) -> None:
    path = film(name, video=None, audio=codec, sound=[(0.0, film.beeps(20.0, 1.0, 18.0))])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = np.random.default_rng(3).bytes(400)
    path.write_bytes(content)
    seconds, onsets = _extract(path)
    assert seconds == pytest.approx(20.0, abs=exact)
    assert onsets[0] == pytest.approx(1.0, abs=0.1)
    assert onsets[-1] == pytest.approx(18.0, abs=exact)


def test_sound_of_which_nothing_can_be_decoded_is_unreadable(film: Any, tmp_path: Path) -> None:
    path = film("locked.mp4", video=None)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = np.random.default_rng(5).bytes(end - start)
    path.write_bytes(content)
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(path, tmp_path / "out.wav")
    assert refused.value.code == "audio_unreadable"


def test_a_codec_outside_the_list_is_refused(film: Any, tmp_path: Path) -> None:
    path = film("old.avi", audio="adpcm_yamaha")
    assert media.probe(path).has_audio
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(path, tmp_path / "out.wav")
    assert refused.value.code == "unsupported_codec"


class _Feed:
    """Lays single frames on a track."""

    def __init__(self, path: Path, wav: wave.Wave_write) -> None:
        self.path, self.wav = path, wav
        self.track = audio._Track(wav, end=20.0)

    def add(self, at: float | None, samples: Any, *, rate: int = RATE, layout: str = "mono") -> None:
        channels = 2 if layout == "stereo" else 1
        shaped = np.repeat(samples, channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(shaped, format="s16", layout=layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        self.track.add(frame, at)

    def onsets(self) -> list[float]:
        self.track.finish()
        self.wav.close()
        return _onsets(self.path)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[_Feed]:
    path = tmp_path / "track.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, RATE, 0, "NONE", ""))
        yield _Feed(path, wav)


def test_overlapping_sound_is_not_heard_twice(feed: _Feed, film: Any) -> None:
    for second in range(5):
        feed.add(second, film.beeps(1.0, 0.5))
    for second in (3, 4, 5):  # three and four once more
        feed.add(second, film.beeps(1.0, 0.5))
    assert feed.onsets() == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], abs=0.02)


def test_a_clock_set_back_loses_no_sound(feed: _Feed, film: Any) -> None:
    for second in [*range(10), *range(3)]:
        feed.add(second, film.beeps(1.0, 0.5))
    assert feed.onsets() == pytest.approx([n + 0.5 for n in range(13)], abs=0.02)


def test_a_clock_that_leaps_past_the_end_makes_no_endless_silence(feed: _Feed, film: Any) -> None:
    for at in (0, 1, 90_000, 90_001):
        feed.add(at, film.beeps(1.0, 0.5))
    assert feed.onsets() == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.02)


def test_sound_may_change_its_rate_and_channels_on_the_way(feed: _Feed, film: Any) -> None:
    feed.add(0.0, film.beeps(1.0, 0.5))
    feed.add(1.0, np.concatenate([film.silence(0.5, rate=48_000), film.beep(0.2, rate=48_000)]), rate=48_000)
    feed.add(1.7, film.beeps(1.0, 0.5), layout="stereo")
    feed.add(None, film.beeps(1.0, 0.5))
    assert feed.onsets() == pytest.approx([0.5, 1.5, 2.2, 3.2], abs=0.02)


_PEAK = """
import sys
from pathlib import Path
from video_pipeline.media.reader import PyAvMedia
PyAvMedia().extract_audio(Path(sys.argv[1]), Path(sys.argv[2]))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_memory_does_not_grow_with_length(film: Any, tmp_path: Path) -> None:
    def peak(minutes: int) -> float:
        sound = [(0.0, film.silence(60 * minutes))]
        path = film(f"{minutes}.mkv", fps=1, size=(32, 32), seconds=60.0 * minutes, audio="pcm_s16le", sound=sound)
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, str(path), str(tmp_path / "out.wav")], capture_output=True, check=True
        )
        return int(done.stdout) / 1024

    short, long = peak(1), peak(10)  # the WAV of the long one is 19 MB
    assert long - short < 6
