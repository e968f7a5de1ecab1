"""Which part of the system is meant is settled before anything starts."""

from __future__ import annotations

import sys

import pytest

from local import __main__ as program


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--set", "A=b"], "it needs --attach", id="a variable of nobody"),
        pytest.param(["--attach", "http://a", "--empty", "--suffix", "s"], "one in each terminal", id="both halves"),
        pytest.param(["--attach", "http://a"], "--attach needs --suffix", id="no suffix"),
        pytest.param(["--attach", "http://a", "--suffix", "s", "--set", "A"], "'A' is not NAME=VALUE", id="no value"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", *arguments])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_what_keeps_it_from_starting_is_one_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    there = ["--attach", "http://127.0.0.1:9", "--suffix", "s", "--api-port", "0", "--data", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["local", *there])
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    assert program.main() == 1
    assert (
        capsys.readouterr().err == "Nothing answers at http://127.0.0.1:9. Start it with `video-pipeline up --empty`.\n"
    )
