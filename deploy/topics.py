"""Declares topics and rights on a broker from the federation file and the event catalogue.

    python -m deploy.topics plan --federation F --servers S [--agency A …] [--admin-user U --admin-password-file P]
    python -m deploy.topics apply …

`plan` shows what differs, `apply` shows it and does it. A partition count is never changed: it would send a stream's
later events to another partition than its earlier ones. Topics are never deleted. Each agency and service is one
principal, `User:<agency>.<service>`: it writes and reads its own topics, uses its own group, and reads the doors that
the federation file opens to it. Rights of such principals that nobody wants are taken away.

Exit codes: 0 done, 1 refused or the broker does not answer, 2 a bad federation file or option.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, but not by the stubs' rules
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from deploy.accounts import QUIET, ensure_accounts, principal, sasl_settings, stored_passwords
from shared.clock import local_date
from shared.events import SERVICES
from shared.federation import BadFederation, Federation, Topic, UnknownAgency, owned_topics, readable_topics

OURS = re.compile(rf"User:(?P<agency>[a-z][a-z0-9-]{{1,30}})\.(?P<service>{'|'.join(SERVICES)})")
RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "cluster": ResourceType.BROKER}
CLUSTER = "kafka-cluster"
SECONDS = 20


class Refused(Exception):
    """The difference cannot be applied; the text says why and what to do."""


@dataclass(frozen=True, order=True)
class Right:
    """One permission. `prefixed` means every name that begins with `name`."""

    principal: str
    resource: str
    name: str
    prefixed: bool
    operation: str

    def __str__(self) -> str:
        name = f"{self.name}*" if self.prefixed else self.name
        return f"{self.principal} may {self.operation.lower().replace('_', ' ')} {self.resource} {name}"

    def binding(self) -> AclBinding:
        """The same in the admin client's words."""
        pattern = ResourcePatternType.PREFIXED if self.prefixed else ResourcePatternType.LITERAL
        where = (RESOURCES[self.resource], self.name, pattern)
        return AclBinding(*where, self.principal, "*", AclOperation[self.operation], AclPermissionType.ALLOW)


@dataclass(frozen=True)
class State:
    """Topics with their partition counts, and rights; `rights` is none on a broker without authorizer."""

    topics: dict[str, int]
    rights: frozenset[Right] | None


@dataclass(frozen=True)
class Difference:
    """What must be done. `recounts` are (topic, has, wants) and make `apply` refuse."""

    create: tuple[Topic, ...]
    add: tuple[Right, ...]
    remove: tuple[Right, ...]
    recounts: tuple[tuple[str, int, int], ...]
    authorizer: bool

    def lines(self) -> Iterable[str]:
        """The difference as a person reads it."""
        yield f"topics to create: {len(self.create)}"
        yield from (f"  + {one.name} ({one.partitions} partitions)" for one in self.create)
        if self.authorizer:
            yield f"rights to add: {len(self.add)}"
            yield from (f"  + {one}" for one in self.add)
            yield f"rights to remove: {len(self.remove)}"
            yield from (f"  - {one}" for one in self.remove)
        else:
            yield "this broker has no authorizer: no rights are set, everybody may read and write everything"
        yield from (f"  ! {name} has {has} partitions, wanted {wants}" for name, has, wants in self.recounts)


def wanted(federation: Federation, agencies: Sequence[str], on: date) -> State:
    """What these agencies need on a broker. Raises UnknownAgency."""
    topics: list[Topic] = []
    rights: set[Right] = set()
    for agency in agencies:
        for service in SERVICES:
            topics += owned_topics(federation, agency, service, on)
            rights |= _rights(agency, service, readable_topics(federation, agency, service, on))
    return State(dict(topics), frozenset(rights))


def observed(admin: AdminClient) -> State:
    """What the broker has. Raises KafkaException."""
    metadata = admin.list_topics(timeout=SECONDS)
    topics = {name: len(one.partitions) for name, one in metadata.topics.items()}
    anything: Any = None
    every = AclBindingFilter(
        *(ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything),
        *(AclOperation.ANY, AclPermissionType.ANY),
    )
    bindings = admin.describe_acls(every, request_timeout=SECONDS).result()
    if not bindings and not _has_authorizer(admin, metadata.controller_id):
        return State(topics, None)
    return State(topics, frozenset(right for binding in bindings if (right := _as_right(binding))))


def difference(has: State, wants: State, agencies: Sequence[str] | None) -> Difference:
    """What separates the two. Rights are taken only from principals of `agencies`; none means of any agency."""
    create = tuple(Topic(name, count) for name, count in sorted(wants.topics.items()) if name not in has.topics)
    recounts = tuple(
        (name, has.topics[name], count)
        for name, count in sorted(wants.topics.items())
        if has.topics.get(name, count) != count
    )
    add: tuple[Right, ...] = ()
    remove: tuple[Right, ...] = ()
    if has.rights is not None and wants.rights is not None:
        add = tuple(sorted(wants.rights - has.rights))
        remove = tuple(sorted(one for one in has.rights - wants.rights if _belongs(one, agencies)))
    return Difference(create, add, remove, recounts, has.rights is not None)


def check(diff: Difference) -> None:
    """Raise Refused if the difference asks for what is never done."""
    if diff.recounts:
        told = ", ".join(f"{name} has {has} partitions, wanted {wants}" for name, has, wants in diff.recounts)
        raise Refused(
            f"a partition count is never changed ({told}): events of one key would lose their order. "
            "Move the agency to a new topic set, or keep the count"
        )


def apply(admin: AdminClient, diff: Difference) -> None:
    """Do what the difference says. Raises Refused before anything is done, or KafkaException."""
    check(diff)
    if diff.create:
        copies = min(3, len(admin.list_topics(timeout=SECONDS).brokers))
        config = {"retention.ms": "-1", "retention.bytes": "-1", "min.insync.replicas": str(max(1, copies - 1))}
        new = [NewTopic(one.name, one.partitions, copies, config=config) for one in diff.create]
        _finish(admin.create_topics(new, operation_timeout=SECONDS), KafkaError.TOPIC_ALREADY_EXISTS)
    if diff.add:
        _finish(admin.create_acls([one.binding() for one in diff.add], request_timeout=SECONDS))
    if diff.remove:
        filters = [_exactly(one.binding()) for one in diff.remove]
        _finish(admin.delete_acls(filters, request_timeout=SECONDS))


def _rights(agency: str, service: str, readable: Iterable[str]) -> set[Right]:
    """What one principal may do. The final dot of the prefix matters: `hcm` must not open `hcmute`."""
    who = principal(agency, service)
    own = f"{agency}.{service}."
    found = {Right(who, "topic", own, True, operation) for operation in ("READ", "WRITE", "DESCRIBE")}
    found |= {Right(who, "group", own.removesuffix("."), False, operation) for operation in ("READ", "DESCRIBE")}
    found.add(Right(who, "cluster", CLUSTER, False, "IDEMPOTENT_WRITE"))
    for name in readable:
        if not name.startswith(own):
            found |= {Right(who, "topic", name, False, operation) for operation in ("READ", "DESCRIBE")}
    return found


def _has_authorizer(admin: AdminClient, broker: int) -> bool:
    """Whether the broker checks rights. Asked of its settings: without one it answers with an empty list of rights."""
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
    try:
        settings = admin.describe_configs([resource], request_timeout=SECONDS)[resource].result()
    except KafkaException:
        return True  # it checks, and this account may not ask
    entry = settings.get("authorizer.class.name")
    return entry is None or bool(entry.value)


def _as_right(binding: Any) -> Right | None:
    """A binding as a right; none for what this command never makes (denials, single hosts, other resources)."""
    resource = next((word for word, kind in RESOURCES.items() if kind == binding.restype), None)
    prefixed = binding.resource_pattern_type == ResourcePatternType.PREFIXED
    allowed = binding.permission_type == AclPermissionType.ALLOW
    if resource is None or not allowed or binding.host != "*":
        return None
    return Right(binding.principal, resource, binding.name, prefixed, binding.operation.name)


def _belongs(right: Right, agencies: Sequence[str] | None) -> bool:
    match = OURS.fullmatch(right.principal)
    return match is not None and (agencies is None or match["agency"] in agencies)


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _finish(futures: dict[Any, Any], *fine: int) -> None:
    for future in futures.values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() not in fine:
                raise


# The commands.

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

FederationOption = Annotated[Path, typer.Option(help="The federation file.")]
ServersOption = Annotated[str, typer.Option(help="host:port, several separated by commas.")]
AgencyOption = Annotated[list[str] | None, typer.Option(help="Only these agencies; all of the day without it.")]
UserOption = Annotated[str | None, typer.Option(help="SCRAM user that may administrate; none for no accounts.")]
PasswordOption = Annotated[Path | None, typer.Option(help="File with that user's password.")]
AccountsOption = Annotated[
    Path | None, typer.Option(help="Folder with <agency>/<service>/kafka.password: accounts to make or update.")
]
TlsOption = Annotated[bool, typer.Option(help="Speak TLS to the broker.")]
OnOption = Annotated[str | None, typer.Option(help="Day (YYYY-MM-DD) whose edges count; today without it.")]


@app.command()
def plan(
    federation: FederationOption,
    servers: ServersOption,
    agency: AgencyOption = None,
    admin_user: UserOption = None,
    admin_password_file: PasswordOption = None,
    tls: TlsOption = False,
    on: OnOption = None,
) -> None:
    """Show what differs between the broker and what the federation file asks for."""
    admin = _admin(servers, admin_user, admin_password_file, tls=tls)
    _show(admin, federation, agency, on)


@app.command(name="apply")
def apply_command(
    federation: FederationOption,
    servers: ServersOption,
    agency: AgencyOption = None,
    admin_user: UserOption = None,
    admin_password_file: PasswordOption = None,
    accounts: AccountsOption = None,
    tls: TlsOption = False,
    on: OnOption = None,
) -> None:
    """Show what differs, and make it so."""
    admin = _admin(servers, admin_user, admin_password_file, tls=tls)
    diff = _show(admin, federation, agency, on)
    if accounts is not None:
        ensure_accounts(admin, stored_passwords(accounts))
    apply(admin, diff)
    typer.echo("done")


def _show(admin: AdminClient, federation: Path, agencies: list[str] | None, on: str | None) -> Difference:
    loaded = Federation.load(federation)
    try:
        day = date.fromisoformat(on) if on else local_date(datetime.now(UTC))
    except ValueError:
        raise typer.BadParameter(f"--on {on}: not a day, write it like 2024-10-15") from None
    wants = wanted(loaded, agencies or [one.id for one in loaded.agencies(day)], day)
    diff = difference(observed(admin), wants, agencies)
    for line in diff.lines():
        typer.echo(line)
    check(diff)
    return diff


def _admin(servers: str, user: str | None, password_file: Path | None, *, tls: bool) -> AdminClient:
    settings: dict[str, Any] = {"bootstrap.servers": servers}
    if tls:
        settings["security.protocol"] = "SSL"
    if user is not None:
        if password_file is None or not password_file.is_file():
            raise typer.BadParameter("--admin-user needs --admin-password-file, a file that can be read")
        settings = sasl_settings(servers, user, password_file.read_text().strip(), tls=tls)
    return AdminClient(settings, logger=QUIET)


def main() -> None:
    """Run the command line; turn what can go wrong into one line and an exit code."""
    try:
        app()
    except (BadFederation, UnknownAgency) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except Refused as error:
        sys.stderr.write(f"refused: {error}\n")
        sys.exit(1)
    except KafkaException as error:
        sys.stderr.write(f"the broker: {error.args[0].str()}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
