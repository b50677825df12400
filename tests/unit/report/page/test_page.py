"""The web page as a text: whole, inert, the same each time. `test_page_in_chromium.py` opens it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from hostile import ATTACKS, hostile_study
from study_of import MLP, data_set, network, sample, whole_study

from featurenet_uvl.drawing.svg import architecture_svg
from featurenet_uvl.report.content.document import tables
from featurenet_uvl.report.content.figures import figures
from featurenet_uvl.report.content.study import DiversityLimit, NamedStudy, Network, Study
from featurenet_uvl.report.content.table import shown
from featurenet_uvl.report.page.drawings import unpack
from featurenet_uvl.report.page.entries import entries
from featurenet_uvl.report.page.html import element
from featurenet_uvl.report.page.page import study_page
from featurenet_uvl.report.page.summary import certificate, summary
from featurenet_uvl.report.write import write_report
from featurenet_uvl.sampling.metrics.distances import Diversity
from featurenet_uvl.training.trials.trial import TrialStatus

HERE = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def text() -> str:
    return study_page(whole_study())


@pytest.fixture(scope="module")
def tree(text: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(text)


@pytest.fixture(scope="module")
def hostile() -> str:
    return study_page(hostile_study())


def words(node: lxml.html.HtmlElement) -> str:
    return str(node.text_content()).strip()


def data_of(tree: lxml.html.HtmlElement, name: str = "data") -> Any:
    return json.loads(tree.get_element_by_id(name).text)


class Balance(HTMLParser):
    """Checks that every opened element is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        if tag not in {"meta", "link", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("page", ["text", "hostile"])
def test_the_page_is_well_formed(page: str, request: pytest.FixtureRequest) -> None:
    parser = Balance()
    parser.feed(request.getfixturevalue(page))
    parser.close()
    assert parser.open == []
    assert parser.seen.count("script") == 3  # two blocks of data and the page's own


def test_nothing_is_loaded(text: str, tree: lxml.html.HtmlElement) -> None:
    for node in tree.iter():
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = node.get(name, "#")
            assert value.startswith("#") or value.startswith("data:"), (node.tag, name, value)
    style = words(tree.find(".//style"))
    assert not re.search(r"url\(|@import", style)
    addresses = set(re.findall(r"\w+://[^\s\"'<]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nothing loads


def test_the_policy_lets_nothing_run_but_the_pages_own(tree: lxml.html.HtmlElement) -> None:
    (meta,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']")
    policy = dict(part.strip().split(" ", 1) for part in meta.get("content").split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    (script,) = tree.xpath("//script[not(@type)]")
    for kind, node in (("script-src", script), ("style-src", tree.find(".//style"))):
        digest = hashlib.sha256(node.text.encode()).digest()
        assert policy[kind] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert not tree.xpath("//@style | //@*[starts-with(name(), 'on')]")


def test_every_cell_of_every_table_is_there(tree: lxml.html.HtmlElement) -> None:
    for table in tables(whole_study()):
        section = tree.get_element_by_id(table.name)
        assert [words(head) for head in section.iterfind(".//thead//th")] == [column.head for column in table.columns]
        rows = [[words(cell) for cell in row] for row in section.iterfind(".//tbody/tr")]
        kinds = [column.kind for column in table.columns]
        assert rows == [[shown(c, k).strip() for c, k in zip(row, kinds, strict=True)] for row in table.rows]
        assert table.caption in words(section)


def test_every_figure_is_there_with_words_for_it(tree: lxml.html.HtmlElement) -> None:
    for figure in figures(whole_study()):
        (image,) = tree.get_element_by_id(figure.name).iterfind(".//img")
        assert figure.title in image.get("alt")
        assert all(panel.title in image.get("alt") for panel in figure.panels)
        kind, data = image.get("src").split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        assert b"<svg" in base64.b64decode(data)


def test_every_trial_is_there_with_its_reason(tree: lxml.html.HtmlElement) -> None:
    heads = [words(head) for head in tree.xpath("//table[@id='list']/thead//th")]
    rows = [[words(cell) for cell in row] for row in tree.xpath("//table[@id='list']/tbody/tr")]
    listed = [dict(zip(heads, row, strict=True)) for row in rows]
    study = whole_study()
    found = {row["Network"]: row for row in listed if row["Part"] in ("S1", "S2")}
    assert list(found) == [network.name for sample in study.samples for network in sample.networks]
    assert (found["S1/002"]["Test accuracy"], found["S1/002"]["Validation accuracy"]) == ("90.00%", "80.00%")
    assert (found["S1/005"]["State"], found["S1/005"]["Reason"]) == ("diverged", "for a reason")
    assert (found["S2/001"]["State"], found["S2/002"]["State"]) == ("failed", "over a limit")
    parts = [row["Part"] for row in listed if row["Part"] not in ("S1", "S2")]
    assert parts == ["by hand"] * 4 + ["from the model, for RQ1"] * 3 + ["longer, 4 epochs"] * 3
    assert listed[-1]["State"] == "to come"
    assert len(data_of(tree)["trials"]) == len(rows)


def test_a_run_that_answers_two_questions_stands_once() -> None:
    study = whole_study()
    assert study.equivalence is not None
    by_hand = study.equivalence.by_hand
    more = replace(by_hand, runs=(*by_hand.runs, replace(by_hand.done[0], spec_hash="another")))
    found = entries(replace(study, equivalence=replace(study.equivalence, by_hand=more)))
    assert [(entry.name, entry.part) for entry in found if entry.by_hand and entry.network == "LeNet-5"] == [
        *((f"LeNet-5, run {run}", "by hand") for run in (1, 2, 3)),
        ("LeNet-5, run 4", "by hand, for RQ1"),
        ("LeNet-5", "longer, 4 epochs"),
    ]


def test_networks_without_a_trial_say_why() -> None:
    waiting, dear = Network("S1/1", 5, MLP, "a"), Network("S1/2", 5, MLP, "b", left_out="too slow")
    study = Study("mine", "", (data_set("mnist"),), (sample("S1", "mnist", [waiting, dear]),))
    assert [(entry.status, entry.reason) for entry in entries(study)] == [("to come", ""), ("left out", "too slow")]
    assert "too slow" in study_page(study)


def test_drawings_are_those_of_the_networks(tree: lxml.html.HtmlElement) -> None:
    trials, drawings = data_of(tree)["trials"], data_of(tree, "drawings")
    first = trials[0]
    content = unpack(drawings[first["drawing"]])
    assert content["svg"] == architecture_svg(MLP, "S1/001")
    assert content["text"].startswith("S1/001\n1 block")
    assert (first["blocks"], first["cells"], first["layers"]) == (1, 3, 3)
    by_name = {trial["name"]: trial for trial in trials if trial["part"].startswith("longer")}
    assert by_name["S1/003"]["drawing"] == trials[2]["drawing"]  # packed once
    assert by_name["LeNet-5"]["drawing"] is None
    assert "no drawing" in by_name["LeNet-5"]["note"]
    assert len(drawings) == 7


def test_named_networks_and_those_by_hand_are_drawn_where_the_model_has_them() -> None:
    plain = whole_study()
    lenet5 = replace(plain.baselines[0], architecture=MLP)
    study = replace(plain, baselines=(lenet5,), named=(NamedStudy("Inception module", "mnist", 2, 5, None, MLP),))
    data = data_of(lxml.html.document_fromstring(study_page(study)))
    drawn = {(trial["name"], trial["part"]) for trial in data["trials"] if trial["drawing"] is not None}
    assert {("LeNet-5, run 2", "by hand"), ("Inception module", "named, 2 epochs")} <= drawn
    notes = {
        trial["note"] for trial in data["trials"] if trial["name"] == "LeNet-5, run 2" and trial["part"] == "by hand"
    }
    assert "Drawn is the configuration of the model" in notes.pop()


def test_markup_in_names_is_text(hostile: str) -> None:
    tree = lxml.html.document_fromstring(hostile)
    assert len(tree.xpath("//script")) == 3
    assert not tree.xpath("//*[@onerror or @onload] | //a[starts-with(@href, 'javascript:')]")
    assert words(tree.find(".//h1")) == f"Experiment {ATTACKS[1]}"
    listed = {words(row) for row in tree.xpath("//table[@id='list']/tbody/tr/th")}
    assert set(ATTACKS[:7]) <= listed
    assert data_of(tree)["trials"][0]["name"] == ATTACKS[0]
    hostile.encode()


def test_what_is_no_number_is_none(hostile: str) -> None:
    tree = lxml.html.document_fromstring(hostile)
    (diverged,) = (t for t in data_of(tree)["trials"] if t["status"] == "diverged" and t["name"] == ATTACKS[0])
    assert (diverged["loss"], diverged["train"]) == (None, None)
    assert "NaN" not in tree.get_element_by_id("data").text


def test_the_same_study_gives_the_same_bytes_in_another_process(text: str) -> None:
    code = "import study_of, sys; from featurenet_uvl.report.page.page import study_page;"
    code += "sys.stdout.buffer.write(study_page(study_of.whole_study()).encode())"
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(HERE)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    other = done.stdout.decode()
    place = next((place for place, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), None)
    assert place is None, (text[place - 200 : place + 200], other[place - 200 : place + 200])
    assert other == text


def test_headings_do_not_skip_levels_and_references_lead_somewhere(tree: lxml.html.HtmlElement) -> None:
    assert tree.get("lang") == "en"
    assert words(tree.find(".//title")) == "Experiment mine"
    levels = [int(node.tag[1]) for node in tree.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    wanted = {link[1:] for link in tree.xpath("//a/@href")}
    wanted |= {name for value in tree.xpath("//@aria-labelledby | //@aria-describedby") for name in value.split()}
    assert wanted - set(identifiers) == {"network-title"}  # which the script writes
    assert all(image.get("alt") for image in tree.iter("img"))


def test_the_page_says_what_is_missing_and_how_it_was_made(tree: lxml.html.HtmlElement) -> None:
    assert "longer training: 1 of 3 networks are to be trained" in words(tree.get_element_by_id("missing"))
    made = words(tree.get_element_by_id("made"))
    assert "featurenet-uvl experiments run --preset mine.cfg" in made
    assert "Hash of the data: 0000000000000000" in made
    assert words(tree.get_element_by_id("environment")) == "python3.11"
    finished = study_page(replace(whole_study(), missing=()))
    assert "Not finished" not in finished


def test_the_summary_stands_beside_the_paper() -> None:
    found = summary(whole_study())
    text = dict(found)
    assert text["Every configuration a network?"] == (
        "Of 7 sampled networks, 7 were begun, 5 built, 4 trained and tested; 1 diverged; 1 failed; 1 over a limit. "
        "The paper: 1,000 of 1,000."
    )
    assert text["LeNet-5 from the model"].startswith("Equivalent on the test images of MNIST: +0.10 points")
    best = text["Better than LeNet-5? MNIST"]
    assert best.startswith(
        "The best network, S1/003 of 5 of S1, has 90.00% of 10,000 test images right (89.40% to 90.57%)"
    )
    assert "LeNet-5 97.20%, mean of 3 runs, difference -7.20 points" in best
    assert best.endswith("The paper: Top S1 97.74%, LeNet-5 97.14%, difference +0.60 points.")
    assert summary(Study("mine", "", (data_set("digits"),))) == ()


def test_a_certificate_says_how_far_a_sample_is_from_the_most_diverse() -> None:
    diversity = Diversity(
        **{**dict.fromkeys(Diversity.__dataclass_fields__, 1), "mean_distance": 0.2}  # type: ignore[arg-type]  # any
    )
    plain = sample("S1", "mnist", [network("S1/1", 0.5)])
    measured = replace(plain, diversity=diversity)
    assert certificate(plain) == ""
    assert certificate(measured) == "S1 on MNIST: mean distance 0.2000; the largest possible one is unknown."
    limited = replace(measured, limit=DiversityLimit(40, 0.25, 0.001, with_shapes=False))
    assert certificate(limited) == (
        "S1 on MNIST: mean distance 0.2000, at least 80.0% of the largest possible one: no 40 configurations of the "
        "model without tensor shapes have more than 0.2500."
    )
    study = Study("mine", "", (data_set("mnist"),), (limited,))
    assert certificate(limited) in study_page(study)


def test_an_empty_study_is_a_page() -> None:
    tree = lxml.html.document_fromstring(study_page(Study("mine", "about", (data_set("mnist"),))))
    assert words(tree.find(".//title")) == "Experiment mine: about"
    assert data_of(tree)["trials"] == []


def test_the_report_has_the_page(tmp_path: Path, text: str) -> None:
    assert tmp_path / "report.html" in write_report(whole_study(), tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text


def test_void_elements_have_no_content() -> None:
    assert element("input", disabled=True, hidden=False) == "<input disabled>"
    with pytest.raises(AssertionError):
        element("br", "text")


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_points_can_be_told_from_the_ground(tree: lxml.html.HtmlElement) -> None:
    schemes = re.findall(r":root \{(.*?)\}", words(tree.find(".//style")), re.DOTALL)
    assert len(schemes) == 3  # light, dark, print
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for ground in ("ground", "soft", "warn"):
            assert all(contrast(colours[name], colours[ground]) >= 4.5 for name in ("ink", "faint", "link")), ground
        assert all(contrast(colours[s], colours["ground"]) >= 3 for s in colours if re.fullmatch(r"s\d", s))


def test_states_have_words() -> None:
    assert {entry.status for entry in entries(whole_study())} == {
        "trained",
        "diverged",
        "failed",
        "over a limit",
        "to come",
    }
    assert len(TrialStatus) == 4
