#!/usr/bin/env python3
"""Every unit and integration test of the workspace, as `cargo test --workspace` runs them, but two programs at a time.

    python3 tests/unit/run.py

Cargo runs one test program after the other; many of ours wait for a disk, a socket or a clock by hand, so that a third of
two cores had nothing to do. A program's output is printed when it fails. Examples in comments come last, by cargo.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARGO = os.environ.get("CARGO", "cargo")
LONGEST = 1_800  # seconds, for one program on a busy machine


@dataclass(frozen=True)
class Program:
    """A program with tests, and the folder of its package, where cargo would start it."""

    path: Path
    package: Path
    kind: str

    @property
    def name(self) -> str:
        return f"{self.package.name} {self.kind}"


def cargo(*arguments: str) -> list[str]:
    return [CARGO, "test", "--workspace", "--locked", "-q", *arguments]


def built() -> list[Program]:
    done = subprocess.run(
        cargo("--no-run", "--message-format=json-render-diagnostics"), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    programs = [
        Program(Path(said["executable"]), Path(said["manifest_path"]).parent, said["target"]["name"])
        for said in messages
        if said["reason"] == "compiler-artifact" and said["profile"]["test"] and said["executable"]
    ]
    if not programs:
        raise SystemExit("cargo built no program with tests")
    # The long ones first, so that the last to end is a short one: those that put whole parts together.
    return sorted(programs, key=lambda program: (program.kind != "it", program.name))


def run(program: Program) -> bool:
    began = time.monotonic()
    environment = os.environ | {"CARGO_MANIFEST_DIR": str(program.package)}
    done = subprocess.run(
        [program.path], cwd=program.package, env=environment, capture_output=True, text=True, errors="replace", timeout=LONGEST
    )
    said = next((line for line in done.stdout.splitlines() if line.startswith("test result:")), "no result")
    if done.returncode:
        print(f"{done.stdout}\n{done.stderr}", file=sys.stderr)
    print(f"{program.name:<28} {time.monotonic() - began:5.0f} s  {said.removeprefix('test result: ')}", flush=True)
    return done.returncode == 0


def main() -> int:
    with ThreadPoolExecutor(2) as pool:
        good = list(pool.map(run, built()))
    subprocess.run(cargo("--doc"), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"{sum(good)} programs passed, {len(good) - sum(good)} failed")
    return not all(good)


if __name__ == "__main__":
    sys.exit(main())
