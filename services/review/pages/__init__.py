"""The pages of reviewing: a reader's desk, the council's work, honours."""

from fastapi import APIRouter

from services.review.pages import cases, council, honours, referrals, searching, trails

router = APIRouter(prefix="/xet-duyet", include_in_schema=False)
for part in (cases, council, honours, referrals, trails, searching):
    router.include_router(part.router)
