"""The sources of clauses, and operations on formulas that keep or drop them."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction, restrict
from featurenet_uvl.ir.span import ClauseSources, Source, SourceKind, Span
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model
from tests.places import MODELS

TEXT = """\
features
	Net
		mandatory
			Input {size {domain [1, 2]}}
		optional
			Cell cardinality [1..2]
				alternative
					Dense {units {domain [8, 16]}}
					Drop
constraints
	Drop => Input
	Input.size == 2 => Dense.units == 16
"""

NAMES = ("Net", "Input")
ONE, TWO = (Source(SourceKind.FEATURE, Span("m.uvl", line), name) for line, name in enumerate(NAMES, 2))


def model() -> FeatureModel:
    found = read_uvl(TEXT, "m.uvl")
    assert isinstance(found, FeatureModel)
    return found


def clauses_with_sources(cnf: Cnf) -> dict[str, list[str]]:
    """Return the clauses by name, per source."""
    assert cnf.sources is not None
    found: dict[str, list[str]] = {}
    for position, clause in enumerate(cnf.clauses):
        literals = ("" if v > 0 else "!" for v in clause)
        text = " | ".join(sign + cnf.variables.names[abs(v) - 1] for sign, v in zip(literals, clause, strict=True))
        found.setdefault(str(cnf.sources[position]), []).append(text)
    return found


def test_every_clause_knows_its_place_in_the_source_model() -> None:
    assert clauses_with_sources(compile_feature_model(model(), verify_each=True)) == {
        "feature Net at m.uvl:2:2": ["Net"],
        "feature Input at m.uvl:4:4": ["!Input | Net"],
        "group of Net at m.uvl:3:3": ["!Net | Input"],
        "feature Input_size at m.uvl:4:11": ["!Input_size | Input"],
        "group of Input at m.uvl:4:4": ["!Input | Input_size"],
        "feature Input_size_1 at m.uvl:4:11": ["!Input_size_1 | Input_size"],
        "feature Input_size_2 at m.uvl:4:11": ["!Input_size_2 | Input_size"],
        "group of Input_size at m.uvl:4:11": [
            "!Input_size | Input_size_1 | Input_size_2",
            "!Input_size_1 | !Input_size_2",
        ],
        "feature Cell_1 at m.uvl:6:4": ["!Cell_1 | Net"],
        "feature Cell_2 at m.uvl:6:4": ["!Cell_2 | Net", "!Cell_2 | Cell_1"],
        **{
            key: value
            for n in (1, 2)
            for key, value in {
                f"feature Cell_{n}_Dense at m.uvl:8:6": [f"!Cell_{n}_Dense | Cell_{n}"],
                f"feature Cell_{n}_Drop at m.uvl:9:6": [f"!Cell_{n}_Drop | Cell_{n}"],
                f"group of Cell_{n} at m.uvl:7:5": [
                    f"!Cell_{n} | Cell_{n}_Dense | Cell_{n}_Drop",
                    f"!Cell_{n}_Dense | !Cell_{n}_Drop",
                ],
                f"feature Cell_{n}_Dense_units at m.uvl:8:13": [f"!Cell_{n}_Dense_units | Cell_{n}_Dense"],
                f"group of Cell_{n}_Dense at m.uvl:8:6": [f"!Cell_{n}_Dense | Cell_{n}_Dense_units"],
                f"feature Cell_{n}_Dense_units_8 at m.uvl:8:13": [
                    f"!Cell_{n}_Dense_units_8 | Cell_{n}_Dense_units",
                ],
                f"feature Cell_{n}_Dense_units_16 at m.uvl:8:13": [
                    f"!Cell_{n}_Dense_units_16 | Cell_{n}_Dense_units",
                ],
                f"group of Cell_{n}_Dense_units at m.uvl:8:13": [
                    f"!Cell_{n}_Dense_units | Cell_{n}_Dense_units_8 | Cell_{n}_Dense_units_16",
                    f"!Cell_{n}_Dense_units_8 | !Cell_{n}_Dense_units_16",
                ],
            }.items()
        },
        "constraint at m.uvl:11:2": ["!Cell_1_Drop | Input", "!Cell_2_Drop | Input"],
        "constraint at m.uvl:12:2": [
            "!Cell_1 | !Input_size_2 | Cell_1_Dense_units_16",
            "!Cell_2 | !Input_size_2 | Cell_2_Dense_units_16",
        ],
    }


def test_numbers_of_constraints_are_their_positions_in_the_model_that_is_compiled() -> None:
    further = read_uvl("imports\n\tm as d\nfeatures\n\td.Net\nconstraints\n\td.Drop => d.Net\n\td.Drop\n", "r.uvl")
    assert isinstance(further, Restriction)
    restricted = restrict(model(), further)
    for specialised in (False, True):
        sources = compile_feature_model(restricted, specialised=specialised, verify_each=True).sources
        assert sources is not None
        numbers = {source.number for source, _ in sources.runs() if source.kind is SourceKind.CONSTRAINT}
        for source, _ in sources.runs():
            if source.kind is SourceKind.CONSTRAINT:
                assert restricted.constraints[source.number].span == source.span
        assert 1 in numbers


def test_definitions_come_from_the_constraint_that_needs_them_first() -> None:
    leaves = "\n".join(f"\t\t\tF{n} {{cost {n}}}" for n in range(1, 9))
    text = f"features\n\tR\n\t\toptional\n{leaves}\nconstraints\n\tF1 => F2\n\tsum(cost) <= 20\n\tsum(cost) > 3\n"
    found = read_uvl(text, "m.uvl")
    assert isinstance(found, FeatureModel)
    cnf = compile_feature_model(found, verify_each=True)
    assert cnf.sources is not None
    kinds = {(source.kind, source.number) for source, _ in cnf.sources.runs()}
    assert {(SourceKind.DEFINITION, 1), (SourceKind.CONSTRAINT, 1), (SourceKind.CONSTRAINT, 2)} <= kinds
    for source, run in cnf.sources.runs():
        if source.kind is SourceKind.DEFINITION:
            count = cnf.variables.feature_count
            assert all(any(abs(v) > count for v in clause) for clause in cnf.clauses[run.start : run.stop])


def test_clauses_of_a_rule_set_name_it_and_the_cell() -> None:
    path = str(MODELS / "s1.uvl")
    bounds = {"Block": 1, "Cell": 2}
    cnf = compile_model(path, bounds=bounds)
    plain = compile_model(path, bounds=bounds, with_rules=False)
    assert cnf.sources is not None
    assert plain.sources is not None
    rules = [(source, run) for source, run in cnf.sources.runs() if source.kind is SourceKind.RULE]
    assert min(run.start for _, run in rules) == len(plain.clauses)
    assert {source.name for source, _ in rules} == {f"tensor-shapes: Block_1_Cell_{n}" for n in (1, 2)}
    assert all(source.span.path.endswith("dnn.uvl") for source, _ in rules)
    assert not any(source.kind is SourceKind.RULE for source, _ in plain.sources.runs())


def test_sources_change_neither_bytes_nor_fingerprint_and_a_file_has_none() -> None:
    cnf = compile_feature_model(model())
    bare = Cnf(cnf.variables, cnf.clauses)
    assert bare == cnf
    assert bare.fingerprint() == cnf.fingerprint()
    assert write_dimacs(bare) == write_dimacs(cnf)
    assert read_dimacs(write_dimacs(cnf), "m.cnf").sources is None


def test_further_clauses_have_no_source() -> None:
    cnf = compile_feature_model(model())
    longer = cnf.with_clauses([(2,)])
    assert longer.clauses == (*cnf.clauses, (2,))
    assert longer.sources is None
    longer.verify()


@pytest.mark.parametrize(
    ("sources", "ends"), [((ONE,), (1,)), ((ONE, TWO), (1, 3)), ((ONE, TWO), (2, 2)), ((ONE,), (1, 2)), ((), ())]
)
def test_sources_that_do_not_fit_are_found(sources: tuple[Source, ...], ends: tuple[int, ...]) -> None:
    clauses = ((1,), (-2, 1))
    Cnf(VarMap.from_names(NAMES), clauses, ClauseSources((ONE, TWO), (1, 2))).verify()
    with pytest.raises(ModelError, match="sources of"):
        Cnf(VarMap.from_names(NAMES), clauses, ClauseSources(sources, ends)).verify()


def test_there_is_no_source_beyond_the_last_clause() -> None:
    sources = ClauseSources((ONE, TWO), (1, 3))
    assert [sources[position] for position in range(len(sources))] == [ONE, TWO, TWO]
    for position in (-1, 3):
        with pytest.raises(IndexError):
            sources[position]
