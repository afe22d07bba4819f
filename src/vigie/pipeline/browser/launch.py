"""Run by a Python of its own: becomes the browser, with less than what we have.

Usage: launch.py READ WRITE UID COMMAND…   READ and WRITE become 3 and 4, where the browser listens
for its orders. Limits on processor time, files and core dumps; another user when we are root; killed
when we are. Imports nothing of ours: it is one file that anybody can read through.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

CPU_S = 90
FILE_BYTES = 300_000_000
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def main(arguments: list[str]) -> None:
    read, write, uid = (int(each) for each in arguments[:3])
    command = arguments[3:]
    high_read, high_write = os.dup(read), os.dup(write)
    while min(high_read, high_write) <= 4:
        high_read, high_write = os.dup(high_read), os.dup(high_write)
    os.dup2(high_read, 3)
    os.dup2(high_write, 4)
    os.closerange(5, 256)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
