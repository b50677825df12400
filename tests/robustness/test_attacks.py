"""Hostile files: each is read or refused quickly, within bounded memory, and without access outside its folder.

A process of its own reads each file, and reports the files that it opened, its processor time and its memory.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from featurenet_uvl.system.files import MAX_BYTES, MAX_MODEL_BYTES
from tests.robustness.mutations.readers import LONGEST_LINE
from tests.waiting import PATIENCE_S

SECONDS = 5.0
"""Largest processor time of one file in seconds. It grows with the work and not with the load of the machine."""
MEGABYTES = 300
DEEP = 100_000

READER = """
import json, sys, time
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model
from featurenet_uvl.system.files import read_text
import featurenet_uvl.translators.rules.tensor_shapes.network

events = []
sys.addaudithook(lambda name, arguments: note(name, arguments))

def note(name, arguments):
    if name == "open" or name.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "urllib.")):
        events.append([name, str(arguments[0]) if arguments else ""])

kind, path = sys.argv[1:]
start = time.process_time()
try:
    if kind == "dimacs":
        read_dimacs(read_text(path), path)
    elif kind == "compile":
        compile_feature_model(load_model(path))
    else:
        load_model(path)
    message = None
except FeatureNetError as error:
    message = str(error)
seconds, noted = time.process_time() - start, list(events)
memory = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([message, seconds, int(memory.split()[1]) // 1024, noted]))
"""


@dataclass(frozen=True)
class Outcome:
    message: str | None
    """The error; None if the file was accepted."""


def attack(path: Path | str, folder: Path, kind: str = "load") -> Outcome:
    """Read a file in a process of its own, which must end soon, stay small and open nothing outside of the folder."""
    done = subprocess.run(
        [sys.executable, "-c", READER, kind, str(path)], capture_output=True, text=True, timeout=PATIENCE_S, cwd=folder
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    message, seconds, megabytes, events = json.loads(done.stdout)
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    for name, argument in events:
        assert name == "open", f"{name} {argument}"
        where = os.path.realpath(os.path.join(folder, argument))
        inside = where.startswith((str(folder.resolve()), *map(os.path.realpath, (sys.prefix, sys.base_prefix))))
        assert inside or where.endswith((".py", ".pyc", ".so")), argument
        assert argument == str(path) or not where.endswith("secret.uvl"), argument
    if message is not None:
        assert message.startswith(str(path))
        assert len(message) < LONGEST_LINE
    return Outcome(message)


def deep_xml(tag: str) -> str:
    return f"<{tag} name='x'>" * DEEP + f"</{tag}>" * DEEP


ROOT = "features\n\tR\n"
TREE = "<featureModel><struct><and name='R'/></struct></featureModel>"
DTD = ":1:1: found a DOCTYPE"
LOL = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))

REFUSED: Mapping[str, tuple[str | bytes, str]] = {
    "an entity bomb": (f'<!DOCTYPE x [<!ENTITY l0 "lol">{LOL}]><featureModel>&l9;</featureModel>', DTD),
    "an external entity": (
        '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "secret.uvl">]>\n<featureModel>&e;</featureModel>',
        ":2:1: found a DOCTYPE",
    ),
    "a parameter entity": ('<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:9/e"> %e;]>' + TREE, DTD),
    "an external DTD": ('<!-- --><!DOCTYPE featureModel SYSTEM "http://127.0.0.1:9/m">' + TREE, ":1:9: found a"),
    "a DTD of SXFM": ('<!DOCTYPE feature_model SYSTEM "secret.uvl"><feature_model name="a"/>', DTD),
    "a DTD after the root": (TREE + '<!DOCTYPE x SYSTEM "secret.uvl">', ":1:"),
    "an entity that nobody defines": ("<featureModel><struct><and name='&e;'/></struct></featureModel>", ":1:"),
    "an inclusion": (
        TREE.replace("<struct>", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="secret.uvl"/><struct>'),
        ":1:15: found <{http://www.w3.org/2001/XInclude}include>",
    ),
    "deep XML": (f"<featureModel><struct>{deep_xml('and')}</struct></featureModel>", ":1:"),
    "a deep rule": (
        TREE.replace("</struct>", f"</struct><constraints><rule>{deep_xml('not')}</rule></constraints>"),
        ":1:",
    ),
    "comments without end": ("<!--" * DEEP, ":1:1: found"),
    "comments before nothing": ("<!---->" * DEEP + "x", ":1:"),
    "UTF-16": (ROOT.encode("utf-16"), ":1:1: found the byte 0xff, expected UTF-8 text"),
    "UTF-16 of XML": (TREE.encode("utf-16-be"), ":1:1: found a NUL character"),
    "NUL": (ROOT + "\0", ":3:1: found a NUL character"),
    "a second byte order mark": ("\ufeff\ufeff" + ROOT, ":1:1: found a byte order mark"),
    "half a surrogate pair": (ROOT.encode() + b"\xed\xa0\x80", ":3:1: found the byte 0xed"),
    "open brackets": (ROOT + "constraints\n\t" + "(" * DEEP, ":4:2: found '(' without its end"),
    "deep values": (ROOT[:-1] + " {x " + "[" * DEEP + "]" * DEEP + "}", ":2:"),
    "deep maps": (ROOT[:-1] + " {x " * DEEP + "}" * DEEP, ":2:"),
    "quotes": (ROOT + "'" * DEEP, ":3:1: found"),
    "names with dots": (ROOT[:-1] + ".a" * 1_000, ":2:2: found"),
    "a long name in the wrong place": (ROOT[:-1] + " " + "a" * 10**6, ":2:4: found name 'aaa"),
    "a comment without end": (ROOT + "/*" * DEEP, ":3:199999: found a comment without its end"),
    "a number of a million digits": (ROOT[:-1] + " {x " + "9" * 10**6 + "}", ":2:7: found a number of 1000000"),
    "an absolute import": ('imports\n\t"/etc/passwd" as p\nfeatures\n\tp.R\n', ":2:2: found a path that leaves"),
    "an import of the folder above": ('imports\n\t"../secret" as p\nfeatures\n\tp.R\n', ":2:"),
    "an import of .. by dots": ("imports\n\t...secret as p\nfeatures\n\tp.R\n", ":2:"),
    "an import of .. by quoted dots": ('imports\n\t"..".secret as p\nfeatures\n\tp.R\n', ":2:"),
    "an import of itself": ("imports\n\tattack as a\nfeatures\n\tR\n\t\tor\n\t\t\ta.R\n", ":2:2: found an import of"),
    "a restriction of itself": ("imports\n\tattack as a\nfeatures\n\ta.R\n", ": found more than 16 restrictions"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_an_attack_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, message = REFUSED[name]
    (tmp_path / "secret.uvl").write_text(ROOT)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "secret.uvl").write_text(ROOT)
    path = folder / "attack.uvl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = attack(path, folder)
    assert outcome.message is not None
    assert outcome.message.startswith(f"{path}{message}")
    assert "\n" not in outcome.message


ACCEPTED: Mapping[str, str] = {
    "a byte order mark": "\ufeff" + ROOT,
    "a hundred thousand parentheses": ROOT + "constraints\n\t" + "(" * DEEP + "R" + ")" * DEEP,
    "a hundred thousand negations": ROOT + "constraints\n\t" + "!" * DEEP + "R",
    "thousands of levels": "features\n"
    + "".join("\t" * i + (f"f{i}" if i % 2 else "or") + "\n" for i in range(1, 4_000)),
    "a style sheet": '<?xml-stylesheet href="secret.uvl"?>' + TREE,
    "comments in a row": ROOT[:-1] + "/**/" * DEEP,
    "an attribute a line": ROOT[:-1] + " {" + ",\n".join(f"a{i} 'x'" for i in range(20_000)) + "}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_only_deep_or_long_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "m.uvl").write_text(ACCEPTED[name], encoding="utf-8")
    assert attack(tmp_path / "m.uvl", tmp_path).message is None


ENDLESS: Mapping[str, tuple[str, str]] = {
    "an array without end": ("\t\tor\n\t\t\tF cardinality [1..999999999]\n", ":4:4: found a model that unfolds to"),
    "arrays of arrays": (
        "\t\tmandatory\n\t\t\tF cardinality [1..9999]\n\t\t\t\tor\n\t\t\t\t\tG cardinality [1..9999]\n",
        ":4:4: found a model that unfolds to",
    ),
    "a number without end": ("\t\tmandatory\n\t\t\tInteger n {constraint n >= 0 & n <= 999999999}\n", ":4:"),
    "an index for each of many variables": (
        "\t\tmandatory\n\t\t\tF cardinality [1..30] {array_constraints ['"
        + " & ".join(f"F[i{k}]" for k in range(9)) + "']}\n",
        ":4:47: found a constraint over 19683000000000 combinations",
    ),
    "a deep indexed constraint": (
        "\t\tmandatory\n\t\t\tF cardinality [1..3] {array_constraints ['" + "!(" * DEEP + "F[i]" + ")" * DEEP + "']}\n",
        ":4:46: found an indexed constraint nested deeper than 100",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_what_would_take_forever_to_translate_is_refused(name: str, tmp_path: Path) -> None:
    tree, message = ENDLESS[name]
    path = tmp_path / "m.uvl"
    path.write_text(ROOT + tree)
    found = attack(path, tmp_path, "compile").message
    assert found is not None
    assert found.startswith(f"{path}{message}")


@pytest.mark.parametrize("size", [MAX_MODEL_BYTES + 1, 200_000_000])
def test_a_file_too_large_is_not_even_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "m.uvl"
    with path.open("wb") as file:
        file.truncate(size)  # takes no space
    found = attack(path, tmp_path).message
    assert found == f"{path}: found more than {MAX_MODEL_BYTES} bytes, expected at most that many"


@pytest.mark.slow
@pytest.mark.parametrize("line", ["\0", "a", " ", "// ", "/*", "<", "("])
def test_the_longest_line_that_is_read_takes_bounded_memory(line: str, tmp_path: Path) -> None:
    path = tmp_path / "m.uvl"
    path.write_text(ROOT + line + (line[-1]) * (MAX_MODEL_BYTES - 100))
    assert (attack(path, tmp_path).message is None) == (line in (" ", "// "))


@pytest.mark.parametrize("header", ["p cnf 499999 1\n1 0\n", "p cnf 999999999 1\n1 0\n"])
def test_a_header_costs_no_memory(header: str, tmp_path: Path) -> None:
    path = tmp_path / "m.dimacs"
    path.write_text(header)
    found = attack(path, tmp_path, "dimacs").message
    assert found is None or found.startswith(f"{path}:1: found 999999999 variables, expected at most 500000")
    assert (found is None) == ("499999" in header)


def test_a_formula_without_end_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "m.dimacs"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    found = attack(path, tmp_path, "dimacs").message
    assert found == f"{path}: found more than {MAX_BYTES} bytes, expected at most that many"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null", "/dev/tty"])
def test_a_device_is_not_opened(device: str, tmp_path: Path) -> None:
    if not os.path.exists(device):
        pytest.skip(f"this system has no {device}")
    assert attack(device, tmp_path).message == f"{device}: found a device, expected a file"


def test_folders_sockets_and_links_without_end_are_refused(tmp_path: Path) -> None:
    assert attack(tmp_path, tmp_path).message == f"{tmp_path}: is a directory"
    loop = tmp_path / "loop.uvl"
    loop.symlink_to("loop.uvl")
    assert attack(loop, tmp_path).message == f"{loop}: too many levels of symbolic links"
    place = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(place)
        except OSError:
            pytest.skip("the path of the test's folder is too long for a socket")
        assert attack(tmp_path / "s", tmp_path).message == f"{tmp_path / 's'}: found a socket, expected a file"


IMPORTS: Mapping[str, str] = {
    "a composed model": "imports\n\tsub as p\nfeatures\n\tM\n\t\tor\n\t\t\tp.R\n",
    "a restriction": "imports\n\tsub as p\nfeatures\n\tp.R\n",
}


@pytest.mark.parametrize("name", IMPORTS)
def test_an_import_stays_in_the_folder_and_waits_for_nobody(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.uvl").write_text(ROOT)
    folder = tmp_path / "models"
    folder.mkdir()
    path, sub = folder / "m.uvl", folder / "sub.uvl"
    path.write_text(IMPORTS[name])
    for target in ("../secret.uvl", str(tmp_path / "secret.uvl"), "/dev/zero", "/proc/self/environ"):
        sub.symlink_to(target)
        found = attack(path, folder).message
        assert found == f"{path}:2:2: found a link that leaves the folder, {sub}, expected a file below it"
        sub.unlink()
    sub.symlink_to("other.uvl")
    (folder / "other.uvl").write_text(ROOT)
    assert attack(path, folder).message is None
    sub.unlink()
    os.mkfifo(sub)
    found = subprocess.run(
        [sys.executable, "-c", READER, "load", str(path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=folder,
    )
    assert f"{sub}: found a pipe, expected a file" in json.loads(found.stdout)[0]


def test_imports_in_a_circle_are_refused_with_the_way(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f"imports\n\t{other} as x\nfeatures\n\t{name}\n\t\tor\n\t\t\tx.{other}\n"
        (tmp_path / f"{name}.uvl").write_text(text)
    outcome = subprocess.run(
        [sys.executable, "-c", READER, "load", str(tmp_path / "a.uvl")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    message = json.loads(outcome.stdout)[0]
    assert message.startswith(f"{tmp_path / 'c.uvl'}:2:2: found an import of {tmp_path / 'a.uvl'} within itself")
    assert "a.uvl -> b.uvl -> c.uvl -> a.uvl" in message


def test_a_pipe_that_the_user_names_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "m.uvl"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])", pipe, ROOT]):
        assert attack(pipe, tmp_path).message is None


def test_the_check_sees_what_is_opened_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.uvl").write_text(ROOT)
    folder = tmp_path / "models"
    folder.mkdir()
    with pytest.raises(AssertionError):
        attack("../secret.uvl", folder)
