"""The numbers of the paper as it prints them, each with its place.

Source: Ghamizi, Cordy, Papadakis and Le Traon, "Automated Search for Configurations of Deep Neural Network
Architectures", 2019. Its scale: 1,000 networks in S1, 100 each in S2 and S3, all images, 12 epochs, batch 128.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCALE = (
    "The paper: 1,000 networks of S1, 100 each of S2 and S3, all images, 12 epochs, batch 128, SGD 0.01, one run each."
)

FEATURES = 3296
"""Section 4.1: features of the model with 5 blocks of 5 cells."""
CONSTRAINTS = 8004
"""Section 4.1: clauses of the same model."""

SAMPLED = 1000
"""Section 6.1: sampled configurations, all of which were built, trained and tested."""

EQUIVALENCE_RUNS = 10
"""Fig. 5: runs each of LeNet-5 by hand and from the model, on CIFAR-10."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row of Table 1."""

    accuracy: float
    """Accuracy on the test images, 0 to 1."""
    size: int
    """Weights of the network."""
    efficiency: float


TABLE_1: Mapping[str, Mapping[str, PaperRow]] = {
    "mnist": {
        "LeNet-5": PaperRow(0.9714, 545_546, 1.78),
        "Top S1": PaperRow(0.9774, 365_194, 2.68),
        "Top S2": PaperRow(0.9765, 570_218, 1.71),
        "Top S3": PaperRow(0.9231, 43_578, 21.18),
        "SqueezeNet": PaperRow(0.4367, 858_154, 0.51),
    },
    "cifar10": {
        "LeNet-5": PaperRow(0.4913, 868_406, 0.57),
        "Top S1": PaperRow(0.5277, 2_494_858, 0.21),
        "Top S2": PaperRow(0.5779, 862_646, 0.67),
        "Top S3": PaperRow(0.3744, 38_842, 9.64),
        "SqueezeNet": PaperRow(0.1796, 876_970, 0.51),  # as printed
    },
}
"""Rows of Table 1 by data set and name."""

MISPRINT = "The paper prints an efficiency of 0.51 for SqueezeNet on CIFAR-10; its accuracy and size give 0.20."

FIGURE_7: Mapping[str, tuple[tuple[float, float], ...]] = {
    "mnist": ((0.50, 0.585), (0.90, 0.852), (0.95, 0.985)),
    "cifar10": ((0.30, 0.729), (0.50, 0.994), (0.55, 1.0)),
}
"""Accuracies, each with the share of the 1,000 networks below it, by data set; from the text of section 6.2."""


@dataclass(frozen=True, slots=True)
class PaperLonger:
    """A row of Table 2: CIFAR-10, accuracies (0 to 1) after 12, 300 and 600 epochs."""

    name: str
    size_millions: float
    accuracies: tuple[float, float, float]
    is_shortened: bool = False
    """Whether the paper marks it with *: its training was cut off after 100 minutes."""
    is_baseline: bool = False


TABLE_2: tuple[PaperLonger, ...] = (
    PaperLonger("#063", 0.45, (0.4825, 0.7428, 0.7474)),
    PaperLonger("#203", 0.17, (0.5264, 0.6455, 0.6525)),
    PaperLonger("#161", 3.62, (0.4857, 0.6446, 0.6524)),
    PaperLonger("#477", 2.49, (0.5277, 0.6343, 0.6425)),
    PaperLonger("#444", 15.73, (0.4997, 0.6240, 0.6280)),
    PaperLonger("#143", 12.68, (0.5137, 0.6046, 0.6017)),
    PaperLonger("LeNet-5", 0.87, (0.4913, 0.5942, 0.5926), is_baseline=True),
    PaperLonger("#634", 1.43, (0.5111, 0.5976, 0.5906), is_shortened=True),
    PaperLonger("#936", 0.04, (0.4892, 0.5426, 0.5633)),
    PaperLonger("#595", 134.22, (0.5216, 0.5264, 0.5364), is_shortened=True),
    PaperLonger("SqueezeNet", 0.88, (0.1796, 0.4617, 0.4969), is_baseline=True),
    PaperLonger("#059", 31.51, (0.5190, 0.5210, 0.4947)),
)
"""Rows of Table 2 in its order, by accuracy after 600 epochs."""
