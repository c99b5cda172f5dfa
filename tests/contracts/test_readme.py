"""What the README tells exists."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.contracts


def test_every_file_that_the_documents_name_exists() -> None:
    missing = [
        f"{document}: {target}"
        for document in (Path("README.md"), Path("CONTRIBUTING.md"), Path("SECURITY.md"))
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text())
        if not Path(target).exists()
    ]
    assert missing == []


def test_the_make_targets_that_the_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.M))
    named = {
        target
        for document in (Path("README.md"), Path("CONTRIBUTING.md"))
        for target in re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(), re.M)
    }
    assert named - targets == set()
