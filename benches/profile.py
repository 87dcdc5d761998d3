"""Where the time of a sweep goes, by `perf`: the client's functions, and on which of the server's parts it waits.

    BENCH_KEYS=300000    logical keys, and as many foreign ones
    BENCH_OUT=           another file than benches/PROFILE.md
"""

import datetime
import os
import re
import subprocess
import time

import jobs
import report
from namespace import Server
from run import cargo

SWEEPS = {"pattern": "fast", "dump": "fast", "purge": "gentle"}
TOP = 14
RATE = "1999"
SYMBOLS = {
    "CARGO_PROFILE_RELEASE_STRIP": "false",
    "CARGO_PROFILE_RELEASE_DEBUG": "1",
    "CARGO_TARGET_DIR": os.path.join(jobs.ROOT, "target", "profile"),
}


def shares(data, by):
    """What was sampled, by symbol or by program part, with its share of the samples."""
    said = subprocess.run(
        ["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none", "-s", by],
        capture_output=True,
        text=True,
    ).stdout
    rows = re.findall(r"^\s*([\d.]+)%\s+(?:\[[.k]\]\s+)?(.+?)\s*$", said, re.M)
    return [(float(share), name.split("  ")[0]) for share, name in rows]


def grouped(rows):
    """The allocator's functions are one row."""
    allocator = re.compile(r"malloc|_int_free|cfree|realloc|calloc|unlink_chunk")
    spent = sum(share for share, name in rows if allocator.search(name))
    rest = [(share, name) for share, name in rows if not allocator.search(name)]
    return sorted([(spent, "the allocator, all of it"), *rest], reverse=True)


def record(server, argv, folder):
    client, waited = os.path.join(folder, "client.data"), os.path.join(folder, "server.data")
    watcher = subprocess.Popen(
        ["perf", "record", "-q", "-F", RATE, "-o", waited, "-p", str(server.process.pid)], stderr=subprocess.DEVNULL
    )
    before, start = server.cpu(), time.monotonic()
    subprocess.run(
        ["perf", "record", "-q", "-F", RATE, "-o", client, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wall, spent = time.monotonic() - start, server.cpu() - before
    watcher.terminate()
    watcher.wait()
    return wall, spent, grouped(shares(client, "symbol")), shares(waited, "dso")


def table(first, rows):
    return report.head(first, "%") + "".join(report.line("`%s`" % name[:90], "%.1f" % share) for share, name in rows)


def main():
    keys = int(os.environ.get("BENCH_KEYS") or 300_000)
    os.environ.update(SYMBOLS)
    binary, server = cargo("--bin", "cacheme")["cacheme"], Server()
    text = "# Where the time goes\n\nWritten by `make bench-profile`, %s, %s; %d logical keys beside as many foreign ones.\n" % (
        datetime.date.today().isoformat(),
        report.machine(),
        keys,
    )
    try:
        server.start("all.rdb")
        server.fill(keys, keys)
        server.save()
        for job in jobs.all_jobs(binary, False):
            for way in [way for way in job.ways if way.pace and way.pace == SWEEPS.get(job.name)]:
                server.start("all.rdb")
                wall, spent, client, waited = record(server, way.argv(server.socket), server.folder)
                text += "\n## %s, %s\n\n%.2f s, of which the server worked %.2f s.\n\n" % (job.title, way.pace, wall, spent)
                text += table("the client's processor time", client[:TOP]) + "\n" + table("the server's", waited[:4])
    finally:
        server.stop()
    out = os.environ.get("BENCH_OUT") or os.path.join(jobs.HERE, "PROFILE.md")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


if __name__ == "__main__":
    main()
