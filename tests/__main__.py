"""The whole suite in half the time: what needs no broker runs beside what starts whole agencies.

    python -m tests [arguments for both]

Two pytest processes with servers of their own; the second one's report is shown as it comes, the first one's when it
has ended. Ends with 1 when either failed.
"""

import subprocess
import sys
import tempfile
import time

ALONE = "unit or db or contracts"
TOGETHER = "kafka or flow or browser"


def main(arguments: list[str]) -> int:
    """Run both; the exit code."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as kept:
        beside = subprocess.Popen([*_pytest(ALONE), *arguments], stdout=kept, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run([*_pytest(TOGETHER), *arguments], check=False).returncode
        finally:
            other = beside.wait()
        kept.seek(0)
        sys.stdout.write(kept.read().decode(errors="replace"))
    print(f"both in {time.monotonic() - begun:.0f} s")
    return 1 if code or other else 0


def _pytest(marks: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-m", marks]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
