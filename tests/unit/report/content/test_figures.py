"""The figures of the paper: their points, and files that can be opened and repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from study_of import baseline, data_set, whole_study

from featurenet_uvl.errors import UsageError
from featurenet_uvl.report.content.figure import STYLES, Figure, Panel, Series, draw
from featurenet_uvl.report.content.figures import distribution_points, figures
from featurenet_uvl.report.content.study import Study


def figure_of(name: str, study: Study | None = None) -> Figure:
    (found,) = (figure for figure in figures(study or whole_study()) if figure.name.startswith(name))
    return found


def series_of(panel: Panel, label: str) -> Series:
    (found,) = (series for series in panel.series if series.label.startswith(label))
    return found


def test_a_point_counts_the_networks_below_it() -> None:
    points = dict(distribution_points([0.1, 0.5, 0.5, 0.9]))
    assert list(points) == list(range(101))
    assert [points[x] for x in (0, 10, 11, 50, 51, 90, 91, 100)] == [0, 0, 1, 1, 3, 3, 4, 4]


def test_a_perfect_network_is_never_below_100_percent() -> None:
    assert distribution_points([1.0])[-1] == (100, 0)


def test_figure_5_has_the_mean_and_the_range_over_the_runs() -> None:
    test, train = figure_of("fig5").panels
    by_hand, from_model = series_of(test, "by hand"), series_of(test, "from the model")
    assert by_hand.x == (1.0, 2.0)
    assert by_hand.y == pytest.approx((48.6, 97.2))
    assert (by_hand.low[1], by_hand.high[1]) == (pytest.approx(97.0), pytest.approx(97.4))
    assert from_model.y[1] == pytest.approx(97.3)
    assert series_of(train, "by hand").y == pytest.approx((97.2, 97.2))


def test_figure_7_has_shares_and_the_papers_points() -> None:
    (panel,) = figure_of("fig7").panels
    ours = series_of(panel, "S1, 4 networks")
    assert [ours.y[x] for x in (50, 51, 88, 89, 90, 91)] == [0, 25, 25, 50, 50, 100]
    paper = series_of(panel, "paper")
    assert list(zip(paper.x, paper.y, strict=True)) == [(50, 58.5), (90, pytest.approx(85.2)), (95, 98.5)]
    assert series_of(panel, "LeNet-5").x == (pytest.approx(97.2),)


def test_figure_8_names_every_point() -> None:
    (panel,) = figure_of("fig8").panels
    ours = series_of(panel, "S1")
    points = {name: (x, y) for name, x, y in zip(ours.names, ours.x, ours.y, strict=True)}
    assert points == {"S1/001": (10, 50), "S1/002": (30, 90), "S1/003": (20, 90), "S1/004": (40, 88)}
    assert series_of(panel, "LeNet-5, SqueezeNet").x == (545_546, 858_154)
    assert panel.is_log_x


def test_figure_9_has_a_panel_for_each_network_that_is_trained() -> None:
    figure = figure_of("fig9")
    assert [panel.title for panel in figure.panels] == ["S1/003 (0.00 M)", "S1/002 (0.00 M)"]
    assert len(series_of(figure.panels[0], "test").y) == 4


@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-"), ("svg", b"<?xml")])
def test_files_are_whole_and_repeatable(form: str, magic: bytes) -> None:
    figure = figure_of("fig7")
    drawn = draw(figure, form)
    assert drawn.startswith(magic)
    assert len(drawn) > 5000
    assert drawn == draw(figure, form)
    assert drawn != draw(figure_of("fig8"), form)


def test_every_style_can_be_drawn() -> None:
    series = tuple(Series(style, (1.0, 2.0), (1.0, 2.0), style) for style in STYLES)
    assert draw(Figure("f", "", "", (Panel("", "x", "y", series),) * 5, columns=3), "png")


def test_nothing_trained_is_no_figure() -> None:
    empty = Study("mine", "", (data_set("mnist"),))
    assert figures(empty) == ()
    lonely = replace(empty, baselines=(baseline("LeNet-5", "mnist", [0.9]),))
    assert figures(lonely) == ()


def test_other_formats_are_refused() -> None:
    with pytest.raises(UsageError, match="found figure format 'gif', expected png, pdf or svg"):
        draw(figure_of("fig7"), "gif")
