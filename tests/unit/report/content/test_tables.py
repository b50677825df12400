"""The tables of the paper: our numbers from hand-made studies, and the paper's own against its claims."""

from __future__ import annotations

from dataclasses import replace

import pytest
from study_of import baseline, data_set, network, sample, whole_study

from featurenet_uvl.report.content.choice import best_by_test, best_by_validation, efficiency
from featurenet_uvl.report.content.document import study_json, study_markdown, tables
from featurenet_uvl.report.content.paper import TABLE_1, TABLE_2
from featurenet_uvl.report.content.statistics import mean_interval, wilson
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.content.table import Table
from featurenet_uvl.report.content.tables import conformance_table, equivalence_table, selection_table, table1, table2
from featurenet_uvl.training.trials.trial import TrialStatus


def row_of(table: Table | None, column: str, value: str) -> dict[str, object]:
    assert table is not None
    keys = [one.key for one in table.columns]
    (found,) = (row for row in table.rows if row[keys.index(column)] == value)
    return dict(zip(keys, found, strict=True))


def test_the_papers_efficiencies_follow_from_its_accuracies_and_sizes() -> None:
    wrong = {
        (data, name)
        for data, rows in TABLE_1.items()
        for name, row in rows.items()
        if round(efficiency(row.accuracy, row.size) or 0, 2) != row.efficiency
    }
    # As printed; 17.96 % and 876,970 weights give 0.20, as the caption says.
    assert wrong == {("cifar10", "SqueezeNet")}
    misprint = "0.51 for SqueezeNet on CIFAR-10; its accuracy and size give 0.20"
    assert misprint in table1(replace(whole_study(), data=(data_set("cifar10"),))).caption
    assert misprint not in table1(whole_study()).caption


def test_the_papers_claims_hold_in_its_tables() -> None:
    mnist, cifar10 = TABLE_1["mnist"], TABLE_1["cifar10"]
    assert round(1 - mnist["Top S1"].size / mnist["LeNet-5"].size, 2) == 0.33  # "34% smaller"
    assert round(mnist["Top S3"].efficiency / mnist["LeNet-5"].efficiency) == 12
    ends = [row.accuracies[2] for row in TABLE_2]
    assert ends == sorted(ends, reverse=True)
    rows = {row.name: row for row in TABLE_2}
    assert max(row.accuracies[0] for row in TABLE_2) == cifar10["Top S1"].accuracy
    assert rows["LeNet-5"].accuracies[0] == cifar10["LeNet-5"].accuracy
    assert rows["SqueezeNet"].accuracies[0] == cifar10["SqueezeNet"].accuracy
    # "four of the ten sampled ones have a slightly lower accuracy at 600 epochs": the table shows three.
    lower = [row.name for row in TABLE_2 if not row.is_baseline and row.accuracies[2] < row.accuracies[1]]
    assert lower == ["#143", "#634", "#059"]
    sizes = {f"{TABLE_1['cifar10'][name].size / 1e6:.2f}" for name in ("LeNet-5", "SqueezeNet", "Top S1")}
    assert sizes <= {f"{row.size_millions:.2f}" for row in TABLE_2}


def test_the_best_is_the_most_accurate_then_the_smallest_then_the_first() -> None:
    networks = [network("a", 0.5, 10), network("b", 0.9, 30), network("c", 0.9, 20), network("d", 0.9, 20)]
    found = best_by_test(networks)
    assert found is not None
    assert found.name == "c"
    assert best_by_test([]) is None
    assert best_by_validation(networks) is None


def test_table_1_stands_beside_the_papers_figures() -> None:
    table = table1(whole_study())
    assert table.column("architecture") == ("LeNet-5", "Top S1", "Top S2", "SqueezeNet, as the paper ran it")
    lenet5 = row_of(table, "architecture", "LeNet-5")
    interval = mean_interval([0.97, 0.972, 0.974])
    assert interval is not None
    assert (lenet5["accuracy"], lenet5["runs"]) == (pytest.approx(0.972), 3)
    assert (lenet5["low"], lenet5["high"]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert (lenet5["paper_accuracy"], lenet5["paper_size"], lenet5["size"]) == (0.9714, 545_546, 545_546)
    top = row_of(table, "architecture", "Top S1")
    one = wilson(0.9, 10_000)
    assert (top["network"], top["accuracy"], top["size"]) == ("S1/003 of 5", 0.9, 20)
    assert (top["low"], top["high"], top["efficiency"]) == (one.low, one.high, pytest.approx(45_000))
    assert top["paper_accuracy"] == 0.9774
    nothing = row_of(table, "architecture", "Top S2")
    assert (nothing["network"], nothing["accuracy"], nothing["paper_accuracy"]) == ("none trained yet", None, 0.9765)


def test_the_papers_squeezenet_stands_beside_the_network_that_it_ran() -> None:
    proper = baseline("SqueezeNet", "mnist", [0.3], 700_000)
    study = replace(whole_study(), baselines=(*whole_study().baselines, proper))
    assert row_of(table1(study), "architecture", "SqueezeNet, as the paper ran it")["paper_size"] == 858_154
    assert row_of(table1(study), "architecture", "SqueezeNet")["paper_size"] is None


def test_rq1_counts_every_end_of_a_trial() -> None:
    table = conformance_table(whole_study())
    s1, s2 = (row_of(table, "networks", name) for name in ("S1", "S2"))
    assert [s1[key] for key in ("sampled", "done", "nan", "failed", "limit", "pending")] == [5, 4, 1, 0, 0, 0]
    assert (s1["built_share"], s1["trained_share"], s1["paper_share"]) == (1.0, 0.8, 1.0)
    assert [s2[key] for key in ("sampled", "done", "failed", "limit", "built_share")] == [2, 0, 1, 1, 0.0]
    assert "S1 on MNIST: 5 networks from s1.uvl (4 trained, 1 diverged)" in table.caption


def test_a_sample_of_one_network_is_in_the_singular() -> None:
    study = whole_study()
    first = study.samples[0]
    one = replace(study, samples=(replace(first, networks=first.networks[:1]),))
    assert "S1 on MNIST: 1 network from s1.uvl" in conformance_table(one).caption


def test_rq1_does_not_blame_a_network_for_the_limits_of_the_machine() -> None:
    first, second = whole_study().samples[:2]
    ends = [network for network in (*first.networks, *second.networks) if network.result is not None]
    kept = tuple(n for n in ends if n.result and n.result.status in (TrialStatus.DONE, TrialStatus.LIMIT))
    row = row_of(conformance_table(replace(whole_study(), samples=(replace(first, networks=kept),))), "networks", "S1")
    assert [row[key] for key in ("done", "limit", "built_share", "trained_share")] == [4, 1, 1.0, 1.0]


def test_equivalence_is_tested_on_the_final_accuracies() -> None:
    table = equivalence_table(whole_study())
    row = row_of(table, "measure", "test images")
    assert row["difference"] == pytest.approx(0.001)
    assert (row["runs"], row["verdict"]) == (3, "equivalent")
    study = whole_study()
    assert study.equivalence is not None
    lonely = replace(study.equivalence, by_hand=baseline("LeNet-5", "mnist", [0.97]))
    row = row_of(equivalence_table(replace(study, equivalence=lonely)), "measure", "test images")
    assert (row["verdict"], row["difference"]) == ("fewer than two runs", None)
    assert equivalence_table(replace(study, equivalence=None)) is None


def test_honest_selection_shows_what_choosing_by_test_adds() -> None:
    row = row_of(selection_table(whole_study()), "sample", "S1")
    assert (row["by_test"], row["by_validation"]) == ("S1/003", "S1/004")
    assert row["difference"] == pytest.approx(0.02)
    assert (row["by_validation_validation"], row["by_validation_accuracy"]) == (0.85, 0.88)
    without = replace(whole_study(), data=(data_set("mnist"),))
    assert selection_table(without) is None


def test_table_2_is_ordered_by_the_last_count_and_stands_beside_the_papers_ten() -> None:
    table = table2(whole_study())
    assert table is not None
    assert table.column("network")[:3] == ("S1/002", "S1/003", None)
    assert table.column("epochs_4")[:2] == (0.95, 0.91)
    assert table.column("epochs_2")[:2] == (pytest.approx(0.475), pytest.approx(0.455))
    assert len([name for name in table.column("paper_network") if name]) == 11
    row = row_of(table, "network", "LeNet-5")
    assert (row["epochs_2"], row["epochs_4"], row["paper_600"]) == (0.97, None, 0.5926)
    assert "1 of 3 are still to be trained" in table.caption


def test_a_study_with_nothing_done_has_its_tables_too() -> None:
    study = Study("mine", "", (data_set("mnist"),), (replace(sample("S1", "mnist", []), asked=7),))
    assert "7 still to come" in study_markdown(study)
    assert study_json(study)["samples"][0]["networks"] == []
    assert {table.name for table in tables(study)} == {"rq1_conformance", "table1"}


def test_the_page_says_what_is_missing_and_how_it_was_made() -> None:
    page = study_markdown(whole_study(), "figures")
    assert "- longer training: 1 of 3 networks are to be trained" in page
    assert "    featurenet-uvl experiments run --preset mine.cfg" in page
    assert "![Fig. 7: distribution of accuracies](figures/fig7_accuracy_distribution.png)" in page
    assert page.count("The paper: 1,000 networks of S1") == 1 + 2  # once for the tables, and in two figures' captions
