"""A launcher: asks the system to end this process when its parent dies, then becomes the command.

Run as a script (`python -I -S child.py SIGNAL USER COMMAND…`, USER `-` for none), so that the runner need not run
Python between fork and exec, which is unsafe with threads. The process id stays, and so does its start time.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(signal: int) -> None:
    """Have `signal` sent to this process when its parent ends. Linux only; elsewhere the next run cleans up."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        return
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


def become(user: str) -> None:
    """Drop to `user` and its group. Before `die_with_parent`: a change of user forgets that wish."""
    import pwd  # most launches need no user

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main() -> None:
    """Launch the command of the arguments."""
    signal, user, *command = sys.argv[1:]
    if user != "-":
        become(user)
    if signal != "0":
        die_with_parent(int(signal))
    try:
        os.execvp(command[0], command)  # noqa: S606  # the launcher's whole purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
