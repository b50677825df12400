"""Values, domains and cardinalities as FeatureIDE's attribute elements spell them, in both directions."""

from __future__ import annotations

import math
import re

from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Cardinality

CARDINALITY = "cardinality"
GROUP_CARDINALITY = "group_cardinality"
FEATURE_TYPE = "feature_type"
GROUP_KIND = "group_kind"
"""The attribute that holds `or` or `alternative` for a group of one, which no element can say."""
GROUP_HELPER = "group_helper"
"""The attribute that marks a helper feature, see `featureide.groups`."""
RULES = "rules"
DEFAULT_SUFFIX = "_default"
CONSTRAINT_ATTRIBUTES = {"constraint": False, "constraints": False, "array_constraints": True}
"""Attributes that hold constraints, each with whether these are indexed."""
CONSTRAINT_SEPARATOR = " ; "
CONSTRAINT_DESCRIPTIONS = "constraint_descriptions"
"""The root's attribute with the descriptions of the constraints in attributes, escaped, in their order."""
RULE_SEPARATOR = "|"
UVL_UNIT = "uvl:value"
"""The unit of a string that holds a vector or a map as UVL spells it."""
RESERVED = frozenset(
    {
        CARDINALITY,
        GROUP_CARDINALITY,
        GROUP_KIND,
        GROUP_HELPER,
        FEATURE_TYPE,
        CONSTRAINT_DESCRIPTIONS,
        *CONSTRAINT_ATTRIBUTES,
    }
)
"""Names that this format uses itself, so that a model's own attributes cannot have them."""

TYPES = ("string", "long", "double", "boolean")
"""FeatureIDE's types of attributes."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|[+-]?Infinity|NaN")
_CARDINALITY = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}|\*))?")
_DOMAIN_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,39})")
_DOMAIN_REAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,4})?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?=\||$)", re.DOTALL)
_LONG_RANGE = range(-(2**63), 2**63)


def type_of(value: Value) -> str:
    """Return FeatureIDE's type of a constant.

    >>> [type_of(value) for value in (True, 1, 1.0, "1")]
    ['boolean', 'long', 'double', 'string']
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "string"


def format_value(value: Value) -> str:
    """Return the constant as FeatureIDE writes it.

    Raises:
        ValueError: An integer of more than 64 bits; the message says so.

    >>> [format_value(value) for value in (True, 7, 0.5, 1e10, 2e-05, "x")]
    ['true', '7', '0.5', '1.0E10', '2.0E-5', 'x']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, int) and value not in _LONG_RANGE:
        raise ValueError(f"found the integer {value}, expected one of 64 bits, as FeatureIDE's type long")
    return str(value)


def parse_value(kind: str, text: str) -> Value:
    """Return the constant that a text of FeatureIDE's type `kind` spells.

    Raises:
        ValueError: The text spells none; the message says what was expected.
    """
    if kind == "string":
        return text
    if kind == "boolean":
        if text not in ("true", "false"):
            raise ValueError("'true' or 'false'")
        return text == "true"
    if kind == "long":
        if not _INTEGER.fullmatch(text) or int(text) not in _LONG_RANGE:
            raise ValueError("an integer of 64 bits")
        return int(text)
    if not _REAL.fullmatch(text):
        raise ValueError("a number such as 0.5 or 1.0E-5")
    return float(text)


def _java_double(value: float) -> str:
    """Return a double in Java's form: fixed from 0.001 to 10 million, else with an exponent."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    texts = (f"{value:.{precision}e}" for precision in range(17))
    mantissa, _, exponent = next(text for text in texts if float(text) == value).partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def format_domain(domain: tuple[Value, ...]) -> str:
    """Return the values joined by `|`; a text that could be taken for anything else stands in single quotes.

    Raises:
        ValueError: An empty domain, or a number that is not finite.

    >>> format_domain((1, 0.5, "3x3", "3", "a|b", True))
    "1|0.5|3x3|'3'|'a|b'|true"
    """
    if not domain:
        raise ValueError("found an empty domain, expected at least one value")
    return "|".join(map(_format_domain_value, domain))


def _format_domain_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        is_plain = value and not value.startswith("'") and "|" not in value and _plain_value(value) is value
        return value if is_plain else "'" + value.replace("'", "''") + "'"
    if not math.isfinite(value):
        raise ValueError(f"found {value} in a domain, expected a finite number")
    return repr(value)


def parse_domain(text: str) -> tuple[Value, ...]:
    """Return the values of a domain: numerals are numbers, `true` and `false` truth values, quoted ones always texts.

    >>> parse_domain("1|0.5|3x3|'3'|'a|b'|true")
    (1, 0.5, '3x3', '3', 'a|b', True)
    """
    values: list[Value] = []
    position = 0
    while position <= len(text):
        quoted = _QUOTED.match(text, position)
        if quoted:
            values.append(quoted[1].replace("''", "'"))
            position = quoted.end() + 1
        else:
            end = text.find("|", position)
            end = len(text) if end < 0 else end
            values.append(_plain_value(text[position:end]))
            position = end + 1
    return tuple(values)


def _plain_value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    if _DOMAIN_INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DOMAIN_REAL.fullmatch(text) else text


def format_cardinality(cardinality: Cardinality) -> str:
    """Return a cardinality as its attribute holds it.

    >>> format_cardinality(Cardinality(1, 5)), format_cardinality(Cardinality(0, None))
    ('1..5', '0..*')
    """
    return f"{cardinality.lower}..{'*' if cardinality.upper is None else cardinality.upper}"


def parse_cardinality(text: str) -> Cardinality | None:
    """Return the cardinality of an attribute's text, or None if it holds none.

    >>> parse_cardinality("1..5"), parse_cardinality("2..*"), parse_cardinality("3"), parse_cardinality("many")
    (Cardinality(lower=1, upper=5), Cardinality(lower=2, upper=None), Cardinality(lower=3, upper=3), None)
    """
    match = _CARDINALITY.fullmatch(text.strip())
    if match is None:
        return None
    lower = int(match[1])
    if match[2] is None:
        return Cardinality(lower, lower)
    return Cardinality(lower, None if match[2] == "*" else int(match[2]))
