"""Give each open value the finite domain that all constraints together leave it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import Aggregate, Comparison, walk
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.domains.variables import (
    TYPED,
    Values,
    Variable,
    defined_variables,
    guard_definitions,
    name_of,
    with_domains,
)
from featurenet_uvl.translators.formats.language.definitions import AttributeName, defined_attributes
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes, misused_features
from featurenet_uvl.translators.terms.typed_domains import InfiniteDomainError, typed_domains


def finite_domains(model: FeatureModel, limits: CompileLimits = LIMITS) -> FeatureModel:
    """Return the model in which each typed feature, and each attribute that equations define, has a finite domain.

    A typed feature whose own constraints leave finitely many values stays as it is. For others, a solver says which
    values all constraints together leave, in rounds: values found in one make others known in the next. The
    definition of an attribute demands nothing while its feature is deselected; the attribute counts as 0, or as the
    empty text.

    Needs: a model as read. Gives: finite domains. Keeps: the configurations, which say the values of
    defined attributes.

    Raises:
        ModelError: A value of which infinitely many are left, or a Boolean feature as a value.
        UnsupportedError: A typed feature with too many values.
    """
    equations = defined_attributes(model)
    problems = misused_features(model)
    infinite: dict[str, InfiniteDomainError] = {}
    try:
        typed_domains(model, limits.max_values, infinite)
    except ModelError as error:
        raise ModelError([*problems, *error.problems]) from None
    if problems:
        raise ModelError([*problems, *(line for error in infinite.values() for line in error.problems)])
    if not infinite and not equations:
        return model
    features = {feature.name: feature for feature in model.features()}
    variables = [Variable(name, TYPED, features[name].type, features[name].span) for name in infinite]
    variables.extend(defined_variables(model, equations))
    guarded = guard_definitions(model, equations)
    domains: dict[Variable, Values] = {}
    from featurenet_uvl.translators.domains.questions import finite_values  # loads a solver, which most models need not

    while variables:
        found = finite_values(with_domains(guarded, domains), variables, limits)
        if not found:
            raise ModelError(list(_Open(variables, equations, infinite).problems()))
        domains.update(found)
        variables = [variable for variable in variables if variable not in found]
    return with_domains(guarded, domains)


def discretise(model: FeatureModel, limits: CompileLimits = LIMITS) -> FeatureModel:
    """Return the model without configurable attributes, after each open value has found its domain.

    Raises:
        ModelError, UnsupportedError: As `finite_domains` and `discretise_attributes` say.
    """
    return discretise_attributes(finite_domains(model, limits), limits)


@dataclass(frozen=True, slots=True)
class _Open:
    """The variables for which no round has found a finite domain."""

    variables: list[Variable]
    equations: Mapping[AttributeName, list[Comparison]]
    infinite: Mapping[str, InfiniteDomainError]

    def problems(self) -> Iterator[str]:
        """Yield one line per cause: an infinite typed feature, a circle, an attribute without enough equations."""
        needs = {v.name: self._needs(v) for v in self.variables}
        told: set[AttributeName] = set()
        for variable in self.variables:
            place = f"{variable.span}: found"
            if variable.attribute == TYPED:
                yield from self.infinite[variable.feature].problems
                continue
            circle = _circle(variable.name, needs)
            if circle and not told.intersection(circle):
                names = " and ".join(f"{feature}.{attribute}" for feature, attribute in circle)
                yield f"{place} equations that define {names} in a circle, expected a value that follows from others"
            elif not needs[variable.name]:
                yield (
                    f"{place} no finite set of values of the attribute {'.'.join(variable.name)}, expected an equation"
                    f" that holds whenever {variable.feature!r} is selected; write one without a condition, or with"
                    " the other condition"
                )
            told.update(circle)

    def _needs(self, variable: Variable) -> list[AttributeName]:
        """Return the open variables in the equations of an attribute, itself only if it is on both sides."""
        names = [other.name for other in self.variables]
        found: dict[AttributeName, None] = {}
        for equation in self.equations.get(variable.name, ()):
            own = 0
            for node in walk(equation):
                if isinstance(node, Aggregate):
                    found.update((name, None) for name in names if name[1] == node.attribute)
                elif name_of(node) == variable.name:
                    own += 1
                elif name_of(node) in names:
                    found.update((name, None) for name in names if name == name_of(node))
            if own > 1:
                found[variable.name] = None
        return list(found)


def _circle(start: AttributeName, needs: Mapping[AttributeName, list[AttributeName]]) -> list[AttributeName]:
    """Return a shortest way through defined attributes from one back to itself; nothing if there is none."""
    paths: list[list[AttributeName]] = [[start]]
    seen: set[AttributeName] = set()
    while paths:
        path = paths.pop(0)
        for name in needs[path[-1]]:
            if name == start:
                return path
            if name not in seen and name[1] != TYPED:
                seen.add(name)
                paths.append([*path, name])
    return []
