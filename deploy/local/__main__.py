"""The command line of the local runner: run, demo, status, stop, reset.

Exit codes: 0 done, 1 something failed, 2 a bad option, setting or federation file, 3 a part is missing on this machine.
"""

import asyncio
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from deploy.local import demo as story
from deploy.local.brokers import Kind
from deploy.local.children import end
from deploy.local.ports import LOOPBACK
from deploy.local.runner import Options, Play, Runner
from deploy.local.server import MissingPart, StartFailed
from deploy.local.services import ROOT
from deploy.local.state import AlreadyRunning, Local, NotOurs
from shared.federation import BadFederation, Federation, UnknownAgency

STOP_WITHIN = 10.0
DEMO_DAY = "2024-10-15"  # in the years of the plans
DEFAULT_FEDERATION = ROOT / "deploy" / "federations" / "2023.toml"

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

LocalOption = Annotated[Path, typer.Option(help="The folder that keeps everything.")]
AgenciesOption = Annotated[str, typer.Option(envvar="AGENCIES", help="Agencies to run, separated by commas.")]
BrokerOption = Annotated[Kind | None, typer.Option(help="Which broker; the first that fits without it.")]
FederationOption = Annotated[Path, typer.Option(help="The federation file.")]
ClockOption = Annotated[
    str | None, typer.Option(envvar="GUONGSANG_CLOCK", help="Day on which the domain clock begins, the first time.")
]


@app.command()
def run(
    local: LocalOption = Path(".local"),
    agencies: AgenciesOption = "tan-binh,hcm,moet",
    broker: BrokerOption = None,
    federation: FederationOption = DEFAULT_FEDERATION,
    clock: ClockOption = None,
) -> None:
    """Start everything and keep it running until Ctrl-C."""
    _leave(_run(_options(local, agencies, broker, federation, clock), None))


@app.command()
def demo(
    local: LocalOption = Path(".local-demo"),
    agencies: AgenciesOption = "tan-binh,hcm,moet",
    broker: BrokerOption = None,
    federation: FederationOption = DEFAULT_FEDERATION,
    clock: ClockOption = None,
) -> None:
    """Start everything, play the story, check what it claims, and stop."""
    _leave(_run(_options(local, agencies, broker, federation, clock or DEMO_DAY), story.demo, afresh=True))


@app.command()
def status(local: LocalOption = Path(".local")) -> None:
    """Show what runs; 0 if a runner has everything ready, 1 while it starts or when something is missing."""
    place = Local(local)
    holder = place.holder()
    running = holder is not None and holder.is_alive()
    console = Console()
    word = "ready" if place.ready else "starting or stopping"
    console.print(f"runner: pid {holder.pid}, {word}" if running and holder else "runner: not running", highlight=False)
    table = Table(show_edge=False)
    for column in ("process", "pid", "state"):
        table.add_column(column)
    fine = running and place.ready
    for one in place.recorded():
        state = _state(place, one.name) if one.is_alive() else "ended"
        fine = fine and state in ("ready", "runs")
        table.add_row(one.name, str(one.pid), state)
    console.print(table)
    try:
        filled = Federation.load(place.folder / "federation.toml")
        source = f"federation {filled.name} version {filled.version}, SHA-256 {filled.sha256[:16]}"
        console.print(source, highlight=False, soft_wrap=True)
    except BadFederation:
        fine = False
    raise typer.Exit(0 if fine else 1)


@app.command()
def stop(local: LocalOption = Path(".local")) -> None:
    """Stop the runner and everything it started; also what a killed runner left behind."""
    place = Local(local)
    holder = place.holder()
    if holder is not None and holder.is_alive() and holder.pid != os.getpid():
        if end([holder], STOP_WITHIN):
            typer.echo(f"the runner (pid {holder.pid}) did not stop in {STOP_WITHIN:.0f} s: killed")
        else:
            typer.echo(f"the runner (pid {holder.pid}) has stopped")
    elif not place.folder.is_dir():
        typer.echo(f"nothing runs: there is no {place.folder}")
        return
    place.acquire()  # a new runner that began meanwhile keeps what it started
    for one in place.clean_up():
        typer.echo(f"{one.name} (pid {one.pid}) was left: ended")
    place.release()


@app.command()
def reset(
    local: LocalOption = Path(".local"),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete all data of the folder. Refuses while a runner works on it."""
    place = Local(local)
    if not place.folder.is_dir():
        typer.echo(f"nothing to delete: there is no {place.folder}")
        return
    place.acquire()
    place.clean_up()
    if not yes and not typer.confirm(f"Delete everything in {place.folder}?"):
        raise typer.Exit(1)
    place.remove()
    typer.echo(f"{place.folder} is deleted")


def _options(local: Path, agencies: str, broker: Kind | None, federation: Path, clock: str | None) -> Options:
    names = tuple(dict.fromkeys(name.strip() for name in agencies.split(",") if name.strip()))
    if not names:
        raise typer.BadParameter("--agencies: name at least one")
    loaded = Federation.load(federation)
    for name in names:
        loaded.agency(name)
    try:
        day = date.fromisoformat(clock) if clock else None
    except ValueError:
        raise typer.BadParameter(f"GUONGSANG_CLOCK={clock}: not a day, write it like 2024-10-15") from None
    return Options(local, names, federation, broker, day)


def _run(options: Options, play: Play | None, *, afresh: bool = False) -> int:
    """Run until told to stop; `afresh`: on an empty folder, whatever an earlier run left there."""
    local = Local(options.folder)
    local.acquire()
    if afresh:
        local.clean_up()
        local.empty()
    runner = Runner(options, local, Console(soft_wrap=True))
    loop = asyncio.new_event_loop()  # asyncio.run would wait for threads at its end
    return loop.run_until_complete(runner.run(play))


def _state(place: Local, name: str) -> str:
    """What a live process answers when asked whether it is ready; servers are not asked."""
    port = place.known_port(name)
    if port is None or ("/" not in name and name != "front"):
        return "runs"
    try:
        answer = httpx2.get(f"http://{LOOPBACK}:{port}/readyz", timeout=2, trust_env=False)
    except httpx2.HTTPError:
        return "no answer"
    return "ready" if answer.status_code == 200 else f"not ready: {answer.text[:200]}"


def _leave(code: int) -> None:
    """End now: a thread may still wait for something that has been stopped."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Run the command line; turn what can go wrong into one line and an exit code."""
    try:
        app()
    except (BadFederation, UnknownAgency, NotOurs) as error:
        code, told = 2, str(error)
    except MissingPart as error:
        code, told = 3, f"missing: {error}"
    except (StartFailed, AlreadyRunning) as error:
        code, told = 1, str(error)
    else:
        return
    sys.stderr.write(f"{told}\n")
    _leave(code)


if __name__ == "__main__":
    main()
