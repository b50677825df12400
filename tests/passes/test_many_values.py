"""Comparisons of variables with many values: exact, and as small as the domain."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.expression import ComparisonOperator, FeatureRef
from featurenet_uvl.translators.encodings import cardinality
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.pseudo_boolean.choices import Addend, compare_choices
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.encodings.pseudo_boolean.ordered_choice import OrderedChoice
from featurenet_uvl.translators.limits import CompileLimits
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.passes.before_after import read, truth

HOLDS: Mapping[ComparisonOperator, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MODEL = """
features
    R
        mandatory
            Integer S {{{given}}}
        optional
            top
constraints
    S >= {half} => !top
"""


def compiled(given: str, count: int, more: str = "") -> Cnf:
    return compile_feature_model(read(MODEL.format(given=given, half=count // 2) + more), verify_each=True)


def by_domain(count: int) -> Cnf:
    return compiled(f"domain [{', '.join(map(str, range(1, count + 1)))}]", count)


@pytest.mark.parametrize("count", [10, 16, 17, 64, 65, 100, 1_000, 1_001, 4_000])
def test_a_range_is_as_small_as_the_list_of_its_values(count: int) -> None:
    listed, ranged = by_domain(count), compiled(f"constraint S >= 1 & S <= {count}", count)
    assert len(ranged.variables) == len(listed.variables)
    assert len(ranged.clauses) <= len(listed.clauses) + 1  # a table may be one clause
    assert len(listed.clauses) <= 9 * count + 10


def test_the_size_grows_without_a_jump() -> None:
    sizes = [len(by_domain(count).clauses) for count in range(17, 300)]
    assert all(0 <= after - before <= 30 for before, after in pairwise(sizes))


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ("constraint 1 <= S & 100 >= S", ""),
        ("constraint S > 0 & S < 101", ""),
        ("constraint S > 0 & !(S > 100)", ""),
        ("constraint !(S < 1 | S > 100)", ""),
        ("constraint S => S >= 1 & S <= 100", ""),
        ("constraint S >= 1", "    S <= 100\n"),
        ("constraint S + 1 >= 2", "    S - 1 <= 99\n"),
        ("constraint 2 * S <= 200", "    -3 * S <= -3\n"),
        ("constraint 200 - S >= 100", "    0 <= S - 1\n"),
        ("constraint S - 101 < 0", "    S / 2 > 0\n"),
        ("constraint S <=> S >= 1 & S <= 100", ""),
        ("constraint S >= 1 & S <= 60 | S > 60 & S <= 100", ""),
        ("constraint S > 0.5 & S < 100.5", ""),
    ],
)
def test_every_spelling_of_a_range_gives_the_same_clauses(given: str, more: str) -> None:
    expected, found = compiled("constraint S >= 1 & S <= 100", 100), compiled(given, 100, more)
    assert found.variables.names == expected.variables.names
    assert len(found.clauses) <= len(expected.clauses) + 1
    assert solutions(found, "S_value", range(1, 101)) == solutions(expected, "S_value", range(1, 101))


def solutions(cnf: Cnf, head: str, values: Sequence[int]) -> list[int]:
    """Return the values of an attribute that some configuration takes."""
    number = {name: at for at, name in enumerate(cnf.variables.names, 1)}
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        return [value for value in values if solver.solve([number[f"{head}_{value}"]])]


def test_values_without_a_range_cost_their_clauses_only() -> None:
    gaps = compiled("constraint S == 3 | S == 5 | S >= 90 & S <= 95", 90)
    assert solutions(gaps, "S_value", [3, 5, 90, 91, 92, 93, 94, 95]) == [3, 5, 90, 91, 92, 93, 94, 95]
    assert len(gaps.clauses) < 60


@pytest.mark.parametrize("count", range(1, 70))
def test_exactly_one_of_many_is_exact_and_determined(count: int) -> None:
    builder = ClauseBuilder(["parent", *(f"v{n}" for n in range(count))])
    cardinality.exactly_one_if(builder, 1, range(2, count + 2))
    with Solver(name="minisat22", bootstrap_with=builder.clauses) as solver:
        assert solver.solve([-1, -2])
        assert all(not solver.solve([-1, literal]) for literal in range(2, count + 2))
        assert not solver.solve([1, *(-literal for literal in range(2, count + 2))])
        for literal in range(2, count + 2):
            rest = [-other for other in range(2, count + 2) if other != literal]
            assert solver.propagate([literal])[1][: count + 1] != []
            assert set(rest) | {1} <= set(solver.propagate([literal])[1])
    assert len(builder.clauses) <= 4 * count + 10


CHOICES = settings(max_examples=150, derandomize=True, deadline=None, database=None)


@CHOICES
@given(st.data())
def test_a_set_of_values_holds_for_these_values(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 150))
    definitions = Definitions(frozenset())
    owner, literals = FeatureRef("F"), [FeatureRef(f"x{n}") for n in range(count)]
    choice = OrderedChoice(literals, owner, definitions)
    sets = data.draw(st.lists(st.tuples(st.lists(st.integers(0, count), max_size=12), st.booleans()), max_size=5))
    answers = []
    for cuts, without in sets:
        held = [sum(cut <= at for cut in cuts) % 2 == 1 for at in range(count)]
        answers.append((held, without, choice.among(held, without)))
    for taken in (*range(count), None):
        known = {"F": taken is not None, **{f"x{n}": n == taken for n in range(count)}}
        evaluate(definitions, known)
        for held, without, formula in answers:
            assert truth(formula, known) == (without if taken is None else held[taken])


def evaluate(definitions: Definitions, known: dict[str, bool]) -> None:
    """Add the truth of all definitions; each must equal its dual."""
    for definition in definitions.found:
        known[definition.name] = truth(definition.formula, known)
        assert definition.dual is None or truth(definition.dual, known) == known[definition.name]


WEIGHTS = st.integers(-9, 9) | st.sampled_from([Fraction(1, 2), Fraction(-3, 10)])


@CHOICES
@given(
    st.lists(
        st.tuples(st.sets(WEIGHTS, min_size=1, max_size=7), st.booleans(), st.none() | st.integers(-3, 3)),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(list(HOLDS)),
    st.integers(-12, 12) | st.just(Fraction(1, 5)),
    st.booleans(),
)
def test_a_sum_of_choices_compares_as_its_numbers_do(
    drawn: list[tuple[set[int | Fraction], bool, int | None]],
    sign: ComparisonOperator,
    bound: int | Fraction,
    as_diagram: bool,
) -> None:
    definitions = Definitions(frozenset(), CompileLimits(max_diagram_edges=50_000 if as_diagram else 0))
    addends = []
    for number, (weights, falls, absent) in enumerate(drawn):
        literals = [FeatureRef(f"x{number}_{at}") for at in range(len(weights))]
        choice = OrderedChoice(literals, FeatureRef(f"F{number}"), definitions)
        ordered = [Fraction(weight) for weight in sorted(weights, reverse=falls)]
        addends.append(Addend(choice, ordered, None if absent is None else Fraction(absent)))
    formula = compare_choices(addends, sign, Fraction(bound), definitions)
    for taken in product(*((*range(len(addend.weights)), None) for addend in addends)):
        known = {}
        for number, (addend, at) in enumerate(zip(addends, taken)):
            known[f"F{number}"] = at is not None
            known.update({f"x{number}_{n}": n == at for n in range(len(addend.weights))})
        evaluate(definitions, known)
        numbers = [addend.absent if at is None else addend.weights[at] for addend, at in zip(addends, taken)]
        if all(number is not None for number in numbers):
            total = sum((number for number in numbers if number is not None), Fraction(0))
            assert truth(formula, known) == HOLDS[sign](total, Fraction(bound))


@pytest.mark.parametrize("edges", [50_000, 100])
@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        ("S <= T", lambda s, t: s <= t),
        ("2 * S - 3 * T == 4", lambda s, t: 2 * s - 3 * t == 4),
        ("S + T > 70", lambda s, t: s + t > 70),
        ("S != 2 * T - 5", lambda s, t: s != 2 * t - 5),
    ],
)
def test_two_variables_of_many_values_compare_as_numbers_do(
    constraint: str, holds: Callable[[int, int], bool], edges: int
) -> None:
    cnf = compile_feature_model(
        read(
            f"""
            features
                R
                    mandatory
                        Integer S {{constraint S >= 1 & S <= 50}}
                    optional
                        Integer T {{constraint T => T >= 3 & T <= 60}}
            constraints
                {constraint}
            """
        ),
        limits=CompileLimits(max_diagram_edges=edges),
    )
    number = {name: at for at, name in enumerate(cnf.variables.names, 1)}
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        for s in range(1, 51):
            chosen = number[f"S_value_{s}"]
            assert solver.solve([chosen, -number["T"]]) == holds(s, 0)
            for t in range(3, 61):
                assert solver.solve([chosen, number[f"T_value_{t}"]]) == holds(s, t)
    assert len(cnf.clauses) < 3_500


def test_a_long_set_of_values_is_written_over_ranges_with_the_same_meaning() -> None:
    model = read(MODEL.format(given=f"domain [{', '.join(map(str, range(1, 101)))}]", half=38))
    listed, ranged = (compile_feature_model(model, limits=CompileLimits(max_listed=most)) for most in (16, 0))
    assert listed.clauses != ranged.clauses
    for cnf in (listed, ranged):
        top = cnf.variables.names.index("top") + 1
        number = {name: at for at, name in enumerate(cnf.variables.names, 1)}
        with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
            assert [s for s in range(1, 101) if solver.solve([top, number[f"S_value_{s}"]])] == list(range(1, 38))
