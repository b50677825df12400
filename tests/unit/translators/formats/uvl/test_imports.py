"""Models composed of several UVL files: their names, the content that comes along, and each mistake with its place."""

from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError, ModelError, ReadError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl

ENGINE = """\
features
	Engine {abstract}
		alternative
			Petrol {cost 5}
			Diesel {cost 7, note 'x'}
constraints
	Petrol => Engine
	sum(cost) < 7
"""


def write_files(folder: Path, **texts: str) -> str:
    """Write `a__b=text` to a/b.uvl, and so on; return the path of main.uvl."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".uvl")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder / "main.uvl")


def read(folder: Path, **texts: str) -> FeatureModel:
    model = read_model(write_files(folder, **texts))
    assert isinstance(model, FeatureModel)
    return model


MAIN = """\
imports
	parts.engine as e
	parts.engine as f
features
	Car {cost 100}
		mandatory
			e.Engine {size 2}
		optional
			f.Engine cardinality [1..2]
constraints
	f.Engine => e.Diesel | e.Petrol.cost + e.Engine.size > 6
	sum(cost, f.Engine) >= 0
"""


def test_a_file_under_two_aliases_is_two_subtrees(tmp_path: Path) -> None:
    model = read(tmp_path, main=MAIN, parts__engine=ENGINE)
    assert write_uvl(model) == (
        "features\n\tCar {cost 100}\n\t\tmandatory\n"
        "\t\t\te_Engine {abstract, size 2}\n\t\t\t\talternative\n\t\t\t\t\te_Petrol {cost 5}\n"
        "\t\t\t\t\te_Diesel {cost 7, note 'x'}\n\t\toptional\n"
        "\t\t\tf_Engine cardinality [1..2] {abstract}\n\t\t\t\talternative\n\t\t\t\t\tf_Petrol {cost 5}\n"
        "\t\t\t\t\tf_Diesel {cost 7, note 'x'}\n\nconstraints\n"
        "\tf_Engine => e_Diesel | e_Petrol.cost + e_Engine.size > 6\n\tsum(cost, f_Engine) >= 0\n"
        "\te_Petrol => e_Engine\n\tsum(cost, e_Engine) < 7\n"
        "\tf_Petrol => f_Engine\n\tsum(cost, f_Engine) < 7\n"
    )
    places = {feature.name: str(feature.span) for feature in model.features()}
    assert places["f_Engine"].endswith("main.uvl:9:4")
    assert places["f_Petrol"].endswith("engine.uvl:4:4")


def test_constraints_of_an_imported_file_mean_the_same_there(tmp_path: Path) -> None:
    alone = read(tmp_path, main=ENGINE)
    main = "imports\n\tengine as e\nfeatures\n\tCar {cost 100}\n\t\tmandatory\n\t\t\te.Engine\n"
    composed = read(tmp_path, main=main, engine=ENGINE)
    assert len(enumerate_configurations(composed)) == len(enumerate_configurations(alone)) == 1


def test_imports_of_imports_have_dotted_names(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        main="imports\n\tsub.mid as m\nfeatures\n\tR\n\t\tor\n\t\t\tm.Mid\nconstraints\n\tm.low.A | m.low.Low.p > 1\n",
        sub__mid="imports\n\tlow\nfeatures\n\tMid\n\t\tor\n\t\t\tlow.Low\nconstraints\n\tlow.A => Mid\n",
        sub__low="features\n\tLow {p 2}\n\t\toptional\n\t\t\tA\n",
    )
    assert [feature.name for feature in model.features()] == ["R", "m_Mid", "m_low_Low", "m_low_A"]
    assert write_uvl(model).endswith("\tm_low_A | m_low_Low.p > 1\n\tm_low_A => m_Mid\n")


def test_an_imported_root_with_children_of_its_own_is_an_extended_model(tmp_path: Path) -> None:
    main = "imports\n\tengine as e\nfeatures\n\te.Engine\n\t\toptional\n\t\t\tTurbo\nconstraints\n\tTurbo => e.Diesel\n"
    model = read(tmp_path, main=main, engine=ENGINE.replace("\tsum(cost) < 7\n", ""))
    assert [feature.name for feature in model.features()] == ["e_Engine", "Turbo", "e_Petrol", "e_Diesel"]
    assert len(enumerate_configurations(model)) == 3


def test_an_imported_restriction_brings_the_restricted_model(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        main="imports\n\tsmall as s\nfeatures\n\tR\n\t\tmandatory\n\t\t\ts.Net\n",
        small="imports\n\tnet as d\nfeatures\n\td.Net {bound {Cell 1}}\nconstraints\n\td.A | d.Cell\n",
        net="features\n\tNet\n\t\toptional\n\t\t\tCell cardinality [1..3]\n\t\t\tA\n",
    )
    assert "s_Cell cardinality [1..1]" in write_uvl(model)
    assert write_uvl(model).endswith("\ts_A | s_Cell\n")


def test_notes_and_descriptions_come_along(tmp_path: Path) -> None:
    sub = (
        "features\n\tS {featureide__ {hidden true}, featureide_model__ {comment 'c', \"rule:1:tags\" 't',"
        " \"constraint:1:description\" 'why', \"graphics:layout\" 'x'}}\n\t\tor\n\t\t\tA\nconstraints\n\tA => S\n"
    )
    main = "imports\n\tsub\nfeatures\n\tR\n\t\tor\n\t\t\tsub.S\nconstraints\n\tR\n"
    model = read(tmp_path, main=main, sub=sub)
    assert model.notes == (("comment", "c"), ("rule:2:tags", "t"))
    assert [constraint.description for constraint in model.constraints] == ["", "why"]
    assert list(model.features())[1].notes == (("hidden", "true"),)


HEAD = "imports\n\tsub as s\n"
TREE = "features\n\tR\n\t\tor\n\t\t\ts.S\n"
SUB = "features\n\tS {p 1}\n\t\tor\n\t\t\tA\n"


@pytest.mark.parametrize(
    ("main", "sub", "kind", "messages"),
    [
        (HEAD + TREE, None, ReadError, ["main.uvl:2:2: the import cannot be read: ", "sub.uvl: no such file"]),
        (HEAD + TREE, "features\n\tS {\n", ReadError, ["sub.uvl:2:4: found '{' without its end"]),
        (HEAD + TREE.replace("s.S", "s.A"), SUB, ModelError, ["main.uvl:6:4: found s.A", "s.S (at", "sub.uvl:2:2)"]),
        (HEAD + TREE.replace("s.S", "t.S"), SUB, ModelError, ["main.uvl:6:4: found t.S", "root of an import (s)"]),
        (HEAD + TREE + "\t\t\ts.S\n", SUB, ModelError, ["main.uvl:6:4: found s.S twice", "main.uvl:7:4"]),
        (HEAD + "\tsub as s\n" + TREE, SUB, ModelError, ["main.uvl:3:2: found the alias s twice"]),
        (HEAD + "\tsub as t\n" + TREE + "constraints\n\tt.A\n", SUB, ModelError,
         ["main.uvl:9:2: found t.A, expected t.S in the tree; the import is at ", "main.uvl:3:2"]),
        (HEAD + "features\n\tR {bound {A 1}}\n", SUB, ModelError,
         ["main.uvl:2:2: found an import that is nowhere in the tree"]),
        (HEAD + TREE + "\t\t\ts_A\n", SUB, ModelError, ["sub.uvl:4:4: s.A would be called 's_A'", "main.uvl:7:4"]),
        (HEAD + TREE + "constraints\n\ts.B\n", SUB, ModelError, ["main.uvl:8:2: found unknown feature 's' in s.B"]),
        (HEAD + TREE + "constraints\n\tA\n", SUB, ModelError, ["main.uvl:8:2: found unknown feature 'A'"]),
        (HEAD + TREE + "\t\t\ts {S 1}\nconstraints\n\ts.S\n", SUB, ModelError, ["found s.S, expected one meaning"]),
        (HEAD + TREE, "imports\n\tmain\nfeatures\n\tS\n\t\tor\n\t\t\tmain.R\n", ModelError,
         ["sub.uvl:2:2: found an import of", "(main.uvl -> sub.uvl -> main.uvl)"]),
        (HEAD + TREE, "imports\n\tsub as d\nfeatures\n\td.S\n", ModelError, ["(sub.uvl -> sub.uvl)"]),
        (HEAD + TREE.replace("s.S", "s.S {p 2}"), SUB, ModelError, ["found attribute 'p' of 's_S' twice"]),
        (HEAD + TREE.replace("s.S", "Integer s.S"), SUB, ModelError, ["main.uvl:6:12: found Integer at an imported"]),
        (HEAD + TREE.replace("s.S", "s.S cardinality [2]"), SUB.replace("S {", "S cardinality [2] {"), ModelError,
         ["main.uvl:6:4: found a cardinality at an imported root that has one"]),
        (HEAD + TREE, SUB.replace("p 1", "rules ['tensor-shapes']"), ModelError, ["found an import of a model with r"]),
    ],
)  # fmt: skip
def test_each_fault_has_its_places(
    tmp_path: Path, main: str, sub: str | None, kind: type[FeatureNetError], messages: list[str]
) -> None:
    texts = {"main": main} | ({} if sub is None else {"sub": sub})
    with pytest.raises(kind) as caught:
        read(tmp_path, **texts)
    assert type(caught.value) is kind
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(
    "main",
    [
        "imports\n\tsub\n\tsub as t\nfeatures\n\tR\n\t\tor\n\t\t\tsub.S\n\t\t\tB\n",
        "imports\n\tsub\nfeatures\n\tR\n\t\toptional\n\t\t\tB\n",
        "imports\n\tsub\nfeatures\n\tR\n",
        "imports\n\tsub\nfeatures\n\tR\nconstraints\n\tR\n",
    ],
)
def test_an_import_that_is_nowhere_in_the_tree_brings_nothing(tmp_path: Path, main: str) -> None:
    sub = "features\n\tS {p 1}\n\t\tor\n\t\t\tA\nconstraints\n\tS => A\n\t!A\n"
    model = read(tmp_path, main=main, sub=sub)
    count = int("sub.S" in main)
    assert len([feature for feature in model.features() if feature.name.endswith("_S")]) == count
    assert sum(1 for constraint in model.constraints if constraint.span.path.endswith("sub.uvl")) == 2 * count


def test_files_that_grow_exponentially_are_refused(tmp_path: Path) -> None:
    texts = {"main": "imports\n\tf0\nfeatures\n\tR\n\t\tor\n\t\t\tf0.R\n"}
    for number in range(30):
        name = f"f{number + 1}"
        texts[f"f{number}"] = f"imports\n\t{name} as a\n\t{name} as b\nfeatures\n\tR\n\t\tor\n\t\t\ta.R\n\t\t\tb.R\n"
    texts["f30"] = "features\n\tR\n\t\tor\n" + "".join(f"\t\t\tx{i}\n" for i in range(4))
    with pytest.raises(ModelError, match=r"found imports with \d+ features, expected at most 2000"):
        read_uvl(texts["main"], write_files(tmp_path, **texts), max_imported=2_000)
