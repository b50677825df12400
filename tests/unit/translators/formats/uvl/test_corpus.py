"""The UVL reader on models of other people, and against the official grammar.

The corpora lie beside the project, in `../shared/corpus`; without them those tests are skipped.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from featurenet_uvl.errors import FeatureNetError, ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from tests.places import SHARED

CORPUS = SHARED / "corpus"
SEMANTICS = CORPUS / "semantics"
OFFICIAL = CORPUS / "uvl" / "uvl-parser-test-models"

ERROR_PLACES = {
    "e01_dot_in_quoted_name": "4:4",
    "e02_one_int_vector": "4:9",
    "e03_minus_glued_to_number": "6:6",
    "e04_keyword_as_name": "4:4",
    "e05_missing_reference": "6:7",
    "e06_duplicate_name": "7:6",
    "e07_boolean_constant_in_constraint": "6:9",
    "e08_floor_of_expression": "6:12",
}

NOT_READ: dict[str, tuple[type[FeatureNetError], str]] = {
    "lexing/dotinfeaturename.uvl": (ReadError, "2:5: found a dot in the name"),
    "faulty/illegalname.uvl": (ReadError, "4:13: found number 12"),
    "faulty/missingreference.uvl": (ModelError, "7:5: found unknown feature 'C'"),
    "faulty/same_feature_names.uvl": (ModelError, "22:6: found a second feature 'Lightsaber'"),
    "faulty/wrongindent.uvl": (ReadError, "3:5: found a second feature beside the root"),
    # It imports a file that is not there, beside a wrong attribute name.
    "faulty/wrong_attribute_name.uvl": (ReadError, "2:3: the import cannot be read: "),
    # avg("Name of customer".Value): an aggregate of one feature's attribute has no agreed meaning.
    "complex/Horcas2025_Icecream.uvl": (UnsupportedError, "56:9: found avg of 'Value' at one feature"),
}


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.uvl"))


needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside the project")


@needs_corpus
@pytest.mark.parametrize("name", sorted(ERROR_PLACES))
def test_each_error_of_the_semantics_corpus_has_its_place(name: str) -> None:
    path = SEMANTICS / "errors" / f"{name}.uvl"
    with pytest.raises(ReadError) as caught:
        read_model(str(path))
    assert str(caught.value).startswith(f"{path}:{ERROR_PLACES[name]}: found ")


@needs_corpus
def test_every_other_model_of_the_semantics_corpus_reads_back_equal() -> None:
    models = [path for path in files(SEMANTICS) if path.parent.name != "errors"]
    assert len(models) > 30
    for path in models:
        model = read_model(str(path))
        assert isinstance(model, FeatureModel)
        assert read_uvl(write_uvl(model), str(path)) == model
    two_comments = read_model(str(SEMANTICS / "lex" / "l02_two_block_comments.uvl"))
    assert isinstance(two_comments, FeatureModel)
    assert [feature.name for feature in two_comments.features()] == ["R", "a", "X", "b", "c"]


@needs_corpus
def test_the_official_test_models_are_read_or_refused_for_a_known_reason() -> None:
    names = [path.relative_to(OFFICIAL).as_posix() for path in files(OFFICIAL)]
    assert len(names) > 70
    for name in names:
        path = str(OFFICIAL / name)
        if name in NOT_READ:
            kind, message = NOT_READ[name]
            with pytest.raises(kind) as caught:
                read_model(path)
            assert type(caught.value) is kind
            assert str(caught.value).startswith(f"{path}:{message}")
        else:
            model = read_model(path)
            assert isinstance(model, FeatureModel)
            assert read_uvl(write_uvl(model), path) == model


def syntax_error(text: str) -> str | None:
    try:
        read_uvl(text, "x.uvl")
    except (ModelError, UnsupportedError):
        return None
    except ReadError as error:
        return str(error)
    return None


_WORDS = [
    "a",
    "b",
    "a.p",
    '"x y"',
    "1",
    "-1",
    "0",
    "2.5",
    ".5",
    "'t'",
    "&",
    "|",
    "!",
    "=>",
    "<=>",
    "==",
    "!=",
    "<",
    ">",
]
_WORDS += ["<=", ">=", "+", "-", "*", "(", ")", "(", ")", "sum(", "avg(", "len(", "floor(", ",", "true", "[1]", "as"]
_WORDS += ["a'b", "007"]
_OPERANDS = [
    "a",
    "b",
    '"x y"',
    "a.p > 1",
    "a - 1 == 2 * a",
    "a.p",
    "1",
    "-2",
    "'t'",
    "sum(p)",
    "len(a)",
    "2.5",
    "sum(p, b)",
    "(a)",
]
_OPERATORS = ["&", "|", "=>", "<=>", "==", "<", "+", "-", "*", "!="]


def _random_formula(chance: random.Random) -> str:
    if chance.random() < 0.25:
        return "".join(chance.choice(_WORDS) + chance.choice(["", " ", " "]) for _ in range(chance.randint(1, 7)))
    words: list[str] = []
    for _ in range(chance.randint(1, 4)):
        operand = chance.choice(_OPERANDS)
        wrapped = chance.choice(
            [operand, operand, operand, f"!{operand}", f"({operand})", f"({operand}", f"{operand})"]
        )
        words += [wrapped, chance.choice(_OPERATORS[:4] + _OPERATORS)]
    return " ".join(words[:-1])


def test_formulas_are_accepted_exactly_where_the_official_grammar_does(
    official_error: Callable[[str], str | None],
) -> None:
    chance, accepted = random.Random(1), 0
    for _ in range(400):
        formula = _random_formula(chance)
        text = f"features\n\ta {{p 1}}\n\t\toptional\n\t\t\tb\nconstraints\n\t{formula}\n"
        expected, found = official_error(text), syntax_error(text)
        assert (expected is None) == (found is None), f"{formula!r}: official {expected}, ours {found}"
        accepted += expected is None
    assert accepted > 40


_HEADS = ["b", "b", "b", "Integer b", 'String "b c"', "b cardinality [1..2]", "b cardinality [1..*]", "b cardinality 2"]
_HEADS += [
    "b cardinality [2]",
    "Boolean",
    "b c",
    '"b.c"',
    "or",
    "b'",
    "b;x",
    "1b",
    "b cardinality [*]",
    "features",
    "b-c",
]
_HEADS += ["b[1]", "b // y", "cardinality", "b cardinality"]
_ENTRIES = ["x 1", "y", "abstract", "v [1, 2]", "v [1]", "v [ 1]", "v [1 ]", "v []", "n {q 1, r}", "n {}", "s 'a b'"]
_ENTRIES += ["s '// x'", "constraint a => b", "constraints [a, !b]", "constraints []", "constraints [a,]", "constraint"]
_ENTRIES += ["k [1..2]", "k [[2], 'x']", "k [[ 2], 'x']", "b true", "b -2", "sum 1", '"sum" 1', "x.y 2", "{}", "x 1 2"]
_ENTRIES += ["z 3 // no\n", "z\n3", "''"]
_GROUPS = ["optional", "or", "[1..2]", "[2]", "[1..*]", "[*]", "xor", "[1 .. 2]", "optional {x}", "or // c", "[01]"]
_STARTS = ["", "", "namespace a.b\n", "include\n\tBoolean.*\n\tType\n", "// c\n", "\n\n", "include\n\tBoolean.x\n"]
_INDENTS = ["\t\t\t"] * 9 + ["\t\t", "\t\t\t\t", "\t", " \t\t\t", "  "]


def _random_attributes(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return ""
    entries = [chance.choice(_ENTRIES) for _ in range(chance.choice([0, 1, 1, 2]))]
    return "{" + chance.choice([", ", ",", ",\n\t\t\t"]).join(entries) + chance.choice(["}"] * 9 + [""])


def test_lines_are_accepted_exactly_where_the_official_grammar_does(
    official_error: Callable[[str], str | None],
) -> None:
    chance, accepted = random.Random(1), 0
    for _ in range(300):
        group = chance.choice(_GROUPS) if chance.random() < 0.3 else "optional"
        head = chance.choice(_HEADS) if chance.random() < 0.5 else "b"
        text = (
            f"{chance.choice(_STARTS)}features\n\tR{_random_attributes(chance)}\n\t\t{group}\n\t\t\ta\n"
            f"{chance.choice(_INDENTS)}{head}{_random_attributes(chance)}\n{chance.choice(['', '  '])}\n"
            + chance.choice(["\t\t\tc\n", "", "\t\t\t\tor\n\t\t\t\t\tc\n", "\t\tor\n\t\t\tc\n", "\t\tor\n"])
            + chance.choice(["", "constraints\n\ta\n", "constraints\n\n\ta\n\tb\n"])
        )
        expected, found = official_error(text), syntax_error(text)
        assert (expected is None) == (found is None), f"{text!r}: official {expected}, ours {found}"
        accepted += expected is None
    assert accepted > 40
