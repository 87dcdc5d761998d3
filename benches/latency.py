"""What other clients see while a sweep runs: GETs at a fixed rate, beside each sweep and beside none."""

import json
import statistics
import subprocess
import time

from namespace import FOREIGN

RATE = 2000
KINDS = [("200 connections, open loop", 200), ("one connection, one after another", 1)]
IDLE_SECONDS = 4
FIGURES = ["p50", "p90", "p99", "p99.9", "longest"]


class Probe:
    """GETs that are counted between entering and leaving."""

    def __init__(self, bench, connections):
        self.process = subprocess.Popen(
            [bench.probe, "gets", "--socket", bench.server.socket, "--connections", str(connections)]
            + ["--rate", str(RATE), "--key-prefix", FOREIGN, "--keys", str(bench.keys)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process.stdout.readline()
        time.sleep(0.5)

    def __enter__(self):
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        return self

    def __exit__(self, *_):
        self.process.stdin.write("stop\n")
        self.process.stdin.flush()
        self.seen = json.loads(self.process.stdout.readline())
        self.process.wait()


def rounds(bench, jobs, say):
    """For each sweep and kind of client the medians over the rounds, with the time the sweep took; idle first."""
    import measure

    seen = {}
    for nth in range(bench.probes):
        say("latency, round %d of %d" % (nth + 1, bench.probes))
        for kind, connections in KINDS:
            if jobs:
                bench.restore("all.rdb", next((job for job in jobs if not job.changes), jobs[0]))
                with Probe(bench, connections) as probe:
                    time.sleep(IDLE_SECONDS)
                seen.setdefault(("none", "", kind), []).append((probe.seen, IDLE_SECONDS, 0))
            for job in jobs:
                # What fast does to others is no goal: seen once is enough.
                for way in [way for way in job.ways if way.pace == "gentle" or (way.pace == "fast" and nth == 0)]:
                    bench.restore("all.rdb", job)
                    with Probe(bench, connections) as probe:
                        run = measure.run(bench.server, way.argv(bench.server.socket), subprocess.DEVNULL)
                    seen.setdefault((job.name, way.pace, kind), []).append((probe.seen, run.wall, run.server))
    return {key: middle(each) for key, each in seen.items()}


def middle(each):
    """Medians over the rounds, figure by figure."""
    result = {"wall": statistics.median(wall for _, wall, _ in each), "rounds": len(each)}
    for name in FIGURES:
        result[name] = statistics.median(seen["due"][name] for seen, _, _ in each)
        result["sent " + name] = statistics.median(seen["sent"][name] for seen, _, _ in each)
    result["late"] = statistics.median(seen["late_at_end_us"] for seen, _, _ in each)
    return result
