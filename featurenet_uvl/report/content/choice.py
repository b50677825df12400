"""The best network of a sample: by its test accuracy, as in the paper, or by images held out for the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from featurenet_uvl.report.content.study import Network
from featurenet_uvl.training.trials.trial import TrialStatus


def efficiency(accuracy: float | None, size: int | None) -> float | None:
    """Return the accuracy (0 to 1) per million weights, as the paper defines efficiency.

    >>> round(efficiency(0.9714, 545_546), 2)
    1.78
    """
    return None if accuracy is None or not size else accuracy * 1e6 / size


def best_by_test(networks: Sequence[Network]) -> Network | None:
    """Return the network with the highest test accuracy, as the paper does; of equals the smaller, then the first."""
    return _best(networks, lambda network: network.test_accuracy)


def best_by_validation(networks: Sequence[Network]) -> Network | None:
    """Return the network with the highest accuracy on the images held out, so that test images choose nothing."""
    return _best(networks, lambda network: network.validation_accuracy)


def _best(networks: Sequence[Network], accuracy: Callable[[Network], float | None]) -> Network | None:
    done = [
        (value, network)
        for network in networks
        if network.result is not None
        and network.result.status is TrialStatus.DONE
        and (value := accuracy(network)) is not None
    ]
    found = max(done, key=lambda pair: (pair[0], -pair[1].weights), default=None)
    return None if found is None else found[1]
