"""Check of a sampler: it draws from formulas whose configurations are all known, and every answer is compared."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

import numpy as np

from featurenet_uvl.errors import LimitError, UnsatisfiableError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.registry import draw, find_sampler
from featurenet_uvl.sampling.request import Engine, Request, Sampler, Solutions
from featurenet_uvl.testing.sampler_formulas import LARGE, ODD_NAMES, SMALL, UNSATISFIABLE, all_rows

MAX_PROBLEMS = 10
"""Problems that an error lists."""

COUNT = 12
"""Configurations that are requested from the large formula."""

_OVER_S = 3600.0
"""Seconds by which a time limit is over already, before the sampler begins."""

_NO_OPTIONS: Mapping[str, str] = MappingProxyType({})

_PROGRAM = "from featurenet_uvl.testing.samplers import print_digest; print_digest()"


def check_sampler(
    sampler: str | Engine | Sampler,
    *,
    options: Mapping[str, str] = _NO_OPTIONS,
    has_seed: bool = True,
    finds_all: bool = True,
) -> None:
    """Check that a sampler keeps the promises of `featurenet_uvl.sampling.request`.

    Its solutions must be valid, distinct, new beside known configurations, and as many as requested, or its `stop` must
    say why not. The same seed must give the same solutions, in another process, too, if that can find the sampler: by
    its name, or by the module of its function. Global random state must neither change nor matter. The time limit,
    interrupts, assumptions and formulas without configurations must end as promised.

    Args:
        sampler: The name of a sampler, a sampler, or an engine.
        options: Values of its options.
        has_seed: False for a sampler whose solutions do not depend on the seed alone.
        finds_all: False for a sampler that may stop before it has found all configurations, with COVERED or GAVE_UP,
            or that refuses to be asked for all with UsageError.

    Raises:
        UnsupportedError: The sampler breaks a promise; each problem is a line.

    Example:
        check_sampler("steered")
    """
    found = find_sampler(sampler) if isinstance(sampler, str) else sampler
    if not isinstance(found, Sampler):
        found = Sampler(found, dict.fromkeys(options, ""))
    name = sampler if isinstance(sampler, str) else getattr(found.engine, "__name__", type(found.engine).__name__)
    suite = _Suite(found, _import_path(sampler, found), dict(options), has_seed, finds_all)
    problems: list[str] = []
    for problem in suite.problems():
        if len(problems) == MAX_PROBLEMS:
            problems.append("and more problems")
            break
        problems.append(problem)
    if problems:
        raise UnsupportedError("\n".join(f"sampler {name}: {problem}" for problem in problems))


def _import_path(sampler: str | Engine | Sampler, found: Sampler) -> str:
    """Return the name by which another process finds the sampler: its own, or MODULE:FUNCTION; empty if it cannot."""
    if isinstance(sampler, str):
        return sampler
    module, function = getattr(found.engine, "__module__", ""), getattr(found.engine, "__qualname__", "")
    known = getattr(sys.modules.get(module), function, None) if module != "__main__" else None
    return f"{module}:{function}" if known is found.engine else ""


@dataclass(frozen=True, slots=True)
class _Suite:
    """The checks of one sampler, for the arguments of `check_sampler`."""

    sampler: Sampler
    path: str
    options: Mapping[str, str]
    has_seed: bool
    finds_all: bool

    def problems(self) -> Iterator[str]:
        """Yield a line per broken promise."""
        checks: list[tuple[str, Callable[[], Iterator[str]]]] = [
            (name, lambda cnf=cnf: self._numbers(cnf))  # type: ignore[misc]  # the default binds the loop's formula
            for name, cnf in SMALL.items()
        ]
        checks += [
            ("odd names", lambda: self._numbers(ODD_NAMES)),
            ("known configurations", self._known),
            ("assumptions", self._assumptions),
            ("no configuration", self._unsatisfiable),
            ("a large formula", self._large),
            ("seeds", self._seeds),
            ("global random state", self._global_state),
            ("time limit", self._time),
            ("interrupt", self._interrupts),
        ]
        for name, check in checks:
            try:
                yield from (f"{name}: {problem}" for problem in check())
            except Exception as error:  # an error of the engine is a problem like any other
                yield f"{name}: raised {type(error).__name__}: {' '.join(str(error).split())}"
            except KeyboardInterrupt:
                yield f"{name}: raised KeyboardInterrupt, expected the solutions found so far"

    def _draw(self, cnf: Cnf, count: int, seed: int = 1, **more: Any) -> Solutions:
        return self.sampler.engine(cnf, Request(count, seed, options=self.options, **more))

    def _numbers(self, cnf: Cnf) -> Iterator[str]:
        """Ask for one configuration, for some, for all, and for more than exist."""
        total = len(all_rows(cnf))
        for count in sorted({1, max(1, total // 2), total, total + 1}):
            try:
                found = self._draw(cnf, count)
            except UsageError:
                if self.finds_all or count < total:
                    raise
                continue
            yield from (f"{count} of {total}: {problem}" for problem in self._wrong(cnf, found, count))

    def _wrong(self, cnf: Cnf, found: Solutions, count: int, known: BoolMatrix | None = None) -> Iterator[str]:
        """Compare solutions of a small formula with all that exist."""
        features = cnf.variables.feature_count
        rows = [tuple(row) for row in found.values.tolist()]
        if found.values.shape[1] != len(cnf.variables):
            yield f"found {found.values.shape[1]} columns, expected one per variable: {len(cnf.variables)}"
            return
        exist = set(all_rows(cnf))
        invalid = [number for number, row in enumerate(rows, 1) if row not in exist]
        if invalid:
            yield f"found the invalid solution {invalid[0]}"
        old = set() if known is None else {tuple(row) for row in known.tolist()}
        new = [row[:features] for row in rows]
        if len(set(new)) < len(new):
            yield "found a configuration twice"
        if set(new) & old:
            yield "found a known configuration again"
        yield from self._wrong_number(len(rows), found.stop, count, len({row[:features] for row in exist} - old))

    def _wrong_number(self, found: int, stop: Stop, count: int, exist: int) -> Iterator[str]:
        if found > count:
            yield f"found {found} solutions, expected at most {count}"
        if (found == count) != (stop is Stop.COMPLETE):
            yield f"found {found} of {count} solutions and the stop {stop.value!r}"
        if stop is Stop.EXHAUSTED and found < exist:
            yield f"found {found} solutions and the stop 'exhausted', though {exist} exist"
        if found < min(count, exist) and (self.finds_all or stop not in (Stop.COVERED, Stop.GAVE_UP)):
            yield f"found {found} solutions and the stop {stop.value!r}, expected {min(count, exist)}"

    def _known(self) -> Iterator[str]:
        for name, cnf in SMALL.items():
            features = cnf.variables.feature_count
            rows = sorted({row[:features] for row in all_rows(cnf)})
            known = np.array(rows[::2], dtype=np.bool_)
            before = known.copy()
            try:
                found = self._draw(cnf, max(1, len(rows) // 4), known=known)
            except UsageError:
                if self.finds_all:
                    raise
                continue
            yield from (f"{name}: {p}" for p in self._wrong(cnf, found, max(1, len(rows) // 4), known))
            if not np.array_equal(known, before):
                yield f"{name}: found the known configurations changed"

    def _assumptions(self) -> Iterator[str]:
        sample = draw(LARGE, self._request(3, assumptions=(20, -3)), "checked", self.sampler)
        if not len(sample) or not sample.selected[:, 19].all() or sample.selected[:, 2].any():
            yield "found configurations without the assumed literals"

    def _request(self, count: int, **more: Any) -> Request:
        return Request(count, 1, options=self.options, **more)

    def _unsatisfiable(self) -> Iterator[str]:
        for cnf in (UNSATISFIABLE, Cnf(UNSATISFIABLE.variables, (*UNSATISFIABLE.clauses, (1,), (-1,)))):
            try:
                found = self._draw(cnf, 2)
            except UnsatisfiableError:
                continue
            yield f"found {len(found.values)} solutions, expected UnsatisfiableError"

    def _large(self) -> Iterator[str]:
        """Draw from a formula with far more configurations than requested, and listen to the progress."""
        reports: list[int] = []
        found = self._draw(LARGE, COUNT, on_progress=reports.append)
        selected = found.values[:, : LARGE.variables.feature_count]
        for number, row in enumerate(selected, 1):
            if not LARGE.is_satisfied_by(int(place) + 1 for place in np.flatnonzero(row)):
                yield f"found the invalid solution {number}"
        if len({row.tobytes() for row in selected}) < len(selected):
            yield "found a configuration twice"
        if found.stop is not Stop.COMPLETE and (self.finds_all or not len(selected)):
            yield f"found {len(selected)} solutions and the stop {found.stop.value!r}, expected {COUNT}"
        if reports != sorted(reports) or (reports and reports[-1] > len(selected)):
            yield f"found the reports of progress {reports}, expected ascending ones, at most {len(selected)}"

    def _seeds(self) -> Iterator[str]:
        if not self.has_seed:
            return
        first, again = (_digest(self._draw(LARGE, COUNT, 7)) for _ in range(2))
        if first != again:
            yield "found other solutions for the same seed"
        if len({_digest(self._draw(LARGE, COUNT, seed)) for seed in (7, 8, 9, 2**100)}) == 1:
            yield "found the same solutions for every seed"
        if self.path:
            elsewhere = _digest_elsewhere(self.path, self.options)
            if elsewhere != first:
                yield f"found other solutions for the same seed in another process: {elsewhere or 'none'}"

    def _global_state(self) -> Iterator[str]:
        """Draw twice with other states of the global generators: they must neither change nor matter."""
        digests, states = [], (random.getstate(), np.random.get_state())
        for seed in (1, 2):
            random.seed(seed)
            np.random.seed(seed)
            before = (random.getstate(), repr(np.random.get_state()))
            digests.append(_digest(self._draw(LARGE, COUNT)))
            if before != (random.getstate(), repr(np.random.get_state())):
                yield "found a global random generator used, expected one made from the seed"
                break
        random.setstate(states[0])
        np.random.set_state(states[1])
        if self.has_seed and len(set(digests)) > 1:
            yield "found solutions that depend on a global random generator"

    def _time(self) -> Iterator[str]:
        """Ask with a time limit that is over before the sampler begins."""
        over = time.monotonic() - _OVER_S
        try:
            found = self._draw(LARGE, 2_000, time_limit_s=1.0, started=over)
        except LimitError:
            return
        if found.stop is not Stop.TIME:
            yield f"found {len(found.values)} solutions and the stop {found.stop.value!r} after the time was over"
        elif len(found.values) and not _is_valid(found):
            yield "found an invalid solution after the time was over"

    def _interrupts(self) -> Iterator[str]:
        """Interrupt a sampler when it reports its first solutions, and when it reports its last one."""
        for last in (1, COUNT):
            listener = _Interrupting(last)
            found = self._draw(LARGE, COUNT, on_progress=listener)
            if not listener.has_interrupted:
                continue
            if not len(found.values) or not _is_valid(found):
                yield f"found {len(found.values)} solutions after an interrupt, expected those that it had found"
            if (len(found.values) == COUNT) != (found.stop is Stop.COMPLETE):
                yield f"found {len(found.values)} of {COUNT} solutions and the stop {found.stop.value!r}"
            if len(found.values) < COUNT and found.stop is not Stop.INTERRUPTED:
                yield f"found the stop {found.stop.value!r} after an interrupt, expected 'interrupted'"


@dataclass(slots=True)
class _Interrupting:
    """A listener that interrupts once, when it hears of this many solutions."""

    count: int
    has_interrupted: bool = field(default=False)

    def __call__(self, done: int) -> None:
        if done >= self.count and not self.has_interrupted:
            self.has_interrupted = True
            raise KeyboardInterrupt


def _is_valid(found: Solutions) -> bool:
    rows = found.values
    return all(LARGE.is_satisfied_by(int(place) + 1 for place in np.flatnonzero(row)) for row in rows)


def _digest(found: Solutions) -> str:
    return hashlib.sha256(np.ascontiguousarray(found.values).tobytes()).hexdigest()[:16]


def _digest_elsewhere(path: str, options: Mapping[str, str]) -> str:
    """Return the digest that another process computes, with another seed of Python's hashes; empty if it fails."""
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, path, json.dumps(dict(options))],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def print_digest() -> None:
    """Draw with the sampler that the program's arguments name, and write the digest of its solutions to stdout."""
    path, options = sys.argv[1], json.loads(sys.argv[2])
    module, _, function = path.partition(":")
    engine = getattr(import_module(module), function) if function else find_sampler(path).engine
    sys.stdout.write(_digest(engine(LARGE, Request(COUNT, 7, options=options))) + "\n")
