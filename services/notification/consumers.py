"""What notification hears, each event translated into one action."""

from shared.inbox import Handlers

HANDLERS: Handlers = {}
