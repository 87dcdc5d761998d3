#!/usr/bin/env python3
"""What `cacheme stats --live` and `cacheme events` keep up with, and what MONITOR costs the application.

    make bench-monitor      or: python3 benches/monitor.py [--seconds 10] [--rate 20000] [--rounds 5] [--cacheme …]

Starts a Redis of its own on a Unix socket and plays the library's hit path, command by command:

1. 20,000 calls a second for ten seconds: is every one counted, and told by `events` into a file and into a pipe; how much memory
   and processor does `cacheme` take, how far does the server's buffer grow;
2. one caller that waits for each answer, and one that keeps 32 calls under way, each flat out: alone, beside
   `cacheme stats --live`, and beside `redis-cli MONITOR >/dev/null` (what one would run otherwise). The runs take turns;
3. one command with an argument of 10 to 10,000 bytes, alone and beside `cacheme stats --live`.

Judge 2 and 3 by the server's processor time, which the server itself counts: calls a second depend on whatever else the
machine does. A rate in 1 that was not reached is said, since then nothing is shown about that rate.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

SCRIPT = "if redis.call('srem',KEYS[1], ARGV[1]) == 0 then return {'valid', redis.call('hget', KEYS[2], ARGV[2])} else return {'deleted', 0} end"
VALUE = "v" * 100
KEYS = 1000


def encode(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)


def hit(layout, id):
    """A hit of 0.0.9 or 0.1.1: the commands, and how many lines their answers have."""
    base = "CM:Book:%d" % id
    if layout == "classic":
        return encode("SREM", "CM:delete", base + ">owner") + encode("HGET", base, "owner")
    return encode("EVAL", SCRIPT, "2", "CM:meta:deleted", base, base + ">owner", "owner")


def answer(layout):
    value = b"$%d\r\n%s\r\n" % (len(VALUE), VALUE.encode())
    return b":0\r\n" + value if layout == "classic" else b"*2\r\n$5\r\nvalid\r\n" + value


class Server:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cacheme-bench-")
        self.path = os.path.join(self.folder, "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--dir", self.folder],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(500):
            try:
                self.talk = self.connect()
                break
            except OSError:
                time.sleep(0.01)
        for id in range(KEYS):
            self.ask(encode("HSET", "CM:Book:%d" % id, "owner", VALUE))
            self.ask(encode("SADD", "CM:get_owner", "CM:Book:%d>owner" % id))

    def connect(self):
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path)
        return link

    def ask(self, command):
        self.talk.sendall(command)
        return self.talk.recv(1 << 20)

    def clients(self):
        text = self.ask(encode("CLIENT", "LIST")).decode()
        return [dict(word.split("=", 1) for word in line.split(" ") if "=" in word) for line in text.splitlines()[1:] if line]

    def processor(self):
        """Microseconds of processor time the server has taken."""
        lines = self.ask(encode("INFO", "cpu")).decode().splitlines()
        return sum(1e6 * float(line.split(":")[1]) for line in lines if line.startswith(("used_cpu_user:", "used_cpu_sys:")))

    def monitors(self):
        return [client for client in self.clients() if client.get("cmd") == "monitor"]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def play(link, layout, calls, depth, rate=None):
    """Plays calls with so many under way; gives the seconds they took."""
    size = len(answer(layout))
    batches = [b"".join(hit(layout, (at + n) % KEYS) for n in range(depth)) for at in range(0, KEYS, depth)]
    begin = time.monotonic()
    for number in range(calls // depth):
        link.sendall(batches[number % len(batches)])
        left = size * depth
        while left:
            left -= len(link.recv(left))
        if rate:
            ahead = begin + (number + 1) * depth / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
    return time.monotonic() - begin


def live(cacheme, server, format="json"):
    words = [cacheme, "stats", "--live", "600s", "--yes", "-q", "--format", format, "--url", "unix://" + server.path]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def events(cacheme, server, out):
    words = [cacheme, "events", "--yes", "-q", "--format", "ndjson", "--url", "unix://" + server.path]
    return subprocess.Popen(words, stdout=out, stderr=subprocess.PIPE)


def redis_cli(server):
    return subprocess.Popen(["redis-cli", "-s", server.path, "MONITOR"], stdout=subprocess.DEVNULL)


def wait_for_monitor(server):
    while not server.monitors():
        time.sleep(0.01)


def usage(process):
    with open("/proc/%d/status" % process.pid) as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    with open("/proc/%d/stat" % process.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return memory, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def played(process, server, layout, seconds, rate):
    """Plays so many calls a second beside a process; gives what that took, and the calls."""
    wait_for_monitor(server)
    link, behind = server.connect(), 0
    took, calls = 0.0, rate // 200 * 200
    for _ in range(seconds):
        took += play(link, layout, calls, 200, rate)
        behind = max(behind, max(int(client["tot-mem"]) for client in server.monitors()))
    memory, processor = usage(process)
    process.send_signal(signal.SIGINT)
    return took, seconds * calls, memory, processor, behind


def say(name, layout, seen, run, rate):
    took, calls, memory, processor, behind = run
    print(
        "%-22s %-8s %d calls in %.1f s (%.0f/s): %d seen, %d lost; cacheme %.1f MiB at most, %.0f%% of a core; server's buffer %.2f MiB at most"
        % (name, layout, calls, took, calls / took, seen, calls - seen, memory / 1024, 100 * processor / took, behind / 2**20),
        flush=True,
    )
    if calls / took < 0.95 * rate:
        print("         NOT at %d/s: the server or the machine gave no more, so this says nothing about that rate" % rate)


def keeping_up(cacheme, layout, seconds, rate):
    server = Server()
    process = live(cacheme, server)
    run = played(process, server, layout, seconds, rate)
    told = json.loads(process.communicate()[0])["live"]
    server.stop()
    rows = {row["tag"]: row for row in told["tags"]}
    say("stats --live", layout, rows["get_owner"]["calls"], run, rate)
    assert rows["get_owner"]["calls"] == run[1] and len(rows) == 1, told


def telling(cacheme, layout, seconds, rate, into):
    """The same of `events`: a line for each call, into a file or a pipe whose reader counts lines."""
    server = Server()
    path = os.path.join(server.folder, "events")
    with open(path, "wb") as file:
        # `wc` is as fast a reader as there is.
        counter = subprocess.Popen(["wc", "-l"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) if into == "pipe" else None
        process = events(cacheme, server, counter.stdin if counter else file)
        if counter:
            counter.stdin.close()
        run = played(process, server, layout, seconds, rate)
        process.wait()
    if counter:
        told = int(counter.stdout.read())
    else:
        with open(path, "rb") as lines:
            told = sum(b'"kind":"hit"' in line for line in lines)
    said = process.stderr.read().decode()
    server.stop()
    say("events into a " + into, layout, told, run, rate)
    print("".join("         " + line + "\n" for line in said.splitlines() if "not among" in line), end="")


def slow_down(cacheme, layout, depth, rounds):
    results = {"alone": [], "cacheme": [], "redis-cli": []}
    server = Server()
    link = server.connect()
    calls = 20000 if depth == 1 else 100000
    play(link, layout, calls, depth)
    for _ in range(rounds):
        for name in results:
            process = {"alone": lambda: None, "cacheme": lambda: live(cacheme, server), "redis-cli": lambda: redis_cli(server)}[name]()
            if process:
                wait_for_monitor(server)
            before = server.processor()
            took = play(link, layout, calls, depth)
            results[name].append(((server.processor() - before) / calls, calls / took))
            if process:
                process.send_signal(signal.SIGINT)
                process.communicate()
                while server.monitors():
                    time.sleep(0.01)
    server.stop()
    cost = {name: statistics.median(micros for micros, _ in runs) for name, runs in results.items()}
    rate = {name: statistics.median(rate for _, rate in runs) for name, runs in results.items()}
    parts = ["%s %.1f us (x%.1f) %.0f/s" % (name, cost[name], cost[name] / cost["alone"], rate[name]) for name in results]
    print("%-8s %2d under way: %s" % (layout, depth, ", ".join(parts)), flush=True)


def by_size(cacheme, rounds):
    server = Server()
    link = server.connect()
    for size in (10, 100, 1000, 10000):
        word, count, costs = "x" * size, 4000, {False: [], True: []}
        size_of_answer = len(b"$%d\r\n\r\n" % size) + size
        for _ in range(rounds):
            for monitored in costs:
                process = live(cacheme, server) if monitored else None
                if process:
                    wait_for_monitor(server)
                before = server.processor()
                for _ in range(count // 8):
                    link.sendall(encode("ECHO", word) * 8)
                    left = size_of_answer * 8
                    while left:
                        left -= len(link.recv(left))
                costs[monitored].append((server.processor() - before) / count)
                if process:
                    process.send_signal(signal.SIGINT)
                    process.communicate()
        alone, monitored = (statistics.median(costs[it]) for it in (False, True))
        print("%6d bytes: alone %.1f us, monitored %.1f us" % (size, alone, monitored), flush=True)
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5, help="0: whether it keeps up, and nothing else")
    parser.add_argument("--cacheme", default="target/release/cacheme")
    options = parser.parse_args()
    print("Keeping up")
    for layout in ("classic", "meta"):
        keeping_up(options.cacheme, layout, options.seconds, options.rate)
        for into in ("file", "pipe"):
            telling(options.cacheme, layout, options.seconds, options.rate, into)
    if options.rounds == 0:
        return
    print("What MONITOR costs: the server's processor time a call, and calls a second flat out; median of %d" % options.rounds)
    for layout in ("classic", "meta"):
        for depth in (1, 32):
            slow_down(options.cacheme, layout, depth, options.rounds)
    print("What MONITOR costs by the size of an argument")
    by_size(options.cacheme, options.rounds)


if __name__ == "__main__":
    main()
