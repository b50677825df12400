"""Names of the documentation of 0.1 still work, and warn with their new place."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from tests.places import DOCS

NAMES = {
    "training.data.Dataset": "training.data.dataset.Dataset",
    "training.data.load_dataset": "training.data.dataset.load_dataset",
    "training.engine.Engine": "training.engines.base.Engine",
    "training.engine.Session": "training.engines.base.Session",
    "training.job.Job": "training.engines.job.Job",
    "training.job.Limits": "training.engines.job.Limits",
    "training.job.Trainer": "training.engines.job.Trainer",
    "training.protocol.Protocol": "training.trials.protocol.Protocol",
    "training.ray_engine.RayEngine": "training.engines.ray_cluster.RayEngine",
}
"""The present name for each name of 0.1; both are below `featurenet_uvl`."""

UNCHANGED = (
    "training.evaluate.evaluate",
    "training.pool.run_trials",
    "testing.layer_kinds.check_layer_kind",
)


def member(name: str) -> object:
    module, _, attribute = f"featurenet_uvl.{name}".rpartition(".")
    return getattr(import_module(module), attribute)


@pytest.mark.parametrize("old", sorted(NAMES))
def test_an_old_name_warns_and_is_the_present_thing(old: str) -> None:
    message = f"featurenet_uvl.{old} is now featurenet_uvl.{NAMES[old]}; the old name goes away in 0.3"
    with pytest.warns(DeprecationWarning, match=f"^{re.escape(message)}$"):
        found = member(old)
    assert found is member(NAMES[old])


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_name_that_stayed_does_not_warn(name: str) -> None:
    assert callable(member(name))


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'featurenet_uvl\.training\.job' has no attribute 'Limit'"):
        member("training.job.Limit")


def test_the_imports_of_the_page_work() -> None:
    """The imports in docs/training.md exist, and its code uses no name that it has not imported."""
    page = (DOCS / "training.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    tree = ast.parse(code)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names: dict[str, object] = {}
    exec(compile(ast.Module([node for node in imports if "keras" not in ast.unparse(node)], []), "page", "exec"), names)
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert used - assigned - {"keras"} <= set(names)
