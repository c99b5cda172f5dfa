"""The pages of reviewing: a reader's desk, the council's work, honours; for everybody, whether one counts."""

from fastapi import APIRouter

from services.review.pages import cases, council, honours, letters, referrals, searching, trails, verify

router = APIRouter(include_in_schema=False)
for part in (cases, council, honours, referrals, letters, trails, searching):
    router.include_router(part.router, prefix="/xet-duyet")
router.include_router(verify.router)

LISTS = (cases.CASES, honours.BOOK, letters.LETTERS)
"""The lists that a run can write as a file."""
