"""What an id_token must say before it vouches for anybody, and what is read from it."""

import time
from datetime import date
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from shared.identity.people import Role
from shared.identity.provider import Provider, SignInRefused
from shared.identity.sign_in import name_of, roles_of

pytestmark = pytest.mark.unit

OFFICER = {"role": "officer", "unit": None, "from": "2024-01-01", "until": None}
KEY = RSAKey.generate_key(2048, auto_kid=True)
ISSUER = "http://id.localhost:8480"
PROVIDER = Provider(ISSUER, "tan-binh", "https://tan-binh.localhost/vao/xong")


def id_token(key: RSAKey = KEY, **changed: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "tan-binh", "sub": "a", "iat": now, "exp": now + 60, "nonce": "n"} | changed
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": KEY.kid}, kept, key, algorithms=["RS256"])


def verify(token: str) -> dict[str, Any]:
    return PROVIDER.verify(token, {"keys": [KEY.as_dict(private=False)]}, "n")


@pytest.mark.parametrize(
    "changed",
    [{}, {"aud": ["tan-binh"]}, {"aud": ["tan-binh", "x"], "azp": "tan-binh"}, {"agency": "tan-binh"}],
)
def test_id_token_of_this_issuer_for_this_client_is_taken(changed: dict[str, Any]) -> None:
    assert verify(id_token(**changed))["sub"] == "a"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "hcm"},
        {"aud": ["hcm"]},
        {"aud": None},
        {"aud": ["tan-binh", "x"]},
        {"aud": ["tan-binh", "x"], "azp": "x"},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"aud": []},
        {"aud": {"tan-binh": True}},
        {"aud": "tan-binh "},
        {"iss": f"{ISSUER}/"},
        {"sub": ["a"]},
        {"nonce": ["n"]},
        {"nonce": "another"},
        {"nonce": None},
        {"agency": "hcm"},
        {"key": RSAKey.generate_key(2048)},
    ],
)
def test_any_other_id_token_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        verify(id_token(**changed))


def test_roles_that_cannot_be_read_count_for_nothing() -> None:
    listed = [OFFICER, {"role": "king"}, "head", None, {"role": "head", "unit": "x"}]
    assert roles_of({"roles": listed}) == (Role("officer", since=date(2024, 1, 1)),)
    assert [roles_of({"roles": odd}) for odd in (None, "officer", {"role": "officer"})] == [(), (), ()]


def test_name_is_composed_and_never_empty() -> None:
    assert name_of({"sub": "a", "name": " Nguyê\u0303n Thị Ái "}) == "Nguyễn Thị Ái"
    assert [name_of({"sub": "a", "name": odd}) for odd in ("", " ", None)] == ["a", "a", "a"]
