"""What the pages carry of others: licensed, cut down to what is used, and nothing that the policy would refuse."""

import re

import pytest

from deploy import assets
from shared.looks import MENU, STATES
from shared.static_files import BUNDLES, FOLDER

pytestmark = pytest.mark.unit

CSS = """
:root{--a:1px;--b:2px}.used{margin:var(--a)}.not-used{margin:var(--b)}
.used .not-used,.used>a{color:red}@media print{.used{color:black}.not-used{color:red}}
@keyframes spin{to{rotate:1turn}}@keyframes run{to{left:0}}.used{animation:1s spin}.used:not(.other){top:0}
[data-bs-theme=dark] .used{color:#fff}
"""


def test_subset_keeps_what_a_page_with_these_classes_can_match() -> None:
    kept = re.sub(r"\s+", "", assets.subset(CSS, {"used"}))
    assert kept == (
        ":root{--a:1px;}.used{margin:var(--a)}.used>a{color:red}@mediaprint{.used{color:black}}"
        "@keyframesspin{to{rotate:1turn}}.used{animation:1sspin}.used:not(.other){top:0}"
    )


def test_every_class_of_a_template_is_known_to_a_stylesheet_or_says_so() -> None:
    css = "".join((FOLDER / part).read_text() for parts in BUNDLES.values() for part in parts)
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    templates = [*assets.ROOT.glob("shared/templates/*.html"), *assets.ROOT.glob("services/*/templates/*.html")]
    written = {
        word
        for path in templates
        for attribute in re.findall(r'class="([^"{]*)"', path.read_text())
        for word in attribute.split()
    }
    assert written - known == set()


def test_nothing_is_fetched_from_elsewhere_and_no_image_lies_in_the_css() -> None:
    css = (FOLDER / "tabler.css").read_text()
    assert re.findall(r"url\([^)]*\)|@import", css) == []
    assert css.startswith("/*!\n * Tabler v1.6.1")


def test_licences_lie_beside_what_they_are_for() -> None:
    names = sorted(path.name for path in (FOLDER / "licences").iterdir())
    assert names == ["fontsource-be-vietnam-pro.txt", "htmx.org.txt", "tabler-core.txt", "tabler-icons.txt"]
    assert all(len((FOLDER / "licences" / name).read_text()) > 200 for name in names)


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (FOLDER / "icons.svg").read_text()))
    named = {entry.icon for section in MENU for entry in section.entries}
    named |= {state.icon for family in STATES.values() for state in family.values()}
    for path in assets.ROOT.glob("s*/**/templates/*.html"):
        named |= set(re.findall(r'icon\("([a-z-]+)"\)', path.read_text()))
    assert (named - drawn, drawn) == (set(), set(assets.ICONS))
