"""Real clients through Purser to stand-ins that nobody here wrote: `python3 tests/clients/run.py`.

Installs what it needs (see install.py), starts everything on free loopback ports, runs the cases one after another and
ends everything it started. `--only TEXT` runs the cases whose name contains the text, and counts the others as skipped.
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

import case_agents
import case_books
import case_buckets
import case_local_model
import case_loops
import case_observed
import case_refusals
import case_sdks
from install import install
from rig import Failed, Rig

FAMILIES = (case_sdks, case_buckets, case_agents, case_refusals, case_loops, case_local_model, case_observed, case_books)
CASES = {name: case for family in FAMILIES for name, case in family.CASES.items()}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", metavar="TEXT", help="run the cases whose name contains this")
    arguments.add_argument("--list", action="store_true", help="print the names of the cases")
    options = arguments.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    chosen = {name: case for name, case in CASES.items() if options.only in name}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="purser-clients-") as folder:
        rig = Rig(install(), Path(folder))
        print(f"ready in {time.monotonic() - begun:.1f} s", flush=True)
        try:
            failed = [name for name, case in chosen.items() if not passes(rig, name, case)]
            if failed:
                print(rig.logs())
        finally:
            rig.stop()
    print(f"{time.monotonic() - begun:.1f} s in all")
    for name in failed:
        print(f"failed: {name}")
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed, {len(CASES) - len(chosen)} skipped")
    return 1 if failed or not chosen else 0


def passes(rig: Rig, name: str, case) -> bool:
    """Runs one case and prints its line."""
    begun, complaint = time.monotonic(), ""
    try:
        remark = case(rig)
    except Failed as failure:
        complaint = str(failure)
    except Exception:
        complaint = traceback.format_exc()
    seconds = time.monotonic() - begun
    print(
        f"{'FAIL' if complaint else 'ok'}  {seconds:6.2f} s  {name}" + ("" if complaint else f"  ({remark})"),
        flush=True,
    )
    if complaint:
        print(complaint)
    return not complaint


if __name__ == "__main__":
    sys.exit(main())
