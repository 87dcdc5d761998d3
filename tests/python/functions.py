"""Functions cached by the real library, whichever of 0.0.9, 0.1.0 and 0.1.1 is installed.

`Store` sets the library up for one server and prefix and decorates every function; `Store.plans` says what each is meant
to leave in Redis, written down apart from the library so that it can be held against it.
"""

import base64
import inspect
import logging
import pickle
import time
from collections import Counter
from importlib.metadata import version
from types import SimpleNamespace

import redis
from cacheme import cacheme as CacheMe

VERSION = version("cacheme")
HAS_NODES = VERSION != "0.0.9"
HAS_STALE = VERSION == "0.1.1"

# 0.1.1 warns at each decorator that no settings were found, even when they were.
logging.getLogger("cacheme").setLevel(logging.ERROR)


def flat(values):
    """Nested lists, tuples and sets as one list."""
    if not isinstance(values, (list, tuple, set)):
        return [values]
    return [leaf for value in values for leaf in flat(value)]


class Plan:
    """What one cached function is meant to store."""

    def __init__(self, func, tag, key, invalid_keys, timeout):
        self.signature = inspect.signature(func)
        self.tag = tag
        self.key = key
        self.invalid_keys = invalid_keys
        self.timeout = timeout

    def logical_key(self, args, kwargs=None):
        return self.key(self.container(args, kwargs))

    def container(self, args, kwargs=None, result=None):
        bound = self.signature.bind(*args, **(kwargs or {}))
        bound.apply_defaults()
        return SimpleNamespace(cacheme_result=result, **bound.arguments)

    def invalid_names(self, args, result):
        """The invalid keys a call with this result is listed under, each once, sorted, without prefix and suffix."""
        if self.invalid_keys is None:
            return []
        names = flat(self.invalid_keys(self.container(args, result=result)))
        return sorted({name for name in names if name is not None})


def connect(url):
    """A client of a server, or of the cluster that one belongs to: redis+cluster://host:port"""
    if url.startswith("redis+cluster:"):
        return redis.RedisCluster.from_url(url.replace("redis+cluster:", "redis:", 1))
    return redis.Redis.from_url(url)


class Store:
    """The library on one server, with everything it calls back counted."""

    def __init__(self, url, prefix="CM:", settings=None, hold=None):
        """`hold(key)` is what the function `held` computes with: it may wait for somebody."""
        self.url = url
        self.prefix = prefix
        self.hold = hold or (lambda key: key)
        self.functions = {}
        self.plans = {}
        self.hits = Counter()
        self.misses = Counter()
        self.runs = Counter()

        self.connection = connect(url)
        CacheMe.set_connection(self.connection)
        CacheMe.update_settings(dict(settings or {}, REDIS_CACHE_PREFIX=prefix))
        self.define()
        self.define_called_like_bookkeeping()
        self.define_timeouts()
        if HAS_STALE:
            self.define_stale()
        if HAS_NODES:
            self.define_nodes()

    def cached(self, key, tag=None, invalid_keys=None, timeout=None, node=None, node_invalid_keys=None, **options):
        """The library's decorator with our counters in it, and the plan beside it."""

        def decorate(func):
            name = func.__name__
            plan = Plan(func, tag or name, key, invalid_keys or node_invalid_keys, timeout)

            def counted(*args, **kwargs):
                self.runs[plan.logical_key(args, kwargs)] += 1
                return func(*args, **kwargs)

            def hit(_key, _result, _container):
                self.hits[plan.tag] += 1

            def miss(_key, _container):
                self.misses[plan.tag] += 1

            if node:
                options["node"] = node
            elif tag:
                options["tag"] = tag
            decorator = CacheMe(
                key=key,
                invalid_keys=invalid_keys,
                timeout=timeout,
                hit=hit,
                miss=miss,
                **options,
            )
            # The library reads the signature of what it decorates and calls `function`: so the counting goes between.
            self.functions[name] = decorator(func)
            decorator.function = counted
            self.plans[name] = plan
            return self.functions[name]

        return decorate

    def define(self):
        cached = self.cached

        @cached(key=lambda c: "plain:%s" % c.id)
        def plain(id):
            return {"plain": id}

        @cached(
            key=lambda c: "Book:%s>owner" % c.book,
            invalid_keys=lambda c: ["User:%s" % c.cacheme_result["id"]],
        )
        def get_owner(book):
            owner = int(book) + 100
            return {"id": owner, "name": "Owner %s" % owner}

        @cached(key=lambda c: "Book:%s>title" % c.book)
        def get_title(book):
            return "Title of %s" % book

        @cached(key=lambda c: "a:%s>b>c" % c.id, invalid_keys=lambda c: "Three:%s" % c.id)
        def three(id):
            return ["three", id]

        @cached(
            key=lambda c: "many:%s>all" % c.id,
            invalid_keys=lambda c: [
                "User:%s" % c.id,
                None,
                ["Team:1", ["Team:2", None, ("Team:1",)]],
                ("User:%s" % c.id,),
            ],
        )
        def many(id):
            return {"many": id, "of": [1, 2, 3]}

        @cached(key=lambda c: "shelf:%s" % c.id, tag="books_by_hand", invalid_keys=lambda c: None)
        def tagged(id):
            return {"shelf": id}

        @cached(key=lambda c: "odd[%s]*?>f*" % c.id, tag="odd*tag[1]?", invalid_keys=lambda c: ["odd*[%s]" % c.id])
        def odd(id):
            return "odd"

        @cached(key=lambda c: "slow:%s" % c.id)
        def slow(id, seconds):
            time.sleep(seconds)
            return {"slow": id}

        @cached(key=lambda c: "fails:%s>it" % c.id, invalid_keys=lambda c: ["Fails:%s" % c.id])
        def fails(id, fail=True):
            if fail:
                raise ValueError("told to fail")
            return {"fails": id}

        @cached(key=lambda c: "held:%s>it" % c.id, invalid_keys=lambda c: ["Held:%s" % c.id])
        def held(id):
            return self.hold("held:%s>it" % id)

        @cached(key=lambda c: "given:%s" % c.id, invalid_keys=lambda c: ["Given:%s" % c.id])
        def given(id, value):
            return value

        @cached(key=lambda c: "given:%s>field" % c.id)
        def given_field(id, value):
            return value

        @cached(key=lambda c: "pickle:%s" % c.id)
        def given_pickle(id, data):
            return pickle.loads(base64.b64decode(data))

        @cached(key=lambda c: "storm:%s>it" % c.id, invalid_keys=lambda c: ["Storm:%s" % c.id], timeout=2)
        def storm(id):
            return int(self.connection.get("truth:%s" % id))

        @cached(key=lambda c: "both:%s>it" % c.id, invalid_keys=lambda c: ["Both:%s" % c.id])
        def both(id, truth):
            return int(self.elsewhere(truth).get("truth:both:%s" % id))

    def define_called_like_bookkeeping(self):
        # Tags that end like the library's own sets: `jobs_progress:progress`, its keys `jobs_progress:1`.
        for kind, timeout in (("jobs", None), ("timed", 300)):
            for ending in ("progress", "delete"):
                self.define_job("%s_%s" % (kind, ending), ending, timeout)

        @self.cached(key=lambda c: "user:%s>p" % c.id, invalid_keys=lambda c: ["I:%s" % c.id])
        def progress(id):
            return {"progress": id}

    def define_job(self, name, ending, timeout):
        def job(id):
            return {name: id}

        job.__name__ = name
        self.cached(
            key=lambda c: "%s:%s" % (name, c.id),
            tag="%s:%s" % (name, ending),
            timeout=timeout,
            invalid_keys=lambda c: ["%s:all" % name],
        )(job)

    def define_timeouts(self):
        # The three kinds share a base, and so a bucket: give them different ids to have one each.
        for name, timeout in (("soon", 1), ("later", 300)):
            self.define_timeout(name, timeout)

    def define_timeout(self, name, timeout):
        def plain(id):
            return {name: id}

        def field(id):
            return [name, "field", id]

        def three(id):
            return [name, "three", id]

        for func, ending, suffix in ((plain, "", ""), (field, "_field", ">field"), (three, "_three", ">b>c")):
            func.__name__ = name + ending
            key = (lambda suffix: lambda c: "%s:%s%s" % (name, c.id, suffix))(suffix)
            self.cached(key=key, timeout=timeout, invalid_keys=lambda c: ["Timed:%s" % c.id])(func)

    def define_stale(self):
        @self.cached(key=lambda c: "fresh:%s>it" % c.id, invalid_keys=lambda c: ["Fresh:%s" % c.id], stale=False)
        def fresh(id):
            return {"fresh": id}

    def define_nodes(self):
        from cacheme import nodes

        class ReaderNode(nodes.InvalidNode):
            id = nodes.Field()

            def key(self):
                return "Reader:%s" % self.id

        class BookNode(nodes.Node):
            id = nodes.Field()

            def key(self):
                return "Node:%s>detail" % self.id

            def invalid_nodes(self):
                return [ReaderNode(id=self.id), [ReaderNode(id="all")]]

        self.nodes = {"BookNode": BookNode, "ReaderNode": ReaderNode}

        @self.cached(
            key=lambda c: "Node:%s>detail" % c.id,
            tag="BookNode",
            node=lambda c: BookNode(id=c.id),
            node_invalid_keys=lambda c: ["Reader:%s" % c.id, "Reader:all"],
        )
        def node_book(id):
            return {"node": id}

    def elsewhere(self, url):
        """A client of another server, kept."""
        self.others = getattr(self, "others", {})
        if url not in self.others:
            self.others[url] = connect(url)
        return self.others[url]

    def invalidate_tag(self, tag):
        """What an application of this version calls to invalidate a whole tag."""
        known = CacheMe.tags[tag]
        if hasattr(known, "invalid_all"):
            return known.invalid_all()
        return known.objects.invalid()

    def now(self):
        """The library's own idea of the time, which its scores are made of."""
        return CacheMe.utils.get_epoch()
