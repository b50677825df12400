"""The exports of `featurenet_uvl`: light to import, and every wrong argument is an error of the project."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import featurenet_uvl
from featurenet_uvl import CompiledModel, DrawnSample, FeatureModel, FeatureNetError, Network, Results, evaluate, train
from featurenet_uvl.api import evaluate as module
from featurenet_uvl.errors import DecodeError, LimitError, ModelError, ReadError, UnsatisfiableError, UsageError
from featurenet_uvl.training.engines.base import Engine
from featurenet_uvl.training.engines.local import LocalEngine
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialStatus
from tests.waiting import PATIENCE_S

SHOP = "features\n\tShop\n\t\toptional\n\t\t\tSearch\n\t\t\tCart\nconstraints\n\tCart => Search"
IMAGES = (16, 16, 1)


@pytest.fixture(scope="module")
def model() -> FeatureModel:
    return FeatureModel.named("s1", bounds={"Block": 1, "Cell": 2})


@pytest.fixture(scope="module")
def cnf(model: FeatureModel) -> CompiledModel:
    return model.compile(input_shape=IMAGES)


@pytest.fixture(scope="module")
def sample(cnf: CompiledModel) -> DrawnSample:
    return cnf.sample(3, sampler="steered")


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pysat", "lxml", "dd", "keras", "tensorflow", "matplotlib", "sklearn"}
    code = f"import sys, featurenet_uvl\nprint(sorted({heavy!r} & set(sys.modules)), featurenet_uvl.__version__)"
    code += "\nfrom featurenet_uvl import FeatureModel, evaluate\nprint({'keras', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert done.stdout.splitlines() == [f"[] {featurenet_uvl.__version__}", "set()"]


def test_every_name_is_there_and_no_other() -> None:
    assert set(featurenet_uvl.__all__) <= set(dir(featurenet_uvl))
    assert all(getattr(featurenet_uvl, name) is not None for name in featurenet_uvl.__all__)
    with pytest.raises(AttributeError, match="module 'featurenet_uvl' has no attribute 'FeatureModle'"):
        _ = featurenet_uvl.FeatureModle  # type: ignore[attr-defined]  # a slip of the pen


def test_the_names_that_type_checkers_see_are_those_that_exist() -> None:
    text = Path(featurenet_uvl.__file__).read_text(encoding="utf-8")
    for name, home in featurenet_uvl._HOMES.items():
        assert f"    from {home} import {name} as {name}\n" in text


def test_a_model_is_read_restricted_and_written(tmp_path: Path) -> None:
    path = tmp_path / "shop.uvl"
    path.write_text(SHOP.replace("\t\t\tCart", "\t\t\tCart cardinality [1..3]"))
    restriction = tmp_path / "small.uvl"
    restriction.write_text("imports\n\tshop as s\nfeatures\n\ts.Shop\nconstraints\n\ts.Search\n")
    model = FeatureModel.read(path)
    counts = [
        model.compile().count(),
        model.restrict(bounds={"Cart": 1}).compile().count(),
        model.restrict(restriction).compile().count(),
        model.restrict(bounds={"Cart": 1}).restrict(restriction).compile().count(),
        model.restrict(restriction, bounds={"Cart": 1}).compile().count(),
        FeatureModel.read(path, restriction, {"Cart": 1}).compile().count(),
        FeatureModel.read(restriction).compile().count(),
    ]
    assert counts == [5, 3, 4, 2, 2, 2, 4]
    small = model.restrict(bounds={"Cart": 2}).restrict(restriction)
    assert (small.restrictions, small.bounds) == ((str(restriction),), {"Cart": 2})
    with pytest.raises(
        ModelError, match=r"^`bounds`: found Cart=3, expected a number within its cardinality \[1\.\.2\]"
    ):
        small.restrict(bounds={"Cart": 3})
    small.write(tmp_path / "small.xml")
    again = FeatureModel.read(tmp_path / "small.xml")
    assert again.compile().count() == small.compile().count() == 3
    with pytest.raises(UsageError, match=r"small\.xml: exists"):
        small.write(tmp_path / "small.xml")
    small.write(tmp_path / "small.xml", force=True)


def test_a_sample_is_drawn_continued_written_and_read(cnf: CompiledModel, sample: DrawnSample, tmp_path: Path) -> None:
    assert (len(sample), len(list(sample)), sample.diversity().distinct) == (3, 3, 3)
    assert cnf.sample(3, sampler="steered").sample == sample.sample
    longer = cnf.sample(2, sampler="steered", seed=2, after=sample)
    assert (longer.sample.selected[:3] == sample.sample.selected).all()
    assert longer.diversity().distinct == len(longer) == 5
    sample.write(tmp_path / "s.txt")
    cnf.write(tmp_path / "s.dimacs")
    assert [network.architecture for network in cnf.read_sample(tmp_path / "s.txt").decode()] == [
        network.architecture for network in sample.decode()
    ]
    with pytest.raises(UsageError, match=r"s\.dimacs: exists"):
        cnf.write(tmp_path / "s.dimacs")


def test_assumptions_hold(cnf: CompiledModel) -> None:
    assert all(
        "Block_1_Cell_2" not in selected for selected in cnf.sample(2, sampler="steered", assume="!Block_1_Cell_2")
    )
    with pytest.raises(UnsatisfiableError, match="no configuration exists with !Block_1"):
        cnf.sample(1, sampler="steered", assume=["!Block_1"])


def test_a_model_decodes_its_samples_and_no_others(model: FeatureModel, sample: DrawnSample, tmp_path: Path) -> None:
    networks = model.decode(sample, input_shape=IMAGES)
    assert [network.name for network in networks] == ["0001", "0002", "0003"]
    with pytest.raises(DecodeError, match=r"^sample: found a sample of the formula \w+, expected"):
        model.decode(sample)
    with pytest.raises(DecodeError, match=r"^sample: found 386 features"):
        FeatureModel.named("s1", bounds={"Block": 1, "Cell": 1}).decode(sample, input_shape=IMAGES)
    broken = replace(sample.sample, selected=np.ones_like(sample.sample.selected), formula="")
    with pytest.raises(DecodeError, match="configuration 1 violates the model"):
        model.decode(replace(sample, sample=broken), input_shape=IMAGES)
    sample.write(tmp_path / "s.txt")
    assert model.decode(tmp_path / "s.txt", input_shape=IMAGES) == networks
    assert len(FeatureModel.parse(SHOP).sample(9)) == 3


def test_what_can_be_known_of_a_sample(model: FeatureModel) -> None:
    bare = model.compile(rules=False)
    drawn = bare.sample(4)
    assert drawn.limit() == bare.limit(4)
    mean = drawn.diversity().mean_distance
    assert mean is not None
    assert 0.5 < drawn.limit().share(mean) <= 1


def test_without_a_diagram_integer_programs_bound_the_distances(
    model: FeatureModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = model.compile(rules=False).sample(4)
    exact = drawn.limit()

    def too_large(*_: object) -> None:
        raise LimitError("found 9 nodes")

    monkeypatch.setattr("featurenet_uvl.api.drawn.exact_model", too_large)
    loose = drawn.limit(time_limit_s=1.0)
    assert exact.upper / (1 + exact.gap) <= loose.upper <= 1
    assert loose.gap > 0


def test_a_network_is_drawn_written_and_read(tmp_path: Path) -> None:
    network = Network.named("lenet5", input_shape=IMAGES)
    assert (network.weights, network.classes, network.input_shape) == (61_706, 10, IMAGES)
    assert ElementTree.fromstring(network._repr_svg_()).tag.endswith("svg")
    assert network.draw()._repr_svg_() == network._repr_svg_()
    for ending, start in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".txt", b"lenet5\n")):
        network.draw().write(tmp_path / f"n{ending}")
        assert (tmp_path / f"n{ending}").read_bytes().startswith(start)
    network.write(tmp_path / "mine.json")
    assert Network.read(tmp_path / "mine.json") == replace(network, name="mine")


def trial(name: str, status: TrialStatus = TrialStatus.DONE, **facts: Any) -> TrialResult:
    return TrialResult(name, "0" * 16, status, **facts)


def test_results_are_a_table() -> None:
    good = trial("<b>", test_accuracy=0.5, weights=1290, epochs=3, seconds=1.25, history=(Epoch(1.0, 0.5, 0.5),))
    smaller, bad = replace(good, name="small", weights=10), trial("bad", TrialStatus.LIMIT, reason="took longer")
    results = Results((good, smaller, bad))
    assert repr(results).splitlines() == [
        "name   status  accuracy  weights  epochs  seconds  reason",
        "<b>    done    0.5000    1,290    3       1.2",
        "small  done    0.5000    10       3       1.2",
        "bad    limit   -         -        0       0.0      took longer",
    ]
    assert (results.best(), list(results), results[2], len(results)) == (smaller, [good, smaller, bad], bad, 3)
    assert [row["accuracy"] for row in results.rows()] == [0.5, 0.5, None]
    html = results._repr_html_()
    assert "<td>&lt;b&gt;</td>" in html
    assert "<th>weights</th>" in html
    ElementTree.fromstring(html)
    with pytest.raises(UsageError, match=r"found no network with an accuracy \(0 of 1\)"):
        Results((bad,)).best()
    assert repr(Results(())).startswith("name")


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record the calls of the evaluation of one network, which trains nothing here and fails for the second."""
    asked: list[Any] = []

    def evaluate_one(
        architecture: Any, protocol: Any, data: Any, callbacks: Any, *, tensorboard: Any, name: str
    ) -> TrialResult:
        asked.append((protocol, callbacks, tensorboard))
        assert Path(data.folder).is_dir()
        if len(asked) == 2:
            raise ValueError("no\nmore")
        return trial(name, test_accuracy=0.25)

    monkeypatch.setattr(module, "evaluate_one", evaluate_one)
    return asked


def test_evaluate_gives_a_row_a_network_whatever_happens(
    sample: DrawnSample, evaluated: list[Any], tmp_path: Path
) -> None:
    seen: list[str] = []
    results = evaluate(
        sample.decode(),
        callbacks=lambda network: [network.name],
        tensorboard=tmp_path,
        on_result=lambda result: seen.append(result.name),
        epochs=3,
        train_images=np.int64(100),
        learning_rate=0.1,
    )
    assert [result.status for result in results] == [TrialStatus.DONE, TrialStatus.FAILED, TrialStatus.DONE]
    assert (results[1].name, results[1].reason) == ("0002", "ValueError: no more")
    assert seen == ["0001", "0002", "0003"]
    protocol, callbacks, tensorboard = evaluated[2]
    assert (protocol.data, protocol.epochs, protocol.train_images, protocol.learning_rate) == ("digits", 3, 100, 0.1)
    assert (callbacks, tensorboard) == (["0003"], tmp_path / "0003")
    assert [result.name for result in evaluate(sample.decode()[0])] == ["0001"]


def test_train_asks_the_pool(sample: DrawnSample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def run_trials(specs: Any, protocol: Any, store: Path, **options: Any) -> list[TrialResult]:
        asked.update(options, protocol=protocol, store=store)
        return [trial(spec.name) for spec in specs]

    monkeypatch.setattr(module, "run_trials", run_trials)
    results = train(sample.decode(), tmp_path / "t.sqlite", workers=2, retry_failed=True, seed=4)
    assert [result.name for result in results] == ["0001", "0002", "0003"]
    assert (asked["engine"], asked["retry_failed"], asked["protocol"].seed) == (LocalEngine(2), True, 4)
    assert (tmp_path / "t.sqlite.data").is_dir()
    engine: Engine = LocalEngine(1)
    train(sample.decode()[0], tmp_path / "t.sqlite", engine=engine)
    assert asked["engine"] is engine


def test_networks_are_read_from_their_files_and_numbers_may_be_numpys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    evaluated: list[Any] = []

    def evaluate_one(architecture: Any, protocol: Any, data: Any, own: Any, **options: Any) -> TrialResult:
        evaluated.append((architecture, protocol))
        return trial(options["name"])

    monkeypatch.setattr(module, "evaluate_one", evaluate_one)
    monkeypatch.setenv("HOME", str(tmp_path))
    LENET5.write("~/n.json")
    numbers = {"epochs": np.int64(3), "learning_rate": np.float32(0.5), "deterministic": np.bool_(True)}
    for networks in ("~/n.json", tmp_path / "n.json", [tmp_path / "n.json"]):
        assert [result.name for result in evaluate(networks, **numbers)] == ["n"]  # type: ignore[arg-type]  # numpy's
    assert {architecture for architecture, _ in evaluated} == {LENET5.architecture}
    plain = Protocol("digits", epochs=3, learning_rate=0.5, deterministic=True)
    assert {protocol.hash() for _, protocol in evaluated} == {plain.hash()}


LENET5 = Network.named("lenet5", input_shape=IMAGES)

MISTAKES: list[tuple[type[FeatureNetError], str, Callable[[FeatureModel, CompiledModel, Path], object]]] = [
    (ReadError, r"missing\.uvl: no such file", lambda m, c, p: FeatureModel.read(p / "missing.uvl")),
    (UsageError, "path: found 3, expected the path of a file", lambda m, c, p: FeatureModel.read(3)),  # type: ignore[arg-type]
    (UsageError, "path: found None", lambda m, c, p: FeatureModel.read("x", [None])),  # type: ignore[list-item]
    (UsageError, "found model 's9', expected one of .*dnn", lambda m, c, p: FeatureModel.named("s9")),
    (
        UsageError,
        "found a restriction, expected a model",
        lambda m, c, p: FeatureModel.parse("imports\n\ta as b\nfeatures\n\tb.C"),
    ),
    (ReadError, "^<text>:2:", lambda m, c, p: FeatureModel.parse('features\n\t"')),
    (UsageError, "found a restriction of a text", lambda m, c, p: FeatureModel.parse(SHOP).restrict("x.uvl")),
    (ModelError, "`bounds`: found 'Blok', expected a multi-feature", lambda m, c, p: m.restrict(bounds={"Blok": 1})),
    (UsageError, "`bounds`: Block: found '1', expected a whole", lambda m, c, p: m.restrict(bounds={"Block": "1"})),  # type: ignore[dict-item]
    (UsageError, r"`bounds`: found \['Block'\], expected a mapping", lambda m, c, p: m.restrict(bounds=["Block"])),  # type: ignore[arg-type]
    (UsageError, "found no known ending", lambda m, c, p: m.write(p / "m.txt")),
    (UsageError, "input_shape: found '28x28', expected", lambda m, c, p: m.compile(input_shape="28x28")),  # type: ignore[arg-type]
    (UsageError, "input_shape: found 0, expected a whole", lambda m, c, p: m.compile(input_shape=(28, 0, 1))),
    (UsageError, "classes: found 0, expected", lambda m, c, p: m.compile(classes=0)),
    (UsageError, "count: found True, expected", lambda m, c, p: c.sample(True)),
    (UsageError, "seed: found -1, expected", lambda m, c, p: c.sample(1, seed=-1)),
    (UsageError, "found sampler 'magic', expected one of", lambda m, c, p: c.sample(1, sampler="magic")),
    (UsageError, "count: found 1, expected a whole number from 2", lambda m, c, p: c.limit(1)),
    (LimitError, "decision diagram", lambda m, c, p: c.limit(2, time_limit_s=0.01)),
    (UsageError, "found a model without input_shape", lambda m, c, p: FeatureModel.parse(SHOP).sample(1).decode()),
    (ReadError, r"missing\.txt: no such file", lambda m, c, p: c.read_sample(p / "missing.txt")),
    (UsageError, "found no architecture 'x', expected one of", lambda m, c, p: Network.named("x", input_shape=IMAGES)),
    (ReadError, r"missing\.json: no such file", lambda m, c, p: Network.read(p / "missing.json")),
    (UsageError, r"found ending '\.gif', expected", lambda m, c, p: LENET5.draw().write(p / "n.gif")),
    (UsageError, "networks: found 'lenet5', expected a Network", lambda m, c, p: evaluate(["lenet5"])),
    (ReadError, r"gone\.json: no such file", lambda m, c, p: evaluate("gone.json")),
    (UsageError, "learning_rate: found inf, expected", lambda m, c, p: evaluate(LENET5, learning_rate=float("inf"))),
    (UsageError, "deterministic: found 1, expected True", lambda m, c, p: evaluate(LENET5, deterministic=1)),  # type: ignore[arg-type]
    (UsageError, "`store`: found ':memory:', expected the path", lambda m, c, p: train(LENET5, ":memory:")),
    (UsageError, "`store`: found the folder '.*', expected the path", lambda m, c, p: train(LENET5, p)),
    (UsageError, "networks: found 3, expected a Network", lambda m, c, p: evaluate(3)),  # type: ignore[arg-type]
    (UsageError, "networks: found lenet5 more than once", lambda m, c, p: evaluate([LENET5, LENET5])),
    (UsageError, "found data set 'letters', expected one of", lambda m, c, p: evaluate(LENET5, "letters")),
    (UsageError, "found epoch, expected epochs, batch_size", lambda m, c, p: evaluate(LENET5, epoch=3)),  # type: ignore[call-arg]
    (UsageError, "epochs: found '3', expected a whole number", lambda m, c, p: evaluate(LENET5, epochs="3")),  # type: ignore[arg-type]
    (UsageError, "momentum: found None, expected a number", lambda m, c, p: evaluate(LENET5, momentum=None)),  # type: ignore[arg-type]
    (UsageError, "protocol: epochs: found 0, expected at least 1", lambda m, c, p: evaluate(LENET5, epochs=0)),
    (
        UsageError,
        r"network lenet5: found one for 28x28x1 images and 10 classes, expected 16x16x1 .*input_shape=\(16, 16, 1\)",
        lambda m, c, p: train(Network.named("lenet5", input_shape=(28, 28, 1)), p / "t"),
    ),
    (UsageError, "workers: found 0, expected", lambda m, c, p: train(LENET5, p / "t", workers=0)),
    (
        UsageError,
        "found workers with an engine",
        lambda m, c, p: train(LENET5, p / "t", workers=1, engine=LocalEngine()),
    ),
]


@pytest.mark.parametrize(("kind", "message", "attempt"), MISTAKES, ids=[message for _, message, _ in MISTAKES])
def test_a_mistake_is_an_error_of_the_project(
    model: FeatureModel,
    cnf: CompiledModel,
    tmp_path: Path,
    kind: type[FeatureNetError],
    message: str,
    attempt: Callable[[FeatureModel, CompiledModel, Path], object],
) -> None:
    with pytest.raises(kind, match=message):
        attempt(model, cnf, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"t.data"}


UNGUARDED = """\
from featurenet_uvl import Network, train

network = Network.named("mlp", input_shape=(16, 16, 1))
print(train(network, "t.sqlite", workers=1, epochs=1, train_images=100, test_images=50)[0].status)
"""


@pytest.mark.slow
def test_a_script_without_a_guard_trains(tmp_path: Path) -> None:
    """Worker processes must not run the script again."""
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_arguments_of_another_type_are_named_in_one_line() -> None:
    compiled = FeatureModel.parse("features\n\tApp\n\t\toptional\n\t\t\tLog\n").compile()
    for call, message in (
        (
            lambda: compiled.sample(1, options=["level"]),
            "options: found ['level'], expected a mapping such as {'command'",
        ),
        (lambda: compiled.sample(1, options="level=3"), "options: found 'level=3', expected a mapping"),
        (lambda: compiled.sample(1, assume=3), "assume: found 3, expected a text, or several"),
        (lambda: compiled.sample(1, assume=["Log", 3]), "assume: found 3, expected a text, or several"),
        (lambda: compiled.sample(1, time_limit_s="1"), "time_limit_s: found '1', expected seconds above 0"),
        (lambda: compiled.sample(1, time_limit_s=float("nan")), "time_limit_s: found nan, expected seconds above 0"),
        (lambda: compiled.count(-1), "time_limit_s: found -1, expected seconds above 0"),
        (lambda: compiled.limit(2, time_limit_s=0), "time_limit_s: found 0, expected seconds above 0"),
        (lambda: compiled.sample(2).limit(True), "time_limit_s: found True, expected seconds above 0"),
        (lambda: compiled.sample(1, after=3), "found 3 as a sample, expected a DrawnSample"),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value).startswith(message)


def test_one_thing_is_shown_in_the_singular() -> None:
    model = FeatureModel.parse("features\n\tApp\n")
    compiled = model.compile()
    shown = [repr(one) for one in (model, compiled, compiled.sample(1, sampler="steered"))]
    assert shown == [
        "<FeatureModel: 1 feature, 0 constraints>",
        "<CompiledModel: 1 feature, 0 auxiliaries, 1 clause>",
        "<DrawnSample: 1 configuration of 1 feature, steered>",
    ]


def test_shape_and_classes_follow_from_the_data() -> None:
    x, y = np.zeros((8, 15, 17, 3), np.uint8), ["a", "b", "c", "d"] * 2
    network = Network.named("lenet5", data=(x, y))
    assert (network.input_shape, network.classes) == ((15, 17, 3), 4)
    assert Network.named("lenet5", data="cifar100").classes == 100
    compiled = FeatureModel.named("s1", bounds={"Block": 1, "Cell": 1}).compile(data=(x, y))
    assert (compiled.input_shape, compiled.classes) == ((15, 17, 3), 4)
    with pytest.raises(UsageError, match="data: found 15x17x3 images of 4 classes, expected 5 classes as given"):
        Network.named("lenet5", data=(x, y), classes=5)
    with pytest.raises(UsageError, match="found neither input_shape nor data"):
        Network.named("lenet5")
