"""Tokens at the door: which ones open it, and that the others leave nothing behind."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from prometheus_client import REGISTRY

from shared.door import tokens
from shared.signatures import public_part
from tests.support.databases import Databases
from tests.support.doors import CHILD, CLOCK, PARENT, House, Roads, described, make_house
from tests.support.signing import private_key
from tests.support.site import problem_of

pytestmark = pytest.mark.db

CONTENT = b"ciphertext, as far as the door can know"
SEALED = described(CONTENT)
NOW = CLOCK.real()
OWN = f"{CHILD}/review/1"
ISS, AUD = f"{CHILD}/review", f"{PARENT}/review"
Made = Callable[[], str]


def made(key_id: str = OWN, iss: str = ISS, aud: str = AUD, signer: str = "", late: int = 0, **changed: Any) -> Made:
    """A token of the door with something changed."""
    act, sealed = changed.get("act", "put"), SEALED.model_copy(update=changed)
    now = NOW + timedelta(seconds=late)
    return lambda: tokens.make((key_id, private_key(signer or key_id)), iss, aud, act, sealed, now)


def forged(**claims: Any) -> Made:
    """A token that the child's own service would not make, well signed; a claim of None is left out."""
    usual: dict[str, Any] = {"iss": ISS, "aud": AUD, "sub": str(SEALED.parcel_id), "act": "put", "jti": "0" * 22}
    usual |= {
        "size": SEALED.size,
        "sha256": SEALED.sha256,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
    }
    content = {name: value for name, value in (usual | claims).items() if value is not None}
    key = OKPKey.import_key(
        tokens._jwk(base64.b64decode(public_part(private_key(OWN))))
        | {"d": tokens._base64url(private_key(OWN).private_bytes_raw())}
    )
    return lambda: jwt.encode(
        {"alg": "Ed25519", "kid": OWN, "typ": "gs-door+jwt"}, content, key, algorithms=["Ed25519"]
    )


def with_header(**header: Any) -> Made:
    """A good token under another header; its signature does not cover that."""

    def make() -> str:
        _, payload, signature = made()().split(".")
        return f"{_part({'alg': 'Ed25519', 'kid': OWN, 'typ': 'gs-door+jwt'} | header)}.{payload}.{signature}"

    return make


def unsigned() -> str:
    return with_header(alg="none")().rpartition(".")[0] + "."


def signed_with_the_public_key() -> str:
    key = OctKey.import_key(base64.b64decode(public_part(private_key(OWN))))
    claims = orjson.loads(base64.urlsafe_b64decode(made()().split(".")[1] + "=="))
    return jwt.encode({"alg": "HS256", "kid": OWN, "typ": "gs-door+jwt"}, claims, key, algorithms=["HS256"])


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


REFUSED: list[tuple[Made, int, str]] = [
    (lambda: "", 401, "token-unreadable"),
    (lambda: "a.b.c", 401, "token-unreadable"),
    (lambda: "é" * 9, 401, "token-unreadable"),
    (lambda: made()() + "x" * 5000, 401, "token-unreadable"),
    (lambda: f"{_part([])}.{_part({})}.", 401, "token-unreadable"),
    (with_header(crit=["b64"], b64=False), 401, "token-unreadable"),
    (with_header(jwk={"kty": "OKP"}), 401, "token-unreadable"),
    (with_header(typ="gs-session+jwt"), 401, "token-kind"),
    (with_header(alg="EdDSA"), 401, "token-kind"),
    (unsigned, 401, "token-kind"),
    (signed_with_the_public_key, 401, "token-kind"),
    (made(key_id=f"{CHILD}/review/9"), 401, "key-unknown"),
    (with_header(kid=["tan-binh/review/1"]), 401, "key-unknown"),
    (made(key_id="hai-phong/review/1"), 401, "key-foreign"),
    (made(key_id=f"{CHILD}/nomination/1"), 401, "key-foreign"),
    (made(signer=f"{CHILD}/review/2"), 401, "token-signature"),
    (lambda: made()().rpartition(".")[0] + "." + "A" * 86, 401, "token-signature"),
    (made(late=-60), 401, "token-expired"),
    (made(late=31), 401, "token-time"),
    (forged(exp=int(NOW.timestamp()) + 3600), 401, "token-time"),
    (forged(exp=None), 401, "token-unreadable"),
    (forged(iat="now"), 401, "token-unreadable"),
    (made(aud="moet/review"), 401, "token-audience"),
    (made(aud=f"{PARENT}/nomination"), 401, "token-audience"),
    (forged(aud=[AUD, "moet/review"]), 401, "token-audience"),
    (made(parcel_id=uuid4()), 403, "token-parcel"),
    (made(act="get"), 403, "token-act"),
    (made(key_id=f"{CHILD}/nomination/1", iss=f"{CHILD}/nomination"), 403, "other-service"),
    (made(key_id="hai-phong/review/1", iss="hai-phong/review"), 403, "not-below"),
    (made(key_id="moet/review/1", iss="moet/review"), 403, "not-below"),
    (made(key_id=f"{PARENT}/review/1", iss=AUD), 403, "not-below"),
    (forged(jti="short"), 400, "token-claims"),
    (forged(size="9"), 400, "token-claims"),
    (forged(size=0), 400, "token-claims"),
    (forged(sha256="x" * 64), 400, "token-claims"),
    (forged(size=201 * 1024 * 1024 + 1), 413, "parcel-too-large"),
]


@pytest.fixture
async def door(databases: Databases, roads: Roads) -> House:
    """The parent's; the file also has keys of others who may not come in here."""
    others = (OWN, f"{CHILD}/nomination/1", "hai-phong/review/1", "moet/review/1")
    roads.keys |= {key_id: {} for key_id in others}
    return await make_house(databases, roads, PARENT)


async def kept(house: House) -> tuple[set[str], list[dict[str, Any]]]:
    return house.files(), await house.rows("select parcel_id from door_parcels")


async def test_a_token_that_does_not_fit_opens_nothing_and_is_told(door: House) -> None:
    found = []
    with structlog.testing.capture_logs() as lines:
        for make, _, _ in REFUSED:
            answer = await door.bring(SEALED, CONTENT, make())
            found.append((make, answer.status_code, problem_of(answer)["type"].removeprefix("/problems/")))
            if answer.status_code == 401:
                assert answer.headers["www-authenticate"] == "Bearer"
    assert found == REFUSED
    told = [line["reason"] for line in lines if line["event"] == "door.refused"]
    assert told == [slug for _, _, slug in REFUSED]
    assert await kept(door) == (set(), [])
    labels = {"agency": PARENT, "service": "review", "neighbour": CHILD, "outcome": "token-expired"}
    assert (REGISTRY.get_sample_value("guongsang_door_total", labels) or 0) >= 1


async def test_a_refusal_says_who_came_and_nothing_of_the_token(door: House) -> None:
    token = made(late=-60)()
    with structlog.testing.capture_logs() as lines:
        answer = await door.bring(SEALED, CONTENT, token)
    assert problem_of(answer) == {
        "type": "/problems/token-expired",
        "title": "the token has expired",
        "status": 401,
    }
    assert lines == [
        {
            "event": "door.refused",
            "log_level": "warning",
            "reason": "token-expired",
            "neighbour": CHILD,
            "parcel_id": str(SEALED.parcel_id),
        }
    ]


async def test_a_token_is_shown_once(door: House) -> None:
    token, another = made()(), made()()
    answers = [await door.bring(SEALED, CONTENT, one) for one in (token, token, another)]
    assert [answer.status_code for answer in answers] == [201, 401, 200]
    assert problem_of(answers[1])["type"] == "/problems/token-replayed"


async def test_a_token_that_was_refused_for_what_came_with_it_is_used_up(door: House) -> None:
    token = made()()
    answers = [await door.bring(SEALED, content, token) for content in (CONTENT[:9], CONTENT)]
    assert [answer.status_code for answer in answers] == [400, 401]
    assert await kept(door) == (set(), [])


async def test_two_clocks_may_differ_a_little(door: House) -> None:
    answers = [await door.bring(SEALED, CONTENT, made(late=late)()) for late in (30, -59)]
    assert [answer.status_code for answer in answers] == [201, 200]


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        ({"retired_at": "2024-10-16"}, 201),
        ({"revoked_at": "2024-10-16"}, 201),
        ({"retired_at": "2024-10-15"}, "key-not-in-force"),
        ({"since": "2024-10-16"}, "key-not-in-force"),
        ({"revoked_at": "2024-10-15"}, "key-revoked"),
    ],
)
async def test_a_key_opens_the_door_in_its_days(
    door: House, roads: Roads, dates: dict[str, str], outcome: int | str
) -> None:
    roads.keys[OWN] = dates
    roads.write()
    door.runtime.federation_file.look()
    answer = await door.bring(SEALED, CONTENT, made()())
    slug = answer.json()["type"].removeprefix("/problems/") if answer.content else answer.status_code
    assert (slug, len(door.files())) == (outcome, 1 if outcome == 201 else 0)


async def test_who_stood_below_us_until_yesterday_is_no_neighbour_today(door: House, roads: Roads) -> None:
    statuses = []
    for until in ("2024-10-16", "2024-10-15"):
        roads.edge_ends[CHILD, PARENT] = until
        roads.write()
        door.runtime.federation_file.look()
        statuses.append((await door.bring(SEALED, CONTENT, made()())).status_code)
    assert statuses == [201, 403]


async def test_nobody_s_browser_is_asked_to_sign_in_and_no_page_of_another_site_gets_in(door: House) -> None:
    cross = await door.bring(SEALED, CONTENT, made()(), origin="https://elsewhere.example")
    assert (cross.status_code, problem_of(cross)["type"]) == (403, "/problems/cross-site")
    async with door.client() as somebody:
        answers = [
            await somebody.get("/door/review/parcels/1"),
            await somebody.get("/door/x"),
            await somebody.post("/door/review/parcels/1"),
        ]
    assert [(one.status_code, one.headers["content-type"]) for one in answers] == [
        (status, "application/problem+json") for status in (404, 404, 405)
    ]
