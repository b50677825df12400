"""The progress line: in place on a terminal, from time to time elsewhere, never with `quiet`."""

from __future__ import annotations

import io
import sys

import pytest

from featurenet_uvl.cli.console.progress import INTERVAL_S, ProgressLine, show_trials
from featurenet_uvl.training.pool import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_it_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with ProgressLine(quiet=False, clock=lambda: now[0]) as line:
        for second in range(70):
            now[0] = float(second)
            line.show(f"second {second}")
        line.show("all", is_last=True)
    assert capsys.readouterr().err.splitlines() == [f"second {INTERVAL_S:g}", f"second {2 * INTERVAL_S:g}", "all"]


def test_on_a_terminal_it_changes_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressLine(quiet=False) as line:
        line.show("1 of 2")
        line.show("2 of 2 [bold]\x1b[31m")
    shown = terminal.getvalue()
    assert "2 of 2 [bold]\\x1b[31m" in shown
    assert shown.endswith("\x1b[2K"), "the line is gone at the end"
    assert sys.stderr is terminal


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(quiet=True) as line:
        line.show("all", is_last=True)
    assert capsys.readouterr().err == ""


def test_what_it_says_of_training(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(quiet=False, clock=iter(range(0, 400, 40)).__next__) as line:
        line.begin("training", "31 networks")
        show_trials(line, Progress(12, 1, 31, 0.91234, 190.0))
        show_trials(line, Progress(0, 0, 31, None, None))
    assert capsys.readouterr().err.splitlines() == [
        "training 31 networks",
        "training: 12 of 31, 1 failed, best accuracy 0.9123, 3 min left",
        "training: 0 of 31",
    ]


def test_elsewhere_a_phase_is_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(quiet=False, clock=lambda: 0.0) as line:
        line.begin("loading", "digits")
        assert capsys.readouterr().err == "loading digits\n"
        line.begin("timing", "2 networks")
        line.show("1 of 2")
        line.show("2 of 2", is_last=True)
    assert capsys.readouterr().err.splitlines() == ["timing 2 networks", "timing: 2 of 2"]


def test_on_a_terminal_each_phase_leaves_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressLine(quiet=False) as line:
        line.begin("loading", "digits")
        line.begin("timing", "2 networks")
        line.show("1 of 2")
        line.show("2 of 2")
    stays = [text for text in terminal.getvalue().split("\x1b[2K")[-1].splitlines() if text]
    assert stays == ["timing: 2 of 2"]
    assert "loading digits\n" in terminal.getvalue()
    assert sys.stderr is terminal
