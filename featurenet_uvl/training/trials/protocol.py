"""The protocol: everything but the network that decides the result of a trial."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from featurenet_uvl.errors import UsageError

OPTIMIZERS = ("sgd",)
BACKENDS = ("tensorflow",)
LOSSES = ("categorical_crossentropy",)


@dataclass(frozen=True, slots=True)
class Protocol:
    """How networks are trained and tested. Equal protocols have equal hashes, in any process.

    The defaults are the paper's setting. `train_images` and `test_images` are the sizes of subsets, drawn once from
    `seed` and equal for all networks; None takes all images. `validation_images` are the number of training images held
    out, drawn from `seed`, too: networks are trained on the rest, and can be chosen by their accuracy on these. A
    network with several outputs is trained on the sum of their losses, and its accuracy is that of the mean of their
    probabilities.

    `deterministic` asks the backend for operations that give the same bits each time, which can be slower. `callbacks`
    describes in the caller's own words how Keras callbacks change the training, such as `early stopping, 3`.

    Source: section 5.3 of Ghamizi, Cordy, Papadakis and Le Traon, 2019.

    Raises:
        UsageError: A number is out of range, or a name is not supported.
    """

    data: str
    train_images: int | None = None
    test_images: int | None = None
    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 0.01
    momentum: float = 0.0
    seed: int = 0
    optimizer: str = "sgd"
    loss: str = "categorical_crossentropy"
    backend: str = "tensorflow"
    validation_images: int = 0
    deterministic: bool = False
    callbacks: str = ""

    def __post_init__(self) -> None:
        problems = [
            f"protocol: {name}: found {value}, expected at least 1"
            for name, value in (
                ("train_images", self.train_images),
                ("test_images", self.test_images),
                ("epochs", self.epochs),
                ("batch_size", self.batch_size),
            )
            if value is not None and value < 1
        ]
        if not self.learning_rate > 0:
            problems.append(f"protocol: learning_rate: found {self.learning_rate}, expected more than 0")
        if not 0 <= self.momentum < 1:
            problems.append(f"protocol: momentum: found {self.momentum}, expected 0 or more and less than 1")
        problems += [
            f"protocol: {name}: found {value}, expected 0 or more"
            for name, value in (("seed", self.seed), ("validation_images", self.validation_images))
            if value < 0
        ]
        if self.train_images is not None and 0 < self.train_images <= self.validation_images:
            problems.append(
                f"protocol: validation_images: found {self.validation_images}, expected fewer than the "
                f"{self.train_images} training images that they are held out of"
            )
        for name, value, known in (
            ("optimizer", self.optimizer, OPTIMIZERS),
            ("loss", self.loss, LOSSES),
            ("backend", self.backend, BACKENDS),
        ):
            if value not in known:
                problems.append(f"protocol: {name}: found {value!r}, expected {' or '.join(known)}")
        if problems:
            raise UsageError("\n".join(problems))

    def to_json(self) -> str:
        """Return the canonical JSON text, from which `hash` is computed."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def hash(self) -> str:
        """Return 16 hex digits of the SHA-256 of the canonical JSON.

        >>> Protocol("digits").hash() == Protocol("digits", epochs=12).hash() != Protocol("digits", seed=1).hash()
        True
        """
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def trial_seed(self, spec_hash: str) -> int:
        """Return the seed of one trial: another for each network, the same at each place and time."""
        return int(hashlib.sha256(f"{self.seed}:{spec_hash}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF
