"""Endings of outputs: they choose the format of a sample, and an ending of another kind of file is refused."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.operations.endings import DIMACS, SAMPLE, check_ending, sample_format


@pytest.mark.parametrize(
    ("output", "expected"),
    [("a.csv", "csv"), ("A.CSV", "csv"), ("a.pdt", "pdt"), ("a.solutions", "literals"), ("a.sample", "sample"),
     ("a.txt", "sample"), ("a", "sample"), ("-", "sample"), ("/dev/stdout", "sample"), ("uvl", "sample")],
)  # fmt: skip
def test_the_ending_chooses_the_format_of_a_sample(output: str, expected: str) -> None:
    assert sample_format(output) == expected


@pytest.mark.parametrize("output", ["a.xml", "a.config", "a.uvl", "a.sxfm", "a.dimacs", "a.cnf", "a.toml", "a.svg"])
def test_an_ending_that_no_list_of_configurations_has_is_refused(output: str) -> None:
    with pytest.raises(UsageError, match=f"^{output}: found the ending of "):
        sample_format(output)


@pytest.mark.parametrize("output", ["a.uvl", "a.xml", "a.SXFM", "a.csv", "a.pdt", "a.config", "a.sample", "a.toml"])
def test_dimacs_goes_to_no_file_of_another_kind(output: str) -> None:
    with pytest.raises(UsageError, match=f"^{output}: found the ending of .* for DIMACS"):
        check_ending(output, DIMACS, "")


@pytest.mark.parametrize(
    ("output", "kind"), [("a.dimacs", DIMACS), ("a.cnf", DIMACS), ("a", DIMACS), ("a.csv", SAMPLE)]
)
def test_an_ending_of_the_own_kind_is_taken(output: str, kind: str) -> None:
    check_ending(output, kind, "")
