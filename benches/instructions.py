"""How many instructions the program spends on a key, by valgrind: a number that a busy machine does not change.

The program runs once against a real server, through a socket that keeps every byte of the answers; then again under
callgrind against a socket that only plays these bytes back. Over the budget in instructions.txt by more than 5 % is a
failure; `--write` makes what was measured the budget.
"""

import os
import re
import socket
import subprocess
import sys
import threading

import jobs
from namespace import Server
from run import cargo

KEYS = 20_000
ALLOWED = 1.05
BUDGET = os.path.join(jobs.HERE, "instructions.txt")
JOBS = {
    "tags list": ["tags", "list"],
    "keys list": ["keys", "list"],
    "keys dump": ["keys", "dump"],
    "keys dump --raw": ["keys", "dump", "--raw"],
    # The lock is kept through a connection of its own.
    "purge": ["purge", "--no-lock"],
    "invalidate --pattern": ["invalidate", "--pattern", "Book:*", "--yes"],
}


def listen(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    return listener


def pump(source, sink, keep=None):
    while True:
        data = source.recv(1 << 16)
        if not data:
            break
        if keep is not None:
            keep.append(data)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def record(server, argv):
    """The answers of a real server, byte for byte."""
    path, answers = os.path.join(server.folder, "record.sock"), []
    with listen(path) as listener:
        client = subprocess.Popen([*argv[:2], "unix://" + path, *argv[3:]], stdout=subprocess.DEVNULL)
        inner, _ = listener.accept()
        outer = server.connect()
        thread = threading.Thread(target=pump, args=(inner, outer), daemon=True)
        thread.start()
        pump(outer, inner, answers)
        inner.close()
        if client.wait():
            raise SystemExit("error: %s failed" % argv)
    os.unlink(path)
    return b"".join(answers)


def replay(server, argv, answers):
    """Instructions of the program when it gets these answers."""
    path = os.path.join(server.folder, "replay.sock")
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    with listen(path) as listener:
        client = subprocess.Popen(
            [*tool, *argv[:2], "unix://" + path, *argv[3:]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        inner, _ = listener.accept()

        def drain():
            while inner.recv(1 << 16):
                pass

        threading.Thread(target=drain, daemon=True).start()
        inner.sendall(answers)
        said = client.communicate()[1]
        inner.close()
    os.unlink(path)
    if client.returncode:
        raise SystemExit("error: %s failed under valgrind:\n%s" % (argv, said))
    return int(re.search(r"Collected\s*:\s*(\d+)", said).group(1))


def budgets():
    if not os.path.exists(BUDGET):
        return {}
    with open(BUDGET, encoding="utf-8") as lines:
        rows = (line.rsplit(None, 1) for line in lines if line.strip() and not line.startswith("#"))
        return {name: int(count) for name, count in rows}


def main():
    binary = cargo("--bin", "cacheme")["cacheme"]
    server, measured = Server(), {}
    try:
        server.start("all.rdb")
        server.fill(KEYS, KEYS)
        server.save()
        for name, rest in JOBS.items():
            server.start("all.rdb")
            argv = [binary, "--url", "", "--pace", "fast", "--layout", "classic", "-q", *rest]
            measured[name] = replay(server, argv, record(server, argv)) // KEYS
    finally:
        server.stop()
    if "--write" in sys.argv:
        with open(BUDGET, "w", encoding="utf-8") as file:
            file.write("# Instructions a logical key, of %d beside as many foreign ones: see instructions.py\n" % KEYS)
            file.writelines("%s %d\n" % row for row in measured.items())
    over = False
    budget = budgets()
    for name, count in measured.items():
        limit = budget.get(name)
        bad = limit is not None and count > limit * ALLOWED
        over |= bad
        print("%-22s %7d a key, budget %s%s" % (name, count, limit, "  <-- over" if bad else ""))
    if over:
        raise SystemExit("error: over the budget by more than 5 %")


if __name__ == "__main__":
    main()
