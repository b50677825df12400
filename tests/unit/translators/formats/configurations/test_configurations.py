"""Files of configurations: each reads back as written, by name, and each malformation is named with its place."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from featurenet_uvl.errors import ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.cnf import VarMap
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.config import read_config, write_config
from featurenet_uvl.translators.formats.configurations.csv import read_csv
from featurenet_uvl.translators.formats.configurations.featureide import read_configuration, write_configuration
from featurenet_uvl.translators.formats.configurations.pdt import read_pdt
from featurenet_uvl.translators.formats.configurations.registry import FORMATS, detect, read_configurations

NAMES = ("App", "Log file", "Net")
TWO = Selections.of(NAMES, [{"App"}, {"App", "Log file", "Net"}])
ONE = Selections.of(NAMES, [{"App", "Net"}])
XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<configuration>\n'

NAMED = sorted(name for name in FORMATS if name not in ("sample", "literals"))
"""Formats that hold any configurations with any names; a sample has each once, and lines of numbers have no names."""
MANY = sorted(name for name in NAMED if FORMATS[name].holds_many)
SINGLE = sorted(name for name, form in FORMATS.items() if not form.holds_many)

feature_names = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters=';"\n\r\0') | st.sampled_from(" #+-<>&'0>"), min_size=1
).filter(lambda name: all(c in "\t" or c >= " " for c in name) and "\ufffe" not in name and "\uffff" not in name)


@st.composite
def selections(draw: st.DrawFn, size: st.SearchStrategy[int]) -> Selections:
    names = tuple(draw(st.lists(feature_names, min_size=1, max_size=6, unique=True)))
    row = st.tuples(*(st.booleans() for _ in names))
    count = draw(size)
    rows = draw(st.lists(row, min_size=count, max_size=count))
    return Selections(names, np.array(rows, dtype=np.bool_).reshape(count, len(names)))


def read(name: str, text: str, names: Sequence[str]) -> Selections:
    return read_configurations(text, "f", VarMap(tuple(names), len(names)), name)


def problems_of(error: pytest.ExceptionInfo[ReadError]) -> list[str]:
    return list(error.value.problems)


@pytest.mark.parametrize("name", MANY)
@given(drawn=selections(st.integers(0, 4)))
def test_a_list_comes_back(name: str, drawn: Selections) -> None:
    form = FORMATS[name]
    assert read(name, form.write(drawn, None), drawn.names) == drawn


@pytest.mark.parametrize("name", SINGLE)
@given(drawn=selections(st.just(1)))
def test_a_single_configuration_comes_back(name: str, drawn: Selections) -> None:
    form = FORMATS[name]
    assert read(name, form.write(drawn, None), drawn.names) == drawn


@pytest.mark.parametrize("name", NAMED)
@given(drawn=selections(st.just(1)), random=st.randoms(use_true_random=False))
def test_features_are_found_by_name_in_any_order(name: str, drawn: Selections, random: Random) -> None:
    form = FORMATS[name]
    others = list(drawn.names)
    random.shuffle(others)
    assert read(name, form.write(drawn, None), others) == Selections.of(others, drawn.configurations())


def test_the_list_formats_take_the_names_of_the_file_where_none_are_given() -> None:
    assert read_pdt("2->B\n1->A\n1;-2;\n", "f") == Selections.of(("B", "A"), [{"A"}])
    assert read_csv("Configuration;B;A\n0;-;+\n", "f") == Selections.of(("B", "A"), [{"A"}])
    assert read_configuration(write_configuration(ONE), "f") == ONE


def test_selections_refuse_what_is_no_list_of_configurations() -> None:
    with pytest.raises(ModelError, match="configuration 1: found unknown feature 'X'"):
        Selections.of(("A",), [{"X"}])
    with pytest.raises(ModelError, match="share a name"):
        Selections.of(("A", "A"), [])
    with pytest.raises(ValueError, match="found 1 columns, expected one for each of 2 names"):
        Selections(("A", "B"), np.array([[True], [True]]))


# one or many


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("several", [TWO, Selections.of(NAMES, [])])
def test_a_format_of_one_configuration_refuses_another_number(name: str, several: Selections) -> None:
    with pytest.raises(UnsupportedError, match=f"found {len(several)} configurations, expected one"):
        FORMATS[name].write(several, None)


@pytest.mark.parametrize("written", sorted(FORMATS))
@pytest.mark.parametrize("taken", sorted(FORMATS))
def test_no_format_takes_another_for_its_own(written: str, taken: str) -> None:
    if written == taken:
        return
    text = FORMATS[written].write(ONE, None)
    assert detect(text, "f", VarMap(NAMES, len(NAMES))) == written
    with pytest.raises(ReadError, match=r"^f:\d+(:\d+)?: found .*, expected ") as error:
        read(taken, text, NAMES)
    assert problems_of(error)[0].startswith("f:1:") or taken in ("featureide", "config")


# FeatureIDE's XML


def test_featureide_gets_every_feature_by_hand_and_nothing_before_the_root() -> None:
    text = write_configuration(Selections.of(('a"<&>\t', "b"), [{"b"}]))
    assert text.startswith(XML_HEAD)
    root = etree.fromstring(text.encode())
    assert root.attrib == {}
    assert [dict(feature.attrib) for feature in root] == [
        {"manual": "unselected", "name": 'a"<&>\t'},
        {"manual": "selected", "name": "b"},
    ]


def feature(attributes: str) -> str:
    return f"\t<feature {attributes}/>\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            feature('manual="unselected" automatic="selected" name="App"'),
            "f:3:2: found feature 'App' with manual='unselected' and automatic='selected', expected one of them",
        ),
        (
            feature('manual="selected" name="App"') + feature('manual="unselected" name="App"'),
            "f:4:2: found feature 'App' a second time, expected it once; the first is at f:3:2",
        ),
        (
            feature('manual="undefined" name="App"'),
            "f:3:2: found feature 'App' undefined, expected manual='selected' or 'unselected'",
        ),
        (feature('name="App"'), "f:3:2: found feature 'App' undefined, expected manual='selected' or 'unselected'"),
        (
            feature('manual="Selected" name="App"'),
            "f:3:2: found manual='Selected', expected 'selected' or 'unselected'",
        ),
        (feature('manual="selected"'), "f:3:2: found a <feature> without a name, expected name="),
        (
            feature('manual="selected" name="App" foo="1"'),
            "f:3:2: found the XML attribute 'foo' on <feature>, expected automatic, manual, name",
        ),
        ("<option/>\n", "f:3:1: found <option> in <configuration>, expected <feature>"),
        (
            "\t<feature manual='selected' name='App'><attribute/></feature>\n",
            "f:3:40: found <attribute> in <feature>, expected nothing",
        ),
    ],
)
def test_a_malformed_configuration_is_refused(body: str, expected: str) -> None:
    with pytest.raises(ReadError) as error:
        read_configuration(f"{XML_HEAD}{body}</configuration>\n", "f")
    assert expected in problems_of(error)


def test_what_featureide_derived_counts_as_selected() -> None:
    body = feature('automatic="selected" manual="undefined" name="App"')
    assert read_configuration(f"{XML_HEAD}{body}</configuration>", "f") == Selections.of(("App",), [{"App"}])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "App\n",
        "<featureModel/>",
        "<extendedConfiguration/>",
        "<configuration>",
        "<!DOCTYPE c [<!ENTITY e 'x'>]><c/>",
    ],
)
def test_what_is_no_configuration_file_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"^f:1:\d+: found .*, expected "):
        read_configuration(text, "f")


# .config


def test_a_config_file_lists_the_selected_concrete_features() -> None:
    assert write_config(Selections(NAMES, TWO.selected[1:]), abstract=("Net",)) == 'App\n"Log file"\n'
    text = '# comment "\n\nApp  "Log file"\n'
    assert read_config(text, "f", NAMES) == Selections.of(NAMES, [{"App", "Log file"}])
    assert read_config(text, "f", NAMES, abstract=("Net",)) == Selections.of(NAMES[:2], [NAMES[:2]])
    assert read_config("", "f", NAMES) == Selections.of(NAMES, [()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("App Nope\n", "f:1:5: found unknown feature 'Nope', expected one of the model"),
        ("Log file\n", "f:1:1: found unknown feature 'Log', expected one of the model"),
        ("\nApp\nApp\n", "f:3:1: found feature 'App' a second time, expected it once; the first is at f:2:1"),
        (
            'App "Log file\n',
            "f:1:5: found '\"Log file', expected a name, or one in quotation marks, and a blank after it",
        ),
        ('"App"Net', "f:1:1: found '\"App\"Net', expected a name, or one in quotation marks, and a blank after it"),
    ],
)
def test_a_malformed_config_file_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ReadError) as error:
        read_config(text, "f", NAMES, abstract=("Net",))
    assert expected in problems_of(error)


# .pdt


HEADER = "1->App\n2->Log file\n3->Net\n"


def test_pledge_may_count_in_another_order() -> None:
    text = "1->Net\n2->App\n3->Log file\n2;-1;-3;\n1;2;3;\n"
    assert read("pdt", text, NAMES) == TWO


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEADER + "1;2;\n", "f:4:5: found no entry for 'Net', expected one for each feature of the file"),
        (HEADER + "1;2;-2;3;\n", "f:4:5: found the literal -2 after 2, expected each feature once"),
        (HEADER + "1;2;3;3;\n", "f:4:7: found the literal 3 a second time, expected each feature once"),
        (HEADER + "1;2;3;4;\n", "f:4:7: found '4', expected the number of a feature, or - and a number"),
        (HEADER + "1;2;+3;\n", "f:4:5: found '+3', expected the number of a feature, or - and a number"),
        (HEADER + "1;-2;3", "f:4:7: found no ';' at the end of '1;-2;3', expected one after each literal"),
        (HEADER + "1;2;3;\n\n1;2;3;\n", "f:5:1: found no ';' at the end of '', expected one after each literal"),
        (HEADER + "1;2;3;\n4->X\n", "f:5:1: found '4->X', expected the number of a feature, or - and a number"),
        (HEADER + "4->App\n", "f:4:1: found feature 'App' a second time, expected it once; see line 1"),
        (HEADER + "1->X\n", "f:4:1: found number 1 a second time, expected it once; see line 1"),
        (HEADER + "1;2;3;\n1;2", "f:5:4: found no ';' at the end of '1;2', expected one after each literal"),
        ("1;2;\n", "f:1:1: found '1;2;', expected lines such as '1->Name' first"),
        ("", "f:1:1: found '', expected lines such as '1->Name' first"),
    ],
)
def test_a_malformed_pdt_file_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ReadError) as error:
        read_pdt(text, "f")
    assert expected in problems_of(error)


# CSV


TABLE = "Configuration;App;Log file;Net\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TABLE + "0;+;-;0\n", "f:2:7: found 0 (undefined), expected + or -: only complete configurations are read"),
        (TABLE + "0;+;-;x\n", "f:2:7: found 'x', expected + or -"),
        (TABLE + "0;+;-\n", "f:2:6: found 2 values, expected 3, one per feature"),
        (TABLE + "0;+;-;-;+\n", "f:2:10: found 4 values, expected 3, one per feature"),
        (TABLE + "0;+;+;+\n0;+;+;+\n", "f:3:1: found number 0 a second time, expected it once; see line 2"),
        (TABLE + "a;+;+;+\n", "f:2:1: found 'a', expected the number of the configuration"),
        (TABLE + "\n", "f:2:1: found '', expected the number of the configuration"),
        ("App;Net\n", "f:1:1: found 'App;Net', expected 'Configuration;' and the names of the features"),
        ("", "f:1:1: found '', expected 'Configuration;' and the names of the features"),
        ("Configuration;App;App\n", "f:1:19: found feature 'App' a second time, expected it once"),
        ("Configuration;App;;Net\n", "f:1:19: found an empty cell, expected the name of a feature"),
    ],
)
def test_a_malformed_table_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ReadError) as error:
        read_csv(text, "f")
    assert expected in problems_of(error)


def test_all_problems_come_together_in_order_and_not_too_many() -> None:
    with pytest.raises(ReadError) as error:
        read_csv(TABLE + "0;x;-;y\n1;+;z;+\n", "f")
    assert [line.split(" ")[0] for line in problems_of(error)] == ["f:2:3:", "f:2:7:", "f:3:5:"]
    with pytest.raises(ReadError) as error:
        read_csv(TABLE + "".join(f"{n};x;-;-\n" for n in range(500)), "f")
    assert problems_of(error)[50:] == ["f: and 450 more problems"]


# names


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("csv", ("a;b",)),
        ("csv", ("a\nb",)),
        ("csv", ("",)),
        ("pdt", ("a\rb",)),
        ("pdt", ("",)),
        ("pdt", ()),
        ("sample", ("a\nb",)),
        ("sample", (" a",)),
        ("config", ('a"b',)),
        ("config", ("a\nb",)),
        ("featureide", ("a\x01b",)),
        ("featureide", ("",)),
    ],
)
def test_a_name_that_would_not_come_back_is_refused(name: str, names: Sequence[str]) -> None:
    one = Selections(tuple(names), np.ones((1, len(names)), dtype=np.bool_))
    with pytest.raises(UnsupportedError, match="found "):
        FORMATS[name].write(one, None)
