"""The UVL reader: the models that it returns, and the exact place of every mistake."""

import time
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError, ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.expression import (
    And,
    AttributeRef,
    Comparison,
    Constant,
    FeatureRef,
    Implies,
    IndexVariable,
    Not,
    Quantified,
    walk,
)
from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel, FeatureType, GroupKind
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.translators.formats.registry import read_model as read_model_file
from featurenet_uvl.translators.formats.uvl.reader import read_uvl


def read_model(text: str) -> FeatureModel:
    model = read_uvl(text, "x.uvl")
    assert isinstance(model, FeatureModel)
    return model


def read_feature(line: str) -> Feature:
    return next(read_model(f"features\n\tR\n\t\toptional\n\t\t\t{line}\n").root.children)


def test_groups_cardinalities_and_types() -> None:
    model = read_model(
        "namespace a.\"b c\"\n\ninclude\n\tBoolean.*\n\tType.string-constraints\n\n"
        "features\n\tR\n\t\tmandatory\n\t\t\tm\n\t\toptional\n\t\t\to cardinality [0..3]\n"
        "\t\t\t\t[2]\n\t\t\t\t\tx\n\t\t\t\t\ty\n"
        "\t\tor\n\t\t\tInteger p\n\t\talternative\n\t\t\t\"q r\"\n\t\t[1..2]\n\t\t\ts\n\t\t[1..*]\n\t\t\tt\n"
    )  # fmt: skip
    assert model.namespace == "a.b c"
    assert [f.name for f in model.features()] == ["R", "m", "o", "x", "y", "p", "q r", "s", "t"]
    kinds = [(group.kind.value, group.cardinality) for group in model.root.groups]
    assert kinds == [
        ("mandatory", None),
        ("optional", None),
        ("or", None),
        ("alternative", None),
        ("cardinality", Cardinality(1, 2)),
        ("cardinality", Cardinality(1, None)),
    ]
    features = {feature.name: feature for feature in model.features()}
    assert features["o"].cardinality == Cardinality(0, 3)
    assert features["o"].groups[0].kind is GroupKind.CARDINALITY
    assert features["o"].groups[0].cardinality == Cardinality(2, 2)
    assert features["p"].type is FeatureType.INTEGER
    assert str(features["q r"].span) == "x.uvl:19:4"


def test_attributes_of_every_kind() -> None:
    feature = read_feature(
        "f {abstract, flag, i -2, x 0.50, s 'it // is \"so\"', b false, v [1, 'a', [ 2], {k 1}],\n"
        'n {m {deep true}, g}, "a b" .5, empty [], none {}}'
    )
    assert feature.is_abstract
    assert {attribute.name: attribute.value for attribute in feature.attributes} == {
        "flag": None,
        "i": -2,
        "x": 0.5,
        "s": 'it // is "so"',
        "b": False,
        "v": (1, "a", (2,), {"k": 1}),
        "n": {"m": {"deep": True}, "g": True},
        "a b": 0.5,
        "empty": (),
        "none": {},
    }
    assert isinstance(feature.attributes[1].value, int)
    assert str(feature.attributes[-3].span) == "x.uvl:5:23"
    assert not read_feature("f {abstract false}").is_abstract


def test_a_map_with_a_domain_is_a_configurable_attribute() -> None:
    feature = read_feature(
        "f {kernel {domain ['1x1', '3x3'], default '3x3'}, rate {domain [ 1, 0.5, true]}, d {domain 'web'}}"
    )
    kernel, rate, constant = feature.attributes
    assert (kernel.domain, kernel.default, kernel.value) == (("1x1", "3x3"), "3x3", None)
    assert rate.domain == (1, 0.5, True)
    assert not constant.is_configurable
    assert constant.value == {"domain": "web"}


def test_constraints_of_features_come_first_and_indexed_ones_point_into_the_file() -> None:
    model = read_model(
        "features\n\tR {array_constraints [\n\t\t// wiring\n\t\t'F[i] => !F[i+1]', 'exists(k, F[k])']}\n"
        "\t\tmandatory\n\t\t\tF cardinality [1..2] {constraint F => R, p 1, constraints [!F, F.p > 1]}\n"
        "constraints\n\tR => F\n"
    )  # fmt: skip
    assert [(str(c.span), c.is_indexed) for c in model.constraints] == [
        ("x.uvl:4:4", True),
        ("x.uvl:4:23", True),
        ("x.uvl:6:37", False),
        ("x.uvl:6:63", False),
        ("x.uvl:6:67", False),
        ("x.uvl:8:2", False),
    ]
    i = IndexVariable("i")
    first = model.constraints[0].formula
    assert isinstance(first, Implies)
    assert first.left == FeatureRef("F", (i,))
    assert [str(node.span) for node in walk(first)][2:4] == ["x.uvl:4:6", "x.uvl:4:12"]
    assert isinstance(model.constraints[1].formula, Quantified)
    assert [attribute.name for attribute in model.root.attributes] == []


def test_comments_end_where_they_say_and_do_not_move_places() -> None:
    text = (
        "/* head\n */\nfeatures // f\n\tR\n\t\toptional\n\t\t\ta /* one */\n\t\t\tX\n\t\t\t/* two */ b\n// end\n"
        "\t\t\tc {t '/* no */', u 'x'} /* three\n*/\nconstraints\n\ta /* ' \" { */ => zz"
    )
    with pytest.raises(ModelError, match=r"^x\.uvl:13:19: found unknown feature 'zz'"):
        read_uvl(text, "x.uvl")
    model = read_model(text.replace("zz", "b"))
    assert [feature.name for feature in model.features()] == ["R", "a", "X", "b", "c"]
    assert [attribute.value for attribute in [*model.features()][4].attributes] == ["/* no */", "x"]


@pytest.mark.parametrize(
    "change", [("\n", "\r\n"), ("\n", "\r"), ("\t", "    "), ("\t", "\t\t"), ("\n", "\n \n\n"), ("R\n", "R // c\n")]
)
def test_line_ends_indentation_and_blank_lines_do_not_matter(change: tuple[str, str]) -> None:
    text = "features\n\tR\n\t\toptional\n\t\t\ta {x 1,\n\ty 2}\n\t\t\tb\nconstraints\n\ta &\n".replace(
        " &\n", " => (b\n| a)\n"
    )
    assert read_model(text.replace(*change)) == read_model(text)


HEAD = "features\n\tR\n\t\toptional\n\t\t\ta {p 1}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.uvl:1: found no section 'features'"),
        ("features\n", "x.uvl:1:1: found no feature below"),
        ("\tR\n", "x.uvl:1:2: found an indented line"),
        ("feature\n\tR\n", "x.uvl:1:1: found name 'feature'"),
        ("features x\n\tR\n", "x.uvl:1:10: found name 'x'"),
        ("/* a\n*/ features x\n\tR\n", "x.uvl:2:13: found name 'x'"),
        (HEAD + "features\n\tQ\n", "x.uvl:5:1: found a second section 'features'"),
        ("constraints\n\tR\nfeatures\n\tR\n", "x.uvl:3:1: found section 'features' after 'constraints'"),
        ("include\n\tBoolean.xx\n" + HEAD, "x.uvl:2:10: found name 'xx'"),
        ("include\n\tSAT\n" + HEAD, "x.uvl:2:2: found name 'SAT'"),
        ("namespace 1\n" + HEAD, "x.uvl:1:11: found number 1"),
        ("features\n\tR\n\tQ\n", "x.uvl:3:2: found a second feature beside the root"),
        ("features\n\tR\n\t\tsome\n\t\t\ta\n", "x.uvl:3:3: found name 'some', expected a group"),
        ("features\n\tR\n\t\tor {x}\n\t\t\ta\n", "x.uvl:3:6: found '{', expected the end of the line"),
        ("features\n\tR\n\t\toptional\n", "x.uvl:3:3: found an empty group"),
        (HEAD + "\t\t  b\n", "x.uvl:5:5: found an indentation of 18 columns"),
        (HEAD + "\t\t\tmandatory\n", "x.uvl:5:4: found keyword 'mandatory', expected a feature, one level deeper"),
        (HEAD + "\t\t\tb c\n", "x.uvl:5:6: found name 'c'"),
        (HEAD + "\t\t\tb.c\n", "x.uvl:5:4: found b.c, expected a name without a dot"),
        (HEAD + "\t\t\tBoolean\n", "x.uvl:5:11: found the end, expected a feature name"),
        (HEAD + "\t\t\tb cardinality 2\n", "x.uvl:5:18: found number 2, expected [number]"),
        (HEAD + "\t\t\tb {p 1\n", "x.uvl:5:6: found '{' without its end"),
        (HEAD + "\t\t\tb {p (}\n", "x.uvl:5:6: found '{' without its end"),
        (HEAD + "\t\t\tb /* c\n", "x.uvl:5:6: found a comment without its end"),
        (HEAD + "\t\t\tb {p 1 2}\n", "x.uvl:5:11: found number 2, expected ',' or '}'"),
        (HEAD + "\t\t\tb {sum 1}\n", "x.uvl:5:7: found keyword 'sum', expected an attribute name"),
        (HEAD + "\t\t\tb {p \"x\"}\n", "x.uvl:5:9: found name \"x\", expected a value"),
        (HEAD + "\t\t\tb {p [1]}\n", "x.uvl:5:9: found cardinality [1], expected a vector"),
        (HEAD + "\t\t\tb {p {q 1,\n q 2}}\n", "x.uvl:6:2: found the key 'q' twice"),
        (HEAD + "\t\t\tb {abstract 1}\n", "x.uvl:5:16: found number 1, expected abstract alone"),
        (HEAD + "\t\t\tb {p {domain [1, 2], unit 'px'}}\n", "x.uvl:5:7: found 'unit' in the domain of"),
        (HEAD + "\t\t\tb {p {domain [[1, 2]]}}\n", "x.uvl:5:7: found a nested value in the domain"),
        (HEAD + "\t\t\tb {constraint a |}\n", "x.uvl:5:21: found '}'"),
        (HEAD + "\t\t\tb {constraints [a, ]}\n", "x.uvl:5:23: found ']', expected a constraint"),
        (HEAD + "\t\t\tb {array_constraints 'a[1]'}\n", "x.uvl:5:25: found text 'a[1]', expected '['"),
        (HEAD + "\t\t\tb {array_constraints ['a[1', 'a']}\n", "x.uvl:5:30: found the end, expected ',' or ']'"),
        (HEAD + "constraints\n\ta =>\n", "x.uvl:6:6: found the end"),
        (HEAD + "constraints\n\ta\n\t\ta\n", "x.uvl:7:3: found an indentation of 16 columns, expected 8"),
        (HEAD + "\t\t\tb\0\n", "x.uvl:5:5: found a NUL character"),
        ("\ufeff" + HEAD, "x.uvl:1:1: found a byte order mark"),
        ("imports\n\t..up as u\nfeatures\n\tu.R\n", "x.uvl:2:2: found '.'"),
        ("imports\n\t\"/etc/x\" as u\nfeatures\n\tu.R\n", "x.uvl:2:2: found a path that leaves the folder"),
        ("imports\n\tm as u\nfeatures\n\tu.R {bound {Block 'x'}}\n", "x.uvl:4:7: found bound Block 'x'"),
        ("imports\n\tm as u\nfeatures\n\tu.R {bound 3}\n", "x.uvl:4:7: found bound  3"),
    ],
)  # fmt: skip
def test_syntax_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_uvl(text, "x.uvl")
    assert not isinstance(caught.value, ModelError)
    assert str(caught.value).startswith(message)
    assert ", expected " in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "\t\t\tb\n\t\t\t\tor\n\t\t\t\t\ta\n", "x.uvl:7:6: found a second feature 'a', expected unique names"),
        (HEAD + "constraints\n\ta => b\n", "x.uvl:6:7: found unknown feature 'b'"),
        (HEAD + "constraints\n\tb.p > 1\n", "x.uvl:6:2: found unknown feature 'b' in b.p"),
        (
            HEAD + 'constraints\n\tR == "b c"\n',
            "x.uvl:6:7: found unknown feature 'b c', expected a feature of the model; a text stands in single quotes,"
            " 'b c'",
        ),
        (
            HEAD + "\t\t\tM cardinality [1..3]\nconstraints\n\ta => M_2_x\n",
            "x.uvl:7:7: found unknown feature 'M_2_x', expected a feature of the model; 'M' is a multi-feature:"
            " array_constraints ['...'] names its instances, as in M[2]",
        ),
        (HEAD + "constraints\n\ta.q > 1\n", "x.uvl:6:2: found unknown attribute a.q, expected one that 'a' has: p"),
        (HEAD + "constraints\n\ta.p.q > 1\n", "x.uvl:6:2: found unknown attribute a.p.q"),
        (HEAD + "constraints\n\tsum(q) > 1\n", "x.uvl:6:2: found unknown attribute 'q' in sum"),
        (HEAD + "constraints\n\tsum(p, b) > 1\n", "x.uvl:6:2: found unknown feature 'b' in sum"),
        (HEAD + "\t\t\tb {array_constraints ['c[1]']}\n", "x.uvl:5:27: found unknown feature 'c'"),
        (HEAD + "\t\t\tb {p 1, p 2}\n", "x.uvl:5:12: found attribute 'p' of 'b' twice"),
        (HEAD + "\t\t\tb cardinality [3..2]\n", "x.uvl:5:4: found cardinality [3..2]"),
        (HEAD + "\t\t[-1..2]\n\t\t\tb\n", "x.uvl:5:3: found cardinality [-1..2]"),
        (HEAD + "\t\t\tb {p {domain []}}\n", "x.uvl:5:7: the domain of b.p is empty"),
        (HEAD + "\t\t\tb {p {domain [1, 2], default 3}}\n", "x.uvl:5:7: the domain of b.p lacks its default 3"),
    ],
)  # fmt: skip
def test_meaning_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_uvl(text, "x.uvl")
    assert str(caught.value).startswith(message)
    assert len(caught.value.problems) == 1


def test_all_problems_of_a_file_come_together_first_cause_first() -> None:
    with pytest.raises(ReadError) as caught:
        read_uvl(
            "features\n\tR\n\t\tor\n\t\t\ta {1}\n\t\t\tb c\n\t\t\t\tor\n\t\t\t\t\td\nconstraints\n\ta &\n\tq\n\t=>\n",
            "x.uvl",
        )
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "x.uvl:4:7:",
        "x.uvl:5:6:",
        "x.uvl:9:5:",
        "x.uvl:11:2:",
    ]
    with pytest.raises(ModelError) as caught:
        read_uvl(HEAD + "\t\t\ta\nconstraints\n\tx => y\n\ta.z > 1\n", "x.uvl")
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "x.uvl:5:4:",
        "x.uvl:7:2:",
        "x.uvl:7:7:",
        "x.uvl:8:2:",
    ]
    with pytest.raises(ReadError) as caught:
        read_uvl(HEAD + "constraints\n" + "\ta &\n" * 5_000, "x.uvl")
    assert len(caught.value.problems) == 101
    assert caught.value.problems[-1] == "x.uvl: 4900 further problems"


def test_a_restriction_of_an_imported_model() -> None:
    restriction = read_uvl(
        "imports\n\tsub.net as d\nfeatures\n"
        "\td.Net {bound {Block 5, Cell 3}, array_constraints ['atmost(1, k, d.Out[b,k])', 'Out[1, 1]']}\n"
        "constraints\n\t!d.Pad & Block_1_Drop\n\td.Conv.filters <= 128\n",
        "here/small.uvl",
    )  # fmt: skip
    assert isinstance(restriction, Restriction)
    assert Path(restriction.model_path) == Path("here/sub/net.uvl")
    assert restriction.bounds == {"Block": 5, "Cell": 3}
    out = FeatureRef("Out", (IndexVariable("b"), IndexVariable("k")))
    assert [(c.formula, c.is_indexed) for c in restriction.constraints] == [
        (Quantified("atmost", 1, "k", out), True),
        (FeatureRef("Out", (Constant(1), Constant(1))), True),
        (And((Not(FeatureRef("Pad")), FeatureRef("Block_1_Drop"))), False),
        (Comparison("<=", AttributeRef("Conv", "filters"), Constant(128)), False),
    ]
    assert str(restriction.span) == "here/small.uvl:4:2"


def test_without_alias_the_import_is_known_by_its_path() -> None:
    restriction = read_uvl("imports\n\tsub.net\nfeatures\n\tsub.net.Net\nconstraints\n\tsub.net.A\n", "x.uvl")
    assert isinstance(restriction, Restriction)
    assert restriction.constraints[0].formula == FeatureRef("A")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("imports\n\tm as u\nfeatures\n\tu.R {abstract}\n", "x.uvl:4:2: found a type, cardinality, abstract mark"),
        ("imports\n\tm as u\nfeatures\n\tu.R {cost 3}\n", "x.uvl:4:7: found attribute 'cost' at an imported root"),
        (HEAD + "constraints\n\tavg(a.p) > 1\n", "x.uvl:6:6: found avg of 'p' at one feature"),
        (HEAD + "\t\t\tb {v " + "[" * 60 + "]" * 60 + "}\n", "x.uvl:5:60: found values nested deeper than 50"),
    ],
)
def test_what_is_not_supported_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        read_uvl(text, "x.uvl")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.uvl: no such file"):
        read_model_file(str(tmp_path / "none.uvl"))
    with pytest.raises(ReadError, match=r": is a directory"):
        read_model_file(str(tmp_path))
    with pytest.raises(ReadError, match=r": .*null"):
        read_model_file("a\0b")
    file = tmp_path / "x.uvl"
    file.write_bytes(b'features\n\tR\n\t\tor\n\t\t\t"\xff"\n')
    with pytest.raises(ReadError, match=r"x\.uvl:4:5: found the byte 0xff, expected UTF-8"):
        read_model_file(str(file))
    for start in (b"", b"\xef\xbb\xbf"):  # a byte order mark at the start of a file is no part of its text
        file.write_bytes(start + HEAD.encode())
        assert read_model_file(str(file)) == read_model(HEAD)
    with pytest.raises(ReadError, match=r"x\.uvl:1:1: found a byte order mark"):
        read_uvl("\ufefffeatures\n\tR\n", "x.uvl")


@pytest.mark.parametrize("cut", range(0, 300, 7))
def test_a_file_that_is_cut_or_damaged_anywhere_never_ends_in_a_traceback(cut: int) -> None:
    text = (
        "namespace n\nfeatures\n\tR {array_constraints ['F[i] => !F[i+1]']}\n\t\tmandatory\n\t\t\tF cardinality [1..2]"
        " {p {domain ['a b', 1, 2.5], default 1}, constraint sum(p) >= 2 | (!F & R), v [1, {x 'y'}]}\n"
        "\t\t[1..*]\n\t\t\t\"x y\" // c\n"
        "constraints\n\tF.p == 'a b' => \"x y\" /* c */ <=> R\n\tlen(F) - 1 > avg(p, F) / 2\n"
    )  # fmt: skip
    for damaged in (
        text[:cut],
        text[:cut] + text[cut + 1 :],
        *(text[:cut] + sign + text[cut:] for sign in "'\"{[(\n\t]@,"),
    ):
        try:
            read_uvl(damaged, "x.uvl")
        except FeatureNetError as error:
            assert str(error).startswith("x.uvl")  # noqa: PT017  # most cuts fail, some give a model


def test_thousands_of_levels_and_features() -> None:
    deep = "features\n" + "".join("\t" * i + ("f" + str(i) if i % 2 else "or") + "\n" for i in range(1, 3_000))
    assert sum(1 for _ in read_model(deep).features()) == 1_500
    wide = "features\n\tR\n\t\toptional\n" + "".join(
        f"\t\t\tf{i}\n\t\t\t\talternative\n\t\t\t\t\ta{i} {{cost {i}}}\n\t\t\t\t\tb{i}\n" for i in range(1_100)
    )
    start = time.process_time()
    assert sum(1 for _ in read_model(wide).features()) == 3_301
    assert time.process_time() - start < 1.0  # 0.05 s on a slow core; the rest is room for a loaded machine
