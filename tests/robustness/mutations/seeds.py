"""Whole texts of every format, which the changes damage."""

from __future__ import annotations

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
TOML = """format = "featurenet_uvl/configuration/1"
title = "A \\"quoted\\" title"

[[block]]
cells = [
    {Input1_Identity = {}, Operation1_Dropout = {rate = 0.5}, Input2_Zeros = {}, Output_Block = {}},
]

[[block]]
cells = [{Input1_Dense = {neurons = 12, activation = "relu"}, Output_Out = {}}]
"""


def corpus_files(*endings: str) -> list[bytes]:
    """Return the small files of the corpora beside the project, if present."""
    paths = (path for ending in endings for path in sorted(CORPUS.rglob(f"*{ending}")))
    small = [path for path in paths if path.is_file() and path.stat().st_size <= LARGEST_CORPUS_FILE]
    return [path.read_bytes() for path in small[:20]]
