"""What notification says."""

from uuid import UUID

from shared.events.event import Event


class SessionEnded(Event):
    """A person signed out: the session's token counts no more. Said by notification.

    Heard by nomination, review, publishing.
    """

    said_by = "notification"
    keyed_by = "session_id"

    session_id: str


class MessageFailed(Event):
    """A message could not be delivered, however often it was tried. Said by notification; heard by nobody yet."""

    said_by = "notification"
    keyed_by = "message_id"

    message_id: UUID
    channel: str
