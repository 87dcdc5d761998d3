"""What grows with the nodes of a cluster: the servers' CPU time and the round trips of a call of `memoize`, and of a key of a
sweep, on one server and on three primaries; into NODES.md. No time is measured but the servers' own: the machine may be busy.

    BENCH_KEYS=200000    logical keys of the sweeps
    BENCH_CALLS=20000    hits, and a tenth of other calls
    BENCH_PROFILE=       dev: not the release build; the servers' time is the same
"""

import binascii
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from namespace import command, value

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = int(os.environ.get("BENCH_KEYS") or 200_000)
CALLS = int(os.environ.get("BENCH_CALLS") or 20_000)
PROFILE = os.environ.get("BENCH_PROFILE") or "release"
FILLED = 1000  # as in nodes.rs
AT_ONCE = 100
TAGS = 20
NODES = 3


def slot(key):
    key = key if isinstance(key, bytes) else key.encode()
    start = key.find(b"{")
    end = key.find(b"}", start + 1)
    if start >= 0 and end > start + 1:
        key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % 16384


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Node:
    """A server, and a connection to it."""

    def __init__(self, *more):
        self.folder = tempfile.mkdtemp()
        # The bus of a cluster is 10,000 above.
        self.port = next(port for port in iter(free_port, None) if port < 50_000)
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder, *more],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port))
                break
            except OSError:
                time.sleep(0.05)
        self.answers = self.socket.makefile("rb")

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answer(self):
        line = self.answers.readline().rstrip()
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise SystemExit("error: %s" % rest.decode())
        if kind == b"$" and rest != b"-1":
            return self.answers.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        return rest.decode()

    def ask(self, *words):
        self.socket.sendall(command(*words))
        return self.answer()

    def send(self, commands):
        for start in range(0, len(commands), 500):
            some = commands[start : start + 500]
            self.socket.sendall(b"".join(some))
            for _ in some:
                self.answer()

    def look(self):
        """Microseconds on a processor, commands and what each took, and how often it was read from a connection."""
        lines = dict(line.split(":", 1) for line in self.ask("INFO", "everything").splitlines() if ":" in line)
        seconds = sum(float(lines["used_cpu_%s_main_thread" % what]) for what in ("user", "sys"))
        commands = {}
        for name, told in lines.items():
            if name.startswith("cmdstat_"):
                told = dict(part.split("=") for part in told.split(","))
                commands[name[8:]] = (int(told["calls"]), int(told["usec"]))
        return {"cpu": seconds * 1e6, "reads": int(lines["total_reads_processed"]), "commands": commands}


class Place:
    """One server, or a cluster."""

    def __init__(self, name, nodes):
        self.name, self.nodes = name, nodes

    @staticmethod
    def server():
        return Place("server", [Node()])

    @staticmethod
    def cluster(count):
        nodes = [Node("--cluster-enabled", "yes") for _ in range(count)]
        for at, node in enumerate(nodes):
            node.ask("CLUSTER", "ADDSLOTSRANGE", at * 16384 // count, (at + 1) * 16384 // count - 1)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
        for node in nodes[1:]:
            node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
        while not all(
            "cluster_state:ok" in (told := node.ask("CLUSTER", "INFO")) and "known_nodes:%d" % count in told
            for node in nodes
        ):
            time.sleep(0.1)
        return Place("cluster", nodes)

    def owner(self, key):
        count = len(self.nodes)
        return next(at for at in range(count) if slot(key) < (at + 1) * 16384 // count)

    def each(self, commands):
        """Sends commands, each (words), to where its key is."""
        queues = [[] for _ in self.nodes]
        for words in commands:
            queues[self.owner(words[1])].append(command(*words))
        for node, queue in zip(self.nodes, queues):
            node.send(queue)

    def url(self):
        return "redis://127.0.0.1:%d" % self.nodes[0].port

    def measure(self, run):
        """What a run costs each node."""
        before = [node.look() for node in self.nodes]
        run()
        after = [node.look() for node in self.nodes]
        # Each look is a read and some time itself.
        rest = [node.look() for node in self.nodes]
        told = []
        for then, now, idle in zip(before, after, rest):
            commands = {}
            for name, (calls, usec) in now["commands"].items():
                calls_before, usec_before = then["commands"].get(name, (0, 0))
                if calls > calls_before and name != "info":
                    commands[name] = (calls - calls_before, usec - usec_before)
            look = idle["cpu"] - now["cpu"], idle["reads"] - now["reads"]
            told.append(
                {
                    "cpu": max(now["cpu"] - then["cpu"] - look[0], 0),
                    "reads": now["reads"] - then["reads"] - look[1],
                    "commands": commands,
                }
            )
        return told

    def stop(self):
        for node in self.nodes:
            node.stop()


def build():
    release = ["--release"] if PROFILE == "release" else []
    built = subprocess.run(
        [os.environ.get("CARGO", "cargo"), "build", *release, "--all-features", "--message-format", "json-render-diagnostics"]
        + ["--bin", "cacheme", "--bench", "nodes"],
        cwd=os.path.dirname(HERE),
        stdout=subprocess.PIPE,
        check=True,
    )
    messages = map(json.loads, built.stdout.splitlines())
    return {message["target"]["name"]: message["executable"] for message in messages if message.get("executable")}


def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit("error: %s: exit code %d\n%s" % (" ".join(argv), done.returncode, done.stderr.decode()))
    return done.stdout


def fill(place, keys):
    """Keys with a tag each, three in five with a timeout, of which half have expired, one in twenty with an invalid key."""
    now = int(time.time())
    commands = []
    for n in range(keys):
        base = "CM:Book:%d" % n
        member = base + ">owner"
        commands.append(("HSET", base, "owner", value(n)))
        commands.append(("SADD", "CM:tag%d" % (n % TAGS), member))
        if n % 5 < 3:
            commands.append(("ZADD", "CM:Meta:Expire-Buckets::" + base, now - 3600 if n % 2 else now + 864000, member))
        if n % 20 == 0:
            commands.append(("SADD", "CM:User:%d:invalid" % (n % 100), member))
        if len(commands) >= 20000:
            place.each(commands)
            commands = []
    place.each(commands)


class Rows:
    def __init__(self):
        self.lines = []

    def add(self, what, place, told, per):
        cpu, reads = [it["cpu"] / per for it in told], [it["reads"] / per for it in told]
        commands = sum(calls for it in told for calls, _ in it["commands"].values()) / per
        shares = ", ".join("%.2f" % one for one in cpu)
        self.lines.append(
            "| %s | %s | %.2f | %s | %.2f | %.3g | %.3g |"
            % (what, place.title, sum(cpu), shares if len(cpu) > 1 else "", commands, sum(reads), max(reads))
        )
        print(self.lines[-1], file=sys.stderr, flush=True)


HEAD = """| %s | where | server CPU µs | of each node | commands | requests | requests to the busiest node |
| --- | --- | ---: | ---: | ---: | ---: | ---: |"""


def calls(programs, places):
    rows = Rows()
    for title, place, prefix in places:
        place.title = title
        kind = place.name
        drive = lambda what, count: run(programs["nodes"], place.url(), kind, prefix, what, str(count))
        drive("fill", FILLED)
        # What a connection costs, and what is asked when it is opened.
        empty = place.measure(lambda: drive("hit", 0))
        for what, count, per in [
            ("hit", CALLS, CALLS),
            ("many", CALLS // AT_ONCE, CALLS),
            ("miss", CALLS // 10, CALLS // 10),
            ("refresh", CALLS // 10, CALLS // 10),
        ]:
            told = place.measure(lambda: drive(what, count))
            for one, nothing in zip(told, empty):
                one["cpu"] = max(one["cpu"] - nothing["cpu"], 0)
                one["reads"] -= nothing["reads"]
            rows.add({"many": "hit, %d keys a call" % AT_ONCE}.get(what, what), place, told, per)
    return rows.lines


def sweeps(programs, places):
    rows = Rows()
    for title, place, _ in places:
        place.title = title
        binary = programs["cacheme"]
        more = ["--url", place.url(), "--layout", "classic", "--pace", "fast", "--format", "json"]
        more += ["--cluster"] if place.name == "cluster" else []
        fill(place, KEYS)
        for what, args in [
            ("tags list", ["tags", "list"]),
            ("invalidate --pattern, marks", ["invalidate", "--pattern", "Book:*", "--mark", "--yes"]),
            ("purge", ["purge"]),
            ("gc", ["gc", "--yes"]),
            ("invalidate --pattern, deletes", ["invalidate", "--pattern", "Book:*", "--yes"]),
        ]:
            rows.add(what, place, place.measure(lambda: run(binary, *args, *more)), KEYS)
    return rows.lines


def deleted_set(place):
    """What SISMEMBER takes with so many marks."""
    lines = []
    node = place.nodes[place.owner("CM:delete")]
    for marks in (0, 1000, 100_000, 1_000_000):
        node.ask("DEL", "CM:delete")
        for start in range(0, marks, 1000):
            node.ask("SADD", "CM:delete", *["CM:Book:%d>owner" % n for n in range(start, start + 1000)])
        one = command("SISMEMBER", "CM:delete", "CM:Book:%d>owner" % (marks // 2))
        cells = []
        for batch in (1, 10, 100):
            count = 40_000 // batch

            def ask():
                for _ in range(count):
                    node.socket.sendall(one * batch)
                    for _ in range(batch):
                        node.answer()

            told = place.measure(ask)[place.nodes.index(node)]
            cells.append(told["cpu"] / count / batch)
            usec = told["commands"]["sismember"][1] / count / batch
        lines.append("| %s | %.2f | %s |" % (format(marks, ","), usec, " | ".join("%.2f | %d" % (it, 1e6 / it) for it in cells)))
    node.ask("DEL", "CM:delete")
    return lines


def main():
    programs = build()
    places = [
        ("one server", Place.server(), "CM:"),
        ("three primaries, `{CM}:`", Place.cluster(NODES), "{CM}:"),
        ("three primaries, `CM:`", Place.cluster(NODES), "CM:"),
    ]
    try:
        called = calls(programs, places)
        hot = deleted_set(places[2][1])
        swept = sweeps(programs, [places[0], places[2]])
    finally:
        for _, place, _ in places:
            place.stop()
    version = run("redis-server", "--version").decode().split()[2]
    with open(os.path.join(HERE, "NODES.md"), "w", encoding="utf-8") as out:
        out.write(
            "\n".join(
                [
                    "# What grows with nodes",
                    "",
                    "Written by `make bench-nodes`; the next run writes it anew. Redis %s, %d cores." % (version, os.cpu_count()),
                    "Requests are what the servers read from connections: a pipeline is one. CPU time is that of the threads that run commands.",
                    "Commands that scripts call are counted, too. Lines of one table compare; what else the machine did shows in all of them.",
                    "",
                    "## A call of `memoize`",
                    "",
                    HEAD % "call",
                    *called,
                    "",
                    "## A key of a sweep (%s keys, fast)" % format(KEYS, ","),
                    "",
                    HEAD % "sweep",
                    *swept,
                    "",
                    "## The deleted set",
                    "",
                    "SISMEMBER at the node that holds it: microseconds within the command, then with what reading and answering takes,",
                    "and how many a second that leaves room for, where so many come in one request.",
                    "",
                    "| marks | in the command µs | 1 a request µs | a second | 10 a request µs | a second | 100 a request µs | a second |",
                    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
                    *hot,
                    "",
                ]
            )
        )


if __name__ == "__main__":
    main()
