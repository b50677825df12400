"""A folder that FeatureIDE imports as a project: `.project`, `model.xml`, and configurations in `configs/`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from xml.sax.saxutils import escape

import numpy as np

from featurenet_uvl.errors import ModelError, UnsupportedError, UsageError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.featureide import write_configuration
from featurenet_uvl.translators.formats.featureide.groups import is_helper, split_groups
from featurenet_uvl.translators.formats.featureide.writer import write_featureide

_BAD_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^[ .]|[ .]$')
_COMPOSERS = {False: "de.ovgu.featureide.core.FeatureModeling", True: "de.ovgu.featureide.core.ExtendedFeatureModeling"}
_PROJECT = """\
<?xml version="1.0" encoding="UTF-8"?>
<projectDescription>
	<name>{name}</name>
	<comment></comment>
	<projects>
	</projects>
	<buildSpec>
		<buildCommand>
			<name>de.ovgu.featureide.core.extensibleFeatureProjectBuilder</name>
			<arguments>
{arguments}			</arguments>
		</buildCommand>
	</buildSpec>
	<natures>
		<nature>de.ovgu.featureide.core.featureProjectNature</nature>
	</natures>
</projectDescription>
"""
_ARGUMENT = """\
				<dictionary>
					<key>{key}</key>
					<value>{value}</value>
				</dictionary>
"""


def featureide_project(
    model: FeatureModel, name: str, configurations: Selections | None = None, losses: list[str] | None = None
) -> Mapping[str, str]:
    """Return the files of a FeatureIDE project: content by relative path, in the order in which to write them.

    Args:
        model: Any model; with configurations, one whose features are all that a configuration decides, such as the
            unfolded one.
        name: The name of the project.
        configurations: The configurations for `configs/`, over the features of the model.
        losses: As for `write_featureide`.

    Raises:
        UsageError: The name cannot be that of a folder.
        UnsupportedError: FeatureIDE's XML cannot carry the model, or there are configurations of a model with
            multi-features or configurable attributes.
        ModelError: A configuration is over other features, or selects a feature without its parent.

    >>> from featurenet_uvl.ir.feature_model import Feature
    >>> sorted(featureide_project(FeatureModel(Feature("Net")), "net", Selections.of(("Net",), [{"Net"}])))
    ['.project', 'configs/net_1.xml', 'model.xml']
    """
    if not name or _BAD_NAME.search(name):
        raise UsageError(f'found the project name {name!r}, expected one for a folder, without / \\ : * ? " < > |')
    text = write_featureide(model, losses)
    files = {".project": _project(name, is_extended="<extendedFeatureModel>" in text), "model.xml": text}
    if configurations is not None and len(configurations):
        files.update(_configurations(model, name, configurations))
    return MappingProxyType(files)


def _project(name: str, *, is_extended: bool) -> str:
    values = {"composer": _COMPOSERS[is_extended], "source": "src", "equations": "configs", "build": "src"}
    arguments = "".join(_ARGUMENT.format(key=key, value=value) for key, value in values.items())
    return _PROJECT.format(name=escape(name), arguments=arguments)


def _configurations(model: FeatureModel, name: str, configurations: Selections) -> Iterator[tuple[str, str]]:
    _check_model(model)
    parents = {child.name: feature.name for feature in model.features() for child in feature.children}
    if set(configurations.names) != {model.root.name, *parents}:
        raise ModelError("found configurations over other features than the model's, expected exactly these")
    written = split_groups(model)
    sources = dict(_sources(written))
    width = len(str(len(configurations)))
    for number, row in enumerate(configurations.selected.tolist(), 1):
        values = dict(zip(configurations.names, row, strict=True))
        _check_row(number, values, parents, model.root.name)
        values_written = np.array([[values[source] for source in sources.values()]])
        text = write_configuration(Selections(tuple(sources), values_written))
        yield f"configs/{name}_{number:0{width}}.xml", text


def _sources(model: FeatureModel) -> Iterator[tuple[str, str]]:
    """Yield each written feature with the feature whose value it has: itself, or the parent of a helper."""
    parents = {child.name: feature.name for feature in model.features() for child in feature.children}
    for feature in model.features():
        yield feature.name, parents[feature.name] if is_helper(feature) else feature.name


def _check_model(model: FeatureModel) -> None:
    for feature in model.features():
        found: Sequence[str] = [
            *(["a cardinality"] if feature.cardinality is not None else []),
            *(f"the configurable attribute {a.name!r}" for a in feature.attributes if a.is_configurable),
        ]
        for what in found:
            raise UnsupportedError(
                f"{feature.span}: found {what} of {feature.name!r}, which FeatureIDE's configurations cannot decide;"
                " write the unfolded model, or no configurations"
            )


def _check_row(number: int, values: Mapping[str, bool], parents: Mapping[str, str], root: str) -> None:
    if not values[root]:
        raise ModelError(f"configuration {number}: found the root {root!r} unselected, expected it selected")
    for name, parent in parents.items():
        if values[name] and not values[parent]:
            raise ModelError(f"configuration {number}: found {name!r} without its parent {parent!r}, expected both")
