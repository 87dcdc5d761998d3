"""Running a program: its time, its CPU time, its memory, and the server's CPU time meanwhile."""

import ctypes
import os
import subprocess
import time
from dataclasses import dataclass

PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Run:
    wall: float
    client: float
    server: float
    peak_kib: int
    out: bytes = b""
    scale: float = 1.0

    @property
    def ratio(self):
        return self.wall / self.server if self.server else 0.0

    def scaled(self, by):
        return Run(self.wall * by, self.client * by, self.server * by, self.peak_kib, self.out, by)


def adopt_orphans():
    """A process made by this one starts with its peak memory, as Linux counts: Python's would hide that of a small
    program. So a shell starts it and ends, and this process adopts it; what is inherited then is the shell's 2 MiB."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


# The program waits until the shell is gone, which would take note of its end otherwise.
START = 'exec 3<&0; { read -r go <&3; exec "$@" 3<&- </dev/null; } & echo $! >"$0"'


def run(server, argv, out=None, accept=(0,)):
    """Runs a program to its end. `out`: a file for its output; otherwise it is kept."""
    note = os.path.join(server.folder, "pid")
    before = server.cpu()
    shell = subprocess.Popen(
        ["sh", "-c", START, note, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if out is None else out,
    )
    shell.wait()
    start = time.monotonic()
    shell.stdin.write(b"go\n")
    shell.stdin.close()
    text = b"" if out is not None else shell.stdout.read()
    with open(note, encoding="ascii") as pid:
        _, status, usage = os.wait4(int(pid.read()), 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in accept:
        raise SystemExit("error: %s: exit code %s" % (" ".join(argv), code))
    client = usage.ru_utime + usage.ru_stime
    return Run(wall, client, server.cpu() - before, usage.ru_maxrss, text)


def median(runs):
    """The run with the middle time."""
    return sorted(runs, key=lambda run: run.wall)[len(runs) // 2]
