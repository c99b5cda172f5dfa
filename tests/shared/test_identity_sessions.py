"""Sessions and roles: what a token vouches for, and every token that is no session."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from shared.clock import Clock, FixedClock
from shared.identity.people import ActingAs, BadRole, Forbidden, Person, Role
from shared.identity.sessions import (
    LIFETIME,
    BadSession,
    BadSessionKey,
    SessionMinter,
    SessionReader,
    TooManyRoles,
    make_session_keys,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ISSUER = "http://id.localhost:8480"
SCHOOL = UUID("018f3c1e-0000-7000-8000-000000000001")
OTHER_SCHOOL = UUID("018f3c1e-0000-7000-8000-000000000002")
HEAD = Role("head", SCHOOL, date(2024, 9, 1), date(2025, 9, 1))


def at(moment: datetime) -> Clock:
    return FixedClock(at=moment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_session_keys(tmp_path / "session.key", [tmp_path / "session.pub"])
    return tmp_path


def minter(folder: Path, agency: str = "tan-binh", moment: datetime = NOW) -> SessionMinter:
    return SessionMinter.from_file(folder / "session.key", agency, at(moment))


def reader(folder: Path, moment: datetime = NOW) -> SessionReader:
    return SessionReader.from_file(folder / "session.pub", "tan-binh", at(moment))


def mint(made: SessionMinter, roles: tuple[Role, ...] = (HEAD,)) -> str:
    return made.session(issuer=ISSUER, subject="hieu-truong", name="Trần Văn Bình", roles=roles)


async def test_a_signature_found_good_once_saves_neither_an_old_token_nor_a_changed_one(folder: Path) -> None:
    token = mint(minter(folder))
    known = reader(folder)
    person = await known.person(token)
    object.__setattr__(known, "clock", at(NOW + LIFETIME))
    with pytest.raises(BadSession):
        await known.person(token)
    object.__setattr__(known, "clock", at(NOW))
    head, body, signature = token.split(".")
    with pytest.raises(BadSession):
        await known.person(f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}")
    assert await known.person(token) == person


async def test_session_tells_every_service_the_same_person(folder: Path) -> None:
    token = mint(minter(folder))
    person = await reader(folder).person(token)
    assert person == Person(ISSUER, "hieu-truong", "Trần Văn Bình", "tan-binh", (HEAD,), person.session_id)
    assert person.identity == (ISSUER, "hieu-truong")
    assert len(person.session_id) == 22


async def test_a_session_keeps_the_address_that_the_provider_told(folder: Path) -> None:
    for email in ("co.hanh@truong.edu.vn", ""):
        token = minter(folder).session(issuer=ISSUER, subject="co-hanh", name="Hạnh", roles=(HEAD,), email=email)
        assert (await reader(folder).person(token)).email == email


async def test_session_lives_eight_hours(folder: Path) -> None:
    token = mint(minter(folder))
    assert (await reader(folder, NOW + LIFETIME - timedelta(seconds=1)).person(token)).subject == "hieu-truong"
    with pytest.raises(BadSession):
        await reader(folder, NOW + LIFETIME).person(token)


async def test_token_of_another_agency_is_no_session_even_with_the_same_key(folder: Path) -> None:
    with pytest.raises(BadSession):
        await reader(folder).person(mint(minter(folder, "hcm")))


async def test_token_of_another_key_is_no_session(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    make_session_keys(other / "session.key", [])
    with pytest.raises(BadSession):
        await reader(folder).person(mint(minter(other)))


async def test_edited_token_is_no_session(folder: Path) -> None:
    head, body, signature = mint(minter(folder)).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["roles"].append({"role": "administrator", "unit": None, "from": None, "until": None})
    edited = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(BadSession):
        await reader(folder).person(f"{head}.{edited}.{signature}")


def signed(folder: Path, header: dict[str, Any], **changed: Any) -> str:
    """A token that is right but for what the test changes; None takes a claim away."""
    made = minter(folder)
    now = int(NOW.timestamp())
    claims: dict[str, Any] = {
        "iss": "tan-binh",
        "idp": ISSUER,
        "sub": "hieu-truong",
        "name": "Trần Văn Bình",
        "roles": [],
        "sid": "s",
        "iat": now,
        "exp": now + 60,
    }
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    header = {"alg": "Ed25519", "kid": made.key.kid, "typ": "gs-session+jwt", **header}
    return jwt.encode(header, claims, made.key, algorithms=["Ed25519"])


async def test_the_forged_tokens_below_are_right_but_for_their_change(folder: Path) -> None:
    assert (await reader(folder).person(signed(folder, {}))).name == "Trần Văn Bình"


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": "gs-sign-in+jwt"}, {}),
        ({"kid": "unknown"}, {}),
        ({}, {"exp": None}),
        ({}, {"iat": None}),
        ({}, {"iss": None}),
        ({}, {"sub": None}),
        ({}, {"sub": ""}),
        ({}, {"sid": None}),
        ({}, {"idp": None}),
        ({}, {"roles": None}),
        ({}, {"roles": [{"role": "king"}]}),
        ({}, {"roles": [{"role": "head", "unit": "not-an-id"}]}),
        ({}, {"exp": int(NOW.timestamp())}),
        ({}, {"exp": int(NOW.timestamp()) + 9 * 3600}),
        ({}, {"iat": int(NOW.timestamp()) + 3600, "exp": int(NOW.timestamp()) + 7200}),
        ({}, {"exp": "tomorrow"}),
    ],
)
async def test_token_with_anything_missing_or_odd_is_no_session(
    folder: Path, header: dict[str, Any], changed: dict[str, Any]
) -> None:
    with pytest.raises(BadSession):
        await reader(folder).person(signed(folder, header, **changed))


async def test_token_signed_otherwise_is_no_session(folder: Path) -> None:
    public = json.loads((folder / "session.pub").read_text())["keys"][0]
    claims = {"iss": "tan-binh", "sub": "x", "exp": int(NOW.timestamp()) + 60}
    confused = jwt.encode(
        {"alg": "HS256", "kid": public["kid"], "typ": "gs-session+jwt"}, claims, OctKey.import_key(public["x"])
    )
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"gs-session+jwt"}').rstrip(b"=").decode()
    unsigned = f"{head}.{confused.split('.')[1]}."
    for token in (confused, unsigned, "", ".", "..", "a.b.c", "ă.ă.ă", "[]", "W10.W10.W10"):
        with pytest.raises(BadSession):
            await reader(folder).person(token)


async def test_signed_out_session_is_refused_and_so_is_one_whose_list_cannot_be_read(folder: Path) -> None:
    async def revoked(_session_id: str) -> bool:
        return True

    async def broken(_session_id: str) -> bool:
        raise ConnectionError

    token, keys = mint(minter(folder)), reader(folder).keys
    with pytest.raises(BadSession):
        await SessionReader("tan-binh", keys, at(NOW), revoked).person(token)
    with pytest.raises(ConnectionError):
        await SessionReader("tan-binh", keys, at(NOW), broken).person(token)


def test_roles_that_do_not_fit_a_cookie_are_refused(folder: Path) -> None:
    with pytest.raises(TooManyRoles):
        mint(minter(folder), tuple(Role("head", UUID(int=n)) for n in range(60)))


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    private, publics = tmp_path / "a" / "session.key", [tmp_path / name / "session.pub" for name in "abcd"]
    made = make_session_keys(private, publics)
    before = private.read_text()
    assert make_session_keys(private, publics) == made
    assert private.read_text() == before
    assert {path.stat().st_mode & 0o777 for path in (private, *publics)} == {0o600}
    assert [list(json.loads(path.read_text())["keys"][0]) for path in publics] == [["crv", "x", "kty", "kid"]] * 4


def test_unreadable_key_stops_the_start_and_is_never_overwritten(tmp_path: Path) -> None:
    private, public = tmp_path / "session.key", tmp_path / "session.pub"
    with pytest.raises(BadSessionKey):
        SessionReader.from_file(public, "tan-binh", Clock())
    private.write_text("{}")
    with pytest.raises(BadSessionKey):
        make_session_keys(private, [public])
    assert private.read_text() == "{}"
    for content in ("", "{}", '{"keys": []}', json.dumps({"keys": [OctKey.generate_key(256).as_dict()]})):
        public.write_text(content)
        with pytest.raises(BadSessionKey):
            SessionReader.from_file(public, "tan-binh", Clock())


def test_private_key_in_the_public_file_stops_the_start(folder: Path) -> None:
    (folder / "session.pub").write_text(json.dumps({"keys": [json.loads((folder / "session.key").read_text())]}))
    with pytest.raises(BadSessionKey):
        SessionReader.from_file(folder / "session.pub", "tan-binh", Clock())


async def test_older_key_still_reads_while_both_are_published(folder: Path) -> None:
    old = mint(minter(folder))
    newer = OKPKey.generate_key("Ed25519", auto_kid=True)
    keys = KeySet([*reader(folder).keys.keys, newer])
    assert (await SessionReader("tan-binh", keys, at(NOW)).person(old)).subject == "hieu-truong"


def person(*roles: Role) -> Person:
    return Person(ISSUER, "a", "Trần Văn Bình", "tan-binh", roles)


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (date(2024, 8, 31), False),
        (date(2024, 9, 1), True),
        (date(2025, 8, 31), True),
        (date(2025, 9, 1), False),
    ],
)
def test_role_counts_from_its_first_day_until_the_day_it_ends(on: date, holds: bool) -> None:
    assert person(HEAD).holds("head", on) is holds
    assert person(HEAD).units("head", on) == (frozenset({SCHOOL}) if holds else frozenset())


def test_role_for_a_unit_acts_for_that_unit_only() -> None:
    on, head = date(2024, 10, 15), person(HEAD)
    assert head.acting_as("head", SCHOOL, on=on) == ActingAs(head, "head", SCHOOL)
    for role, unit in (("head", OTHER_SCHOOL), ("head", None), ("officer", SCHOOL)):
        with pytest.raises(Forbidden) as refused:
            head.acting_as(role, unit, on=on)
        assert (refused.value.role, refused.value.unit_id) == (role, unit)


def test_role_for_the_agency_acts_for_every_unit() -> None:
    on, officer = date(2024, 10, 15), person(Role("officer"), HEAD)
    assert officer.acting_as("officer", on=on) == ActingAs(officer, "officer", None)
    assert officer.acting_as("officer", SCHOOL, on=on) == ActingAs(officer, "officer", SCHOOL)
    assert officer.acting_as("officer", on=on).role_name == "Cán bộ phụ trách"
    assert officer.everywhere("officer", on)
    assert officer.units("officer", on) == frozenset()


def test_role_that_is_over_acts_for_nothing() -> None:
    with pytest.raises(Forbidden):
        person(HEAD).acting_as("head", SCHOOL, on=date(2025, 9, 1))


@pytest.mark.parametrize(
    "claim",
    [None, [], {}, {"role": None}, {"role": "king"}, {"role": "head", "unit": 7}, {"role": "head", "from": "soon"}],
)
def test_claim_that_is_no_role_is_refused(claim: object) -> None:
    with pytest.raises(BadRole):
        Role.from_claim(claim)


def test_role_survives_its_claim() -> None:
    assert [Role.from_claim(role.as_claim()) for role in (HEAD, Role("officer"))] == [HEAD, Role("officer")]
