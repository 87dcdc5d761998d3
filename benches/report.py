"""RESULTS.md."""

import datetime
import os
import subprocess

from latency import FIGURES, KINDS, RATE
from load import CLIENTS
from namespace import INVALID_SHARE, PICKLE_BYTES, TAGS, TTL_SHARE


def machine():
    model = "unknown CPU"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as lines:
        memory = int(lines.readline().split()[1]) / 2**20
    return "%d cores (%s), %.0f GiB, Linux %s" % (os.cpu_count(), model, memory, os.uname().release)


def first_line(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.splitlines()[0]


def line(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def head(*cells):
    return line(*cells) + line(*["---"] + ["---:"] * (len(cells) - 1))


def written(bench, table, starts, decoding, probed, loaded, took):
    text = "# Results\n\n"
    text += "Written by `make bench`; the next run writes it anew.\n\n"
    text += "- %s, %s\n" % (datetime.date.today().isoformat(), machine())
    text += "- %s; cacheme %s\n" % (first_line("redis-server", "--version"), commit())
    text += (
        "- %s logical keys (pickles of %d bytes; %.0f %% with a TTL bucket, half of them expired; %d tags; %.0f %% with "
        "an invalid key) beside as many foreign keys: %s Redis keys, loaded from one file before each job that changes "
        "them\n"
        % (
            "{:,}".format(bench.keys),
            PICKLE_BYTES,
            100 * TTL_SHARE,
            TAGS,
            100 * INVALID_SHARE,
            "{:,}".format(bench.sizes["all.rdb"]),
        )
    )
    text += (
        "- the server, the job and the probe share these cores; load average before the start %.1f, %.1f, %.1f; the whole "
        "run took %.0f minutes\n\n" % (*bench.load, took / 60)
    )
    if bench.load[0] > os.cpu_count() / 2:
        text += (
            "**The machine was busy with other work.** Wall times, their ratios and the latencies hold that work too and "
            "prove nothing; CPU times and memory still compare.\n\n"
        )
    text += (
        "`srv` is the CPU time of the server's thread that runs commands, during the job: wall / srv = 1 is as fast as "
        "this server carries out these commands, so compare wall / srv within a job and srv between ways. Where "
        "cores are short, wall also holds the time in which somebody else ran.\n"
    )
    for job, ways in table:
        text += of_job(bench, job, ways)
    text += goals(bench, table, starts, decoding)
    if probed:
        text += latencies(probed)
    for job, rows in loaded:
        text += under_load(job, rows)
    return text


def commit():
    return first_line("git", "describe", "--always", "--dirty") if os.path.exists(".git") else "of a package"


def of_job(bench, job, ways):
    text = "\n## %s\n\n" % (job.title[0].upper() + job.title[1:])
    text += head("way", "wall s", "srv s", "wall / srv", "client CPU s", "client / srv", "peak MiB", "a second", "times slower")
    best = ways[0][1].wall
    done = job.expected(bench.keys) if job.expected else None
    scaled = False
    for way, run in ways:
        by_ten = "" if run.scale == 1 else " ×%g" % run.scale
        scaled |= bool(by_ten)
        peak = "%.1f" % (run.peak_kib / 1024) if "xargs" not in way.name and "same" not in way.name else ""
        rate = "{:,.0f}".format(done / run.wall) if done else ""
        slower = "%.2g" % (run.wall / best)
        text += line(
            way.name + by_ten,
            "%.2f" % run.wall,
            "%.2f" % run.server,
            "%.2f" % run.ratio,
            "%.2f" % run.client,
            "%.2f" % (run.client / run.server if run.server else 0),
            peak,
            rate,
            slower,
        )
    if scaled:
        text += "\n×: measured on a smaller namespace and multiplied (BENCH_FULL=1 measures all of it).\n"
    return text


def goals(bench, table, starts, decoding):
    ways = {(job.name, way.name): run for job, ours in table for way, run in ours}
    text = "\n## Goals\n\n" + head("goal", "measured", "reached")

    def goal(what, value, good, shape="%.2f"):
        return line(what, shape % value, "yes" if good else "**no**")

    def ratio(job, limit):
        run = ways.get((job, "cacheme, fast"))
        return goal("%s, fast: wall / srv ≤ %.2f" % (job, limit), run.ratio, run.ratio <= limit) if run else ""

    def times(job, rival, limit):
        run, other = ways.get((job, "cacheme, fast")), ways.get((job, rival))
        if not run or not other:
            return ""
        value = other.wall / run.wall
        return goal("%s, fast: ≥ %g × %s" % (job, limit, rival), value, value >= limit, "%.1f")

    text += ratio("pattern", 1.08) + times("pattern", "redis-cli \\| xargs unlink, its default count 10", 4)
    text += times("pattern", "library 0.0.9, its default count 10", 8)
    text += ratio("purge", 1.10) + times("purge", "redis-py, count 10", 30)
    scan, walk = ways.get(("purge", "cacheme, fast")), ways.get(("purge over tags", "cacheme, fast"))
    if scan and walk:
        share = walk.wall / scan.wall
        text += goal("purge over tags, fast: ≤ 0.6 × the scan", share, share <= 0.6)
    text += ratio("dump", 1.15) + times("dump", "redis-py, pipelined, count 1000", 4)
    text += goal("decoding pickles of %d bytes ≥ 250 MB/s" % PICKLE_BYTES, decoding["value"], decoding["value"] >= 250, "%.0f")
    for job, beside in [("keys top", "keys list"), ("keys top ttl", "keys list")]:
        run, other = ways.get((job, "cacheme, fast")), ways.get((beside, "cacheme, fast"))
        if run and other:
            share = run.wall / other.wall
            text += goal("%s, fast: ≤ 1.15 × %s" % (job, beside), share, share <= 1.15)
    text += ratio("tags list", 1.10) + times("tag", "library 0.0.9", 5)
    sorting = ways.get(("diff", "cacheme"))
    if sorting:
        text += goal("diff: memory ≤ 16 MiB", sorting.peak_kib / 1024, sorting.peak_kib <= 16 * 1024, "%.1f MiB")
    peaks = [run.peak_kib / 1024 for job, ours in table for way, run in ours if way.ours and job.name != "diff"]
    if peaks:
        text += goal("most memory of any other job here ≤ 8 MiB", max(peaks), max(peaks) <= 8, "%.1f MiB")
    for job in ["pattern", "purge", "dump", "tag"]:
        fast, gentle = ways.get((job, "cacheme, fast")), ways.get((job, "cacheme, gentle"))
        if fast and gentle:
            share = fast.wall / gentle.wall
            text += goal("%s: gentle at ≥ 0.7 of fast" % job, share, share >= 0.7)
    start = starts["p50"] / 1000
    text += goal(
        "from the start to the last row of `tags list`, 1,000 keys ≤ 5 ms (median of 50)",
        start,
        start <= 5,
        "%.1f ms",
    )
    text += (
        "\nDecoding is measured on one core, with nothing else: %(value).0f MB of pickles a second into values, %(json).0f with "
        "the JSON of them written out; Python's own `pickle.loads`, in C, %(python).0f.\n" % decoding
    )
    return text


def latencies(probed):
    text = "\n## Other clients meanwhile\n\n"
    text += (
        "GETs of random foreign keys, %d a second; µs from the moment each was due to its answer; medians over %d "
        "rounds, idle measured in each (fast in the first alone). `of the GET` is the p50 and p99 from when it was really sent: the rest is a "
        "probe that waited for a core, or for its own last answer. `late` is how far the last GET was behind.\n"
        % (RATE, next(iter(probed.values()))["rounds"])
    )
    for kind, _ in KINDS:
        text += "\n" + head(kind, "sweep s", *FIGURES, "of the GET", "late", "within the goal")
        idle = probed[("none", "", kind)]
        for (job, pace, of), row in probed.items():
            if of != kind:
                continue
            figures = ["{:,.0f}".format(row[name]) for name in FIGURES]
            gets = "{:,.0f}, {:,.0f}".format(row["sent p50"], row["sent p99"])
            text += line(
                "idle" if job == "none" else "%s, %s" % (job, pace),
                "" if job == "none" else "%.1f" % row["wall"],
                *figures,
                gets,
                "{:,.0f}".format(row["late"]),
                within(row, idle) if pace == "gentle" else "",
            )
    text += "\nThe goal of gentle: p90 within 300 µs of idle, p99 within 1,000, the longest within 5,000.\n"
    return text


def under_load(job, rows):
    text = "\n## Under `redis-benchmark`: %s\n\n" % job.title
    text += "%d connections send GETs as fast as they are answered, on the same cores; the counts were checked.\n\n" % CLIENTS
    text += head("sweep", "wall s", "GETs a second meanwhile", "of alone")
    alone = rows[0].gets
    for row in rows:
        wall = "" if row is rows[0] else "%.1f" % row.wall
        text += line(row.way, wall, "{:,.0f}".format(row.gets), "%.2f" % (row.gets / alone))
    return text


def within(row, idle):
    if idle["p50"] > 1000 or idle["p99"] > 5000:
        return "idle itself was late: cannot be told"
    limits = {"p90": 300, "p99": 1000, "longest": 5000}
    over = [name for name, limit in limits.items() if row[name] - idle[name] > limit]
    if row["late"] - idle["late"] > 5000:
        over.append("keeping up")
    return "yes" if not over else "no: " + ", ".join(over)
