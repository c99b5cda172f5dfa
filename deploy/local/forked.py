"""Commands of our programs, side by side from one process that has imported what they all need.

    python -m deploy.local.forked FILE

`FILE` lists jobs (JSON): what each is called, the module whose `main` runs, its arguments, its environment, its log.
Each job is a process of its own, forked after the imports: twelve migrations cost one start, not twelve. Ends with
1 when one failed, and says which.
"""

import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from deploy.local.child import die_with_parent
from deploy.local.supervisor import cause, last_words


@dataclass(frozen=True)
class Job:
    """One command: `main` of `module` with these arguments, its output appended to `log`."""

    name: str
    module: str
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    log: str


def write_jobs(file: Path, jobs: Sequence[Job]) -> None:
    """Write the jobs where `main` reads them; only the owner may, for environments may say much."""
    file.touch(0o600)
    file.write_text(json.dumps([asdict(job) for job in jobs], indent=1))


def main(file: Path) -> int:
    """Run the jobs of a file side by side; the exit code."""
    jobs = [Job(**one) for one in json.loads(file.read_text())]
    gc.disable()  # until all is forked: what is imported is shared with every child, as long as nobody touches it
    for module in sorted({job.module for job in jobs}):
        import_module(module)
    gc.freeze()
    running = {_fork(job): job for job in jobs}
    failed = 0
    while running:
        pid, status = os.wait()
        job, code = running.pop(pid), os.waitstatus_to_exitcode(status)
        if code != 0:
            failed += 1
            print(f"{job.name} {cause(code)}: {last_words(Path(job.log))} ({job.log})", flush=True)
    return 1 if failed else 0


def _fork(job: Job) -> int:
    """Start a job; the pid of its process."""
    sys.stdout.flush()  # or the child says again what the parent has not said yet
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = _run(job)
    except BaseException:  # noqa: BLE001  # told in the job's log, as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # nothing of the parent's is to be ended here


def _run(job: Job) -> int:
    """Be the job; its exit code."""
    die_with_parent(signal.SIGTERM)
    file = Path(job.log)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # so that an error comes last in the log
    os.environ.clear()
    os.environ.update(job.env)
    gc.enable()
    try:
        import_module(job.module).main(list(job.arguments))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
