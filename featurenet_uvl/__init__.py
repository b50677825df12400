"""Feature models of deep neural networks: translation, sampling, decoding, training.

    from featurenet_uvl import FeatureModel, evaluate

    model = FeatureModel.named("s1", bounds={"Block": 2, "Cell": 3})
    networks = model.sample(20, input_shape=(16, 16, 1)).decode()
    results = evaluate(networks, "digits", epochs=5)

The names below are imported when they are first used, so that the command line starts quickly.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featurenet_uvl.api.compiled import CompiledModel as CompiledModel
    from featurenet_uvl.api.drawn import DrawnSample as DrawnSample
    from featurenet_uvl.api.evaluate import evaluate as evaluate
    from featurenet_uvl.api.evaluate import train as train
    from featurenet_uvl.api.model import FeatureModel as FeatureModel
    from featurenet_uvl.api.network import Network as Network
    from featurenet_uvl.api.results import Results as Results
    from featurenet_uvl.errors import FeatureNetError as FeatureNetError
    from featurenet_uvl.training.data.own_data import Data as Data

__version__ = "0.2.0"

if (
    not Path(__file__).with_name("translators").is_dir()
):  # a checkout without symbolic links: look beside this folder, too
    __path__.append(str(Path(__file__).parents[1]))

_HOMES = {
    "CompiledModel": "featurenet_uvl.api.compiled",
    "Data": "featurenet_uvl.training.data.own_data",
    "DrawnSample": "featurenet_uvl.api.drawn",
    "FeatureModel": "featurenet_uvl.api.model",
    "FeatureNetError": "featurenet_uvl.errors",
    "Network": "featurenet_uvl.api.network",
    "Results": "featurenet_uvl.api.results",
    "evaluate": "featurenet_uvl.api.evaluate",
    "train": "featurenet_uvl.api.evaluate",
}
__all__ = [*_HOMES, "__version__"]

if not TYPE_CHECKING:  # a type checker knows the names, and no others

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'featurenet_uvl' has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(_HOMES[name]), name)
        return found

    def __dir__():
        return sorted({*globals(), *_HOMES})
