"""A process of an application that uses the real library, driven by JSON lines.

    worker.py --url unix:///… [--prefix CM:] [--settings '{"STALE": false}']

Each line of standard input is a command, and is answered by one line:

    {"call": "get_owner", "args": [100]}     {"result": …, "computed": true, "runs": 1, "hits": 0, "misses": 1, "key": …}
    {"invalidate": {"key": "Book:100>owner"}}   or "invalid_key", "pattern": create_invalidation(…)
    {"invalidate_tag": "get_owner"}          the tag, as an application of this version does it
    {"node": "get", "class": "BookNode", "id": 1}   objects.get(id=1), or "invalid" (0.1.0 and 0.1.1)
    {"keys": true}                           the Redis keys that begin with the prefix
    {"counters": true}                       {"hits": {tag: n}, "misses": {tag: n}, "runs": {key: n}}
    {"now": true}                            the library's clock, the true one, and the difference in seconds
    {"version": true}                        the library's and the interpreter's
    {"sleep": 1.5}
    {"quit": true}

`runs` is how often the function itself ran in this call, `hits` and `misses` how often the library called back. What fails
is answered with {"error": "ValueError: …"} and the same counts; the worker goes on. A result that JSON cannot say
is null, with its repr in "repr".

The function `held` stops in the middle of its computation: the worker writes {"event": "computing", "key": …} and goes on
when it reads {"resume": VALUE} or {"raise": "message"}.
"""

import argparse
import json
import platform
import sys
import time

import functions


def say(message):
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def hear():
    line = sys.stdin.readline()
    if not line:
        # The test is gone: whatever this process holds must stay as it is, like after a crash.
        sys.exit(0)
    return json.loads(line)


def hold(key):
    say({"event": "computing", "key": key})
    answer = hear()
    if "raise" in answer:
        raise RuntimeError(answer["raise"])
    return answer["resume"]


def plain(value):
    """The value as JSON would say it, or its repr when JSON would change it."""
    try:
        if json.loads(json.dumps(value)) == value:
            return {"result": value}
    except (TypeError, ValueError):
        pass
    return {"result": None, "repr": repr(value)}


def call(store, name, args):
    if name not in store.functions:
        raise LookupError("cacheme %s has no function %r here" % (functions.VERSION, name))
    plan = store.plans[name]
    key = plan.logical_key(args)
    before = store.runs[key], store.hits[plan.tag], store.misses[plan.tag]
    try:
        answer = plain(store.functions[name](*args))
    except Exception as error:
        answer = failure(error)
    runs, hits, misses = (
        now - then for now, then in zip((store.runs[key], store.hits[plan.tag], store.misses[plan.tag]), before)
    )
    answer.update(computed=runs > 0, runs=runs, hits=hits, misses=misses, key=key)
    return answer


def failure(error):
    return {"error": "%s: %s" % (type(error).__name__, error)}


def carry_out(store, command):
    if "call" in command:
        return call(store, command["call"], command.get("args", []))
    if "each" in command:
        return {"result": [carry_out(store, one) for one in command["each"]]}
    if "invalidate" in command:
        functions.CacheMe.create_invalidation(**command["invalidate"])
        return {"result": None}
    if "invalidate_tag" in command:
        return {"result": store.invalidate_tag(command["invalidate_tag"])}
    if "node" in command:
        objects = store.nodes[command["class"]].objects
        return plain(getattr(objects, command["node"])(id=command["id"]))
    if "keys" in command:
        names = store.connection.scan_iter(count=1000)
        prefix = store.prefix.encode()
        return {"result": sorted(name.decode("utf-8", "backslashreplace") for name in names if name.startswith(prefix))}
    if "counters" in command:
        return {"result": {"hits": store.hits, "misses": store.misses, "runs": store.runs}}
    if "now" in command:
        library, true = store.now(), int(time.time())
        return {"result": {"library": library, "true": true, "ahead": library - true}}
    if "version" in command:
        return {"result": {"cacheme": functions.VERSION, "python": platform.python_version()}}
    if "sleep" in command:
        time.sleep(command["sleep"])
        return {"result": None}
    raise LookupError("unknown command: %s" % json.dumps(command))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--prefix", default="CM:")
    parser.add_argument("--settings", type=json.loads, default={})
    options = parser.parse_args()
    store = functions.Store(options.url, options.prefix, options.settings, hold)
    say({"event": "ready", "cacheme": functions.VERSION})
    while True:
        command = hear()
        if "quit" in command:
            return
        try:
            answer = carry_out(store, command)
        except Exception as error:
            answer = failure(error)
        say(answer)


if __name__ == "__main__":
    main()
