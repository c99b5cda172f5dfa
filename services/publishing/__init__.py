"""Publishing: what was honoured becomes a story that the public may read, if everybody concerned agrees.

Owns: the public portal
Says: nothing yet
Hears: nothing yet
"""
