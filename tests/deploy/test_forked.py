"""Commands run side by side from one process that has imported what they need."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.forked import Job, write_jobs
from deploy.local.services import ROOT

pytestmark = pytest.mark.unit

PROGRAM = """
import os, sys
print("imported")
def main(arguments):
    print(*arguments, os.environ["WORD"], "HOME" in os.environ)
    if "fail" in arguments:
        sys.exit(3)
    if "raise" in arguments:
        raise ValueError("no table")
"""


def test_each_job_has_its_arguments_environment_and_log_and_who_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "some_program.py").write_text(PROGRAM)
    log = tmp_path / "log"
    names = ("good", "fail", "raise")
    jobs = [Job(name, "some_program", ("migrate", name), {"WORD": name}, str(log / name)) for name in names]
    file = tmp_path / "jobs.json"
    write_jobs(file, jobs)
    command = [sys.executable, "-m", "deploy.local.forked", str(file)]
    path = f"{tmp_path}:{ROOT}"
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    logs = {name: (log / name).read_text().splitlines() for name in names}
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert (done.returncode, done.stderr) == (1, "")
    assert sorted(done.stdout.splitlines()) == [
        f"fail ended with code 3: migrate fail fail False ({log / 'fail'})",
        "imported",
        f"raise ended with code 1: {' | '.join(line.strip() for line in logs['raise'][-3:])} ({log / 'raise'})",
    ]
    assert [logs["good"], logs["fail"]] == [["migrate good good False"], ["migrate fail fail False"]]
    assert logs["raise"][-1] == "ValueError: no table"
