"""Colours: each pair that pages use has the contrast that WCAG 2.2 asks (1.4.3: 4.5 in text, 1.4.11: 3 in controls)."""

import re

import pytest

from shared.static_files import FOLDER

pytestmark = pytest.mark.unit

TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", (FOLDER / "tokens.css").read_text().split("@media")[0]))
INKS = ("ink", "ink-2", "act", "act-dark", "visited", "brand", "stop")
TEXT = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-2", "act", "act-dark", "visited", "brand", "stop")
        for ground in ("card", "ground")
    ),
    *((state, f"{state}-fill") for state in ("off", "info", "run", "wait", "ok", "stop")),
    *(("ink", f"{state}-fill") for state in ("off", "info", "run", "wait", "ok", "stop", "gilt")),
    ("gilt", "gilt-fill"),
    ("card", "act"),
    ("card", "act-dark"),
    ("card", "brand"),
    ("ink", "gold"),
]
CONTROLS = [("edge", "card"), ("edge", "ground"), ("ink", "focus"), *((f"chart-{n}", "card") for n in (1, 2, 3, 4))]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * letter for letter in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_has_contrast() -> None:
    assert {pair: round(contrast(*pair), 1) for pair in TEXT if contrast(*pair) < 4.5} == {}


def test_controls_have_contrast() -> None:
    assert {pair: round(contrast(*pair), 1) for pair in CONTROLS if contrast(*pair) < 3} == {}


def test_text_has_contrast_on_the_portals_paper() -> None:
    paper = re.findall(r"--ground: (#[0-9a-f]{6})", (FOLDER / "portal-shell.css").read_text())
    TOKENS.update({"paper": paper[0]})
    assert {ink: round(contrast(ink, "paper"), 1) for ink in INKS if contrast(ink, "paper") < 4.5} == {}
    assert contrast("edge", "paper") >= 3
