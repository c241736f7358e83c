"""Rounds: every load on every target, side by side in time, with a check that the machine was calm."""

import sys
from pathlib import Path

from loads import Load, Sample, sample
from targets import Target

Round = dict[str, Sample]


class Bench:
    """Measures. The first target is the direct one."""

    def __init__(self, driver: Path, targets: list[Target], seconds: float, tries: int, disturbed: float):
        self.driver, self.seconds, self.tries, self.disturbed = driver, seconds, tries, disturbed
        self.direct, self.proxies = targets[0], targets[1:]
        self.complaints: list[str] = []

    def run(self, loads: list[Load], rounds: int) -> dict[str, list[Round]]:
        """Samples by load, then round, then target."""
        results: dict[str, list[Round]] = {load.name: [] for load in loads}
        for number in range(rounds):
            for load in loads:
                taken = self._calm_round(load, number)
                if taken:
                    results[load.name].append(taken)
        for load in loads:
            if len(results[load.name]) < rounds:
                self._say(f"{load.name}: only {len(results[load.name])} of {rounds} rounds were calm")
        return results

    def _calm_round(self, load: Load, number: int) -> Round | None:
        """One round that counts; `None` when the machine does not come to rest."""
        for attempt in range(self.tries):
            # Who goes first changes, so that no target always follows the same one.
            order = self.proxies if (number + attempt) % 2 == 0 else self.proxies[::-1]
            before = self._sample(load, self.direct)
            taken = {target.name: self._sample(load, target) for target in order}
            after = self._sample(load, self.direct)
            if difference(load, before, after) <= self.disturbed:
                self._say(f"round {number + 1}, {load.name}")
                return taken | {self.direct.name: mean(before, after)}
            self._say(f"round {number + 1}, {load.name}: disturbed, dropped")
        return None

    def _sample(self, load: Load, target: Target) -> Sample:
        taken = sample(self.driver, load, target, self.seconds)
        if taken.complaint:
            self.complaints.append(f"{target.name}, {load.name}: {taken.complaint}")
        return taken

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def difference(load: Load, before: Sample, after: Sample) -> float:
    """How far two direct probes are apart, as a part of the larger: in throughput, or, where that is given, in the usual
    latency. A large one shows that something else was using the machine."""
    pair = [(probe.p50_us if load.rate else probe.per_second) for probe in (before, after)]
    return (max(pair) - min(pair)) / max(*pair, 1e-9)


def mean(one: Sample, other: Sample) -> Sample:
    half = lambda name: (getattr(one, name) + getattr(other, name)) / 2
    return Sample(
        per_second=half("per_second"),
        p50_us=half("p50_us"),
        p99_us=half("p99_us"),
        first_p50_us=half("first_p50_us"),
        first_p99_us=half("first_p99_us"),
        cpu_s_per_10k=half("cpu_s_per_10k"),
        errors=one.errors + other.errors,
        complaint=one.complaint or other.complaint,
    )
