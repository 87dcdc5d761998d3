"""Runs the benchmarks side by side and writes RESULTS.md.

    BENCH_KEYS=1000000   logical keys, and as many foreign keys beside them
    BENCH_RUNS=3         runs of this tool; the one in the middle counts
    BENCH_PROBES=5       rounds of the latency probes; medians over the rounds (0: none, nor sweeps under load)
    BENCH_FULL=          1: the slow rivals also on a namespace above a million keys, not on a tenth of it times ten
    BENCH_RIVALS=        0: this tool alone
    BENCH_JOBS=          only these, by their short names, separated by commas
    BENCH_OUT=           another file than benches/RESULTS.md
"""

import json
import os
import pickle
import subprocess
import sys
import time

import jobs
import latency
import load
import measure
import report
from namespace import PICKLE_BYTES, Server, value

DECODED = 100_000  # pickles that are decoded, all of as many bytes
SMALL = 1000  # keys of the namespace that a start is timed on


def number(name, usual):
    return int(os.environ.get(name) or usual)


def cargo(*args):
    """Builds, and tells where the programs are, by name."""
    built = subprocess.run(
        [os.environ.get("CARGO", "cargo"), "build", "--release", "--message-format", "json-render-diagnostics", *args],
        cwd=jobs.ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    messages = map(json.loads, built.stdout.splitlines())
    return {message["target"]["name"]: message["executable"] for message in messages if message.get("executable")}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self):
        self.keys = number("BENCH_KEYS", 1_000_000)
        self.tenth = max(self.keys // 10, 1000)
        self.runs = number("BENCH_RUNS", 3)
        self.probes = number("BENCH_PROBES", 5)
        # A tenth of it fits the processor's caches better: multiplied, it flatters the slow.
        self.full = bool(os.environ.get("BENCH_FULL")) or self.keys <= 1_000_000
        self.rivals = os.environ.get("BENCH_RIVALS") != "0"
        self.load = os.getloadavg()
        built = cargo("--bin", "cacheme", "--bench", "probe")
        self.binary, self.probe = built["cacheme"], built["probe"]
        self.server = Server()
        self.fresh = None

    def build(self):
        self.sizes = {}
        for name, keys in [("all.rdb", self.keys), ("tenth.rdb", self.tenth), ("small.rdb", SMALL)]:
            say("filling %d + %d keys" % (keys, keys))
            self.server.start(name)
            self.server.fill(keys, keys)
            self.sizes[name] = self.server.dbsize()
            self.server.save()
        self.fresh = None

    def restore(self, rdb, job):
        """A server with the namespace as it was; one that only was read is used again."""
        wanted = (rdb, job.name if job.prepare else "")
        if self.fresh != wanted:
            self.server.start(rdb)
            if job.prepare:
                job.prepare(self.server, self.keys if rdb == "all.rdb" else self.tenth)
        self.fresh = None if job.changes else wanted

    def measured(self, job):
        """The ways to do a job, each with its run."""
        for way in [way for way in job.ways if way.ours or self.rivals]:
            whole = way.ours or self.full
            rdb, scale = ("all.rdb", 1) if whole else ("tenth.rdb", self.keys / self.tenth)
            runs = []
            for _ in range(self.runs if way.ours else 1):
                self.restore(rdb, job)
                keep = job.changes and way.ours
                out = None if keep else subprocess.DEVNULL
                runs.append(measure.run(self.server, way.argv(self.server.socket), out))
                if keep and job.done:
                    self.check(job, way, job.done(runs[-1].out), self.keys)
            run = measure.median(runs)
            say("%-12s %-45s %8.2f s  wall/srv %.2f" % (job.name, way.name, run.wall * scale, run.ratio))
            yield way, run.scaled(scale)
        if not job.changes:
            # Their rows went to /dev/null above; here they are counted.
            self.restore("tenth.rdb", job)
            way = job.ways[0]
            out = measure.run(self.server, way.argv(self.server.socket)).out
            self.check(job, way, job.done(out), self.tenth)

    def check(self, job, way, done, keys):
        expected = job.expected(keys)
        if done != expected:
            raise SystemExit("error: %s by %s did %s, not %s" % (job.name, way.name, done, expected))

    def starts(self):
        self.server.start("small.rdb")
        self.fresh = None
        argv = [self.binary, "--url", self.server.url, "--pace", "fast", "tags", "list"]
        out = subprocess.run([self.probe, "starts", "--times", "50", "--", *argv], stdout=subprocess.PIPE, check=True)
        return json.loads(out.stdout)

    def decoding(self):
        """MB of pickles a second: into values, into JSON, and as Python itself loads them."""
        pickles = [value(number) for number in range(DECODED, 2 * DECODED)]
        argv = [self.probe, "decode", "--bytes", str(PICKLE_BYTES)]
        out = subprocess.run(argv, input=b"".join(pickles), stdout=subprocess.PIPE, check=True)
        start = time.monotonic()
        for one in pickles:
            pickle.loads(one)
        took = time.monotonic() - start
        return {**json.loads(out.stdout), "python": DECODED * PICKLE_BYTES / 1e6 / took}

    def has(self, name):
        return subprocess.run([self.binary, name, "--help"], capture_output=True).returncode == 0


def main():
    measure.adopt_orphans()
    bench = Bench()
    started = time.time()
    chosen = [name.strip() for name in os.environ.get("BENCH_JOBS", "").split(",") if name.strip()]
    wanted = [job for job in jobs.all_jobs(bench.binary, bench.has("gc")) if not chosen or job.name in chosen]
    try:
        bench.build()
        table = [(job, list(bench.measured(job))) for job in wanted]
        starts, decoding = bench.starts(), bench.decoding()
        probed = latency.rounds(bench, [job for job in wanted if job.probed], say)
        loaded = [(job, load.table(bench, job)) for job in wanted if job.loaded and bench.probes]
    finally:
        bench.server.stop()
    out = os.environ.get("BENCH_OUT") or os.path.join(jobs.HERE, "RESULTS.md")
    text = report.written(bench, table, starts, decoding, probed, loaded, time.time() - started)
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


if __name__ == "__main__":
    main()
