"""What a call costs in a small and in a large company, with a short and a long past; and a person's first call of a day."""

import re
import shutil
import subprocess
import time
from pathlib import Path
from statistics import mean, median

from bars import Bars
from companies import UNKEPT, Caller

RATE = 500
SECONDS = 4
# Alternating rounds on a shared machine don't agree any better than this.
RATIO_P50 = 1.1
RATIO_P99 = 1.25
# Rounds in which the small company's latency changed by more than this part say nothing about latency.
DISTURBED = 0.25
FIRST_SYNCS = 2
FIRST_CALLS = 60
QUIET_S = 0.02


def measure(bench, bars: Bars) -> None:
    bars.weather(f"cost of a call: {RATE} a second by 1,000 people, {bench.options.rounds} alternating rounds")
    sizes = {
        "1,000 people, no past": (bench.few, 0),
        f"{bench.many:,} people, no past": (bench.many, 0),
        f"{bench.many:,} people, {bench.options.entries:,} entries": (bench.many, bench.options.entries),
    }
    servings = {}
    companies = []
    try:
        for name, (people, entries) in sizes.items():
            companies.append(bench.company(people, entries, min(UNKEPT, entries)))
            servings[name] = bench.serving(companies[-1])
        files = {name: serving.key_file(serving.company.keys[: bench.few]) for name, serving in servings.items()}
        for name, serving in servings.items():
            # Everybody's first call of the day is measured apart.
            serving.drive(files[name], 6, "--connections", 64)
        small, *others = servings
        rounds = [taken(servings, files, small, others, number) for number in range(bench.options.rounds)]
        for name in servings:
            figures = {part: median(figures[name][part] for figures, _ in rounds) for part in ("p50", "p99", "cpu")}
            bars.tell(name, f"p50 {figures['p50']:.0f} us, p99 {figures['p99']:.0f} us, "
                            f"{figures['cpu']:.0f} us of processor time a call")
        calm = [figures for figures, apart in rounds if apart <= DISTURBED]
        bars.tell("calm rounds", f"{len(calm)} of {len(rounds)}{'' if calm else ': latency can not be judged'}")
        for name in others:
            ratio(bars, "processor time a call", name, small, [figures for figures, _ in rounds], "cpu", RATIO_P50)
            if calm:
                ratio(bars, "p50", name, small, calm, "p50", RATIO_P50)
                ratio(bars, "p99", name, small, calm, "p99", RATIO_P99)
    finally:
        for serving in servings.values():
            serving.stop()
        for company in companies:
            bench.forget(company)


def taken(servings: dict, files: dict, small: str, others: list[str], number: int) -> tuple[dict, float]:
    """A round: the small company before and after the others, whose order changes. Also how far its two are apart."""
    before = one(servings[small], files[small])
    order = others if number % 2 == 0 else others[::-1]
    figures = {name: one(servings[name], files[name]) for name in order}
    after = one(servings[small], files[small])
    figures[small] = {part: (before[part] + after[part]) / 2 for part in before}
    return figures, abs(before["p50"] - after["p50"]) / max(before["p50"], after["p50"])


def ratio(bars: Bars, what: str, name: str, small: str, rounds: list[dict], part: str, bar: float) -> None:
    ratios = [figures[name][part] / figures[small][part] for figures in rounds]
    bars.at_most(f"{what}: {name} / {small}", median(ratios), bar, "")


def one(serving, keys) -> dict[str, float]:
    before = serving.process.cpu_seconds()
    seen = serving.drive(keys, SECONDS, "--rate", RATE, "--connections", 64)
    if seen["errors"] + seen["broken"]:
        raise RuntimeError(f"bad answers, the last: {seen['last_error']}")
    cpu = (serving.process.cpu_seconds() - before) / seen["requests_sent"] * 1e6
    return {"p50": seen["latency_us"]["p50"], "p99": seen["latency_us"]["p99"], "cpu": cpu}


def measure_first(bench, bars: Bars) -> None:
    """In time, and where `strace` is there in syncs that end while the call waits, which a busy machine does not blur."""
    bars.weather(f"a person's first call of the day, {bench.many:,} people")
    company = bench.company(bench.many, 0)
    serving = bench.serving(company)
    try:
        caller = Caller(serving.port, company.keys[0])
        for key in company.keys[:5]:
            caller.call(key)
        syncs = Syncs(serving.pid, bench.scratch / "syncs")
        spans = []
        more, first, later = [], [], []
        for key in company.keys[100 : 100 + FIRST_CALLS]:
            times, began = [], []
            for _ in range(4):
                began.append(time.time())
                times.append(caller.call(key))
                # Until what the call left to be synced is.
                time.sleep(QUIET_S)
            spans.append([(start, start + took) for start, took in zip(began, times)])
            first.append(times[0])
            later.append(median(times[1:]))
            more.append((times[0] - later[-1]) / bars.raw_sync())
        ends = syncs.ends()
        bars.tell("first call, the others", f"{median(first) * 1e3:.1f} ms, {median(later) * 1e3:.1f} ms")
        if ends is None:
            bars.at_most("a first call takes longer by", median(more), FIRST_SYNCS, "raw syncs")
            return
        bars.tell("a first call takes longer by", f"{median(more):.1f} raw syncs, `strace` attached")
        waited = [[sum(start <= end <= stop for end in ends) for start, stop in calls] for calls in spans]
        over = [calls[0] - median(calls[1:]) for calls in waited]
        bars.at_most("syncs that a first call waits for more than others, mean", mean(over), FIRST_SYNCS, "")
        bars.at_most("  the most of one call", max(over), FIRST_SYNCS + 1, "")
    finally:
        serving.stop()
        bench.forget(company)


class Syncs:
    """When a process's syncs end, as `strace` sees them."""

    def __init__(self, pid: int, file: Path):
        self.file, self.tracer = file, None
        if shutil.which("strace"):
            command = ["strace", "-f", "-ttt", "-T", "-e", "trace=fdatasync", "-o", file, "-p", str(pid)]
            self.tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(1)

    def ends(self) -> list[float] | None:
        """`None`: nobody looked."""
        if not self.tracer:
            return None
        refused = self.tracer.poll() is not None
        self.tracer.terminate()
        self.tracer.wait()
        if refused:
            return None
        ends = []
        for line in self.file.read_text().splitlines():
            _pid, at, call = line.split(maxsplit=2)
            if "resumed" in call:
                ends.append(float(at))
            elif took := re.search(r"<([0-9.]+)>$", call):
                ends.append(float(at) + float(took[1]))
        return ends
