"""The pages of nominating: a dossier from its first word to its way through review."""

from fastapi import APIRouter

from services.nomination.pages import dossiers, plans, starting, submitting

router = APIRouter(prefix="/de-cu", include_in_schema=False)
for part in (starting, dossiers, submitting, plans):
    router.include_router(part.router)
