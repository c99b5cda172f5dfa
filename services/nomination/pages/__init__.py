"""The pages of nominating: a dossier from its first word to its way through review."""

from fastapi import APIRouter

from services.nomination.pages import (
    contacts,
    dossiers,
    leads,
    plans,
    rounds,
    searching,
    starting,
    submitting,
    suggesting,
    targets,
    trails,
)

router = APIRouter(include_in_schema=False)
for part in (starting, dossiers, contacts, submitting, leads, plans, rounds, targets, trails, searching):
    router.include_router(part.router, prefix="/de-cu")
router.include_router(trails.own)
router.include_router(suggesting.router)

LISTS = (starting.FILES, leads.LEADS)
"""The lists that a run can write as a file."""
