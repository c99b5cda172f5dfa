"""What pages are made of is old enough (docs/browsers.md): an older browser loses a shade, never a word or a button."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import tinycss2

from deploy.assets import ROOT
from shared.static_files import FOLDER

pytestmark = pytest.mark.unit

OURS = ("desk-shell.css", "light-shell.css", "parts.css", "portal-shell.css", "tokens.css", "fonts.css")
SYNTAX = {
    "optional chaining (2020)": r"\?\.(?!\d)",
    "?? (2020)": r"\?\?",
    "assigning operators (2021)": r"(?:\|\||&&)=",
    "modules": r"\b(?:import|export)\b",
    "private and static parts of classes (2022)": r"(?<![\w\"'`&])#[a-z_]\w*|\bstatic\s*\{",
    "separated numbers (2021)": r"\b\d+_\d",
    "big integers (2020)": r"\b\d+n\b",
    "looking behind (2018, Safari 16.4)": r"\(\?<[=!]",
}
INTERFACES = (
    *("structuredClone", "replaceAll", ".at(", "hasOwn", "showModal", "showPopover", "popover", "findLast", "matchAll"),
    *("allSettled", "randomUUID", "AbortSignal.timeout", "globalThis", "requestSubmit", "replaceChildren", "toSorted"),
    *("ResizeObserver", "IntersectionObserver", "queueMicrotask", "navigator.clipboard", "navigator.share", ":has("),
)
"""What browsers of spring 2019 do not have, or not all of them."""
GUARDED = ("fetch(", "createImageBitmap(", "DataTransfer(")
NEWER = re.compile(r":(?:has|is|where)\(|:focus-visible|:not\([^()]*,")


def code(name: str) -> str:
    """A script without its comments and texts."""
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / name).read_text(), flags=re.DOTALL)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


def test_the_script_of_pages_is_of_2019() -> None:
    script = code("pages.js")
    assert [what for what, pattern in SYNTAX.items() if re.search(pattern, script)] == []
    assert [name for name in INTERFACES if name in (FOLDER / "pages.js").read_text()] == []
    assert [name for name in GUARDED if f"window.{name.rstrip('(')}" not in script] == []


@pytest.mark.parametrize(
    "text", ["a?.b", "a ?? b", "a ||= b", "import x from y", "class A { #b = 1 }", "1_000", "5n", "/(?<=a)b/"]
)
def test_what_is_newer_would_be_seen(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in SYNTAX.values())


def test_no_script_is_a_module_and_none_is_written_into_a_page() -> None:
    templates = [*ROOT.glob("shared/templates/*.html"), *ROOT.glob("services/*/templates/*.html")]
    scripts = {tag for path in templates for tag in re.findall(r"<script[^>]*>", path.read_text())}
    assert {tag for tag in scripts if "module" in tag or ("src=" not in tag and "ld+json" not in tag)} == set()
    elements = {
        tag for path in templates for tag in re.findall(r"<(dialog|template|slot)\b| (popover)\b", path.read_text())
    }
    assert elements == set()


def rules(found: list[Any]) -> Iterator[tuple[str, str]]:
    """The rules of a stylesheet, those within @media too: what they are for, and what they say."""
    for one in found:
        if one.type == "qualified-rule":
            yield tinycss2.serialize(one.prelude).strip(), tinycss2.serialize(one.content)
        elif one.type == "at-rule":
            assert one.lower_at_keyword in {"media", "keyframes", "font-face", "page", "charset"}, one.at_keyword
            if one.lower_at_keyword == "media":
                yield from rules(tinycss2.parse_rule_list(one.content, skip_whitespace=True, skip_comments=True))


@pytest.mark.parametrize("name", [*OURS, "tabler.css"])
def test_what_a_stylesheet_says_newly_costs_only_itself(name: str) -> None:
    text = (FOLDER / name).read_text()
    wrong = []
    for selector, said in rules(tinycss2.parse_stylesheet(text, skip_whitespace=True, skip_comments=True)):
        parts = [part.strip() for part in re.split(r",(?![^(]*\))", selector)]
        newer = [part for part in parts if NEWER.search(part)]
        if newer and len(newer) < len(parts):
            wrong.append(f"an unknown selector takes others along: {selector}")
        if "{" in said:
            wrong.append(f"rules in a rule: {selector}")
        if name in OURS and re.search(r"(?:^|[;\s])inset(?:-\w+)*\s*:", said):
            wrong.append(f"a place that older browsers do not know: {selector}")
        if name in OURS and re.search(r"color-mix|oklch|\d[dsl]v[hw]\b", said):
            wrong.append(f"a value that older browsers do not know: {selector}")
    # Tabler's calendar ([data-vc…]) is on no page.
    assert [one for one in wrong if "data-vc" not in one] == []
