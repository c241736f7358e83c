#!/usr/bin/env python3
"""Runs the ledger under a checker of schedules, then the same with bugs put in on purpose, which it must find.

    python3 tests/schedules/run.py                    # 500 schedules a case and journal, and every seeded bug
    python3 tests/schedules/run.py --schedules 20000  # a long run
    python3 tests/schedules/run.py --bug NAME         # only that bug; prints what the checker says

The sources are the ledger's own, laid into a folder under target/ with `sync.rs` of this folder in the place of theirs:
locks, rings, counters and threads are then shuttle's, which decides at each of them who goes on.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STAGE = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "schedules"

# Each is a way to lose a wake-up, or to say too early that something is safe, that somebody could write one day.
# (file, what stands there, what stands there with the bug)
BUGS = {
    "the bell for the disk is rung without the lock": (
        "core.rs",
        "            let _desk = self.desk.lock();\n            self.bell.notify_one();",
        "            self.bell.notify_one();",
    ),
    "whoever waits looks before subscribing, not after": (
        "progress.rs",
        "        let mut changed = mark.changed.subscribe();\n        loop {\n            if mark.get() >= lsn {\n                return Ok(());\n            }",
        "        let reached = mark.get();\n        let mut changed = mark.changed.subscribe();\n        loop {\n            if reached >= lsn || changed.has_changed().is_ok_and(|is| is) && mark.get() >= lsn {\n                return Ok(());\n            }",
    ),
    "a stop wakes nobody": ("progress.rs", "            self.durable.changed.send_replace(());\n        }\n    }\n\n    pub(crate) fn stopped", "        }\n    }\n\n    pub(crate) fn stopped"),
    "the end rings no bell": ("core.rs", "        self.desk.lock().closing = true;\n        self.bell.notify_one();", "        self.desk.lock().closing = true;"),
    "a committer at rest is not told of a record": ("core.rs", "            self.bell.notify_one();\n        }\n        Ok(lsn)", "        }\n        Ok(lsn)"),
    "a record is called durable before the sync": (
        "committer.rs",
        "        if let Err(error) = self.journal.sync() {",
        "        if let Some(last) = self.unsynced.last() {\n            self.core.progress.set_durable(last.last_lsn());\n        }\n        if let Err(error) = self.journal.sync() {",
    ),
    "records queued during a sync count as synced": (
        "committer.rs",
        "        if let Some(last) = self.unsynced.last() {\n            self.core.progress.set_durable(last.last_lsn());\n        }",
        "        let last = self.core.desk.lock().state.lsn();\n        self.core.progress.set_durable(last);",
    ),
}


def stage(bug: str | None) -> Path:
    """The package with the ledger's sources, as they are or with a bug."""
    package = STAGE / "package"
    sources = package / "src"
    wanted = {path.relative_to(ROOT / "crates/ledger/src"): path.read_text() for path in sorted((ROOT / "crates/ledger/src").rglob("*.rs"))}
    wanted[Path("sync.rs")] = (HERE / "sync.rs").read_text()
    if bug is not None:
        file, good, bad = BUGS[bug]
        text = wanted[Path(file)]
        if text.count(good) != 1:
            sys.exit(f"the place of the bug '{bug}' is not in {file} any more; put it where its like could stand now")
        wanted[Path(file)] = text.replace(good, bad)
    for path in sources.rglob("*.rs"):
        if path.relative_to(sources) not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    (package / "tests").mkdir(exist_ok=True)
    shutil.copyfile(HERE / "tests/schedules.rs", package / "tests/schedules.rs")
    shutil.copyfile(HERE / "Cargo.lock", package / "Cargo.lock")
    manifest = (HERE / "Cargo.toml").read_text()
    (package / "Cargo.toml").write_text(manifest.replace('"../../crates/', f'"{ROOT}/crates/'))
    return package


def run(package: Path, schedules: int) -> subprocess.CompletedProcess:
    """Builds, which must succeed, and runs all cases. A seeded bug may leave threads waiting, so there is a limit."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(STAGE / "target"), "SCHEDULES": str(schedules), "RUST_BACKTRACE": "0"}
    command = ["cargo", "test", "--quiet", "--locked", "--test", "schedules"]
    subprocess.run([*command, "--no-run"], cwd=package, env=environment, check=True, stderr=subprocess.STDOUT)
    return subprocess.run([*command, "--", "--test-threads=1"], cwd=package, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=500, help="how many for each case and kind of journal")
    parser.add_argument("--bug", choices=BUGS, help="only this seeded bug, with what the checker says")
    args = parser.parse_args()
    if args.bug:
        print(run(stage(args.bug), args.schedules).stdout)
        return 0
    plain = run(stage(None), args.schedules)
    if plain.returncode:
        print(plain.stdout)
        return 1
    missed = []
    for bug in BUGS:
        found = run(stage(bug), args.schedules)
        failed = sorted({line.split()[0] for line in found.stdout.splitlines() if line.endswith("--- FAILED")})
        print(f"{bug}: {'found by ' + ', '.join(failed) if found.returncode else 'NOT FOUND'}")
        if not found.returncode:
            missed.append(bug)
    print(f"{args.schedules} schedules a case and kind of journal, {len(BUGS) - len(missed)} of {len(BUGS)} seeded bugs found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
