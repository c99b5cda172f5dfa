"""The texts of pages and papers, and their English: `python -m deploy.messages` brings the catalogue up to date.

    python -m deploy.messages            collect every text, add new ones (still empty), drop those that went
    python -m deploy.messages --check    change nothing; 1 when a text has no English, or cannot be translated at all

A text is what `{% trans %}` and `_()` hold, what `say`, `translate` and `State` are given, and every other string
constant with a Vietnamese letter, in templates and in code: so none can be forgotten. What cannot be translated is bare
Vietnamese in a template, and a Vietnamese f-string: both are named with their place.
"""

import ast
import io
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

from shared.language import ENGLISH, LOCALE
from shared.pages import environment

ROOT = Path(__file__).parents[1]
CATALOGUE = LOCALE / ENGLISH / "LC_MESSAGES" / "messages.po"
SAID = frozenset({"_", "say", "translate", "State"})
"""Calls whose first argument is a text, with a Vietnamese letter or without."""
NOT_TEXTS = (
    "shared/names.py",
    "shared/language.py",
    "shared/asyncapi.py",
    "shared/papers.py",
    "services/nomination/pages/particulars_paper.py",
    "services/nomination/pages/report_paper.py",
    "services/review/pages/letter_paper.py",
    "services/nomination/rules/plan_texts/",
    "services/nomination/rules/titles.py",
)
"""Files and folders whose Vietnamese strings are letters, examples, names of languages, words to look for, or words of
papers, which are Vietnamese."""


@dataclass(frozen=True)
class Found:
    """A text and the file that says it; `trouble` says why it cannot be translated."""

    text: str
    file: str
    line: int
    trouble: str = ""


def is_vietnamese(text: str) -> bool:
    """Whether a text has a letter that only Vietnamese has (English has none with a mark)."""
    return "đ" in text.lower() or any(unicodedata.combining(letter) for letter in unicodedata.normalize("NFD", text))


def in_template(path: Path) -> Iterator[Found]:
    """The texts of one template."""
    made, file = environment([path.parent, ROOT / "shared" / "templates"]), str(path.relative_to(ROOT))
    source = path.read_text()
    for line, _function, message in made.extract_translations(source):  # type: ignore[attr-defined]
        if isinstance(message, str):
            yield Found(message, file, line)
    for node in made.parse(source).find_all((nodes.Const, nodes.TemplateData, nodes.Concat)):
        if isinstance(node, nodes.Concat):
            for part in node.find_all(nodes.Const):
                if isinstance(part.value, str) and is_vietnamese(part.value):
                    yield Found(part.value, file, node.lineno, "glued with ~: leave a gap {name} and fill it in _()")
        elif isinstance(node, nodes.Const):
            if isinstance(node.value, str) and is_vietnamese(node.value):
                yield Found(node.value, file, node.lineno)
        elif isinstance(node, nodes.TemplateData) and is_vietnamese(node.data.replace("Gương Sáng", "")):
            yield Found(node.data.strip(), file, node.lineno, "bare text: put it into {% trans %} or _()")


def in_code(path: Path) -> Iterator[Found]:
    """The texts of one module."""
    tree, file = ast.parse(path.read_text()), str(path.relative_to(ROOT))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            passed |= {id(part) for part in parts}
            words = "".join(str(part.value) for part in parts)
            if is_vietnamese(words.replace("Gương Sáng", "")):
                yield Found(words, file, node.lineno, "an f-string: let `say` or `translate` fill the gaps")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAID and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Found(first.value, file, first.lineno)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in passed:
            continue
        if isinstance(node.value, str) and is_vietnamese(node.value):
            yield Found(node.value, file, node.lineno)


def collect() -> list[Found]:
    """Every text of the services and of what they share."""
    found: list[Found] = []
    for top in ("shared", "services"):
        for path in sorted((ROOT / top).rglob("*")):
            relative = str(path.relative_to(ROOT))
            if relative.startswith(NOT_TEXTS) or "migrations" in path.parts:
                continue
            if path.suffix == ".html":
                found += in_template(path)
            elif path.suffix == ".py":
                found += in_code(path)
    return found


def catalogue_of(found: list[Found]) -> Catalog:
    """A template catalogue: every text once, with the files that say it."""
    made = Catalog(locale=ENGLISH, project="Gương Sáng", fuzzy=False)
    for one in found:
        made.add(one.text, locations=[(one.file, None)])  # type: ignore[list-item]
    return made


def catalogue_now() -> Catalog:
    """The catalogue as its file says."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale=ENGLISH)


def brought_up_to_date(found: list[Found]) -> bytes:
    """The catalogue's file as it should be: the texts of today, with the English they have already."""
    current = catalogue_of(found)
    if CATALOGUE.exists():
        known = catalogue_now()
        for message in current:
            old = known.get(message.id) if message.id else None
            if old and old.string:
                message.string = old.string
    out = io.BytesIO()
    write_po(out, current, width=120, sort_by_file=True, omit_header=True)
    return HEADER.encode() + out.getvalue()


HEADER = """msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def main(arguments: list[str]) -> int:
    """Do it; the exit code."""
    found = collect()
    wrong = [f"{one.file}:{one.line}: {one.trouble}: {one.text[:60]!r}" for one in found if one.trouble]
    fine = [one for one in found if not one.trouble]
    text = brought_up_to_date(fine)
    missing = [m for m in read_po(io.BytesIO(text), locale=ENGLISH) if m.id and not m.string]
    if "--check" in arguments:
        wrong += [f"{m.locations[0][0] if m.locations else '?'}: no English: {m.id!r}" for m in missing]
        if not CATALOGUE.exists() or CATALOGUE.read_bytes() != text:
            wrong.append(f"{CATALOGUE.relative_to(ROOT)} is not up to date: run python -m deploy.messages")
    else:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        CATALOGUE.write_bytes(text)
        print(f"{len({one.text for one in fine})} texts, {len(missing)} without English")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
