"""The DNN model over few layers and values, with the wiring of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from tests.places import MODELS

SMALL = """
features
	Architecture {rules ['tensor-shapes'], input_shape '3x3x2'}
		mandatory
			Block cardinality [1..BLOCKS]
				mandatory
					Cell cardinality [1..CELLS]
						mandatory
							Input1
								alternative
									INPUTS1
							Operation1
								alternative
									OPERATIONS1
							Input2
								alternative
									Input2_Zeros
									INPUTS2
							Operation2
								alternative
									OPERATIONS2
							Combination
								alternative
									COMBINATIONS1
							Cell_Output
								alternative
									Output_Cell {relativeIndex {domain [0, 1]}}
									Output_Block
									Output_Out
"""

DENSE = "Input#_Dense {neurons {domain [2, 18]}, activation {domain ['relu']}}"
CONVOLUTION = (
    "Input#_Convolution {kernel {domain ['1x1', '2x2', '3x1']}, filters {domain [2, 6]}, stride {domain [1, 2]},"
    " padding {domain ['valid', 'same']}, activation {domain ['relu']}, type {domain ['normal']}}"
)
POOLING = (
    "Input#_Pooling {kernel {domain ['2x2', '1x3']}, stride {domain [1, 2]}, type {domain ['max']},"
    " padding {domain ['valid']}}"
)

SHORT_POOLING = (
    "Input#_Pooling {kernel {domain ['2x2']}, stride {domain [1, 2]},"
    " type {domain ['max']}, padding {domain ['valid']}}"
)


ALL_COMBINATIONS = ("Combination_Sum", "Combination_Product", "Combination_Concat")


def small_model(
    blocks: int,
    cells: int,
    inputs: Sequence[str],
    operations: Sequence[str],
    combinations: Sequence[str] = ALL_COMBINATIONS[:2],
) -> FeatureModel:
    """Return the DNN model with its wiring, but fewer layers and values."""
    text = SMALL.replace("BLOCKS", str(blocks)).replace("CELLS", str(cells))
    for half in "12":
        for word, lines in (("INPUTS", inputs), ("OPERATIONS", operations), ("COMBINATIONS", combinations)):
            joined = ("\n" + "\t" * 9).join(line.replace("#", half) for line in lines)
            text = text.replace(f"{word}{half}", joined)
    model = read_uvl(text, "small.uvl")
    wiring = read_model(str(MODELS / "dnn.uvl"))
    assert isinstance(model, FeatureModel)
    assert isinstance(wiring, FeatureModel)
    return replace(model, constraints=wiring.constraints)
