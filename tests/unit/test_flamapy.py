"""flamapy, an independent tool, opens the Boolean models written here and counts the same configurations."""

from __future__ import annotations

from pathlib import Path

import pytest

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.reference.enumeration import enumerate_configurations
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import emit

pytest.importorskip("flamapy.metamodels.bdd_metamodel", reason="the extra flamapy is not installed")

NETWORK = """features
	Network {array_constraints ['Wide[i] => Block[i+1]']}
		mandatory
			Block cardinality [1..3]
				optional
					Wide {stride {domain [1, 2]}}
				alternative
					Convolution {kernel {domain ['1x1', '3x3', '5x5']}}
					Pooling
constraints
	Wide.stride == 2 => Convolution.kernel != '1x1'
"""


@pytest.mark.slow
def test_flamapy_counts_what_the_reference_enumerates(tmp_path: Path) -> None:
    from flamapy.metamodels.bdd_metamodel.operations import BDDConfigurationsNumber
    from flamapy.metamodels.bdd_metamodel.transformations import FmToBDD
    from flamapy.metamodels.fm_metamodel.transformations import UVLReader

    source, boolean = tmp_path / "network.uvl", tmp_path / "boolean.uvl"
    source.write_text(NETWORK, encoding="utf-8")
    model = read_model(str(source))
    assert isinstance(model, FeatureModel)
    unfolded = emit(model, "rewrite_constraints")
    boolean.write_text(write_uvl(unfolded), encoding="utf-8")
    theirs = UVLReader(str(boolean)).transform()
    assert sorted(feature.name for feature in theirs.get_features()) == sorted(f.name for f in unfolded.features())
    count = BDDConfigurationsNumber().execute(FmToBDD(theirs).transform()).get_result()
    assert count == len(enumerate_configurations(model))
