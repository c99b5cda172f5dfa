"""What is wrong with a federation file, or with a question to it."""


class BadFederation(Exception):
    """The federation file cannot be used; the text lists everything that is wrong, one line each."""


class UnknownAgency(LookupError):
    """The federation file names no such agency."""


class NoRecipient(LookupError):
    """The federation file names nobody on that day to whom a parcel for this service could be sealed."""
