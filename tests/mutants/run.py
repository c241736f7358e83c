#!/usr/bin/env python3
"""Puts small bugs into the code that counts money, one at a time, and tells how many the tests notice.

    python3 tests/mutants/run.py                     # all of it; fails where a crate has under 90 % killed
    python3 tests/mutants/run.py --package core      # only purser-core (or: ledger)
    python3 tests/mutants/run.py --shard 2/8         # an eighth of it
    python3 tests/mutants/run.py --file crates/core/src/period.rs
    python3 tests/mutants/run.py --again             # what survived the last run, after tests were written

What is mutated, and how, is in `gamma.toml` beside this file. cargo-gamma compiles all mutants of a crate at once, each
behind a switch, and runs the crate's own tests once per mutant, those first that reach it: seconds instead of a build
per mutant. It is installed here at a pinned version, and run at the lowest priority, one mutant at a time. What
survives is listed, and kept as a page under target/mutants/.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VERSION = "0.4.0"
KILLED_MIN = 90.0
PACKAGES = ("core", "ledger")
# A twentieth of the random cases is enough to notice a bug that is always there; every order of steps takes minutes.
ENVIRONMENT = {"PURSER_CASES": "5000", "CARGO_PROFILE_DEV_OPT_LEVEL": "1", "RUST_BACKTRACE": "0", "CARGO_INCREMENTAL": "0"}
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


def run(gamma: Path, package: str, args: argparse.Namespace) -> bool:
    """One crate against its own tests. Everything is printed by the tool: how many were killed, and what survived."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
    command = [gamma, "gamma", "run", "--config", HERE / "gamma.toml", "--package", f"purser-{package}", "--jobs", "1"]
    command += ["--artifact-dir", target / "mutants" / package, "--minimum-test-timeout", "10", "--memory", "off"]
    if args.shard:
        part, parts = args.shard.split("/")
        command += ["--shard-count", parts, "--shard-index", str(int(part) - 1)]
    for file in args.file:
        command += ["--re", f"^{re.escape(file)}:"]
    # A part, or what survived once, has no score to hold it to.
    command += ["--only-survivors"] if args.again else []
    command += [] if args.again or args.file or args.shard else ["--min-score", str(KILLED_MIN)]
    # The tool does not know that some tests need a part of the time only.
    command += ["--", *SKIPPED]
    environment = {**os.environ, **ENVIRONMENT, "CARGO_TARGET_DIR": str(target / "mutants" / "build")}
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", choices=PACKAGES, help="only this one")
    parser.add_argument("--file", action="append", default=[], help="only mutants in this file; may be repeated")
    parser.add_argument("--shard", metavar="K/N", help="the K-th of N parts, from 1")
    parser.add_argument("--again", action="store_true", help="only what survived the last run")
    args = parser.parse_args()
    quietly()
    gamma = tool()
    packages = [args.package] if args.package else PACKAGES
    failed = [package for package in packages if not run(gamma, package, args)]
    for package in failed:
        print(f"purser-{package}: under {KILLED_MIN:.0f} % killed, or not finished; see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
