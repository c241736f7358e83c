#!/usr/bin/env python3
"""How many instructions a plain call takes in all of Purser's process: `benches/instructions.py`.

The clock of a shared machine says little about a change of a hundredth; instructions are the same on a busy day. Serves
with the release binary under valgrind's callgrind, drives it, and counts from a moment when it has warmed up to one when
the last charges are in the files. With `--against BINARY` (an older Purser's) both are measured in turn, and the run
fails when the newer one takes more than `--growth` hundredths above the older.
"""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import build
import machine
import purser
from machine import eventually
from targets import Target

BODIES = {"2 kB": 2_000, "60 kB": 60_000}
WARM_UP = 6  # seconds
BOOKED_WITHIN = 1.5  # seconds after which the charges of the last call are in the files


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not shutil.which("callgrind_control"):
        sys.exit("valgrind is not here; `apt-get install valgrind` brings it")
    machine.LONGEST_START = 180  # a program under valgrind takes its time
    tools = build.tools(["nginx"])
    grew = []
    for name, size in BODIES.items():
        each = counted(tools, tools.purser, size, options)
        line = f"{name}: {each:,.0f} instructions a call"
        if options.against:
            before = counted(tools, Path(options.against).absolute(), size, options)
            growth = each / before - 1
            line += f"; {before:,.0f} before: {growth:+.1%}"
            if growth > options.growth / 100:
                grew.append(name)
        print(line, flush=True)
    for name in grew:
        print(f"MISSED: {name} grew by more than {options.growth:g} in a hundred")
    return bool(grew)


def counted(tools: build.Tools, binary: Path, size: int, options: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory(prefix="purser-instructions-") as folder:
        folder = Path(folder)
        target = served(tools, binary, folder, options.people)
        try:
            drive(tools, target, size, WARM_UP)
            before = target.standin.totals()["completed"]
            control(target, "--zero")
            drive(tools, target, size, options.seconds)
            time.sleep(BOOKED_WITHIN)
            calls = target.standin.totals()["completed"] - before
            control(target, "--dump")
            dump = eventually(lambda: next(folder.glob("counts.[0-9]*"), None), "callgrind's counts", 30)
            return eventually(lambda: total(dump), "callgrind's total", 30) / calls
        finally:
            target.stop()


def served(tools: build.Tools, binary: Path, folder: Path, people: int) -> Target:
    """Purser under callgrind; its other commands run as they are."""
    wrapper = folder / "purser-counted"
    counting = f"exec valgrind --quiet --tool=callgrind --callgrind-out-file={folder}/counts {binary} \"$@\""
    wrapper.write_text(f'#!/bin/sh\nif [ "$1" = serve ]; then {counting}; fi\nexec {binary} "$@"\n')
    wrapper.chmod(0o755)
    counted_tools = build.Tools(tools.standin, tools.driver, wrapper, None)
    try:
        return purser.start_purser(counted_tools, folder, people)
    except RuntimeError as why:
        if "not a known field" not in str(why):
            raise
        # Older than the breakers, which the benchmark lets trip later.
        shutil.rmtree(folder / "purser", ignore_errors=True)
        return purser.start_purser(counted_tools, folder, people, settings="")


def drive(tools: build.Tools, target: Target, size: int, seconds: float) -> None:
    command = [tools.driver, "--target", target.address, "--keys", target.keys, "--seconds", f"{seconds:g}"]
    done = subprocess.run([*command, "--connections", "4", "--body-bytes", str(size)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the driver failed: {done.stderr}")


def control(target: Target, what: str) -> None:
    subprocess.run(["callgrind_control", what, str(target.process.child.pid)], check=True, capture_output=True)


def total(dump: Path) -> int | None:
    found = re.search(r"^(?:totals|summary): (\d+)$", dump.read_text(errors="replace"), re.MULTILINE)
    return int(found[1]) if found else None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", help="an older release binary to compare with")
    parser.add_argument("--growth", type=float, default=5, help="the most growth, in hundredths [%(default)s]")
    parser.add_argument("--people", type=int, default=50, help="people who call in turn [%(default)s]")
    parser.add_argument("--seconds", type=float, default=15, help="seconds to drive each [%(default)s]")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
