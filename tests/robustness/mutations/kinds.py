"""Every kind of file that the program reads: whole files of it, its changes, and its reader."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.places import ROOT
from tests.robustness.mutations import readers, seeds
from tests.robustness.mutations.archives import change_keras, change_npz
from tests.robustness.mutations.changes import BYTES, TEXT, Change, damaged
from tests.robustness.mutations.markup import change_xml
from tests.robustness.mutations.rows import change_rows
from tests.robustness.mutations.values import change_json, change_settings, change_toml

ASSETS = ROOT / "tests" / "assets" / "0.1"

Files = Mapping[str, bytes]
"""The files of an input, by their paths in its folder."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        file: Path of the file that the reader is given.
        seeds: Returns whole inputs, of one or more files each.
        changes: The changes; one that stands several times is drawn more often.
        read: The reader; `check_message` says what it may raise.
        command: Arguments of a command that reads the file; `{}` is its path, `{folder}` the folder.
        others: Whether files beside `file` are changed, too.
        corpus: Endings of the files of the corpora beside the project that are damaged, too, if they are there.
    """

    file: str
    seeds: Callable[[], Sequence[Files]]
    changes: Sequence[Change]
    read: Callable[[Path], None]
    command: tuple[str, ...]
    others: bool = False
    corpus: tuple[str, ...] = ()

    def input(self, rng: Random) -> Files:
        """Return one damaged input."""
        whole = _whole(self)
        files = dict(rng.choice(whole))
        name = self.file if not self.others or rng.random() < 0.2 else rng.choice(sorted(files))
        same_name = [other[name] for other in whole if name in other]
        if self.others and rng.random() < 0.1:
            _change_files(rng, files, name)
        else:
            changes = self.changes if not self.others else _changes_of(name)
            files[name] = damaged(rng, files[name], same_name, changes)
        return files


@cache
def _whole(kind: Kind) -> Sequence[Files]:
    """Return the whole inputs, which are made once."""
    return (*kind.seeds(), *({kind.file: data} for data in seeds.corpus_files(*kind.corpus)))


def _change_files(rng: Random, files: dict[str, bytes], name: str) -> None:
    """Remove a file, exchange two, or add one that belongs elsewhere."""
    other = rng.choice(sorted(files))
    match rng.randrange(4):
        case 0:
            del files[name]
        case 1:
            files[name], files[other] = files[other], files[name]
        case 2:
            files[f"{name}{rng.choice(('.tmp', '~', '.json', '-wal', '-journal'))}"] = files[other]
        case _:
            folder = name.rpartition("/")[0]
            files[f"{folder}/extra.json" if folder else "extra.json"] = rng.choice(
                (b"", b"{}", b"[]", b"null", files[other])
            )


_OF_ENDING: Mapping[str, Sequence[Change]] = {
    ".json": (change_json, change_json, change_json, *TEXT),
    ".sqlite": (change_rows, change_rows, change_rows, *BYTES),
    ".txt": TEXT,
}


def _changes_of(name: str) -> Sequence[Change]:
    return next((changes for ending, changes in _OF_ENDING.items() if name.endswith(ending)), BYTES)


def _texts(file: str, texts: Sequence[str]) -> Callable[[], Sequence[Files]]:
    return lambda: [{file: text.encode()} for text in texts]


def _images() -> Sequence[Files]:
    rng = np.random.default_rng(0)
    found = []
    for shape, label, pack in (((28, 28), "u1", np.savez), ((28, 28, 1), "i8", np.savez_compressed)):
        arrays = {
            f"x_{part}": rng.integers(0, 256, (count, *shape), np.uint8) for part, count in (("train", 3), ("test", 2))
        }
        arrays |= {f"y_{part}": rng.integers(0, 10, count).astype(label) for part, count in (("train", 3), ("test", 2))}
        file = io.BytesIO()
        pack(file, **arrays)
        found.append({"mnist.npz": file.getvalue()})
    return found


def _keras() -> Sequence[Files]:
    found = []
    for path in sorted((ROOT / "tests" / "assets" / "keras").glob("*.json")):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.8.0"}')
            archive.writestr("config.json", path.read_bytes())
            archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(200))
        found.append({"m.keras": file.getvalue()})
    return found


def _networks() -> Sequence[Files]:
    from featurenet_uvl.decoding.named import named_architecture

    named = [
        json.dumps(named_architecture(name).architecture((28, 28, 1), 10).to_json(), indent=2)
        for name in ("mlp", "lenet5")
    ]
    drawn = [path.read_bytes() for path in sorted((ASSETS / "networks").glob("*.json"))]
    return [{"m.json": data} for data in (*(text.encode() for text in named), *drawn)]


def _named() -> Sequence[Files]:
    folder = ROOT / "models" / "architectures"
    return [{"m.toml": (folder / f"{name}.toml").read_bytes()} for name in ("mlp", "lenet5", "inception_module")] + [
        {"m.toml": seeds.TOML.encode()}
    ]


def _presets() -> Sequence[Files]:
    folder = ROOT / "featurenet_uvl" / "experiments" / "presets"
    mine = [(ASSETS / "tiny.cfg").read_bytes()]
    return [{"m.cfg": data} for data in (*mine, *(path.read_bytes() for path in sorted(folder.glob("*.cfg"))))]


def _state() -> Sequence[Files]:
    from featurenet_uvl.training.run_state import SCHEMA

    store = (ASSETS / "trials.sqlite").read_bytes()
    old = json.loads((ASSETS / "trials.sqlite.state.json").read_bytes())
    trial = {"name": "a", "spec_hash": "0" * 16, "place": "here", "since": "2024-01-01T00:00:00+00:00", "epochs": 1}
    new: dict[str, Any] = {**old, "schema": SCHEMA, "outcome": "running", "running": [{**trial, "test_accuracy": 0.5}]}
    new.setdefault("last_row", 0)
    states = [old, new, {**new, "outcome": "finished", "running": [], "host": "elsewhere", "seconds_left": 12.5}]
    return [{"store.sqlite.state.json": json.dumps(state).encode(), "store.sqlite": store} for state in states]


def _stores() -> Sequence[Files]:
    """Return stores of one and of two protocols, one of them with the journal of a run that was killed."""
    from featurenet_uvl.training.store import ResultStore
    from featurenet_uvl.training.trials.protocol import Protocol
    from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus

    found: list[Files] = [{"t.sqlite": (ASSETS / "trials.sqlite").read_bytes()}]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.sqlite"
        with ResultStore(path) as store:
            for number in range(6):
                spec = TrialSpec.of(f"n{number}", "fake", {"n": number})
                result = TrialResult(
                    *(spec.name, spec.hash, TrialStatus.DONE, "", 0.5 + number / 100, 0.5, None, 1.5, 2, 1000, 1.5),
                    (Epoch(1.5, 0.4, 0.3), Epoch(1.0, 0.5, 0.4, 0.4)),
                    {"seed": "1", "cpu_seconds": "1.25"},
                    "2024-01-01T00:00:00+00:00",
                )
                failed = TrialResult(spec.name, spec.hash, TrialStatus.FAILED, "took too long")
                store.add(Protocol("digits"), spec, result if number % 3 else failed)
                store.add(Protocol("digits", seed=1), spec, result)
            store.set_last_run((ASSETS / "trials.sqlite.state.json").read_text())
            killed = {name: (Path(folder) / name).read_bytes() for name in ("t.sqlite", "t.sqlite-wal")}
        found += [killed, {"t.sqlite": path.read_bytes()}]
    return found


def _results() -> Sequence[Files]:
    folder = ASSETS / "results"
    names = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".json", ".sqlite", ".txt")
    ]
    return [{name: (folder / name).read_bytes() for name in names}]


_JSON = (change_json, change_json, change_json, change_json, *TEXT)
_XML = (change_xml, change_xml, change_xml, change_xml, *TEXT)

_TO_CSV = ("configurations", "{}", "--to", "csv")
_TO_SAMPLE = ("configurations", "{}", "--to", "sample")
_TO_UVL = ("convert", "{}", "--to", "uvl", "-o", "-")
_COUNT = ("count", "{}")
_REPORT = ("experiments", "report", "{folder}")
_SHOW = ("architectures", "show", "{}")
_STATUS = ("experiments", "status", "--store")
_IMPORT = ("architectures", "import", "{}", "--to", "toml", "-o", "-")
_DRY_RUN = ("experiments", "run", "--preset", "{}", "-o", "{folder}/results", "--dry-run")
_TRAIN = ("train", "mlp", "--data", "mnist", "--data-dir", "{folder}", "--store", "{folder}/t.sqlite", "--epochs", "1")


def _mostly(change: Change, others: Sequence[Change]) -> tuple[Change, ...]:
    return (*([change] * 7), *others)


def _configurations(format: str, file: str, texts: Sequence[str], command: tuple[str, ...], *corpus: str) -> Kind:
    return Kind(file, _texts(file, texts), TEXT, readers.read_as_configurations(format), command, corpus=corpus)


def _model(format: str, file: str, texts: Sequence[str], changes: Sequence[Change], *corpus: str) -> Kind:
    return Kind(file, _texts(file, texts), changes, readers.read_as_model(format), _TO_UVL, corpus=corpus)


KINDS: dict[str, Kind] = {
    "npz": Kind("mnist.npz", _images, _mostly(change_npz, BYTES), readers.read_images, _TRAIN),
    "keras": Kind("m.keras", _keras, _mostly(change_keras, BYTES), readers.read_keras, _IMPORT),
    "toml": Kind("m.toml", _named, _mostly(change_toml, TEXT), readers.read_toml_network, _SHOW),
    "json": Kind("m.json", _networks, _JSON, readers.read_network_file, _SHOW),
    "preset": Kind("m.cfg", _presets, _mostly(change_settings, TEXT), readers.read_preset, _DRY_RUN),
    "state": Kind("store.sqlite.state.json", _state, _JSON, readers.read_state, (*_STATUS, "{folder}/store.sqlite")),
    "results": Kind("run.json", _results, (), readers.read_results_folder, _REPORT, others=True),
    "store": Kind("t.sqlite", _stores, (), readers.read_store, (*_STATUS, "{}"), others=True),
    "sample": _configurations("sample", "m.sample", seeds.SAMPLE, _TO_CSV),
    "pdt": _configurations("pdt", "m.pdt", seeds.PDT, _TO_CSV),
    "csv": _configurations("csv", "m.csv", seeds.CSV, _TO_SAMPLE),
    "config": _configurations("config", "m.config", seeds.CONFIG_LIST, _TO_SAMPLE, ".config"),
    "configuration": Kind(
        "m.xml", _texts("m.xml", seeds.CONFIGURATION), _XML, readers.read_as_configurations("featureide"), _TO_SAMPLE
    ),
    "dimacs": Kind(
        "m.dimacs", _texts("m.dimacs", seeds.DIMACS), TEXT, readers.read_formula, _COUNT, corpus=(".dimacs", ".cnf")
    ),
    "sxfm": _model("sxfm", "m.sxfm", seeds.SXFM, _XML, ".sxfm.xml", ".splx"),
    "featureide": _model("featureide", "m.xml", seeds.FEATUREIDE, _XML, "model.xml"),
    "uvl": _model("uvl", "m.uvl", seeds.UVL, TEXT, ".uvl"),
}
"""Every kind by its name."""


def whole_inputs(kind: str) -> Sequence[Files]:
    """Return the whole inputs of a kind, with those of the corpora, which need not be valid."""
    return _whole(KINDS[kind])
