"""Errors stay readable, however long the input is that they quote."""

from __future__ import annotations

from featurenet_uvl.errors import MAX_LINE, MAX_LINES, DecodeError, ReadError


def test_a_line_that_quotes_a_long_input_keeps_its_place_and_its_end() -> None:
    for error in (
        DecodeError(f"m.uvl:1: found {'x' * 100_000}, expected y"),
        ReadError([f"m.uvl:1: found {'x' * 100_000}, expected y"]),
    ):
        text = str(error)
        assert len(text) < MAX_LINE
        assert text.startswith("m.uvl:1: found xxx")
        assert text.endswith("xxx, expected y")
        assert " [98,227 characters] " in text
    assert ReadError("x" * 100_000).problems == (str(ReadError("x" * 100_000)),)
    assert str(DecodeError("x" * MAX_LINE)) == "x" * MAX_LINE


def test_an_error_has_few_lines_and_counts_the_others() -> None:
    many = [f"m.uvl:{number}: found x" for number in range(1_000)]
    for lines in (str(DecodeError("\n".join(many))).split("\n"), ReadError(many).problems):
        assert len(lines) == MAX_LINES + 1
        assert lines[-1] == f"and {1_000 - MAX_LINES} more problems"
    assert ReadError(many[: MAX_LINES + 1]).problems == tuple(many[: MAX_LINES + 1])
