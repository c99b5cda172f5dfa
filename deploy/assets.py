"""What the pages carry of others' work, checked in with its licences: `python -m deploy.assets` fetches it anew (npm).

    python -m deploy.assets [FOLDER]     FOLDER: where unpacked npm packages lie already (nothing is fetched)

Tabler's stylesheet is cut down to the classes that the templates use, plus `ALSO`; a class that a template uses later
needs this command again (tests/deploy/test_assets.py says so). Icons become one sprite, by the names of `ICONS`.
Nothing of this runs when the software runs, and no Node is needed for that.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import tinycss2

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "shared" / "static"
PACKAGES = {
    "@tabler/core": "1.6.1",
    "htmx.org": "4.0.1",
    "@tabler/icons": "3.51.0",
    "@fontsource/be-vietnam-pro": "5.3.0",
}
ALSO = frozenset({"is-invalid", "active", "disabled", "show"})
"""Classes that code sets, beside those that the templates name."""
ICONS = {
    "alert": "alert-triangle",
    "arrow-back": "arrow-back-up",
    "arrow-up": "arrow-up-right",
    "file": "file-text",
    "hand": "hand-stop",
    "info": "info-circle",
    "pause": "player-pause",
    "person": "user",
    "plant": "plant-2",
    "menu": "menu-2",
    "plug": "plug-x",
    "next": "chevron-right",
    "out": "logout",
    **{
        name: name
        for name in (
            *("award", "ban", "bell", "book", "bulb", "calendar", "check", "circle", "circle-check", "circle-minus"),
            *("clock", "download", "eye", "eye-off", "help", "hourglass", "inbox", "language", "link", "list", "lock"),
            *("lock-open", "news", "pencil", "plus", "printer", "refresh", "scale", "search", "send", "shield-check"),
            *("target", "upload", "users", "world", "x"),
        )
    },
}
"""Our name of an icon → Tabler's."""


def used_classes() -> set[str]:
    """Every word that stands in a class attribute of a template, wherever an expression leaves it whole."""
    found: set[str] = set(ALSO)
    for path in [*ROOT.glob("shared/templates/**/*.html"), *ROOT.glob("services/*/templates/**/*.html")]:
        for attribute in re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', path.read_text(), re.S):
            words = re.sub(r"\{%.*?%\}", " ", attribute)
            found.update(re.findall(r"[a-z][a-z0-9-]*", words))
    return found


def _classes(selector: list[Any]) -> set[str]:
    """The classes that an element must have for this selector: those inside `:not()` do not count."""
    found: set[str] = set()
    before = None
    for token in selector:
        if before == "." and token.type == "ident":
            found.add(token.value)
        before = token.value if token.type == "literal" else None
        if token.type == "function" and token.lower_name in {"is", "where", "has"}:
            options = [_classes(part) for part in _split(token.arguments)]
            found |= set.intersection(*options) if options else set()
    return found


def _split(tokens: Iterable[Any]) -> list[list[Any]]:
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _wanted(selector: list[Any], used: set[str]) -> bool:
    text = tinycss2.serialize(selector)
    other = "data-bs-theme" in text or "dir=" in text or "::-webkit-date" in text
    return not other and _classes(selector) <= used


def subset(css: str, used: set[str]) -> str:
    """The rules of a stylesheet that can match a page with these classes, with the properties and frames they need."""
    css = re.sub(r"[\w-]+:\s*url\((\"|')?data:(?:(?!\1\)).)*\1\)[^;}]*;?", "", css)  # our policy lets no such image in
    rules = list(_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), used))
    text = "\n".join(rules)
    while True:
        needed = set(re.findall(r"var\(\s*(--[\w-]+)", text))
        frames = set(re.findall(r"animation(?:-name)?:[^;}]*?([a-z][\w-]+)", text))
        shorter = re.sub(
            r"(--[\w-]+):((?:[^;{}\"']|\"[^\"]*\"|'[^']*')*)(;|(?=\}))",
            partial(_if_in, needed),
            text,
        )
        shorter = re.sub(
            r"@keyframes ([\w-]+)\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}\n?",
            partial(_if_in, frames),
            shorter,
        )
        shorter = re.sub(r"[^{}\n]+\{\s*\}\n?", "", shorter)
        if shorter == text:
            return shorter
        text = shorter


def _if_in(needed: set[str], found: re.Match[str]) -> str:
    return found[0] if found[1] in needed else ""


def _rules(rules: Iterable[Any], used: set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [part for part in _split(rule.prelude) if _wanted(part, used)]
            if kept:
                selectors = ",".join(tinycss2.serialize(part).strip() for part in kept)
                yield f"{selectors}{{{tinycss2.serialize(rule.content).strip()}}}"
        elif rule.type == "at-rule" and rule.content is not None:
            name, prelude = rule.lower_at_keyword, tinycss2.serialize(rule.prelude).strip()
            if name == "keyframes":
                yield f"@keyframes {prelude}{{{tinycss2.serialize(rule.content).strip()}}}"
            elif name in {"media", "supports"} and "dark" not in prelude:
                inner = "".join(_rules(tinycss2.parse_rule_list(rule.content, True, True), used))
                if inner:
                    yield f"@{name} {prelude}{{{inner}}}"


def sprite(folder: Path) -> str:
    """The icons as one SVG file of symbols."""
    symbols = []
    for name, theirs in sorted(ICONS.items()):
        text = (folder / "icons" / "outline" / f"{theirs}.svg").read_text()
        shapes = re.sub(r"\s+", " ", text[text.index(">", text.index("<svg")) + 1 : text.index("</svg>")]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.replace("> <", "><")}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def fetch(into: Path) -> None:
    """Unpack the packages below a folder, one folder each, as npm names them."""
    for name, version in PACKAGES.items():
        asked = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"], cwd=into, check=True, capture_output=True, text=True
        )
        with tarfile.open(into / asked.stdout.split()[-1]) as archive:
            archive.extractall(_place(into, name), filter="data")


def _place(into: Path, name: str) -> Path:
    return into / name.strip("@").replace("/", "-")


def write(folder: Path) -> None:
    """Make every file below `shared/static/` that is not ours."""
    packages = {name: _place(folder, name) / "package" for name in PACKAGES}
    css = (packages["@tabler/core"] / "dist" / "css" / "tabler.css").read_text()
    licence = css[css.index("/*!") : css.index("*/") + 2]
    (STATIC / "tabler.css").write_text(licence + "\n" + subset(css, used_classes()) + "\n")
    htmx = (packages["htmx.org"] / "dist" / "htmx.min.js").read_text()
    (STATIC / "htmx.js").write_text(re.sub(r"\n?//# sourceMappingURL=.*", "", htmx))
    (STATIC / "icons.svg").write_text(sprite(packages["@tabler/icons"]))
    for part in ("latin", "vietnamese"):
        file = f"be-vietnam-pro-{part}-600-normal.woff2"
        (STATIC / file).write_bytes((packages["@fontsource/be-vietnam-pro"] / "files" / file).read_bytes())
    licences = STATIC / "licences"
    licences.mkdir(exist_ok=True)
    for name, place in packages.items():
        told = place / "LICENSE"
        text = told.read_text() if told.exists() else licence
        (licences / f"{name.strip('@').replace('/', '-')}.txt").write_text(text)


def main(arguments: list[str]) -> int:
    """Do it; the exit code."""
    if arguments:
        write(Path(arguments[0]))
    else:
        with tempfile.TemporaryDirectory() as made:
            fetch(Path(made))
            write(Path(made))
    for path in sorted(STATIC.iterdir()):
        print(f"{path.name:50} {path.stat().st_size if path.is_file() else '':>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
