#!/usr/bin/env python3
"""Puts small bugs into the code that counts money, one at a time, and tells how many the tests notice.

    python3 tests/mutants/run.py                     # all of it; fails where a crate has under 90 % noticed
    python3 tests/mutants/run.py --package core      # only purser-core (or: ledger)
    python3 tests/mutants/run.py --shard 2/8         # an eighth of it
    python3 tests/mutants/run.py --file crates/core/src/period.rs
    python3 tests/mutants/run.py --again             # what survived so far or is not judged yet
    python3 tests/mutants/run.py --score             # judges nothing: what is known

What is mutated, and how, is in `gamma.toml` beside this file. cargo-gamma compiles all mutants of a crate at once, each
behind a switch, and runs the crate's own tests once per mutant, those first that reach it: milliseconds instead of a
build per mutant. It is installed here at a pinned version, and run at the lowest priority, one mutant at a time.

Verdicts are kept under target/mutants/, also of a run that is stopped in the middle, and hold until the mutated code
changes. A mutant that makes the tests hang is noticed, and counts as such. Mutants that change nothing anybody could
notice are in `equivalent.txt`, each group with the reason, and do not count.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import verdicts

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VERSION = "0.4.0"
NOTICED_MIN = 90.0
PACKAGES = ("core", "ledger")
ENVIRONMENT = {
    # A fortieth of the random cases is enough to notice a bug that is always there, and the same ones each time, so
    # that a verdict does not depend on luck. Nobody looks for the smallest failing case of a mutant.
    "PURSER_CASES": "2500",
    "PROPTEST_RNG_SEED": "1",
    "PROPTEST_MAX_SHRINK_ITERS": "0",
    # What is built is run thousands of times, and not looked at in a debugger.
    "CARGO_PROFILE_DEV_OPT_LEVEL": "1",
    "CARGO_PROFILE_DEV_DEBUG": "none",
    "CARGO_INCREMENTAL": "0",
    "RUST_BACKTRACE": "0",
}
# Every order of steps takes minutes.
SKIPPED = ["--skip", "interleavings"]


def cache() -> Path:
    return Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")


def tool() -> Path:
    """The tool at the pinned version, installed on first use."""
    home = cache() / f"cargo-gamma-{VERSION}"
    binary = home / "bin" / "cargo-gamma"
    if not binary.exists():
        print(f"installing cargo-gamma {VERSION}", file=sys.stderr)
        subprocess.run(["cargo", "install", "cargo-gamma", "--version", VERSION, "--locked", "--quiet", "--root", home], check=True)
    return binary


def quietly() -> None:
    """Everybody else first."""
    os.nice(19)
    try:
        Path("/proc/self/autogroup").write_text("19")
    except OSError:
        pass  # where the kernel has no such groups, being nice is enough


class Crate:
    """A package and what is known of its mutants."""

    def __init__(self, gamma: Path, package: str):
        self.gamma = gamma
        self.package = package
        self.target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "mutants"
        self.known = verdicts.Verdicts(self.target / package / "verdicts.json")
        self.environment = {**os.environ, **ENVIRONMENT, "CARGO_TARGET_DIR": str(self.target / "build")}
        self.selection = ["--config", HERE / "gamma.toml", "--package", f"purser-{package}"]

    def population(self) -> list[dict]:
        """All mutants there are."""
        command = [self.gamma, "gamma", "list", "mutants", *self.selection, "--json"]
        return json.loads(subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE).stdout)

    def run(self, args: argparse.Namespace) -> None:
        """Judges what was asked for. The tool prints what survives."""
        population = self.population()
        artifacts = self.target / self.package
        report = artifacts / "gamma-report.json"
        report.unlink(missing_ok=True)
        command = [self.gamma, "gamma", "run", *self.selection, "--jobs", str(args.jobs), "--artifact-dir", artifacts]
        # Without `--leak-dirs` a red baseline throws away all that was compiled.
        command += ["--minimum-test-timeout", "10", "--memory", "off", "--leak-dirs"]
        if args.shard:
            part, parts = args.shard.split("/")
            command += ["--shard-count", parts, "--shard-index", str(int(part) - 1)]
        for file in args.file:
            command += ["--re", f"^{re.escape(file)}:"]
        if args.again:
            judged = self.judged(population)
            open_ones = judged[verdicts.SURVIVED] + judged[verdicts.UNJUDGED]
            if not open_ones:
                return
            command += [part for mutant in open_ones for part in ("--mutant", mutant["id"])]
        # The tool does not know that some tests need a part of the time only.
        command += ["--", *SKIPPED]
        try:
            subprocess.run(command, cwd=ROOT, env=self.environment)
        except KeyboardInterrupt:
            print("stopped; what was judged is kept")
        if report.exists():
            self.known.learn(verdicts.of_report(report))
        else:
            self.known.learn(verdicts.of_log(self.newest("gamma-progress.log"), population))

    def newest(self, name: str) -> Path | None:
        """The tool keeps a folder for each place that the workspace was ever in."""
        found = self.target.glob(f"build/cargo-gamma/cache/*/{name}")
        return max(found, key=lambda file: file.stat().st_mtime, default=None)

    def judged(self, population: list[dict]) -> dict[str, list[dict]]:
        unbuildable: set[str] = set()
        for file in self.target.glob("build/cargo-gamma/cache/*/compiler-exclusions.json"):
            unbuildable |= json.loads(file.read_text())["mutants"].keys()
        return self.known.judge(population, unbuildable, verdicts.equivalent(HERE / "equivalent.txt"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", choices=PACKAGES, help="only this one")
    parser.add_argument("--file", action="append", default=[], help="only mutants in this file; may be repeated")
    parser.add_argument("--shard", metavar="K/N", help="the K-th of N parts, from 1")
    parser.add_argument("--again", action="store_true", help="only what survived so far or is not judged yet")
    parser.add_argument("--score", action="store_true", help="judge nothing, tell what is known")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at the same time")
    args = parser.parse_args()
    quietly()
    gamma = tool()
    failed = False
    for package in [args.package] if args.package else PACKAGES:
        crate = Crate(gamma, package)
        if not args.score:
            crate.run(args)
        judged = crate.judged(crate.population())
        print(f"purser-{package}: {verdicts.table(judged)}\n{verdicts.by_file(judged)}")
        for mutant in judged[verdicts.SURVIVED]:
            print(f"  {mutant['line']:4} {verdicts.name(mutant)}")
        # A part has no score to hold it to.
        is_part = args.again or args.file or args.shard or args.score
        failed |= not is_part and bool(judged[verdicts.UNJUDGED])
        failed |= not args.file and not args.shard and verdicts.score(judged) < NOTICED_MIN
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
