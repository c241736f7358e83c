"""How long until calls are answered: after a start, during a restart; and how fast a journal is verified."""

import resource
import threading
import time

import companies
from bars import Bars
from companies import UNKEPT, Caller
from machine import ticks, TICKS_PER_SECOND

START_S = 5
RESTART_S = 1
VERIFY_PER_S = 500_000
CONNECT_EACH_S = 0.01


def measure_start(bench, bars: Bars) -> None:
    people, entries = bench.many, bench.options.entries
    bars.weather(f"start: {people:,} people, {entries:,} journal entries")
    company = bench.company(people, entries, min(UNKEPT, entries))
    serving = None
    try:
        serving = bench.serving(company)
        told(bars, serving, f"after a kill, {min(UNKEPT, entries):,} entries since the last snapshot", START_S)
        serving.process.stop()
        serving.again()
        told(bars, serving, "after an orderly end", START_S)
        file = serving.key_file(company.keys)
        serving.drive(file, 5, "--connections", 64)
        serving.kill()
        serving.again()
        told(bars, serving, "after a kill under load", START_S)
        serving.process.stop()
        companies.without_shortcuts(company)
        serving.again()
        told(bars, serving, "with every snapshot lost", None)
    finally:
        if serving:
            serving.stop()
        bench.forget(company)


def told(bars: Bars, serving, what: str, bar: float | None) -> None:
    caller = Caller(serving.port, serving.company.keys[0])
    caller.call()
    took = time.monotonic() - serving.began
    caller.close()
    cpu = ticks(serving.pid) / TICKS_PER_SECOND
    if bar:
        bars.at_most(f"{what}, first answer", took, bar, "s")
        bars.tell("  processor time until then", f"{cpu:.2f} s")
    else:
        bars.tell(f"{what}, first answer", f"{took:.2f} s, {cpu:.2f} s of processor time")


def measure_restart(bench, bars: Bars) -> None:
    bars.weather(f"restart: {bench.many:,} people")
    company = bench.company(bench.many, 0)
    serving = bench.serving(company)
    try:
        Caller(serving.port, company.keys[0]).call()
        for number in range(3):
            waits = Waits(serving.port, company.keys[: 100])
            waits.start()
            time.sleep(1)
            restart = serving.restart()
            code = restart.wait(timeout=120)
            time.sleep(1)
            longest, bad = waits.end()
            if code or bad:
                raise RuntimeError(f"the restart ended with {code}; new connections: {bad[:3]}")
            bars.at_most(f"restart {number + 1}: longest wait of a new connection", longest, RESTART_S, "s")
    finally:
        serving.stop()
        bench.forget(company)


class Waits(threading.Thread):
    """Opens a connection each so often, and makes one call on it."""

    def __init__(self, port: int, keys: list[str]):
        super().__init__()
        self.port, self.keys = port, keys
        self.over = threading.Event()
        self.waits: list[float] = []
        self.bad: list[str] = []

    def run(self) -> None:
        calls = []
        number = 0
        while not self.over.wait(CONNECT_EACH_S):
            key = self.keys[number % len(self.keys)]
            number += 1
            calls.append(threading.Thread(target=self._call, args=(key,)))
            calls[-1].start()
        for call in calls:
            call.join()

    def _call(self, key: str) -> None:
        try:
            caller = Caller(self.port, key)
            self.waits.append(caller.call())
            caller.close()
        except (OSError, RuntimeError) as error:
            self.bad.append(repr(error))

    def end(self) -> tuple[float, list[str]]:
        self.over.set()
        self.join()
        return max(self.waits, default=0.0), self.bad


def measure_verify(bench, bars: Bars) -> None:
    people, entries = bench.many, bench.options.entries
    bars.weather(f"verify: {people:,} people, {entries:,} journal entries")
    company = bench.company(people, entries, min(UNKEPT, entries))
    try:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        companies.verify(bench.tools, company)
        took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        bars.at_least("entries verified a second", entries / took, VERIFY_PER_S, "entries/s")
        bars.tell("  in a second of processor time", f"{entries / cpu:,.0f}")
    finally:
        bench.forget(company)
