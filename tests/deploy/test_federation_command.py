"""The command of who keeps the federation file."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.federation import Federation
from shared.signatures import load_private, public_part
from tests.support.signing import FILE

pytestmark = pytest.mark.unit


def run(*words: object) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.federation", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["2023", "today"])
def test_both_shipped_files_are_right(name: str) -> None:
    file = FILE.with_name(f"{name}.toml")
    code, told, errors = run("check", file)
    known = Federation.load(file)
    first = f"{file}: {known.name}, version {known.version}, SHA-256 {known.sha256}\n"
    assert (code, told.startswith(first), errors) == (0, True, "")


def test_everything_that_is_wrong_is_told_line_by_line(tmp_path: Path) -> None:
    edge = '\n[[edge]]\nchild = "hcm"\nparent = "{}"\nline = "administrative"\nfrom = 2021-01-01\n'
    file = tmp_path / "federation.toml"
    file.write_text(FILE.read_text() + edge.format("nowhere") + edge.format("tan-binh") + edge.format("moet"))
    code, told, errors = run("check", file)
    assert (code, told, errors.splitlines()) == (
        2,
        "",
        [
            f"{file} cannot be used:",
            "  edge hcm -> nowhere (administrative): the parent 'nowhere' is not among the agencies of this file",
            "  edge hcm -> tan-binh (administrative): reaches beyond the days on which tan-binh exists"
            " (2020-01-01 to 2025-07-01)",
            "  edge hcm -> moet (administrative): stands in the file twice with dates that overlap",
            "  on 2021-01-01 these agencies stand above one another in a circle: tan-binh -> hcm -> tan-binh",
        ],
    )


def test_what_an_agency_lacks_to_take_part_is_told(tmp_path: Path) -> None:
    code, _, errors = run("check", FILE, "--running", "moet")
    assert (code, len(errors.splitlines()), errors.splitlines()[1]) == (2, 10, "  agency moet: has no address")


def test_a_new_key_is_private_here_and_public_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "federation.toml"
    file.write_text(FILE.read_text())
    words = ("new-key", "hcm", "review", "--federation", file, "--secrets", tmp_path, "--from", "2024-10-01")
    for number in (1, 2):
        code, table, errors = run(*words)
        assert (code, errors) == (0, "")
        file.write_text(file.read_text() + table)
        private = tmp_path / f"signing-{number}.pem"
        assert private.stat().st_mode & 0o777 == 0o600
        newest = Federation.load(file).keys_of("hcm", "review")[0]
        assert (newest.id, newest.public) == (f"hcm/review/{number}", public_part(load_private(private)))
        assert "PRIVATE" not in table
