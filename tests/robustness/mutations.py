"""Damaged files: seeds of every format, and changes to their bytes and words, from a seeded generator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tests.places import SHARED

CORPUS = SHARED / "corpus"
LARGEST_CORPUS_FILE = 1_500

UVL = (
    """namespace n
include
	Arithmetic.*
features
	R {array_constraints ['F[i] => !F[i+1]', 'atmost(1, k, F.x[k] == c - k)'], cost 2.5}
		mandatory
			F cardinality [1..2] {x {domain [0, 1]}, p {domain ['a b', 'c'], default 'c'}, constraint !F | R}
		[1..*]
			"x y" {abstract, v [1, {z 'q', w true}]}
			G
constraints
	F.p == 'a b' => "x y" <=> R
	len(F.p) - 1 > avg(x, F) / 2 & !(G & "x y")
	sum(cost) + 0.5 * 3 >= -1
""",
    """features
	App
		optional
			Integer n {domain [1, 2, 3]}
			String t {constraints [t == 'a' | t == 'b']}
			Real q {domain [0.5, 2]}
		alternative
			A {w 1, s 'x'}
			B
				or
					B1
					B2
constraints
	n > 1 => t == 'a'
	A.w + floor(q) <= 3 | B1
""",
)
FEATUREIDE = (
    """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<featureModel>
	<properties><graphics key="layout" value="auto"/></properties>
	<struct>
		<and abstract="true" mandatory="true" name="Base">
			<description>A &lt;b&gt; text</description>
			<feature hidden="true" name="One"/>
			<or mandatory="true" name="Many"><feature name="X"/><feature name="Y"/></or>
			<alt name="Only"><feature name="P"/><feature name="Q"/></alt>
		</and>
	</struct>
	<constraints>
		<rule><imp><var>X</var><not><var>P</var></not></imp></rule>
		<rule><description>d</description><atmost1><var>X</var><var>Y</var><var>One</var></atmost1></rule>
		<rule><eq><disj><var>X</var><var>Y</var></disj><conj><var>P</var><var>One</var></conj></eq></rule>
	</constraints>
	<calculations Auto="true" Constraints="true" Features="true" Redundant="true" Tautology="true"/>
	<comments><c>hello</c></comments>
	<featureOrder userDefined="false"/>
</featureModel>
""",
    """<extendedFeatureModel>
	<struct>
		<and mandatory="true" name="R">
			<attribute configurable="false" name="array_constraints" type="string" unit="" value="F[i] =&gt; !F[i+1]"/>
			<and mandatory="true" name="F">
				<attribute configurable="false" name="cardinality" type="string" unit="" value="1..2"/>
				<attribute configurable="true" name="x" type="string" unit="" value="1|2.5|a b"/>
				<attribute configurable="false" name="cost" type="double" unit="EUR" value="0.5"/>
				<attribute configurable="false" name="ok" type="boolean" unit="" value="true"/>
				<attribute configurable="false" name="n" type="long" unit="" value="-3"/>
			</and>
			<feature name="G"/>
		</and>
	</struct>
	<constraints><rule><disj><var>G</var><var>F</var></disj></rule></constraints>
</extendedFeatureModel>
""",
)
SXFM = (
    """<?xml version="1.0" encoding="UTF-8"?>
<feature_model name="Phone">
<meta><data name="description">A phone</data></meta>
<feature_tree>
:r Phone (_r)
	:m Calls (_r_1)
	:o GPS (_r_2)
	:g (_r_3) [1,*]
		: Camera (_r_3_1)
		: MP3 (_r_3_2)
	:g (_r_4) [1,1]
		: Basic(_b)
		: Color(_c)
</feature_tree>
<constraints>
c1: ~_r_2 or ~_b
c2: _r_3_1 or _c or ~_r_2
</constraints>
</feature_model>
""",
)
DIMACS = (
    """c 1 App
c 2 Log file
c 3 Net
c 4 __aux_1
p cnf 4 3
1 0
-2 1 0
-3 2
4 0
""",
    "p cnf 3 2\nc 1 a\nc a comment\n1 -3 0\n2 3 -1 0\n%\n0\n",
)
SAMPLE = (
    """# featurenet_uvl sample 1
# sampler steered
# seed 7
# stop complete
# configurations 3
# features 3
c 1 App
c 2 Log
c 3 Log to file
1
1 2 3
-
""",
)
CONFIGURATION = (
    """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<configuration>
	<feature manual="selected" name="App"/>
	<feature automatic="selected" manual="undefined" name="Log"/>
	<feature manual="unselected" name="Log to file"/>
</configuration>
""",
)
CONFIG_LIST = ('App\n# comment\n"Log to file" Log\n',)
CSV = ("Configuration;App;Log;Log to file\n0;+;-;-\n1;+;+;+\n",)
PDT = ("1->App\n2->Log\n3->Log to file\n1;-2;-3;\n1;2;3;\n",)

_SIGNS = r"""{ } [ ] ( ) , . ; : ' " ! & | = < > + - * / \ # ~ % => <=> == != <= >= // /* */ '' -> +;-"""
_OF_UVL = """[1..*] [0..0] [2..1] cardinality features constraints imports mandatory or alternative domain default sum(
    avg( len( abstract true false constraint Integer String namespace include as"""
_OF_OTHERS = """<and> </and> <var> <not> <!-- --> <![CDATA[ ]]> &lt; &amp; &x; <?x?> <!DOCTYPE name= value='x' p c cnf
    __aux_1 :g :m :r :o [1,1] (_r) selected undefined 0 1 -1 0.1 1e9"""
_STRANGE = ("9" * 20, "9" * 500, "x" * 300, "ä", "\u2028", "\ufeff", "\0", "   ", "\t", "\t\t\t", "\n", "\n\n", "\r")
_WORDS = (*_SIGNS.split(), *_OF_UVL.split(), *_OF_OTHERS.split(), *_STRANGE)
_PIECE = re.compile(rb"\w+|\s+|[^\w\s]")


def corpus_files(*endings: str) -> list[bytes]:
    """Return the small files of the corpora beside the project, if present."""
    paths = (path for ending in endings for path in sorted(CORPUS.rglob(f"*{ending}")))
    small = [path for path in paths if path.is_file() and path.stat().st_size <= LARGEST_CORPUS_FILE]
    return [path.read_bytes() for path in small[:20]]


def damaged(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Return one of the seeds with one to four changes."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(_CHANGES)(rng, data, seeds)
    return data


def _cut(rng: Random, data: bytes, longest: int) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.randint(1, longest))


def _flip_byte(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + bytes([rng.choice((rng.randint(0, 255), rng.randint(32, 126)))]) + data[at + 1 :]


def _delete(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _cut(rng, data, rng.choice((1, 3, 40)))
    return data[:start] + data[end:]


def _repeat(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _cut(rng, data, 40)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 20)) + data[end:]


def _insert_word(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(_WORDS).encode() + data[at:]


def _splice(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = rng.choice(seeds)
    start, end = _cut(rng, other, 60)
    at = rng.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _change_word(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Delete, repeat, swap or replace one of the words."""
    words = _PIECE.findall(data)
    if len(words) < 2:
        return data
    at, other = rng.randrange(len(words)), rng.randrange(len(words))
    match rng.randrange(4):
        case 0:
            del words[at]
        case 1:
            words[at] = words[other]
        case 2:
            words[at], words[other] = words[other], words[at]
        case _:
            words[at] = rng.choice(_WORDS).encode()
    return b"".join(words)


def _change_line(rng: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Delete, repeat, move or indent one line."""
    lines = data.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines.insert(other, lines.pop(at))
        case _:
            lines[at] = b"\t" + lines[at]
    return b"\n".join(lines)


_CHANGES = (_flip_byte, _delete, _repeat, _insert_word, _splice, _change_word, _change_word, _change_line)
