"""The pages of publishing: the public portal with its feed, the answer to a consent, the editor's desk."""

from fastapi import APIRouter

from services.publishing.pages import consents, deciding, editing, feeds, notes, papers, portal, searching

router = APIRouter(include_in_schema=False)
for part in (portal, feeds, notes, consents, editing, deciding, papers, searching):
    router.include_router(part.router)

LISTS = (editing.WORKS, editing.DELIVERIES)
"""The lists that a run can write as a file."""
