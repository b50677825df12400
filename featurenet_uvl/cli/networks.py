"""Networks from samples, and networks in files: one JSON file each, named by its number in the sample."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from featurenet_uvl.cli.folders import check_new_folder, write_files
from featurenet_uvl.decoding.decoder import check_names, check_solutions, decode_solution
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.errors import DecodeError, ReadError
from featurenet_uvl.files import read_text
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.sampling.sample import Sample

_OURS = re.compile(r"[0-9]{4,}\.json")


def networks_of_sample(
    sample: Sample, cnf: Cnf, input_shape: Shape, classes: int, place: str
) -> Mapping[str, Architecture]:
    """The networks of a sample, by file name.

    Args:
        cnf: The compiled model that the sample is of.
        place: What the sample is called in messages.

    Raises:
        DecodeError: The sample is of another model, a configuration violates it or is no network; nothing is skipped.
    """
    check_names(sample.names, cnf.variables, place)
    check_solutions(cnf, sample.selected, place)
    width = max(4, len(str(len(sample))))
    networks: dict[str, Architecture] = {}
    for number, row in enumerate(sample.selected, 1):
        try:
            network = to_architecture(decode_solution(row, cnf.variables), input_shape, classes)
        except DecodeError as error:
            raise DecodeError(f"{place}: configuration {number}: {error}") from error
        networks[f"{number:0{width}}.json"] = network
    return networks


def check_folder(path: str, *, force: bool) -> None:
    """Refuses a folder that is not to be replaced, as `check_new_folder` does; networks may be, with `force`."""
    check_new_folder(path, force=force, is_ours=_is_network_file, what="networks")


def _is_network_file(name: str) -> bool:
    return _OURS.fullmatch(name) is not None


def write_folder(path: str, networks: Mapping[str, Architecture], *, force: bool) -> None:
    """Writes one file a network. The folder has either its old or its new content, whatever happens.

    Raises:
        UsageError, FeatureNetError: As `check_folder`, or a file cannot be written.
    """
    check_folder(path, force=force)
    write_files(path, {name: json.dumps(network.to_json(), indent=2) + "\n" for name, network in networks.items()})


def read_networks(paths: Sequence[Path]) -> Mapping[str, Architecture]:
    """The networks in files and folders, by name: the file's name without `.json`, or its path where two are equal.

    Raises:
        ReadError: A file is missing or no JSON, or a folder holds none.
        DecodeError: A file holds no network.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not found:
            raise ReadError(f"{path}: found no file *.json, expected networks as decode writes them")
        files.extend(found)
    files = list(dict.fromkeys(files))
    stems = [file.stem for file in files]
    return {file.stem if stems.count(file.stem) == 1 else str(file): read_network(file) for file in files}


def read_network(path: Path) -> Architecture:
    """The network in a JSON file.

    Raises:
        ReadError: The file is missing or no JSON.
        DecodeError: It holds no network.
    """
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ReadError(
            f"{path}:{error.lineno}:{error.colno}: found no JSON ({error.msg}), expected a network"
        ) from None
    except RecursionError:
        raise ReadError(f"{path}: found JSON that is nested too deeply, expected a network") from None
    if not isinstance(data, dict):
        raise DecodeError(f"{path}: found {type(data).__name__}, expected a JSON object that decode wrote")
    try:
        network = Architecture.from_json(data, str(path))
        network.weights()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Values of wrong types get through to the arithmetic of shapes.
        raise DecodeError(f"{path}: found no network ({type(error).__name__}: {error}), expected one") from error
    except DecodeError as error:
        raise error if str(error).startswith(str(path)) else DecodeError(f"{path}: {error}") from error
    if json.loads(json.dumps(network.to_json())) != data:
        raise DecodeError(
            f"{path}: found keys or values that a network does not have, expected a file as decode wrote it"
        )
    return network
