"""What the command prints is safe and aligned, what it exits with follows a table, and it starts quickly."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from video_pipeline.cli import exits
from video_pipeline.cli.console import clean, clock, line, moment, say_table
from video_pipeline.cli.files import MediaFile
from video_pipeline.cli.progress import counting, steps
from video_pipeline.cli.send_segments import segments
from video_pipeline.errors import (
    BadInput,
    BadQuestion,
    BadRecord,
    Conflict,
    Misconfigured,
    NotFound,
    NotRunning,
    PipelineError,
    Unavailable,
)
from video_pipeline.events import SegmentHeader


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotRunning("Nothing answers."), exits.UNREACHABLE),
        (Unavailable("aws_unreachable", "x"), exits.UNREACHABLE),
        (Misconfigured("resource_missing", "x"), exits.UNREACHABLE),
        (Misconfigured("aws_credentials_missing", "x"), exits.UNREACHABLE),
        (NotFound("job_missing", "x"), exits.NOTHING),
        (BadInput("x", "x"), exits.REFUSED),
        (BadRecord("x", "x"), exits.REFUSED),
        (BadQuestion("x", "x"), exits.REFUSED),
        (Conflict("x", "x"), exits.REFUSED),
        (Misconfigured("access_denied", "x"), exits.REFUSED),
        (Misconfigured("aws_credentials_wrong", "x"), exits.REFUSED),
        (Unavailable("aws_unavailable", "x"), exits.SERVICE),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: PipelineError, code: int) -> None:
    assert exits.code_for(error) == code


def test_every_code_of_the_table_is_explained() -> None:
    shown = exits.table()
    assert all(f"{code:<4} {meaning}" in shown for code, meaning in exits.MEANINGS.items())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ä 🎬", "plain ä 🎬"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("\x9b31m", "\ufffd31m"),
        ("over\rwritten", "over\ufffdwritten"),
        ("gpj.\u202e4pm", "gpj.\ufffd4pm"),
    ],
)
def test_what_strangers_wrote_can_not_drive_the_terminal(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_line_is_one_line() -> None:
    assert line(" a\n b\t\tc \x1b") == "a b c \ufffd"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, "00:00:00"), (59.999, "00:00:59"), (3_723.9, "01:02:03"), (360_000, "100:00:00")]
)
def test_seconds_are_read_as_hours_minutes_and_seconds(seconds: float, expected: str) -> None:
    assert clock(seconds) == expected


def test_times_are_shown_in_utc_whatever_zone_they_come_in() -> None:
    assert moment("2026-11-20T23:30:00+02:00") == "2026-11-20 21:30:00"
    assert moment("2026-11-20T23:30:00Z") == "2026-11-20 23:30:00"
    assert moment(None) == ""


def test_a_table_is_aligned_and_keeps_ids_whole(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("ID", "STATUS", "TITLE"), [("x" * 36, "failed", "a\nb"), ("y", "queued", "")], status=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{'ID':36}  STATUS  TITLE", f"{'x' * 36}  failed  a b", f"{'y':36}  queued"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_other_readers_a_line_for_each_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        with steps() as shown:
            shown.show("Transcribing [bold]", 0.4)
    assert "Transcribing [bold]" in terminal.getvalue()
    assert "40%" in terminal.getvalue()
    with steps() as shown:
        told = counting(shown, "Sending", 200)
        told(50)
        told(150)
        shown.show("Transcribing", 0.4)
    assert capsys.readouterr().err.splitlines() == ["  0% Sending", " 40% Transcribing"]


def test_a_file_that_grows_or_shrinks_while_it_is_sent_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x" * 100)
    header = SegmentHeader(upload_id=uuid4(), index=0, count=10, size=90, sha256="0" * 64, filename="a.mp4")
    with pytest.raises(BadInput) as caught:
        list(segments(MediaFile(path, 90), header, 10))
    assert caught.value.code == "file_changed"


def test_starting_the_command_imports_nothing_that_is_slow() -> None:
    slow = ("boto3", "botocore", "httpx", "pydantic", "psycopg", "rich", "fastapi", "numpy")
    program = f"import sys, video_pipeline.cli.app; print([name for name in {slow!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
