"""Features that are in every configuration, in none, or falsely optional in the tree."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import GroupKind
from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.limits import OutOfTimeError, deadline
from featurenet_uvl.solvers.session import PAUSE, Session


@dataclass(frozen=True, slots=True)
class Decided:
    """The decided features of a CNF, by name, in the order of the CNF.

    `core` features are in every configuration, `dead` ones in none. `false_optional` ones are optional or in a group by
    the tree, yet in every configuration that has their parent, of which at least one exists; None without a tree.
    Without any configuration all three are empty. FeatureIDE also counts two kinds as false-optional that add no new
    information: dead features whose parent is dead, too, and the only member of an `or` or `alt` element.
    """

    is_satisfiable: bool
    core: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    false_optional: tuple[str, ...] | None = None


def decided_features(
    cnf: Cnf, model: BooleanModel | None = None, time_limit_s: float = 600.0, pause: int = PAUSE
) -> Decided:
    """Return the core, dead and false-optional features.

    Args:
        cnf: The formula.
        model: The model that the CNF was compiled from, for its tree.
        time_limit_s: Seconds for all of it.
        pause: Conflicts of the solver between two looks at the clock.

    Raises:
        LimitError: The time was over first.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> decided_features(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2,))))
    Decided(is_satisfiable=True, core=('App',), dead=('Log',), false_optional=None)
    """
    features = range(1, cnf.variables.feature_count + 1)
    with Session(cnf.clauses, len(cnf.variables), is_over=deadline(time_limit_s), pause=pause) as session:
        try:
            found = backbone(session, (sign * feature for feature in features for sign in (1, -1)))
            if found is None:
                return Decided(False, false_optional=None if model is None else ())
            optional = None if model is None else tuple(_false_optional(session, model, cnf, found))
        except OutOfTimeError:
            raise LimitError(f"found no answer of the SAT solver within {time_limit_s:g} s") from None
    names = cnf.variables.names
    return Decided(
        True,
        core=tuple(names[feature - 1] for feature in features if feature in found),
        dead=tuple(names[feature - 1] for feature in features if -feature in found),
        false_optional=optional,
    )


def _false_optional(session: Session, model: BooleanModel, cnf: Cnf, decided: Set[int]) -> Iterator[str]:
    """Yield the features outside mandatory groups that no solution with their parent lacks, unless they are dead."""
    left = {child: parent for child, parent in _optional_pairs(model, cnf) if -child not in decided}
    session.prefer(-child for child in left)
    while left:
        child, parent = next(iter(left.items()))
        if session.solve([parent, -child]):
            row = session.model()
            left = {c: p for c, p in left.items() if row[p - 1] < 0 or row[c - 1] > 0}
        else:
            yield cnf.variables.names[child - 1]
            del left[child]


def _optional_pairs(model: BooleanModel, cnf: Cnf) -> list[tuple[int, int]]:
    """Return the variables of each feature that its group does not force, and of its parent, in document order."""
    variables = {name: number for number, name in enumerate(cnf.variables.feature_names, 1)}
    pairs: dict[int, int] = {}
    for feature in model.model.features():
        for group in feature.groups:
            forced = group.kind in (GroupKind.OR, GroupKind.ALTERNATIVE) and len(group.members) == 1
            if group.kind is not GroupKind.MANDATORY and not forced:
                pairs.update((variables[member.name], variables[feature.name]) for member in group.members)
    return sorted(pairs.items())
