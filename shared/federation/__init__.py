"""Who takes part: agencies, their dated edges, keys and recipients, read from one TOML file.

The file is the only source of neighbours, keys and addresses. Its terms are dated: an edge holds from its first day
until, exclusively, its last. What is not in the file is not allowed.
"""

from shared.federation.entries import Agency, Edge, Key, Recipient
from shared.federation.errors import BadFederation, NoRecipient, UnknownAgency
from shared.federation.file import Federation, FederationFile
from shared.federation.topics import Topic, owned_topics, readable_topics

__all__ = [
    "Agency",
    "BadFederation",
    "Edge",
    "Federation",
    "FederationFile",
    "Key",
    "NoRecipient",
    "Recipient",
    "Topic",
    "UnknownAgency",
    "owned_topics",
    "readable_topics",
]
