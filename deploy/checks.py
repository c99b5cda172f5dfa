"""What `make check` holds beside formatter, linter, types and import contracts: sizes of files, of the core, of
functions.

    python -m deploy.checks

Prints what is over a limit and ends with 1, or nothing and 0. Lines of more than the soft limit are only named.
"""

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

SOFT, HARD = 300, 500
FUNCTION = 60
CORE = 1500
CORE_FILES = ("shared/outbox", "shared/inbox")
NOT_OURS = ("migrations/versions/",)


def python_files() -> list[Path]:
    """Every Python file that git knows or would take, generated ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(name) for name in sorted(set(listed.stdout.split())) if not any(part in name for part in NOT_OURS)]


def code_lines(path: Path) -> int:
    """Lines with code: blank ones, comments and docstrings do not count."""
    text = path.read_text()
    lines: set[int] = set()
    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in ignored:
            lines.update(range(token.start[0], token.end[0] + 1))
    for start, end in _docstrings(ast.parse(text)):
        lines.difference_update(range(start, end + 1))
    return len(lines)


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int]]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield statement.lineno, statement.end_lineno or statement.lineno


def long_functions(path: Path) -> Iterable[str]:
    """Functions that are longer than one reads at a glance."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} is {length} lines, at most {FUNCTION}"


def main() -> int:
    """Check the tree; the exit code."""
    wrong: list[str] = []
    core = 0
    for path in python_files():
        length = len(path.read_text().splitlines())
        if length > HARD:
            wrong.append(f"{path}: {length} lines, at most {HARD}: split it by sub-domain")
        elif length > SOFT:
            print(f"note: {path}: {length} lines, {SOFT} would be better")
        wrong += long_functions(path)
        if str(path).startswith(CORE_FILES):
            core += code_lines(path)
    if core > CORE:
        wrong.append(f"the messaging core has {core} lines of code, at most {CORE}")
    for line in wrong:
        print(line)
    print(f"messaging core: {core} of {CORE} lines of code")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
