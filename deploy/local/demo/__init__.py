"""The demo: plays an agency's main job against a running system as people would, then checks its own claims.

`people` signs in and fills in forms over HTTP, `story` is what they do, `checks` looks into databases, topics and
sinks, `defects` plants what the checks must find.
"""

from deploy.local.demo.play import demo

__all__ = ["demo"]
