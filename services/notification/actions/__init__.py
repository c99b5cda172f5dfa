"""The verbs of notifying: accounts and sessions, messages, consent links."""
