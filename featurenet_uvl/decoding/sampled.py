"""From a sample to the networks of its configurations."""

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
    """Return one network per configuration, in their order.

    Args:
        selected: The configurations, of shape (configurations, features).
        cnf: The compiled model of the configurations.
        input_shape: (height, width, channels) of the images.
        classes: The number of classes.
        place: The sample's name in messages.

    Raises:
        DecodeError: A configuration violates the model or is not a network. The function skips none.
    """
    check_solutions(cnf, selected, place)
    networks: list[Architecture] = []
    for number, row in enumerate(selected, 1):
        try:
            networks.append(to_architecture(decode_solution(row, cnf.variables), input_shape, classes))
        except DecodeError as error:
            raise DecodeError(f"{place}: configuration {number}: {error}") from error
    return tuple(networks)
