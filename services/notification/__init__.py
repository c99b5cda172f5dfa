"""Notification: tells people what concerns them, lists what waits for them, and lets them in.

Owns: sign-in and ended sessions
Says: nothing yet
Hears: nothing yet
"""
