"""The cells into which comparisons divide the values of a variable: within a cell, no comparison changes its truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, pairwise
from math import ceil, floor

from featurenet_uvl.ir.feature_model import FeatureType
from featurenet_uvl.translators.domains.variables import Variable
from featurenet_uvl.translators.terms.typed_domains import as_value

MAX_DIGITS = 12
"""Most digits after the point of the value that stands for an interval."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Values that no comparison tells apart, with one that stands for all of them.

    `rest` are the other values of an interval of whole numbers; None if the cell has infinitely many.
    """

    value: int | float | str
    rest: range | None = range(0)


def cells_of(variable: Variable, bounds: Iterable[Fraction | str]) -> list[Cell] | None:
    """Return the cells of all values of the variable's type; None if an interval has no simple value inside.

    Args:
        variable: The variable.
        bounds: The numbers, or the texts, at which comparisons with it change their truth.
    """
    if variable.type is FeatureType.STRING:
        return _texts({bound for bound in bounds if isinstance(bound, str)})
    points = sorted({bound for bound in bounds if isinstance(bound, Fraction)})
    if variable.type is FeatureType.INTEGER:
        return _whole(points)
    return _real(points, variable)


def _texts(texts: set[str]) -> list[Cell]:
    other = next(name for name in (f"other{n}" for n in count()) if name not in texts)
    return [Cell(other, None), *(Cell(text) for text in sorted(texts))]


def _whole(points: list[Fraction]) -> list[Cell]:
    if not points:
        return [Cell(0, None)]
    cells = [Cell(ceil(points[0]) - 1, None), Cell(floor(points[-1]) + 1, None)]
    cells.extend(Cell(int(point)) for point in points if point.denominator == 1)
    for lower, upper in pairwise(points):
        first, last = floor(lower) + 1, ceil(upper) - 1
        if first <= last:
            cells.append(Cell(first, range(first + 1, last + 1)))
    return cells


def _real(points: list[Fraction], variable: Variable) -> list[Cell] | None:
    if not points:
        return [Cell(0, None)]
    cells = [Cell(ceil(points[0]) - 1, None), Cell(floor(points[-1]) + 1, None)]
    cells.extend(Cell(as_value(point, variable.span, str(variable))) for point in points)
    for lower, upper in pairwise(points):
        value = _between(lower, upper)
        if value is None:
            return None
        cells.append(Cell(value, None))
    return cells


def _between(lower: Fraction, upper: Fraction) -> int | float | None:
    """Return a decimal number strictly between the two, as short as possible; None if only a long one is."""
    for digits in range(MAX_DIGITS + 1):
        number = Fraction(floor(lower * 10**digits) + 1, 10**digits)
        if number < upper and is_decimal(number):
            return int(number) if number.denominator == 1 else float(number)
    return None


def is_decimal(number: Fraction) -> bool:
    """Whether a decimal number of a double's precision equals this one."""
    try:
        return number.denominator == 1 or Fraction(str(float(number))) == number
    except OverflowError:
        return False
