"""A sweep of a server that `redis-benchmark` keeps busy: how long it takes, and what is left of the benchmark's rate."""

import subprocess
import time
from dataclasses import dataclass

import measure

ALONE_SECONDS = 5
CLIENTS = 50


@dataclass
class Loaded:
    way: str
    wall: float
    gets: float  # a second


class Benchmark:
    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.process = subprocess.Popen(
            ["redis-benchmark", "-s", self.server.socket, "-c", str(CLIENTS), "-t", "get", "-r", "1000000", "-l", "-q"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def gets(self):
        stats = self.server.info("commandstats").get("cmdstat_get", "calls=0,")
        return int(stats.split("calls=")[1].split(",")[0])

    def while_doing(self, name, run):
        before, start = self.gets(), time.monotonic()
        run()
        wall = time.monotonic() - start
        return Loaded(name, wall, (self.gets() - before) / wall)


def table(bench, job):
    """The ways of ours to do a job, the benchmark alone first."""
    rows = []
    for way in [None, *[way for way in job.ways if way.ours]]:
        bench.restore("all.rdb", job)
        with Benchmark(bench.server) as benchmark:
            if way is None:
                rows.append(benchmark.while_doing("redis-benchmark alone", lambda: time.sleep(ALONE_SECONDS)))
                continue
            out = []
            argv = way.argv(bench.server.socket)
            rows.append(benchmark.while_doing(way.name, lambda: out.append(measure.run(bench.server, argv))))
            bench.check(job, way, job.done(out[0].out), bench.keys)
    return rows
