"""Samplers of other people that fail, hang or lie: one clear error each, and no process or file left behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featurenet_uvl.errors import FeatureNetError, LimitError, ToolError, UnsatisfiableError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from tests.waiting import PATIENCE_S, comes_true

# Net, and Drop or Norm; the auxiliary says that both are there.
CNF = Cnf(VarMap.from_names(["Net", "Soft max", "Norm", "__aux_1"]), ((1,), (2, 3), (-4, 2), (-4, 3), (4, -2, -3)))
UNSATISFIABLE = Cnf(CNF.variables, (*CNF.clauses, (-1,)))
HEAD = "import sys, time, os\ndimacs, n, seed, out = sys.argv[1:5]\n"
GOOD = "['1 2 -3 -4 0', '1 -2 3 -4 0', '1 2 3 4 0']"
WRITE = "open(out, 'w').write('\\n'.join({lines}) + '\\n')\n"

Tool = Callable[..., str]


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a temporary folder; whatever remains in it was left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    def make(body: str, words: str = "{dimacs} {n} {seed} {out}") -> str:
        script = tmp_path / "tool with blank.py"
        script.write_text(HEAD + body, encoding="utf-8")
        return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {words}"

    return make


def request(command: str, count: int = 3, **more: object) -> Request:
    return Request(count, 7, options={"command": command}, **more)  # type: ignore[arg-type]


def left_behind(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "temporary").iterdir())


def test_a_good_tool(tool: Tool, tmp_path: Path) -> None:
    sample = draw(CNF, request(tool(WRITE.format(lines=GOOD))), "external")
    assert sorted(sample.configurations()) == [("Net", "Norm"), ("Net", "Soft max"), ("Net", "Soft max", "Norm")]
    assert (sample.stop, sample.sampler) == (Stop.COMPLETE, "external")
    assert left_behind(tmp_path) == []


def test_what_a_tool_is_given(tool: Tool, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    body = f"open({str(copy)!r}, 'w').write(open(dimacs).read() + n + ' ' + seed + os.getcwd())\n"
    known = np.array([[True, True, False]])
    draw(CNF, request(tool(body + WRITE.format(lines=GOOD + "[1:]")), 2, known=known), "external")
    text, _, last = copy.read_text().rpartition("\n")
    given = read_dimacs(text + "\n", "copy")
    assert given.variables.names == ("Net", "Soft_x20_max", "Norm", "__aux_1")
    assert given.clauses == (*CNF.clauses, (-1, -2, 3))
    assert last.startswith("2 7")
    assert str(tmp_path / "temporary") in last


@pytest.mark.parametrize(
    "lines",
    [
        "['1->Net', '2->Soft_x20_max', '3->Norm', '1;2;3;']",
        "['Configuration;Net;Soft max;Norm', '0;+;+;+']",
        "['c found', 'v 1 2 3 0']",
    ],
)
def test_answers_in_other_formats_and_on_stdout(tool: Tool, lines: str) -> None:
    command = tool(f"print('\\n'.join({lines}))", "{dimacs} {n} {seed} none")
    assert list(draw(CNF, request(command, 1), "external").configurations()) == [("Net", "Soft max", "Norm")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit(3)", "ended with exit code 3 and no answer; it wrote nothing"),
        ("sys.exit('out of cheese')", "ended with exit code 1 and no answer; it wrote 'out of cheese'"),
        ("print('usage: tool')", "ended with exit code 0 and no answer; it wrote 'usage: tool'"),
        ("raise KeyError('a\\x1b[31m')", "exit code 1 and no answer; it wrote 'Traceback .*' ... \"KeyError: "),
        ("open(out, 'w')", "ended with exit code 0 and no answer"),
        ("os.mkdir(out)", "ended with exit code 0 and no answer"),
        ("os.kill(os.getpid(), 9)", "ended with exit code -9 and no answer"),
        (WRITE.format(lines=GOOD) + "sys.exit(5)", "ended with exit code 5, expected 0"),
        (WRITE.format(lines="['hello']"), "the answer of .*:1: found 'hello', expected a sample file"),
        (WRITE.format(lines="['1 2 3', 'x', 'y']"), "the answer of .*:2: found 'x'.* and 1 more problem"),
        ("open(out, 'wb').write(b'\\xff\\0')", "the answer of .*:1:1: found the byte 0xff"),
        (WRITE.format(lines="['1 2']"), "found no value for variable 3, expected one for each feature"),
        (WRITE.format(lines="['1 2 3 4 5 0']"), r"found '5', expected a variable within 1\.\.4"),
        (WRITE.format(lines="['1 2 3 0', '1 -2 -3 0']"), "solution 2 violates the CNF"),
        (WRITE.format(lines="['1->Net', '2->Soft max', '3->Norm', '4->__aux_1', '1;2;3;-4;']"), "violates clause 5"),
        (WRITE.format(lines="['1->Net', '2->Soft', '3->Norm', '1;2;3;']"), "found 'Soft', which the model lacks"),
        (WRITE.format(lines="['1 2 3 0', '1 2 -3 0', '1 2 3 0']"), "solution 3 repeats solution 1"),
        ("open(out, 'w').write('1->Net\\n2->Soft max\\n3->Norm\\n1;2;')", "the answer of .*:4:"),
    ],
)
def test_tools_that_fail_or_lie(tool: Tool, tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ToolError, match=message) as caught:
        draw(CNF, request(tool(body)), "external")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert left_behind(tmp_path) == []


def test_known_configurations_are_not_new(tool: Tool) -> None:
    command = tool(WRITE.format(lines=GOOD))
    with pytest.raises(ToolError, match="solution 1 repeats a known configuration, expected distinct ones"):
        draw(CNF, request(command, known=np.array([[True, True, False]])), "external")


def test_too_many_and_too_few_are_said(tool: Tool) -> None:
    notes: list[str] = []
    command = tool(WRITE.format(lines=GOOD))
    sample = draw(CNF, request(command, 2, on_note=notes.append), "external")
    assert (len(sample), sample.stop) == (2, Stop.COMPLETE)
    assert notes.pop().endswith("answered 3 solutions, of which the first 2 are taken")
    sample = draw(CNF, request(command, 9, on_note=notes.append), "external")
    assert (len(sample), sample.stop) == (3, Stop.GAVE_UP)
    assert notes.pop().endswith("answered 3 solutions of the 9 it was asked for")


def test_no_answer_to_an_unsatisfiable_cnf(tool: Tool) -> None:
    with pytest.raises(UnsatisfiableError, match="no configuration exists"):
        draw(UNSATISFIABLE, request(tool("sys.exit(1)")), "external")
    with pytest.raises(ToolError, match="violates the CNF"):
        draw(UNSATISFIABLE, request(tool(WRITE.format(lines=GOOD))), "external")


@pytest.mark.parametrize(
    ("command", "error", "message"),
    [
        ("", UsageError, "found no command, expected the option command"),
        ("tool {n}", UsageError, "expected {dimacs} in it"),
        ("tool '{dimacs}", UsageError, "which is no command: no closing quotation"),
        ("/no/such/tool {dimacs}", ToolError, "/no/such/tool: cannot be run: no such file or directory"),
        ("/dev/null {dimacs}", ToolError, "/dev/null: cannot be run: permission denied"),
    ],
)
def test_commands_that_are_none(command: str, error: type[FeatureNetError], message: str) -> None:
    with pytest.raises(error, match=message):
        draw(CNF, request(command), "external")


def test_a_tool_that_hangs_is_ended_with_all_it_started(tool: Tool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
import signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')
time.sleep(600)
"""
    with pytest.raises(LimitError, match="external: found no configuration within 3 s"):
        draw(CNF, request(tool(body), time_limit_s=3), "external")
    assert [pid for pid in map(int, pids.read_text().split()) if is_running(pid)] == []
    assert left_behind(tmp_path) == []


def test_what_a_tool_has_written_at_the_time_limit_is_taken(tool: Tool) -> None:
    body = "print('1 2 3 0', '1 2 -3 0', '1 -2', sep='\\n', end='', flush=True)\ntime.sleep(600)"
    sample = draw(CNF, request(tool(body, "{dimacs} 1 1 1"), 9, time_limit_s=3), "external")
    assert (len(sample), sample.stop) == (2, Stop.TIME)


def test_children_that_a_tool_leaves_behind_are_ended(tool: Tool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
import subprocess
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({str(pids)!r}, 'w').write(str(child.pid))
"""
    draw(CNF, request(tool(body + WRITE.format(lines=GOOD))), "external")
    assert not is_running(int(pids.read_text()))


def test_children_that_have_left_the_group_are_ended(tool: Tool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    body = f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open({str(pids)!r}, 'w').write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists({str(pids)!r}) or not open({str(pids)!r}).read():
    time.sleep(0.01)
"""
    draw(CNF, request(tool(body + WRITE.format(lines=GOOD))), "external")
    if sys.platform.startswith("linux"):
        assert not is_running(int(pids.read_text()))
    assert left_behind(tmp_path) == []


ENDLESS = "while True:\n    {file}.write(b'x' * (1 << 16))\n    {file}.flush()\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("open(out, 'wb').write(os.urandom(10_000_000))", "{dimacs} {n} {seed} {out}"),
        ("file = open(out, 'wb')\n" + ENDLESS.format(file="file"), "{dimacs} {n} {seed} {out}"),
        (ENDLESS.format(file="sys.stdout.buffer"), "{dimacs} {n} {seed} x"),
    ],
)
def test_an_answer_without_end_is_cut_off(tool: Tool, tmp_path: Path, body: str, words: str) -> None:
    """No time limit is needed: the number of configurations says how long an answer can be."""
    with pytest.raises(ToolError, match=r"found an answer of more than 1,\d{3},\d{3} bytes, expected at most that"):
        draw(CNF, request(tool(body, words)), "external")
    assert left_behind(tmp_path) == []


def test_words_without_end_fill_no_disk(tool: Tool, tmp_path: Path) -> None:
    sizes = tmp_path / "sizes"
    body = f"""
sys.stderr.write('first\\n' + 'x' * 30_000_000 + '\\nlast\\n')
sys.stderr.flush()
open({str(sizes)!r}, 'w').write(str(os.path.getsize('stderr')))
sys.exit(3)
"""
    with pytest.raises(ToolError, match=r"exit code 3 and no answer; it wrote 'first' \.\.\. 'last'"):
        draw(CNF, request(tool(body)), "external")
    assert int(sizes.read_text()) < 10_000


def test_junk_is_refused_without_reading_all_of_it_into_rows(tool: Tool) -> None:
    names = [f"f{number}" for number in range(600)]
    cnf = Cnf(VarMap.from_names(names), ((1,),))
    with pytest.raises(ToolError, match=r"found no value for variable 6, .* more problems"):
        draw(cnf, request(tool("open(out, 'w').write('1 2 3 4 5 0\\n' * 80_000)")), "external")


DRIVER = """
import sys
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.ir.cnf import Cnf, VarMap
draw(Cnf(VarMap.from_names(["a"]), ()), Request(1, 1, options={"command": sys.argv[1]}), "external")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_tool_and_its_folder_end_with_their_killed_driver(tool: Tool, tmp_path: Path, number: int) -> None:
    pids = tmp_path / "pids"
    body = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child}} {{os.getppid()}}')
time.sleep(600)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, tool(body)], env=environment)
    assert comes_true(lambda: pids.is_file() and len(pids.read_text().split()) == 3)
    driver.send_signal(number)
    driver.wait()
    assert comes_true(lambda: not any(map(is_running, map(int, pids.read_text().split()))))
    assert comes_true(lambda: left_behind(tmp_path) == [])


INTERRUPTED = """
import signal, sys
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.ir.cnf import Cnf, VarMap
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    draw(Cnf(VarMap.from_names(["a"]), ()), Request(1, 1, options={"command": sys.argv[1]}), "external")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_ends_the_tool(tool: Tool, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = tool(f"open({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    program = subprocess.Popen([sys.executable, "-c", INTERRUPTED, command], stdout=subprocess.PIPE, text=True)
    assert comes_true(lambda: pid_file.is_file() and pid_file.read_text() != "")
    program.send_signal(signal.SIGINT)
    out, _ = program.communicate(timeout=PATIENCE_S)
    assert (out, program.returncode) == ("interrupted\n", 0)
    assert not is_running(int(pid_file.read_text()))


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def fake_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replace Java by a Python script, in which `args` are its arguments."""

    def make(body: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        java = folder / "java"
        java.write_text(
            f"#!{sys.executable}\nimport sys, time\nargs = sys.argv[1:]\nout = args[args.index('-o') + 1]\n" + body
        )
        java.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


@pytest.fixture
def fake_jar(tmp_path: Path) -> Path:
    jar = tmp_path / "PLEDGE.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: pledge.Main\n")
    return jar


def pledge(jar: Path, count: int = 2, **more: object) -> Request:
    return Request(count, 1, options={"pledge_jar": str(jar)}, **more)  # type: ignore[arg-type]


def test_how_pledge_is_called(fake_java: Callable[[str], None], fake_jar: Path, tmp_path: Path) -> None:
    copy = tmp_path / "args"
    answer = "1->Net\\n2->Soft_x20_max\\n3->Norm\\n4->__aux_1\\n1;2;3;4;\\n1;2;-3;-4;\\n"
    fake_java(f"open({str(copy)!r}, 'w').write(' '.join(args))\nopen(out, 'w').write('{answer}')\n")
    assert len(draw(CNF, pledge(fake_jar), "pledge")) == 2
    words = copy.read_text().split()
    assert words[:4] == ["-jar", str(fake_jar), "generate_products", "-dimacs"]
    assert words[words.index("-nbProds") + 1] == "2"
    assert words[words.index("-timeAllowedMS") + 1] == "60000"
    draw(CNF, pledge(fake_jar, time_limit_s=40), "pledge")
    words = copy.read_text().split()
    assert 5000 < int(words[words.index("-timeAllowedMS") + 1]) <= 10000


def test_pledge_that_only_prints_its_usage(fake_java: Callable[[str], None], fake_jar: Path) -> None:
    fake_java("print('Usage: generate_products')")
    with pytest.raises(ToolError, match="PLEDGE: ended with exit code 0 and no answer; it wrote 'Usage: gen"):
        draw(CNF, pledge(fake_jar), "pledge")


@pytest.mark.parametrize("count", [3, 4, 100])
def test_pledge_is_not_asked_for_more_than_exist(fake_java: Callable[[str], None], fake_jar: Path, count: int) -> None:
    fake_java("time.sleep(600)")
    with pytest.raises(UsageError, match=f"found 3 configurations in all, expected more than the {count} asked for"):
        draw(CNF, pledge(fake_jar, count), "pledge")
    with pytest.raises(UnsatisfiableError):
        draw(UNSATISFIABLE, pledge(fake_jar, count), "pledge")


def test_jars_that_are_none(fake_jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="found no jar, expected the option pledge_jar"):
        draw(CNF, Request(1, 1), "pledge")
    with pytest.raises(ToolError, match=r"missing\.jar: found no such file, expected PLEDGE\.jar"):
        draw(CNF, pledge(tmp_path / "missing.jar"), "pledge")
    with pytest.raises(ToolError, match=r"found no such file, expected PLEDGE\.jar"):
        draw(CNF, pledge(tmp_path), "pledge")
    text = tmp_path / "text.jar"
    text.write_text("hello")
    with pytest.raises(ToolError, match=r"text\.jar: found no Java archive, expected PLEDGE\.jar"):
        draw(CNF, pledge(text), "pledge")
    with zipfile.ZipFile(tmp_path / "zip.jar", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(ToolError, match=r"zip\.jar: found no Java archive"):
        draw(CNF, pledge(tmp_path / "zip.jar"), "pledge")
    with zipfile.ZipFile(tmp_path / "library.jar", "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    with pytest.raises(ToolError, match=r"library\.jar: found a Java archive without a program"):
        draw(CNF, pledge(tmp_path / "library.jar"), "pledge")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="java: found no such program"):
        draw(CNF, pledge(fake_jar), "pledge")


@pytest.mark.slow
@pytest.mark.skipif("PLEDGE_JAR" not in os.environ, reason="PLEDGE_JAR does not name the jar of PLEDGE")
def test_pledge_itself() -> None:
    names = [f"f {i}" for i in range(40)]
    cnf = Cnf(VarMap.from_names(names), tuple((-i, i // 2) for i in range(2, 41)))
    sample = draw(cnf, pledge(Path(os.environ["PLEDGE_JAR"]), 10, time_limit_s=20), "pledge")
    assert len(sample) == 10
