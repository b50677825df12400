"""Every command: calls that succeed, and refusals with their exit code and line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

S1 = "{models}/s1.uvl --bound Block=1 --bound Cell=2"
DECODE = "--model {models}/s1.uvl --bound Block=1 --bound Cell=2 --input-shape 16x16x1 -o {tmp}/n"

CASES = [
    # convert
    ("convert {models}/dnn.uvl -o {tmp}/o.xml", 0, "38 features"),
    ("convert {models}/dnn.uvl -o {tmp}/missing/o.xml", 1, "{tmp}/missing/o.xml: found no folder"),
    ("convert {small}/missing.uvl -o {tmp}/o.xml", 1, "{small}/missing.uvl: no such file or directory"),
    ("convert {small}/truncated.uvl -o {tmp}/o.xml", 1, "{small}/truncated.uvl:[0-9]+:[0-9]+: found"),
    ("convert {small}/unknown.uvl -o {tmp}/o.xml", 1, "{small}/unknown.uvl:6:[0-9]+: found.*Blok"),
    ("convert {small} -o {tmp}/o.xml", 1, "{small}: is a directory"),
    ("convert {models}/dnn.uvl -o {tmp}", 1, "{tmp}: found a folder, expected a file"),
    ("convert {models}/dnn.uvl -o {tmp}/o.txt", 2, "found no known ending, expected one of .uvl, .xml"),
    ("convert {models}/dnn.uvl -o {tmp}/o.xml --to yaml", 2, "found format 'yaml', expected one of uvl, featureide"),
    ("convert {models}/dnn.uvl -o -", 2, "with --to"),
    ("convert {models}/dnn.uvl -o {small}/net.uvl", 2, "{small}/net.uvl: exists; --force overwrites it"),
    ("convert {models}/dnn.uvl -o /dev/full --to uvl", 1, "/dev/full: no space left on device"),
    ("convert {models}/dnn.uvl", 2, "found no -o, expected a file to write .* or --featureide-project DIR"),
    ("convert -o {tmp}/o.xml", 2, "Missing argument"),
    ("convert {models}/dnn.uvl {models}/s1.uvl -o {tmp}/o.xml", 2, "unexpected extra argument"),
    ("convert {models}/dnn.uvl --bound Block=2 -o {tmp}/o.uvl", 0, "38 features"),
    ("convert {models}/dnn.uvl --bound Blok=2 -o {tmp}/o.uvl", 1, "--bound: found 'Blok', expected a multi-feature"),
    ("convert {models}/dnn.uvl --from yaml -o {tmp}/o.xml", 2, "--from: found format 'yaml', expected one of uvl"),
    ("convert {models}/dnn.uvl --from featureide -o {tmp}/o.uvl", 1, "dnn.uvl:1:1: .*XML"),
    ("convert {models}/dnn.xml --from uvl -o {tmp}/o.uvl", 1, "dnn.xml:1:2: found"),
    ("convert {small}/m.dimacs -o {tmp}/o.uvl", 1, "m.dimacs: found DIMACS, expected a feature model.*analyse, count"),
    ("convert {small}/s.txt -o {tmp}/o.uvl", 1, "s.txt: found a sample, expected a feature model.*configurations"),
    ("convert {models}/dnn.uvl -o {tmp}/o.sxfm", 1, "dnn.uvl:[0-9]+:[0-9]+: found the attribute .* SXFM cannot hold$"),
    ("convert {small}/attribute.uvl -o {tmp}/o.sxfm", 1, "attribute.uvl:2:[0-9]+: .* --lossy leaves out the parts"),
    ("convert {small}/attribute.uvl -o {tmp}/o.sxfm --lossy", 0, "warning: {small}/attribute.uvl:2:[0-9]+: .*left out"),
    ("convert {models}/dnn.uvl --featureide-project {tmp}/p", 0, "38 features"),
    ("convert {models}/dnn.uvl --featureide-project {tmp}/p -o {tmp}/o", 2, "found --featureide-project with -o"),
    ("convert {models}/dnn.uvl --featureide-project {tmp}/p --to uvl", 2, "found --featureide-project with --to"),
    ("convert {models}/dnn.uvl --featureide-project {tmp}/p/q", 1, "p/q: found no folder {tmp}/p, expected it"),
    ("convert {models}/dnn.uvl --featureide-project -", 2, "found -, expected a folder"),
    ("convert {models}/dnn.uvl --featureide-project {small}", 2, "{small}: exists and is not empty; --force"),
    ("convert {models}/dnn.uvl --featureide-project {small} --force", 2, "expected nothing but files to replace"),
    ("convert {models}/dnn.uvl --featureide-project {small}/s.txt", 1, "s.txt: found a file, expected a folder"),
    ("convert {models}/dnn.uvl -o {tmp}/o.xml --configurations {small}/s.txt", 2, "without --featureide-project"),
    (
        "convert {small}/net.uvl --featureide-project {tmp}/p --configurations {small}/s.txt",
        1,
        "s.txt: found 'Architecture', .* features, which the model lacks",
    ),
    (
        "convert {small}/net.uvl --featureide-project {tmp}/p --configurations {small}/cut.txt",
        1,
        "cut.txt:[0-9]+: found no line end",
    ),
    # check
    ("check {small}/net.uvl", 0, "net.uvl: no problems, 0 hints"),
    (f"check {S1}", 0, "dnn.uvl:[0-9]+:[0-9]+: hint: feature 'Combination_Product' is dead"),
    ("check {small}/none.uvl", 1, "none.uvl:7:[0-9]+: found .*Drop.*excludes .*!Drop.* at {small}/none.uvl:8"),
    ("check {small}/unknown.uvl", 1, "unknown.uvl:6:[0-9]+: .*Blok"),
    ("check {small}/net.uvl --restrict {small}/unknown.uvl", 1, "unknown.uvl:6:[0-9]+: .*Blok"),
    ("check {small}/truncated.uvl", 1, "truncated.uvl:[0-9]+:[0-9]+: found"),
    ("check {small}/missing.uvl", 1, "missing.uvl: no such file"),
    ("check {small}/m.dimacs", 1, "m.dimacs: found DIMACS, expected a feature model"),
    ("check {models}/s1.uvl --bound Block", 2, "--bound: found 'Block', expected NAME=NUMBER"),
    ("check - --restrict {models}/s1.uvl", 2, "found --restrict with -, expected a file that a restriction can import"),
    ("compile {small}/net.uvl -o {tmp}/o.uvl", 2, "o.uvl: found the ending of a feature model for DIMACS, expected"),
    ("compile {small}/net.uvl -o {tmp}/o.csv", 2, "o.csv: found the ending of configurations for DIMACS, expected"),
    ("sample {small}/net.uvl -o {tmp}/o.xml", 2, "o.xml: found the ending of FeatureIDE's .xml, which holds one"),
    ("sample {small}/net.uvl -o {tmp}/o.config", 2, "o.config: found the ending of a .config file, which holds one"),
    ("sample {small}/net.uvl -o {tmp}/o.uvl", 2, "o.uvl: found the ending of a feature model for configurations"),
    ("sample {small}/net.uvl -o {tmp}/o.dimacs", 2, "o.dimacs: found the ending of DIMACS for configurations"),
    ("convert {small}/net.uvl -o {tmp}/o.cnf", 2, "compile writes DIMACS"),
    # compile
    (f"compile {S1} -o {{tmp}}/o", 0, "386 features, [0-9]+ auxiliaries, [0-9,]+ clauses"),
    ("compile {small}/none.uvl -o {tmp}/o", 0, "note: no configuration exists, so the formula has no solution; check "),
    (
        "compile {small}/net.uvl -o {tmp}/o --projection-form both",
        2,
        "--projection-form: found 'both', expected one of",
    ),
    ("compile {small}/missing.uvl -o {tmp}/o", 1, "missing.uvl: no such file"),
    ("compile {small}/truncated.uvl -o {tmp}/o", 1, "{small}/truncated.uvl:[0-9]+:[0-9]+: found"),
    ("compile {small}/net.uvl --restrict {small}/unknown.uvl -o {tmp}/o", 1, "{small}/unknown.uvl:6:[0-9]+: .*Blok"),
    ("compile {small}/net.uvl --restrict {small}/none.uvl -o {tmp}/o", 1, "none.uvl: found a model, expected a rest"),
    ("compile {models}/s1.uvl --restrict {small}/large.uvl -o {tmp}/o", 1, "{small}/large.uvl:4:.*found a restriction"),
    ("compile {models}/s1.uvl --bound Blok=1 -o {tmp}/o", 1, "--bound: found 'Blok', expected a multi-feature"),
    ("compile {models}/s1.uvl --bound Block=99 -o {tmp}/o", 1, "--bound: found Block=99, expected a number within"),
    ("compile {models}/s1.uvl --bound Block -o {tmp}/o", 2, "--bound: found 'Block', expected NAME=NUMBER"),
    ("compile {models}/s1.uvl --bound Block=two -o {tmp}/o", 2, "--bound: found 'Block=two', expected NAME=NUMBER"),
    ("compile {models}/s1.uvl --bound Block=-1 -o {tmp}/o", 2, "--bound: found 'Block=-1', expected NAME=NUMBER"),
    ("compile {models}/s1.uvl --bound Cell=1 --bound Cell=2 -o {tmp}/o", 2, "found Cell=1 and Cell=2"),
    ("compile {models}/s1.uvl --input-shape 28 -o {tmp}/o", 2, "--input-shape: found input shape '28', expected"),
    ("compile {small}/net.uvl -o {tmp}/o --to uvl", 2, "found --to uvl without --emit-after"),
    ("compile {small}/net.uvl -o {tmp}/o.uvl --emit-after nowhere", 2, "found stage 'nowhere', expected one of"),
    ("compile {small}/net.uvl -o {tmp}/o.uvl --emit-after restrict --projection", 2, "found --projection with --emit"),
    ("compile {small}/net.uvl -o - --json", 2, "found --json with -o -"),
    ("compile {small}/net.uvl -o {small}/m.dimacs", 2, "exists; --force overwrites it"),
    ("compile {small}/net.uvl -o /dev/full", 1, "/dev/full: no space left on device"),
    ("compile {small}/net.uvl", 2, "Missing option"),
    # analyse
    ("analyse {small}/missing.uvl", 1, "missing.uvl: no such file"),
    ("analyse {small}/truncated.uvl", 1, "truncated.uvl:[0-9]+:[0-9]+: found"),
    ("analyse {small}/bad.cnf", 1, "bad.cnf:3: found the literal '2'"),
    ("analyse {small}/s.txt", 1, "s.txt: found a sample, expected a feature model"),
    ("analyse {small}/net.cnf --bound Block=2", 2, "net.cnf: found DIMACS with an option of models"),
    ("analyse {small}/net.cnf --no-rules", 2, "net.cnf: found DIMACS with an option of models"),
    ("analyse {small}/net.cnf --engine magic", 2, "found engine 'magic', expected one of auto, bdd, ganak"),
    ("analyse {small}/net.cnf --time-limit 0", 2, "--time-limit: found 0, expected seconds above 0"),
    ("analyse {small}/net.cnf --time-limit nan", 2, "--time-limit: found nan"),
    ("analyse", 2, "Missing argument"),
    # count
    ("count {small}/missing", 1, "missing: no such file"),
    ("count {small}/bad.cnf", 1, "bad.cnf:3: found the literal '2'"),
    ("count {small}/unknown.uvl", 1, "unknown.uvl:6:[0-9]+: .*Blok"),
    ("count {small}/net.cnf --restrict {small}/large.uvl", 2, "net.cnf: found DIMACS with an option of models"),
    (
        "count {small}/m.dimacs --engine bdd --time-limit 0.2",
        4,
        "found no .*within 0.2 s.*the engine ganak may count them",
    ),
    ("count {small}/net.uvl --assume Nrom", 2, "found the assumption 'Nrom', expected .*such as 'Norm'"),
    ("count {small}/net.uvl --assume Norm --assume !Norm", 2, "found the assumptions 'Norm' and '!Norm', expected one"),
    ("count {small}/net.cnf --engine magic", 2, "found engine 'magic', expected one of auto, bdd, ganak"),
    ("count {small}/net.cnf --time-limit inf", 2, "--time-limit: found inf"),
    # sample
    ("sample {small}/m.dimacs -n 3 -o {tmp}/o", 0, "3 configurations \\(3 distinct\\) of 386 features"),
    ("sample {small}/net.cnf -o {tmp}/o", 0, "all 4 configurations that exist; 100 were asked for"),
    ("sample {small}/missing -o {tmp}/o", 1, "missing: no such file"),
    ("sample {small}/bad.cnf -o {tmp}/o", 1, "{small}/bad.cnf:3: found"),
    ("sample {small}/net.uvl -o {tmp}/o", 0, "all 4 configurations that exist"),
    ("sample {small}/none.cnf -o {tmp}/o", 3, "no configuration exists"),
    ("sample {small}/net.cnf -n 2 -o {tmp}/o", 0, "mean 0.6667, 1.0000 of the limit .certified within 0.0000"),
    (
        "sample {small}/net.cnf --assume Drop --assume !Norm -o {tmp}/o",
        0,
        "the only configuration that exists with the assumptions",
    ),
    ("sample {small}/net.cnf --assume Dorp -o {tmp}/o", 2, "found the assumption 'Dorp', expected .*such as 'Drop'"),
    (
        "sample {small}/net.cnf --assume Drop --assume !Drop -o {tmp}/o",
        2,
        "found the assumptions 'Drop' and '!Drop', expected",
    ),
    ("sample {small}/net.cnf --assume !Net -o {tmp}/o", 3, "no configuration exists with !Net"),
    ("sample {small}/net.cnf --append {small}/s.txt -o {tmp}/o", 1, "s.txt: .*Architecture"),
    ("sample {small}/net.cnf --append {small}/missing -o {tmp}/o", 1, "missing: no such file"),
    ("sample {small}/net.cnf --append {small}/cut.txt -o {tmp}/o", 1, "cut.txt:[0-9]+: found no line end"),
    ("sample {small}/net.cnf --time-limit 0 -o {tmp}/o", 2, "--time-limit: found 0"),
    ("sample {small}/m.dimacs -q --time-limit 1e-9 -o {tmp}/o", 4, "found no configuration within 1e-09 s"),
    ("sample {small}/net.cnf --sampler external -o {tmp}/o", 2, "found no command, expected the option command"),
    ("sample {small}/net.cnf -n 0 -o {tmp}/o", 2, "found a sample size of 0"),
    ("sample {small}/net.cnf -n many -o {tmp}/o", 2, "many|valid integer"),
    ("sample {small}/net.cnf --seed -1 -o {tmp}/o", 2, "found seed -1"),
    ("sample {small}/net.cnf --sampler magic -o {tmp}/o", 2, "found sampler 'magic', expected one of diverse, cover"),
    ("sample {small}/net.cnf -q --command x -o {tmp}/o", 2, "sampler diverse: found the option 'command', expected no"),
    ("sample {small}/net.cnf -q --pledge-jar x -o {tmp}/o", 2, "sampler diverse: found the option 'pledge_jar', exp"),
    ("sample {small}/net.cnf --sampler-option level=3 -o {tmp}/o", 2, "sampler diverse: found the option 'level', exp"),
    ("sample {small}/net.cnf --sampler-option level -o {tmp}/o", 2, "--sampler-option: found 'level', expected NAME="),
    (
        "sample {small}/net.cnf --sampler external --command a --sampler-option command=b -o {tmp}/o",
        2,
        "found --command and --sampler-option command=\\.\\.\\., expected the latter alone",
    ),
    (
        "sample {small}/net.cnf --sampler-option a=1 --sampler-option a=2 -o {tmp}/o",
        2,
        "--sampler-option: found two values of a, expected one",
    ),
    ("sample small --bound Block=1 --no-measures -n 2 -o {tmp}/o", 0, "2 configurations by the sampler"),
    ("sample smal -o {tmp}/o", 1, "smal: found no such file and no packaged model, expected a file or one of dnn, s1"),
    ("sample {small}/net.cnf --restrict s1 -o {tmp}/o", 2, "net.cnf: found DIMACS with an option of models"),
    ("sample {small}/net.cnf --sampler external -o {tmp}/o", 2, "sampler external: found no command"),
    ("sample {small}/net.cnf --sampler pledge -o {tmp}/o", 2, "sampler pledge: found no jar"),
    ("sample {small}/net.cnf -o {small}/s.txt", 2, "exists; --force overwrites it"),
    ("sample {small}/net.cnf -o /dev/full", 1, "/dev/full: no space left on device"),
    # configurations
    ("configurations {small}/s.txt -o {tmp}/o.csv", 0, "3 configurations of 386 features$"),
    ("configurations {small}/s.txt -o {tmp}/o.pdt --model {small}/m.dimacs", 0, "3 configurations .* is one of the mo"),
    ("configurations {small}/s.txt --to featureide -o {tmp}/o", 0, "3 configurations of 386 features"),
    ("configurations {small}/missing -o {tmp}/o.csv", 1, "missing: no such file"),
    ("configurations {small}/cut.txt -o {tmp}/o.csv", 1, "cut.txt:[0-9]+: found no line end"),
    ("configurations {small}/s.txt -o {tmp}/o.txt", 2, "o.txt: found no known ending, expected --to with one of samp"),
    ("configurations {small}/s.txt --to yaml -o {tmp}/o", 2, "--to: found format 'yaml', expected one of sample"),
    ("configurations {small}/s.txt --from yaml -o {tmp}/o.csv", 2, "--from: found format 'yaml', expected one of samp"),
    ("configurations {small}/s.txt --from pdt -o {tmp}/o.csv", 1, "s.txt:1:1: found .*expected lines such as '1->Na"),
    (
        "configurations {small}/names.txt -o {tmp}/o.csv",
        1,
        "names.txt:1: found 'Net', expected a sample file.*give the model",
    ),
    ("configurations {small}/names.txt -o {tmp}/o.csv --model {small}/net.uvl", 0, "1 configuration of 3 features"),
    (
        "configurations {small}/names.txt -o {tmp}/o.csv --model {small}/m.dimacs",
        1,
        "names.txt:1: found 'Net', expected a sample",
    ),
    ("configurations {small}/tampered.txt -o {tmp}/o.csv", 0, "3 configurations"),
    (
        "configurations {small}/tampered.txt -o {tmp}/o.csv --model {small}/m.dimacs",
        1,
        "tampered.txt: configuration 3 violates the model: these exclude each other there: .*!",
    ),
    ("configurations {small}/s.txt -o {tmp}/o.csv --bound Block=1", 2, "without --model, which they belong to"),
    ("configurations {small}/s.txt -o {small}/s.txt --to sample", 2, "s.txt: exists; --force overwrites it"),
    ("configurations {small}/s.txt -o {small} --to config", 2, "{small}: exists and is not empty; --force"),
    ("configurations {small}/s.txt -o {small} --to config --force", 2, "expected nothing but files to replace"),
    ("configurations {small}/s.txt -o - --to config", 2, "found -, expected a folder"),
    ("configurations {small}/s.txt -o - --to csv --json", 2, "found --json with -o -"),
    ("configurations {small}/twice.csv -o {tmp}/o --to sample", 1, "configuration 2 repeats configuration 1"),
    ("configurations {small}/nets -o {tmp}/o.csv", 1, "0001.json:1: found '{', expected a sample file"),
    ("configurations {small}/s.txt", 2, "Missing option.*--output"),
    # decode
    (f"decode {{small}}/s.txt {DECODE}", 0, "3 networks in {tmp}/n; weights: [0-9,]+ to [0-9,]+, median"),
    (f"decode {{small}}/missing {DECODE}", 1, "missing: no such file"),
    (f"decode {{small}}/cut.txt {DECODE}", 1, "cut.txt:[0-9]+: found no line end.*cut off"),
    (f"decode {{small}}/tampered.txt {DECODE}", 1, "tampered.txt: configuration 3 violates the model: these exclude"),
    (f"decode {{small}}/s.txt {DECODE} --bound Cell=1", 2, "found Cell=2 and Cell=1"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o {tmp}/n", 1, "s.txt: found a sample of the formula"),
    (
        "decode {small}/s.txt --model {small}/net.uvl -o {tmp}/n",
        1,
        "s.txt: found 'Architecture', 'Input', .* and 381 more features, which the model lacks",
    ),
    ("decode {small}/s.txt --model {small}/truncated.uvl -o {tmp}/n", 1, "truncated.uvl:[0-9]+:[0-9]+: found"),
    (f"decode {{small}}/s.txt {DECODE} --classes 0", 2, "--classes: found 0, expected at least 1"),
    ("decode {small}/s.txt -o {tmp}/n", 2, "Missing option.*--model"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o {small}", 2, "{small}: exists and is not empty; --force"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o {small} --force", 2, "expected nothing but networks to replace"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o {small}/s.txt", 1, "s.txt: found a file, expected a folder"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o /dev/full", 1, "/dev/full: found a file, expected a folder"),
    ("decode {small}/s.txt --model {models}/s1.uvl -o -", 2, "found -, expected a folder"),
    # train
    ("train {small}/nets --data digits --store {tmp}/t --time-limit nan", 2, "time limit: found nan s"),
    ("train {small}/nets --data digits --store {tmp}/t --time-limit 0", 2, "time limit: found 0.0 s"),
    ("train {small}/missing.json --data digits --store {tmp}/t", 1, "missing.json: no such file"),
    ("train {small}/bad.json --data digits --store {tmp}/t", 1, "{small}/bad.json:2:2: found no JSON"),
    ("train {small}/odd.json --data digits --store {tmp}/t", 1, "{small}/odd.json: "),
    ("train {tmp} --data digits --store {tmp}/t", 1, "{tmp}: found no file \\*.json"),
    ("train {small}/nets --data letters --store {tmp}/t", 2, "found data set 'letters', expected one of digits"),
    ("train {small}/nets --data digits --store {tmp}/t --epochs 0", 2, "epochs: found 0, expected at least 1"),
    ("train {small}/nets --data digits --store {tmp}/t --workers 0", 2, "workers: found 0, expected at least 1"),
    ("train {small}/nets --data digits --store {tmp}/t --train-size 9999", 1, "found 1437 train images"),
    ("train {small}/nets --data digits", 2, "Missing option.*--store"),
    (
        "train {small}/nets --data mnist --data-dir {small}/broken --store {tmp}/t",
        1,
        "broken/mnist.npz: found no whole zip archive .File is not a zip file., expected an .npz file",
    ),
    (
        "train {small}/nets --data digits --store {tmp}/t --engine ray --address 127.0.0.1:1",
        1,
        "Ray at 127.0.0.1:1: found no answer .*, expected a cluster|found no ray, which the engine ray needs",
    ),
    # experiments
    ("experiments run --preset nope -o {tmp}/r", 2, "found preset 'nope', expected one of smoke, laptop, night, paper"),
    ("experiments run --preset {small}/net.uvl -o {tmp}/r", 1, "{small}/net.uvl: found no preset"),
    ("experiments run -o {small}/net.uvl", 1, "{small}/net.uvl"),
    ("experiments report {tmp}/r", 2, "{tmp}/r: found no run.json, expected the results folder of an experiment"),
    (
        "experiments run -o {tmp}/q --engine ray --address 127.0.0.1:1",
        1,
        "Ray at 127.0.0.1:1: found no answer .*, expected a cluster|found no ray, which the engine ray needs",
    ),
    (
        "experiments status --store {small}/v9.sqlite",
        1,
        "v9.sqlite: found a store of version 9, expected [0-9]+; use a",
    ),
    ("experiments status --store {small}/s.txt", 1, "s.txt: found no usable result store .file is not a database.$"),
    ("experiments status --store {tmp}/missing", 1, "missing: found no file, expected a result store"),
    ("experiments", 2, "Missing command; see featurenet-uvl experiments --help"),
    # the program
    ("nonsense", 2, "No such command 'nonsense'; see featurenet-uvl --help"),
    ("--nonsense", 2, "No such option: --nonsense"),
]


@pytest.mark.parametrize(("line", "code", "message"), CASES, ids=[line for line, _, _ in CASES])
def test_exit_code_and_message(
    program: Any, line: str, code: int, message: str, small: Path, models: Path, tmp_path: Path
) -> None:
    names = {"small": small, "models": models, "tmp": tmp_path}
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    before = sorted(path.name for path in small.iterdir())
    result = program(*line.format(**names).split())
    for name, path in names.items():
        message = message.replace(f"{{{name}}}", re.escape(str(path)))
    assert re.search(message, result.err), result.err
    assert result.code == code
    assert result.out == ""
    if code:
        made = {path.name for path in tmp_path.iterdir()} - {"t", "t.lock", "t.data", "r"}
        assert not made, "something half-written was left behind"
    assert sorted(path.name for path in small.iterdir()) == before
