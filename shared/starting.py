"""How a program of ours begins."""

import gc
from importlib import import_module


def start(module: str) -> None:
    """Import what a program needs and run its `main`.

    What is imported lives as long as the process. Collecting garbage meanwhile, and going through all of it again at
    each later collection and at the end, would cost a third of the time that a command takes.
    """
    gc.disable()
    main = import_module(module).main
    gc.freeze()
    gc.enable()
    main()
