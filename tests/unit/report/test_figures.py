"""Fig. 7: its points, and files that can be opened and repeated."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.report.figures import Distribution, distribution_points, draw_distribution

DISTRIBUTION = Distribution((0.1, 0.5, 0.5, 0.9), "digits", ((0.5, 0.585),), (("LeNet-5", 0.8),))


def test_a_point_counts_the_networks_below_it() -> None:
    points = dict(distribution_points(DISTRIBUTION.accuracies))
    assert list(points) == list(range(101))
    assert [points[x] for x in (0, 10, 11, 50, 51, 90, 91, 100)] == [0, 0, 1, 1, 3, 3, 4, 4]


def test_a_perfect_network_is_never_below_100_percent() -> None:
    assert distribution_points([1.0])[-1] == (100, 0)


@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-")])
def test_files_are_whole_and_repeatable(form: str, magic: bytes) -> None:
    drawn = draw_distribution(DISTRIBUTION, form)
    assert drawn.startswith(magic)
    assert len(drawn) > 5000
    assert drawn == draw_distribution(DISTRIBUTION, form)
    assert drawn != draw_distribution(Distribution((0.1,), "digits"), form)


def test_no_network_at_all_is_a_figure_too() -> None:
    assert draw_distribution(Distribution((), "digits"), "png")


def test_other_formats_are_refused() -> None:
    with pytest.raises(UsageError, match="found figure format 'gif', expected png or pdf"):
        draw_distribution(DISTRIBUTION, "gif")
