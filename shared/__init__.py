"""Contracts and mechanics that at least two services need in the same form.

Lives here: the event catalogue, outbox and inbox, database, settings, logs, web plumbing. Must not live here: business
rules, a service's tables or enums, a client for a sibling's API, anything called "helpers". Nothing here names a
service.
"""
