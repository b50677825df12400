"""The configurations of other tools read the same from every format, and each fault has its message."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.analysis.complete_configurations import complete_selections
from featurenet_uvl.errors import DecodeError, FeatureNetError, ModelError, ReadError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Sample, Selections, Stop
from featurenet_uvl.translators.formats.configurations.csv import write_csv
from featurenet_uvl.translators.formats.configurations.pdt import write_pdt
from featurenet_uvl.translators.formats.configurations.registry import align, read_configurations
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample

NAMES = ("App", "Log file", "Net")
ROWS = np.array([[True, False, True], [True, True, False]])
SELECTIONS = Selections(NAMES, ROWS)
VARIABLES = VarMap.from_names([*NAMES, "__aux_1"])
SAMPLE = format_sample(Sample(NAMES, ROWS, "x", 1, Stop.COMPLETE))
TEXTS = {
    "sample": SAMPLE,
    "csv": write_csv(SELECTIONS),
    "pdt": write_pdt(SELECTIONS),
    "pdt in another order": "7->Net\n1->App\n3->Log file\n1;-3;7;\n-7;3;1;\n",
    "pdt with safe names": "1->App\n2->Log_x20_file\n3->Net\n1;-2;3;\n1;2;-3;\n",
    "literals": "1 -2 3\n1 2 -3\n",
    "literals in another order": "c comment\n\n-2 1 3 0\nv 2 1 -3 0\n",
}


def same(one: Selections, other: Selections) -> bool:
    return one.names == other.names and np.array_equal(one.selected, other.selected)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_format_says_the_same(text: str) -> None:
    assert same(read_configurations(text, "f", VARIABLES), SELECTIONS)


@pytest.mark.parametrize("name", ["sample", "csv", "pdt"])
def test_names_are_in_the_file(name: str) -> None:
    assert same(read_configurations(TEXTS[name], "f"), SELECTIONS)


def test_auxiliaries_are_kept_for_a_model_and_left_out_without() -> None:
    pdt = "1->App\n2->Log file\n3->Net\n4->__aux_1\n1;-2;3;-4;\n"
    assert read_configurations(pdt, "f", VARIABLES) == Selections.of(VARIABLES.names, [{"App", "Net"}])
    assert read_configurations(pdt, "f") == Selections(NAMES, ROWS[:1])
    assert read_configurations("1 -2 3 4 0\n", "f", VARIABLES) == Selections(NAMES, ROWS[:1])


NUMBERS = VarMap.from_names(("App", "1", "Configuration", "3->x", "<b>", "Log file"))
"""Names that begin like a line of numbers, a CSV, a .pdt and XML."""


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("1\nApp\n", {"App", "1"}),
        ("Configuration\nApp\n", {"App", "Configuration"}),
        ("3->x\nApp\n", {"App", "3->x"}),
        ("<b>\nApp\n", {"App", "<b>"}),
        ("1\nApp\nLog_x20_file\n", {"App", "1", "Log file"}),
        ("Log_x20_file\nApp\n", {"App", "Log file"}),
        ("1 -2 -3 -4 -5 6\n", {"App", "Log file"}),
    ],
)
def test_a_config_may_begin_with_any_name_as_it_is_or_in_safe_letters(text: str, selected: set[str]) -> None:
    assert read_configurations(text, "f", NUMBERS) == Selections.of(NUMBERS.names, [selected])


def test_a_text_that_two_formats_read_differently_is_refused() -> None:
    variables = VarMap.from_names(("1", "-2"))
    message = "f: found a text that is lines of signed numbers or a .config file, expected one of them"
    with pytest.raises(ReadError, match=message):
        read_configurations("1 -2\n", "f", variables)
    assert read_configurations("1 2\n", "f", variables) == Selections.of(("1", "-2"), [{"1", "-2"}])
    assert read_configurations("1\n", "f", VarMap.from_names(("1",))).selected.tolist() == [[True]]


def test_a_config_in_safe_letters_leaves_abstract_features_out() -> None:
    variables = VarMap(("The app", "Log file"), 2, abstract=frozenset({"The app"}))
    assert read_configurations("Log_x20_file\n", "f", variables) == Selections.of(("Log file",), [{"Log file"}])
    whole = Selections.of(("The app", "Log file"), [{"The app"}])
    assert read_configurations("The_x20_app\n", "f", variables) == whole  # FeatureIDE takes their names, too


def test_an_empty_config_file_is_known_by_its_ending() -> None:
    assert read_configurations("", "none.config", VARIABLES).selected.any() == np.False_
    with pytest.raises(ReadError, match="none\\.config:1:1: found unknown feature 'Nope'"):
        read_configurations("Nope\n", "none.config", VARIABLES)


def test_repeated_configurations_stay() -> None:
    assert read_configurations("1 -2 3\n1 -2 3\n", "f", VARIABLES).selected.tolist() == [[True, False, True]] * 2
    assert Selections.of(NAMES, []).selected.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1: found nothing, expected a sample file, a CSV"),
        ("\n \n", "f:1: found nothing"),
        ("hello\nworld\n", "f:1: found 'hello', expected"),
        ("x" * 100, r"f:1: found 'x{57}\.\.\.', expected"),
        ("<xml/>", "f:1:1: found <xml>, expected <configuration>"),
        ("Net Nope\n", "f:1:5: found unknown feature 'Nope'"),
        ("# by hand\nHello Net\n", "f:1: found '# by hand', expected a sample file"),
        ("1 2 3 4 5\n", r"f:1: found '5', expected a variable within 1\.\.4"),
        ("1 -1 2 3\n", "f:1: found 1 and -1, expected one of them"),
        ("1 2 3\n1 2\n", "f:2: found no value for variable 3, expected one for each feature"),
        ("1 2 x\n", "f:1: found 'x', expected a variable"),
        ("1 2 0 3\n", "f:1: found '0', expected a variable"),
        ("1 2 99999999999999999999\n", "f:1: found '99999999999999999999', expected a variable"),
        ("1->A\n2->Log file\n3->Net\n1;2;3;\n", "f: found 'A', which the model lacks; found no 'App', which the model"),
        (SAMPLE.replace("c 3 Net", "c 3 Not"), "f: found 'Not', which the model lacks"),
        (SAMPLE[:-1], "the file is cut off"),
        (SAMPLE + "1\n", "found 3 configurations, expected the 2"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read_configurations(text, "f", VARIABLES)


def test_many_problems_are_cut() -> None:
    with pytest.raises(ReadError) as caught:
        read_configurations("9\n" * 100, "f", VARIABLES)
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "f: and 80 more problems"


def test_numbers_need_names() -> None:
    with pytest.raises(ModelError, match="f: found lines of signed numbers, expected the model, too"):
        read_configurations("1 2 3 0\n", "f")


def test_columns_in_another_order() -> None:
    turned = align(SELECTIONS, "f", ("Net", "App", "Log file"), "a")
    assert turned == Selections.of(("Net", "App", "Log file"), SELECTIONS.configurations())
    with pytest.raises(ModelError, match="f: found 'App', 'Net', which a lacks; found no 'B', which a has; expected"):
        align(SELECTIONS, "f", ("B", "Log file"), "a")


def test_cut_and_changed_files_never_end_in_a_traceback() -> None:
    rng = np.random.default_rng(1)
    for text in TEXTS.values():
        for _ in range(150):
            place = int(rng.integers(0, len(text)))
            kind = int(rng.integers(0, 3))
            changed = (text[:place], text[:place] + "é;0-"[kind] + text[place:], text[:place] + text[place + 1 :])[kind]
            for variables in (None, VARIABLES):
                try:
                    found = read_configurations(changed, "f", variables)
                except FeatureNetError:
                    continue
                found.verify()


@pytest.mark.parametrize("text", ["1->App\n2->Log file\n3->Net\n4->__aux_1\n1;2;3;4;\n1;-2;3;-4;\n", "1 2 3\n1 -2 3\n"])
def test_configurations_are_checked_with_and_without_auxiliaries(text: str) -> None:
    cnf = Cnf(VARIABLES, ((1,), (3,), (-4, 2), (4, -2)))
    listed = read_configurations(text, "f", VARIABLES)
    assert complete_selections(listed, cnf, "f") == Selections(NAMES, np.array([[1, 1, 1], [1, 0, 1]], dtype=np.bool_))
    with pytest.raises(DecodeError, match="f: configuration 2 violates the model"):
        complete_selections(listed, Cnf(VARIABLES, ((2,), (-4, 2), (4, -2))), "f")
    if "aux" in text:
        with pytest.raises(DecodeError, match="f: configuration 1 violates the model"):
            complete_selections(listed, Cnf(VARIABLES, ((-4, -2), (4, 2))), "f")
