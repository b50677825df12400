"""The web page as a reader meets it: opened from a file by a headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hostile import ATTACKS, hostile_study
from study_of import MLP, baseline, network, result, sample, whole_study

from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.report.content.study import Network, Study
from featurenet_uvl.report.content.tables import table1
from featurenet_uvl.report.page.page import study_page

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright, which drives the browser")

LENET5 = named_architecture("lenet5").architecture((28, 28, 1), 10)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def study() -> Study:
    """Return networks with and without drawings; their weights sort differently as text and as numbers."""
    plain = whole_study()
    weights = LENET5.weights()
    large = Network("S1/010", weights, LENET5, "large", result=result("S1/010", 0.81, weights, 0.8, epochs=12))
    more = [network("S1/011", 0.0976, 900), large]
    s1 = replace(plain.samples[0], networks=(*plain.samples[0].networks, *more))
    return replace(plain, samples=(s1, *plain.samples[1:]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip(f"found none of {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"plain": study(), "hostile": hostile_study(), "empty": Study("mine", "", ())}
    for name, one in made.items():
        (folder / f"{name}.html").write_text(study_page(one), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture
def show(browser: Any, files: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    """Open a page; check at the end that the browser reported no error and requested nothing."""
    complaints: list[str] = []
    requests: list[str] = []
    contexts = []

    def opened(name: str = "plain", width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(files[name].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url for url in requests if not url.startswith("data:")} <= {path.as_uri() for path in files.values()}


def column(page: Any, place: int) -> list[str]:
    """Return the cells of a column of the list, for the visible rows."""
    return [
        text.strip()
        for text in page.eval_on_selector_all(
            "#list tbody tr:not([hidden])", "(rows, place) => rows.map(row => row.cells[place].textContent)", place
        )
    ]


def place_of(page: Any, head: str) -> int:
    heads = page.eval_on_selector_all("#list thead th", "heads => heads.map(head => head.dataset.head)")
    return int(heads.index(head))


def click_head(page: Any, head: str) -> str:
    """Sort by a column; return the direction that its head now shows."""
    cell = page.locator("#list thead th").nth(place_of(page, head))
    cell.locator("button").click()
    return str(cell.get_attribute("aria-sort"))


def test_a_point_opens_its_network(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#plot .point[aria-label^='S1/010,']").click()
    dialog = page.locator("dialog[open]")
    assert dialog.locator("h2").inner_text() == "S1/010"
    drawing = dialog.locator(".drawing svg")
    drawing.wait_for()
    assert "S1/010" in drawing.text_content()
    assert f"{LENET5.weights():,} weights" in drawing.locator("desc").text_content()
    facts = dict(
        zip(dialog.locator("dt").all_inner_texts(), dialog.locator("dd").all_inner_texts(), strict=True),
    )
    assert facts["Weights"] == f"{LENET5.weights():,}"
    assert facts["Test accuracy"].startswith("81.00% (80.22% to ")
    assert (facts["Blocks"], facts["Cells"]) == ("3", str(len(LENET5.cells)))
    assert drawing.locator("g[data-key^=b1_c1]").count() >= 2
    assert dialog.locator(".curve path.s0").count() == 1
    assert dialog.locator("details table tbody tr").count() == 12
    assert dialog.locator("details pre").text_content().startswith("S1/010\n")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_the_keyboard_reaches_every_point(show: Callable[..., Any]) -> None:
    page = show()
    assert page.locator("#plot .point[tabindex='0']").count() == 1
    page.locator("#plot .point[tabindex='0']").focus()
    seen = []
    for _ in range(page.locator("#plot .point").count()):
        seen.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("ArrowRight")
    assert [label.split(",")[0] for label in seen[:4]] == ["S1/001", "S1/003", "S1/002", "S1/004"]  # by size
    assert len(set(seen)) == page.locator("#plot .point").count() == 10
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.locator("dialog[open] h2").inner_text() == "S1/001"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == seen[0]


def test_the_plot_shows_what_is_chosen(show: Callable[..., Any]) -> None:
    page = show()
    count = page.locator("#plot .point").count()
    assert page.locator("#plot .chart .paper").count() == 5
    page.get_by_label("the paper, Table 1").uncheck()
    assert page.locator("#plot .chart .paper").count() == 0
    page.get_by_label("S1", exact=True).uncheck()
    assert page.locator("#plot .point").count() == count - 6
    page.get_by_label("S1", exact=True).check()
    low = page.locator("#plot .point[aria-label^='S1/011']").bounding_box()
    page.get_by_label("fit the accuracies").check()
    assert page.locator("#plot .point[aria-label^='S1/011']").bounding_box()["y"] != low["y"]


def test_points_lie_where_their_numbers_say(show: Callable[..., Any]) -> None:
    page = show()
    page.get_by_label("the paper, Table 1").uncheck()
    places = {
        label.split(",")[0]: box
        for label, *box in page.eval_on_selector_all(
            "#plot .point", "ps => ps.map(p => [p.getAttribute('aria-label'), p.getCTM().e, p.getCTM().f])"
        )
    }
    (x1, y1), (x2, y2), (x3, y3) = (places[name] for name in ("S1/001", "S1/011", "S1/010"))
    assert (x2 - x1) / (x3 - x1) == pytest.approx(1.95424 / 4.73683, abs=0.01)  # logarithms of 10, 900 and 545,546
    assert (y2 - y1) / (y1 - y3) == pytest.approx((0.5 - 0.0976) / (0.81 - 0.5), abs=0.01)


def test_sorting_is_of_numbers_in_both_directions(show: Callable[..., Any]) -> None:
    page = show()
    for head in ("Test accuracy", "Weights", "Epochs"):
        for direction in ("ascending", "descending"):
            assert click_head(page, head) == direction
            cells = column(page, place_of(page, head))
            numbers = [float(cell.strip("%").replace(",", "")) for cell in cells if cell != "–"]
            assert numbers == sorted(numbers, reverse=direction == "descending")
            assert len(set(numbers)) > 1
            assert "–" not in cells[: len(numbers)]
    assert page.locator("#list th[aria-sort=none]").count() == page.locator("#list thead th").count() - 1
    click_head(page, "Network")
    names = column(page, 0)
    assert names.index("LeNet-5, run 2") < names.index("S1/001") < names.index("S1/010") < names.index("S2/001")


def test_the_filter_keeps_rows_with_all_its_words(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#filter").fill("s1 DIVERGED")
    assert column(page, 0) == ["S1/005"]
    assert page.locator("#count").inner_text().startswith("1 of ")
    page.locator("#list tbody tr:not([hidden]) .open").click()
    dialog = page.locator("dialog[open]")
    assert dialog.locator(".reason").inner_text() == "for a reason"
    assert dialog.locator("#next").is_disabled()
    dialog.locator("#close").click()
    page.locator("#filter").fill("")
    assert len(column(page, 0)) == len(study().samples[0].networks) + 2 + 4 + 3 + 3


def test_next_follows_the_list_as_it_is_sorted(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#filter").fill("S1/0 trained")
    click_head(page, "Test accuracy")
    names = column(page, 0)
    page.locator("#list .open", has_text=names[0]).first.click()
    for name in names[1:3]:
        page.locator("#next").click()
        assert page.locator("dialog[open] h2").inner_text() == name
    page.locator(".drawing svg").wait_for()
    assert page.locator(".drawing svg").count() == 1


def test_who_leafs_fast_sees_the_last_network_only(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#list .open", has_text="S1/001").first.click()
    page.evaluate("for (let count = 0; count < 3; count += 1) document.getElementById('next').click()")
    page.locator(".drawing svg").wait_for()
    page.evaluate("new Promise(resolve => setTimeout(resolve, 200))")  # for those that were overtaken
    assert page.locator("dialog[open] h2").inner_text() == "S1/004"
    assert page.locator(".drawing svg").count() == 1
    assert [text[:6] for text in page.locator("details pre").all_text_contents()] == ["S1/004"]


def test_a_network_by_hand_says_that_it_has_no_drawing(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#list tr", has_text="SqueezeNet, as the paper ran it").locator("td").first.click()
    assert "so there is no drawing of it" in page.locator("dialog[open]").inner_text()
    assert page.locator("dialog .drawing").count() == 0


def test_names_of_a_users_file_run_nothing(show: Callable[..., Any]) -> None:
    page = show("hostile")
    rows = page.locator("#list .open")
    for number in range(len(ATTACKS)):
        rows.nth(number).click()
        page.locator("dialog .drawing svg").wait_for()
        page.keyboard.press("Escape")
    page.locator("#list tr", has_text="diverged").first.click()
    page.keyboard.press("Escape")
    page.locator("#plot .point").first.focus()
    assert page.locator("dialog script, dialog img, #plot img, main script").count() == 0
    assert page.evaluate("window.hacked") is None
    assert page.locator("h1").inner_text() == f"Experiment {ATTACKS[1]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_page_sideways(show: Callable[..., Any], scheme: str) -> None:
    page = show(width=360, color_scheme=scheme)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert page.locator("#plot .chart").bounding_box()["width"] <= 360
    page.locator("#list .open", has_text="S1/010").first.click()
    page.locator("dialog .drawing svg").wait_for()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 360
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")


def test_a_print_has_the_tables_whole(show: Callable[..., Any]) -> None:
    page = show(width=800)
    page.locator("#filter").fill("nothing has this")
    page.emulate_media(media="print")
    for hidden in ("#plot", "#filter", "nav", "#list thead button"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator("#list tbody tr").last.is_visible()
    page.set_viewport_size({"width": 1040, "height": 720})  # A4 on its side, less the margins
    for table in page.locator(".scroll table").all():
        assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth"), table.get_attribute(
            "aria-labelledby"
        )
    last = table1(study()).title
    assert page.get_by_role("heading", name=last).is_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 20_000


def test_an_empty_study_opens(show: Callable[..., Any]) -> None:
    page = show("empty")
    assert page.locator("h1").inner_text() == "Experiment mine"


def test_studies_here_have_what_the_tests_look_for() -> None:
    names = [one.name for one in study().samples[0].networks]
    assert {"S1/005", "S1/010", "S1/011"} <= set(names)
    assert MLP.weights() != LENET5.weights()
    assert sample("S1", "mnist", []).networks == baseline("x", "mnist", []).runs == ()
