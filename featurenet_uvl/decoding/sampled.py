"""The networks that a sample's configurations are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import check_solutions, decode_solution
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape


def decode_networks(
    selected: NDArray[np.bool_], cnf: Cnf, input_shape: Shape, classes: int, place: str
) -> tuple[Architecture, ...]:
    """One network a configuration, in their order.

    Args:
        selected: Shape (configurations, features).
        cnf: The compiled model that they are of.
        place: What the sample is called in messages.

    Raises:
        DecodeError: A configuration violates the model or is no network; nothing is skipped.
    """
    check_solutions(cnf, selected, place)
    networks: list[Architecture] = []
    for number, row in enumerate(selected, 1):
        try:
            networks.append(to_architecture(decode_solution(row, cnf.variables), input_shape, classes))
        except DecodeError as error:
            raise DecodeError(f"{place}: configuration {number}: {error}") from error
    return tuple(networks)
