"""Everything public by name (docs/stability.md): a name can go only if it is removed from these lists, too.

A new public name is added here, in the commit that adds it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer

import featurenet_uvl
from featurenet_uvl.cli.app import app
from featurenet_uvl.ir.layer_kinds import INPUT_GROUP, OPERATION_GROUP
from featurenet_uvl.sampling.registry import GROUP as SAMPLER_GROUP
from featurenet_uvl.training.data.catalogue import GROUP as DATA_GROUP
from featurenet_uvl.training.engines.registry import GROUP as ENGINE_GROUP
from featurenet_uvl.translators.formats.registry import GROUP as FORMAT_GROUP
from tests.places import ROOT

EXPORTS = {
    "CompiledModel",
    "Data",
    "DrawnSample",
    "FeatureModel",
    "FeatureNetError",
    "Network",
    "Results",
    "__version__",
    "evaluate",
    "train",
}

ERRORS = {
    "DataError",
    "DecodeError",
    "FeatureNetError",
    "LimitError",
    "ModelError",
    "ReadError",
    "StoreError",
    "ToolError",
    "UnsatisfiableError",
    "UnsupportedError",
    "UsageError",
}

SETTINGS = "settings"
ARGUMENTS = {
    "CompiledModel.count": "time_limit_s assume",
    "CompiledModel.limit": "count time_limit_s assume",
    "CompiledModel.read_sample": "path any_formula",
    "CompiledModel.sample": "count seed sampler options assume after time_limit_s",
    "CompiledModel.take": "sample any_formula",
    "CompiledModel.write": "path force",
    "Data.has_options": "",
    "DrawnSample.decode": "",
    "DrawnSample.diversity": "",
    "DrawnSample.limit": "time_limit_s",
    "DrawnSample.network_count": "",
    "DrawnSample.write": "path force",
    "FeatureModel.compile": "input_shape classes rules specialise data",
    "FeatureModel.decode": "sample input_shape classes any_formula data",
    "FeatureModel.named": "name bounds",
    "FeatureModel.parse": "text bounds",
    "FeatureModel.read": "path restrictions bounds",
    "FeatureModel.restrict": "restrictions bounds",
    "FeatureModel.sample": "count seed input_shape classes data",
    "FeatureModel.write": "path force format",
    "Network.classes": "",
    "Network.draw": "",
    "Network.input_shape": "",
    "Network.key": "",
    "Network.macs": "",
    "Network.named": "name input_shape classes data",
    "Network.read": "path",
    "Network.to_keras": "",
    "Network.weights": "",
    "Network.write": "path force",
    "Results.best": "",
    "Results.rows": "",
    "evaluate": f"networks data data_dir callbacks tensorboard on_result {SETTINGS}",
    "train": "networks store data data_dir workers engine limits retry_failed tensorboard on_progress " + SETTINGS,
}
"""Methods, properties and functions with their arguments."""

FIELDS = {
    "CompiledModel": "cnf input_shape classes",
    "Data": "source image_size channels test_share split_seed",
    "DrawnSample": "sample cnf input_shape classes notes assumptions",
    "FeatureModel": "ir path restrictions bounds",
    "Network": "name architecture",
    "Results": "trials",
}

SUITES = {
    "data.check_data_source",
    "engines.check_engine",
    "formats.check_format",
    "layer_kinds.check_layer_kind",
    "samplers.check_sampler",
}
"""Functions of `featurenet_uvl.testing`."""

GROUPS = {
    "featurenet_uvl.data",
    "featurenet_uvl.engines",
    "featurenet_uvl.formats",
    "featurenet_uvl.input_layers",
    "featurenet_uvl.operation_layers",
    "featurenet_uvl.samplers",
}

MODEL = "bound input-shape restrict"
IMAGES = "channels data image-size"
ENGINE = "address cpus engine engine-option gpus memory workers"
OPTIONS = {
    "analyse": f"{MODEL} engine json no-count no-rules quiet time-limit",
    "architectures export": f"{MODEL} classes force json model output quiet to",
    "architectures import": "bound restrict force json model output quiet to",
    "architectures list": "json",
    "architectures show": "classes force index input-shape json output quiet to",
    "check": f"{MODEL} json no-rules quiet",
    "compile": f"{MODEL} {IMAGES} comments emit-after force json no-rules output projection projection-form quiet"
    " safe-names specialise to verify-each",
    "configurations": f"{MODEL} force from json model output quiet to",
    "convert": "bound restrict configurations featureide-project force from json lossy output quiet to",
    "count": f"{MODEL} assume engine json no-rules quiet time-limit",
    "decode": f"{MODEL} {IMAGES} any-formula at-most classes force json model output quiet specialise verify",
    "diversity": f"{MODEL} assume cnf force json no-rules plot quiet time-limit",
    "experiments report": "json quiet",
    "experiments run": f"{ENGINE} data-dir dry-run json output preset quiet retry-failed",
    "experiments status": "json store",
    "sample": f"{MODEL} {IMAGES} append assume command count force json no-measures output pledge-jar quiet"
    " sampler sampler-option seed time-limit",
    "train": f"{ENGINE} {IMAGES} at-most batch-size data-dir deterministic epochs json memory-limit quiet retry-failed"
    " seed split-seed store tensorboard test-share test-size time-limit train-size validation-size weight-limit",
}
"""Commands with the long names of their options, without the dashes."""


def members() -> Iterator[tuple[str, Any]]:
    """Yield the public methods, properties and functions, by name."""
    for name in sorted(FIELDS):
        for member, value in vars(getattr(featurenet_uvl, name)).items():
            function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if not member.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
                yield f"{name}.{member}", function
    for name in ("evaluate", "train"):
        yield name, getattr(featurenet_uvl, name)


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the commands, by their whole names."""
    command = typer.main.get_command(app) if command is None else command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from commands(child, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


def test_the_package_exports_these_names() -> None:
    assert set(featurenet_uvl.__all__) == EXPORTS
    assert all(hasattr(featurenet_uvl, name) for name in EXPORTS)


def test_every_class_of_errors_stays() -> None:
    module = import_module("featurenet_uvl.errors")
    assert {
        name for name, value in vars(module).items() if inspect.isclass(value) and issubclass(value, Exception)
    } == ERRORS


def test_every_function_keeps_its_arguments() -> None:
    found = {
        name: "" if isinstance(value, property) else " ".join(p for p in inspect.signature(value).parameters)
        for name, value in members()
    }
    assert {name: text.removeprefix("self").removeprefix("cls").strip() for name, text in found.items()} == ARGUMENTS


def test_every_class_keeps_its_fields() -> None:
    found = {name: " ".join(getattr(featurenet_uvl, name).__dataclass_fields__) for name in FIELDS}
    assert found == FIELDS


def test_the_suites_for_other_packages_stay() -> None:
    for name in SUITES:
        module, function = name.split(".")
        assert callable(getattr(import_module(f"featurenet_uvl.testing.{module}"), function))


def test_the_groups_of_entry_points_stay() -> None:
    assert {INPUT_GROUP, OPERATION_GROUP, SAMPLER_GROUP, ENGINE_GROUP, FORMAT_GROUP, DATA_GROUP} == GROUPS


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_command_keeps_its_options(name: str) -> None:
    found = {o for p in dict(commands())[name].params for o in p.opts if o.startswith("--")}
    assert found == {f"--{option}" for option in OPTIONS[name].split()}


def test_every_command_is_in_the_list() -> None:
    assert {name for name, _ in commands()} == set(OPTIONS)


def test_the_page_names_this_list() -> None:
    page = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")
    assert "tests/unit/test_public.py" in page
    for name in ("featurenet_uvl.errors", "featurenet_uvl.testing"):
        assert f"`{name}`" in page
