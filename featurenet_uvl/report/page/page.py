"""The report as one HTML page. It loads nothing from the network or other files, and tells the browser to refuse
that."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.page.drawings import Drawings
from featurenet_uvl.report.page.entries import entries
from featurenet_uvl.report.page.html import Markup, data_block, element
from featurenet_uvl.report.page.records import page_data
from featurenet_uvl.report.page.sections import Section, missing_notice, sections


def study_page(study: Study) -> str:
    """Return the page; equal studies give equal pages.

    The policy in its head, which holds for a file on disk, too, allows only its own style and script, by their hashes.
    """
    rows = entries(study)
    drawings = Drawings()
    data = data_block("data", page_data(study, rows, drawings))
    parts = sections(study, rows)
    title = f"Experiment {study.preset}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", f"{title}: {study.about}" if study.about else title),
        element("style", Markup(_own("page.css"))),
    )
    body = element(
        "body",
        element("a", "To the summary", href="#summary", class_="skip"),
        element(
            "header",
            element("h1", title),
            element("p", study.about, class_="about") if study.about else None,
            element(
                "p",
                "Feature models of deep neural networks, after Ghamizi, Cordy, Papadakis and Le Traon, "
                "“Automated Search for Configurations of Deep Neural Network Architectures”, 2019. "
                "Figures of the paper stand beside ours, on a grey ground.",
            ),
        ),
        _contents(parts),
        element("main", missing_notice(study), *(_section(part) for part in parts)),
        _DIALOG,
        data,
        data_block("drawings", drawings.packed),
        element("script", Markup(_own("page.js"))),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


_DIALOG = element(
    "dialog",
    element(
        "div",
        element("button", "Previous", type="button", id="previous"),
        element("button", "Next", type="button", id="next"),
        element("button", "Close", type="button", id="close", autofocus=True),
        class_="controls",
    ),
    element("div", id="network"),
    id="dialog",
    aria_labelledby="network-title",
)


def _contents(parts: tuple[Section, ...]) -> Markup:
    links = (element("li", element("a", part.title, href=f"#{part.key}")) for part in parts)
    return element("nav", element("ul", *links), aria_label="Contents")


def _section(part: Section) -> Markup:
    title = f"{part.key}-title"
    return element("section", element("h2", part.title, id=title), part.content, id=part.key, aria_labelledby=title)


def _own(name: str) -> str:
    """Return the text of a file of this package. It must not contain `</`, which would end the element around it."""
    text = (files("featurenet_uvl.report.page") / name).read_text(encoding="utf-8")
    assert "</" not in text, name
    return text


def _policy() -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash('page.js')}",
            f"style-src {_hash('page.css')}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(name: str) -> str:
    digest = hashlib.sha256(_own(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
