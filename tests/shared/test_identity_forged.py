"""A corpus of forged tokens, the same against every reader: sessions, sign-in attempts, id_tokens, one-time links."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from shared.clock import Clock, FixedClock
from shared.identity.provider import Provider, SignInRefused
from shared.identity.sessions import COOKIE, BadSession, SessionMinter, SessionReader, make_session_keys
from shared.identity.sign_in import ATTEMPT_COOKIE
from shared.links import BadLink, Links
from tests.support.identity import ADDRESS, BACK, SAME_ORIGIN, Desk, provider_at

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
ISSUER = "https://id.example"
RSA = RSAKey.generate_key(2048, parameters={"kid": "k1"})
THEIRS = RSAKey.generate_key(2048, parameters={"kid": "k1"})
LINK_KEY = "k" * 43


def part(value: Any) -> str:
    """A part of a token: JSON, or bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Target:
    """A reader with the key, header and claims of what it takes; `read` raises `refusal` for all else."""

    def __init__(
        self,
        header: dict[str, Any],
        claims: dict[str, Any],
        key: Any,
        read: Callable[[str], Any],
        refusal: type[Exception],
    ) -> None:
        self.header, self.claims, self.key, self.read, self.refusal = header, claims, key, read, refusal
        self.algorithm: str = header["alg"]

    def sign(self, header: dict[str, Any] | None = None, key: Any = None, **changed: Any) -> str:
        """A token that is right but for what is changed; None takes it away."""
        head = {k: v for k, v in (self.header | (header or {})).items() if v is not None}
        claims = {k: v for k, v in (self.claims | changed).items() if v is not None}
        return jwt.encode(head, claims, key or self.key, algorithms=[head["alg"]], registry=_ANY)


class _Any(jws.JWSRegistry):
    """Signs whatever header a test writes."""

    def check_header(self, header: Any) -> None:
        return None


_ANY = _Any(algorithms=["Ed25519", "RS256", "HS256", "ES256"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_session_keys(tmp_path / "session.key", [tmp_path / "session.pub"])
    return tmp_path


@pytest.fixture(params=["session", "attempt", "id_token", "link"])
def target(request: pytest.FixtureRequest, folder: Path) -> Target:
    minter = SessionMinter.from_file(folder / "session.key", "tan-binh", FixedClock(at=NOW))
    reader = SessionReader.from_file(folder / "session.pub", "tan-binh", FixedClock(at=NOW))
    ours = {"iss": "tan-binh", "iat": STAMP, "exp": STAMP + 60}
    head = {"alg": "Ed25519", "kid": minter.key.kid}
    if request.param == "session":
        claims = {**ours, "idp": ISSUER, "sub": "a", "name": "A", "roles": [], "sid": "s", "end": STAMP + 60}
        return Target({**head, "typ": "gs-session+jwt"}, claims, minter.key, reader.bearer, BadSession)
    if request.param == "attempt":
        kind = "gs-sign-in+jwt"
        read = partial(reader.claims, kind=kind, lifetime=timedelta(minutes=10))
        return Target({**head, "typ": kind}, {**ours, "state": "s"}, minter.key, read, BadSession)
    if request.param == "link":
        links = Links(OctKey.import_key(LINK_KEY))
        claims = {"purpose": "consent", "sub": str(UUID(int=1)), "exp": STAMP + 60}
        consent = partial(links.read, purpose="consent", now=NOW)
        return Target({"alg": "HS256", "typ": "gs-link+jwt"}, claims, links.key, consent, BadLink)
    provider = Provider(ISSUER, "tan-binh", BACK)
    real = int(datetime.now(UTC).timestamp())
    claims = {"iss": ISSUER, "aud": "tan-binh", "sub": "a", "iat": real, "exp": real + 60, "nonce": "n"}
    keys = {"keys": [RSA.as_dict(private=False)]}
    verify = partial(provider.verify, keys=keys, nonce="n")
    return Target({"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims, RSA, verify, SignInRefused)


def test_what_is_forged_below_is_right_but_for_its_change(target: Target) -> None:
    assert target.read(target.sign())


Forged = Iterator[tuple[str, str]]
"""What is wrong with a token, and the token."""


def unsigned(target: Target) -> Forged:
    """No signature, however that is called, or not this token's (RFC 8725, 3.1 and 3.2)."""
    head, body, signature = target.sign().split(".")
    for none in ("none", "None", "NONE", "nOnE", "", "null"):
        for more in ("", signature):
            yield f"alg {none!r} {more[:3]}", f"{part({**target.header, 'alg': none})}.{body}.{more}"
    yield "no signature", f"{head}.{body}."
    yield "two parts", f"{head}.{body}"
    yield "another token's signature", f"{head}.{part({**target.claims, 'sub': 'b'})}.{signature}"
    yield "a signature of zeros", f"{head}.{body}.{part(bytes(len(signature) * 3 // 4))}"


def public_as_secret(target: Target) -> Forged:
    """The public key taken for a shared secret (RFC 8725, 2.1)."""
    if isinstance(target.key, OctKey):
        return
    public, pem = target.key.as_dict(private=False), target.key.as_pem(private=False)
    own = public.get("x") or public["n"]
    shapes = {"value": own.encode(), "bytes": unpart(own), "JSON": json.dumps(public).encode(), "PEM": pem}
    signed = f"{part({**target.header, 'alg': 'HS256'})}.{target.sign().split('.')[1]}"
    for name, secret in shapes.items():  # by hand: the library refuses a public key as secret even to a forger
        yield f"HS256 by the {name}", f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"


def foreign_keys(target: Target) -> Forged:
    """Another key, and headers that bring their own or lead elsewhere (RFC 8725, 3.10)."""
    _, body, signature = target.sign().split(".")
    fresh = {"Ed25519": OKPKey.generate_key("Ed25519"), "RS256": THEIRS, "HS256": OctKey.generate_key(256)}
    theirs: Any = fresh[target.algorithm]
    yield "another key", target.sign(key=theirs)
    for algorithm, key in fresh.items():
        yield f"another key, {algorithm}", target.sign({"alg": algorithm}, key)
    own = theirs.as_dict(private=target.algorithm == "HS256")
    for name, value in (("jwk", own), ("jku", "https://evil.example/jwks"), ("x5u", "https://evil.example/c.pem")):
        yield f"{name} in the header", target.sign({name: value}, theirs)
    for kid in ("theirs", "../../session.key", "/dev/null", "k1' or '1'='1", "", "k1\x00", "k" * 2000):
        yield f"kid {kid[:20]!r}", target.sign({"kid": kid}, theirs)
    for odd in (7, ["k1"], {"a": 1}, True):
        yield f"kid {odd!r}", f"{part({**target.header, 'kid': odd})}.{body}.{signature}"


def odd_headers(target: Target) -> Forged:
    """Algorithms and extensions that nobody asked for (RFC 7515, 4.1.11), and tokens for another purpose."""
    _, body, signature = target.sign().split(".")
    for alg in ("RS512", "HS512", "ES256K", "EdDSA", "dir", "A256KW", 5, None, ["none"]):
        yield f"alg {alg!r}", f"{part({**target.header, 'alg': alg})}.{body}.{signature}"
    yield "crit", target.sign({"crit": ["x"], "x": 1})
    for typ in ("at+jwt", "logout+jwt", "secevent+jwt", "gs-door+jwt", "gs-sessio+jwt"):
        yield f"typ {typ}", target.sign({"typ": typ})


def wrong_times(target: Target) -> Forged:
    """Past its end, without one, or with one that is no time."""
    odd: list[Any] = [STAMP - 3600, -1, "tomorrow", [], {}, None]
    for value in odd:
        yield f"exp {value!r}", target.sign(exp=value)


def no_tokens(target: Target) -> Forged:
    """What is not even a token, and what only costs time to look at."""
    good = target.sign()
    head, body, signature = good.split(".")
    for text in ("", ".", "..", "....", "a.b.c", "null", "[]", "{}", "ă.ă.ă", f" {good}", f"{good}.x", f"{good}\x00"):
        yield f"text {text[:12]!r}", text
    yield "JSON serialisation", json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "an encrypted one", f"{part({**target.header, 'alg': 'dir', 'enc': 'A256GCM'})}..a.b.c"
    number = b'{"alg":' + b"9" * 5000 + b"}"
    for name, raw in (("bytes", b"not json"), ("deep", b"[" * 3000), ("deeper", b'{"a":' * 1100), ("number", number)):
        yield f"header: {name}", f"{part(raw)}.{body}.{signature}"
    yield "header: a list", f"{part([])}.{body}.{signature}"
    yield "huge", target.sign(name="x" * 1_000_000)
    yield "huge header", f"{part({**target.header, 'x': 'y' * 100_000})}.{body}.{signature}"
    yield "huge signature", f"{head}.{body}.{'A' * 1_000_000}"


def unpart(text: str) -> bytes:
    """The bytes of a part of a token."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(
    "kind", [unsigned, public_as_secret, foreign_keys, odd_headers, wrong_times, no_tokens], ids=lambda f: f.__name__
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_no_forged_token_is_taken(target: Target, kind: Callable[[Target], Forged]) -> None:
    taken = []
    for name, token in kind(target):
        try:
            taken.append((name, target.read(token)))
        except target.refusal:
            continue
        except Exception as error:  # noqa: BLE001  # whatever else comes out would be a page that says 500
            taken.append((name, repr(error)[:200]))
    assert taken == []


PLANTED = [
    "x",
    "a.b.c",
    f"{part(b'[' * 2500)}.e30.x",
    f"{part({'alg': 'none', 'typ': 'gs-session+jwt'})}.{part({'sub': 'quan-tri'})}.",
    "A" * 60_000,
    '"quoted"',
    "\u00e9".encode().decode("latin-1"),
]


@pytest.mark.parametrize("planted", PLANTED, ids=range(len(PLANTED)))
async def test_a_cookie_that_is_no_session_is_nobody_and_never_a_fault(tmp_path: Path, planted: str) -> None:
    desk = Desk(tmp_path, [provider_at("http://id.localhost:9")], Clock())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk.app), base_url=ADDRESS) as browser:
        cookies = f"{COOKIE}={planted}; {COOKIE}={planted}; {ATTEMPT_COOKIE}={planted}"
        held = {b"cookie": cookies.encode("latin-1")}
        answers = [
            await browser.get(path, headers=held)
            for path in ("/viec", "/vao/tiep?ve=/viec", "/api/v1/notification/me", "/vao/xong?code=c&state=s")
        ]
        left = await browser.post("/ra", headers=held | {k.encode(): v.encode() for k, v in SAME_ORIGIN.items()})
    assert [answer.status_code for answer in answers] == [303, 303, 401, 400]
    assert [answer.headers.get("location") for answer in answers[:2]] == ["/vao?ve=/viec"] * 2
    assert (left.status_code, desk.revoked) == (303, [])
