"""Resident memory: at rest, with many people, under load, over an hour."""

import re
import time
from pathlib import Path
from statistics import median

from bars import Bars
from companies import Serving, finished
from machine import status_kib

IDLE_MIB = 40
MANY_MIB = 200
# What an hour may add to the memory of its first minutes.
GROWTH_PART = 0.05
WARM_MINUTES = 10


def measure(bench, bars: Bars) -> None:
    bars.weather("memory")
    with closing(bench, bench.few, 0) as serving:
        time.sleep(2)
        bars.at_most("idle, 1,000 people", resident(serving), IDLE_MIB, "MiB")
        keys = serving.key_file(serving.company.keys)
        seen = serving.drive(keys, 20, "--connections", 64)
        bars.tell("full load, 1,000 people", f"{seen['per_second']:,.0f} answers/s")
        bars.at_most("  peak", peak(serving), 100, "MiB")
        time.sleep(5)
        bars.tell("  afterwards", f"{resident(serving):.0f} MiB; {parts(serving)}")
        complain(seen)
    with closing(bench, bench.many, 0) as serving:
        time.sleep(2)
        bars.at_most(f"{bench.many:,} people, at rest", resident(serving), MANY_MIB, "MiB")
        bars.tell("  peak of the start", f"{peak(serving):.0f} MiB")
        seen, calls = call_everybody(serving)
        complain(seen)
        bars.at_most(f"{bench.many:,} people, each has called ({calls:,} calls)", resident(serving), MANY_MIB, "MiB")
        bars.tell("  peak", f"{peak(serving):.0f} MiB; {parts(serving)}")


def call_everybody(serving: Serving) -> tuple[dict, int]:
    """Drives until every key was used."""
    keys, connections = serving.company.keys, 64
    count, calls = len(keys), 0
    file = serving.key_file(keys)
    # The driver's connections begin at these keys and go on one by one.
    begins = sorted({place * 7_919 % count for place in range(connections)})
    gaps = [(after - before - 1) % count + 1 for before, after in zip(begins, begins[1:] + begins[:1])]
    seconds = 10.0
    while True:
        seen = serving.drive(file, seconds, "--connections", connections, "--warmup-seconds", 0)
        calls += seen["requests_sent"]
        each = seen["requests_sent"] / connections
        if each >= max(gaps) * 1.2 or seen["errors"]:
            return seen, calls
        seconds = min(seconds * max(gaps) * 1.4 / max(each, 1), 600)


def measure_minutes(bench, bars: Bars, minutes: float) -> None:
    """A fixed rate, every fifth request a stream."""
    rate = bench.options.rate
    bars.weather(f"{minutes:g} minutes at {rate} requests/s, every fifth a stream, 1,000 of {bench.many:,} people")
    with closing(bench, bench.many, 0) as serving:
        file = serving.key_file(serving.company.keys[: bench.few])
        seconds = minutes * 60
        streams = max(rate // 5, 1)
        runs = [
            serving.driving(file, seconds, "--rate", rate - streams, "--connections", 64),
            serving.driving(file, seconds, "--rate", streams, "--connections", 64, "--stream"),
        ]
        samples, began = [], time.monotonic()
        try:
            while any(run.poll() is None for run in runs):
                now = (time.monotonic() - began) / 60
                samples.append((now, resident(serving)))
                bars.tell(f"minute {now:.1f}", f"{samples[-1][1]:.1f} MiB; {parts(serving)}")
                until = began + len(samples) * min(60.0, seconds / 10)
                while time.monotonic() < until and any(run.poll() is None for run in runs):
                    time.sleep(0.5)
        finally:
            for run in runs:
                if run.poll() is None:
                    run.kill()
        for what, run in zip(("plain", "streams"), runs):
            seen = finished(run)
            latency = seen["latency_us"]
            bars.tell(what, f"{seen['requests']:,} answers, {seen['errors'] + seen['broken']} bad, "
                            f"p50 {latency['p50'] / 1e3:.1f} ms, p99 {latency['p99'] / 1e3:.1f} ms")
            complain(seen)
        bars.at_most("highest of it all", peak(serving), MANY_MIB, "MiB")
        warm = [size for minute, size in samples if minute >= min(WARM_MINUTES, minutes / 3)]
        third = max(len(warm) // 3, 1)
        grown = median(warm[-third:]) / median(warm[:third]) - 1
        bars.at_most("growth from the first third after warming up to the last", grown * 100, GROWTH_PART * 100, "%")


class closing:
    """A company of that size being served, for a while."""

    def __init__(self, bench, people: int, entries: int, unkept: int = 0):
        self.bench, self.company = bench, bench.company(people, entries, unkept)

    def __enter__(self) -> Serving:
        self.serving = self.bench.serving(self.company)
        return self.serving

    def __exit__(self, *_) -> None:
        self.serving.stop()
        self.bench.forget(self.company)


def resident(serving: Serving) -> float:
    return status_kib(serving.pid, "VmRSS") / 1024


def peak(serving: Serving) -> float:
    return status_kib(serving.pid, "VmHWM") / 1024


def parts(serving: Serving) -> str:
    """Where it is: the heap, what threads' own arenas hold, and what is mapped from files."""
    sizes: dict[str, int] = {}
    kind = ""
    for line in Path(f"/proc/{serving.pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-", line):
            name = line.split(maxsplit=5)[5].strip() if len(line.split(maxsplit=5)) > 5 else ""
            kind = "heap" if name == "[heap]" else "files" if name.startswith("/") else "other"
        elif line.startswith("Rss:"):
            sizes[kind] = sizes.get(kind, 0) + int(line.split()[1])
    return ", ".join(f"{name} {sizes.get(name, 0) / 1024:.1f}" for name in ("heap", "other", "files"))


def complain(seen: dict) -> None:
    bad = seen["errors"] + seen["broken"]
    if bad:
        raise RuntimeError(f"{bad} of {seen['requests']} answers bad, the last: {seen['last_error']}")
