"""The JSON side of nominating, for a school's own software: drafts, hand-ins, and where files are.

Errors are problem+json (RFC 9457). What changes something takes an `Idempotency-Key`: the same call sent again has one
effect and one answer. Lists are `{items, next}`; `next` is an opaque cursor.
"""

from fastapi import APIRouter

from services.nomination.api import files, handing_in, starting

router = APIRouter(prefix="/api/v1/nomination", tags=["nominations"])
for part in (starting, handing_in, files):
    router.include_router(part.router)
