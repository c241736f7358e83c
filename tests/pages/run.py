#!/usr/bin/env python3
"""The pages in a real browser: journeys, barriers (axe) and screenshots of every page in both themes and at 320 px.

`./test pages` makes a demo company, serves it, and drives Debian's Chromium over it. Needs the release binary (or another,
named in PURSER_BIN). Screenshots go to `target/pages/`. `--only ROLE` looks at one role's pages, `--data DIR` takes a company
that is there, `--months N` makes a shorter one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "clients")]

import install  # noqa: E402
from processes import Server, free_port, plain_environment  # noqa: E402

BINARY = Path(os.environ.get("PURSER_BIN") or REPOSITORY / "target" / "release" / "purser").absolute()
LONGEST = 1200  # seconds


def browser() -> str:
    """Debian's Chromium, installed where it is missing."""
    if not (found := shutil.which("chromium")):
        print("installing chromium", file=sys.stderr)
        quiet = plain_environment(DEBIAN_FRONTEND="noninteractive")
        for step in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(step, env=quiet, capture_output=True, text=True, timeout=LONGEST)
            if done.returncode:
                raise SystemExit(f"{' '.join(step)} failed, which these tests need:\n{done.stderr[-2000:]}")
        found = shutil.which("chromium") or sys.exit("there is still no chromium on the PATH")
    return found


def modules() -> Path:
    """What drives it, installed when its pins changed."""
    cache = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")
    cache.mkdir(parents=True, exist_ok=True)
    pins = [HERE / "pins" / "package.json", HERE / "pins" / "package-lock.json"]

    def build(folder: Path) -> None:
        for pin in pins:
            shutil.copy(pin, folder)
        install.quietly("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)

    with install.alone_in(cache):
        return install.ensure(cache, "pages", [str(pin) for pin in pins], build) / "node_modules"


def purser(*arguments):
    done = subprocess.run(
        [str(part) for part in (BINARY, "--json", *arguments)],
        env=plain_environment(HOME="/nonexistent"), capture_output=True, text=True, timeout=LONGEST,
    )
    if done.returncode:
        raise SystemExit(f"purser {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def ids(config: Path) -> dict[str, str]:
    """What addresses in `pages.json` and journeys are about: things of the employee."""
    people = purser("person", "list", "--config", config)
    person = next(person["id"] for person in people if person["name"] == "Person 7")
    grants = purser("grant", "list", person, "--config", config)
    return {"person": person, "grant": grants[0]["id"]}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", action="append", help="only this role's pages, and no journeys")
    asked.add_argument("--data", type=Path, help="a demo company that is there already")
    asked.add_argument("--months", type=int, default=14)
    wanted = asked.parse_args()
    node = shutil.which("node") or sys.exit("these tests need Node.js 20 or later on the PATH")
    settings = {"chromium": browser(), "modules": str(modules())}
    shots = REPOSITORY / "target" / "pages"
    shutil.rmtree(shots, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = wanted.data.absolute() if wanted.data else folder / "company"
        if not wanted.data:
            purser("demo", "company", "--data", data, "--months", wanted.months)
        mark = json.loads((data / "demo.json").read_text())
        port, config = free_port(), folder / "purser.toml"
        config.write_text(
            f'data = "{data}"\n[listen]\ngateway = "127.0.0.1:{free_port()}"\ncontrol = "127.0.0.1:{port}"\n'
        )
        served = Server("purser", [BINARY, "serve", "--config", config], port, folder / "log", health="/healthz")
        try:
            settings |= {
                "url": served.url,
                "logins": mark["logins"],
                "ids": ids(config),
                "pages": json.loads((HERE / "pages.json").read_text()),
                "shots": str(shots),
                "only": wanted.only,
            }
            (folder / "settings.json").write_text(json.dumps(settings))
            done = subprocess.run(
                [node, HERE / "browse.mjs", folder / "settings.json"], env=plain_environment(HOME=temporary),
                timeout=LONGEST,
            )
        finally:
            served.stop()
        log = (folder / "log").read_text()
        if done.returncode or " ERROR " in log or "panicked" in log:
            raise SystemExit(f"the pages are not as they should be\n{log[-2000:]}")
    print(f"screenshots: {shots}")


if __name__ == "__main__":
    main()
