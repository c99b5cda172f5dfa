"""The pages of notifying: what waits for a person, what is new, sessions, roles."""

from fastapi import APIRouter

from services.notification.pages import inbox, people, searching, sessions, work

router = APIRouter(include_in_schema=False)
for part in (work, inbox, people, searching, sessions):
    router.include_router(part.router)

LISTS = (inbox.INBOX,)
"""The lists that a run can write as a file."""
