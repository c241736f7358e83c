#!/usr/bin/env python3
"""The pages in a real browser: journeys, barriers (axe) and screenshots of every page in both themes and at 320 px.

`./test pages` makes a demo company, serves it, and drives Debian's Chromium over it. Needs the release binary (or another,
named in PURSER_BIN). Screenshots go to `target/pages/`. `--only ROLE` looks at one role's pages, `--data DIR` takes a company
that is there, `--months N` makes a shorter one. `--pictures` tests nothing and takes the pictures of README and docs again.
"""

import argparse
import datetime
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "clients")]

import install  # noqa: E402
from processes import Server, eventually, free_port, plain_environment  # noqa: E402

BINARY = Path(os.environ.get("PURSER_BIN") or REPOSITORY / "target" / "release" / "purser").absolute()
STANDIN = Path(os.environ.get("PURSER_STANDIN") or BINARY.parent / "examples" / "standin")
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


def purser(*arguments, codes=(0,)):
    done = subprocess.run(
        [str(part) for part in (BINARY, "--json", *arguments)],
        env=plain_environment(HOME="/nonexistent"), capture_output=True, text=True, timeout=LONGEST,
    )
    if done.returncode not in codes:
        raise SystemExit(f"purser {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def ids(config: Path, gateway: int) -> dict[str, str]:
    """What addresses in `pages.json` and journeys are about: things of the employee, and a request that waits."""
    people = purser("person", "list", "--config", config)
    person = next(person["id"] for person in people if person["name"] == "Person 7")
    grants = purser("grant", "list", person, "--config", config)
    waiting = [top_up for top_up in purser("top-up", "list", "--config", config) if top_up["state"] == "open"]
    at_work(person, config, gateway)
    pools = purser("pool", "list", "--config", config)
    own = lambda: purser("runs", "--person", person, "--config", config)
    runs = eventually(lambda: (found := own()) and len(found) >= 3 and found, "the employee's runs", 30)
    offers = purser("offer", "list", "--config", config)
    # The last of them: those of the history came before.
    state = lambda word: [offer["id"] for offer in offers if offer["state"] == word][-1]
    hired = next(offer["candidate"] for offer in offers if offer["state"] == "accepted" and offer["has_tokens"])
    # The dearest session of the company's months.
    session = max(purser("runs", "--since", "2000-01-01", "--config", config), key=lambda run: Decimal(run["charge"]))["id"]
    alarm = purser("alarm", "list", "--all", "--config", config)[0]["id"]
    entry = purser("audit", "list", "--outcome", "made", "--config", config)[0]["entry"]
    # The last month that is billed is in these two; that ledger and bill differ is what the exit code says.
    until = datetime.datetime.now(datetime.UTC).date().replace(day=1)
    billed = (until - datetime.timedelta(days=32)).replace(day=1)
    differences = purser("bill", "reconcile", "--from", billed, "--to", until, "--config", config, codes=(0, 1))["items"]
    link = purser("offer", "link", state("viewed"), "--config", config)["link"].rsplit("/", 1)[-1]
    return {
        "person": person, "grant": grants[0]["id"], "request": waiting[0]["id"], "run": runs[0]["id"],
        "pool": pools[0]["id"], "offer": state("countered"), "draft": state("draft"), "link": link, "hired": hired, "session": session,
        "alarm": alarm, "entry": str(entry), "difference": differences[0]["id"],
        "billed": str(billed), "until": str(until),
    }


def partner(config: Path) -> dict[str, str]:
    """A second one who makes offers: nobody approves their own. The demo company has a sign-in for each role, once."""
    email, password = "partner@demo.invalid", f"only a test {secrets.randbelow(10**9):09}"
    command = [BINARY, "login", "add", email, "--role", "people", "--config", config]
    subprocess.run(command, input=password, env=plain_environment(HOME="/nonexistent"), capture_output=True, text=True, check=True)
    return {"role": "partner", "email": email, "password": password}


def at_work(person: str, config: Path, gateway: int) -> None:
    """An agent of the employee makes a few calls in three sessions, and asks for more than there is on any day."""
    purser("grant", "add", person, "5/day", "--days", "all", "--config", config)
    key = purser("key", "add", person, "--agent", "release agent", "--config", config)["key"]
    head = {
        "x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json",
        "x-purser-project": "release",
    }
    # Two sessions of before, so that there is a list, and the one that is looked at.
    for session, tokens in (("earlier", 100), ("early", 100), ("pages", 200), ("pages", 300), ("pages", 60_000_000)):
        head["x-purser-run"] = session
        said = {"model": "claude-haiku-4-5", "max_tokens": tokens, "messages": [{"role": "user", "content": "Go on."}]}
        body = json.dumps(said).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{gateway}/v1/messages", data=body, headers=head)
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except urllib.error.HTTPError as error:
            if tokens < 1_000:
                raise SystemExit(f"a call of the employee failed: {error.read().decode()}") from None


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", action="append", help="only this role's pages, and no journeys")
    asked.add_argument("--data", type=Path, help="a demo company that is there already")
    asked.add_argument("--months", type=int, default=14)
    asked.add_argument("--pictures", action="store_true", help="only take those in docs/pictures again")
    wanted = asked.parse_args()
    node = shutil.which("node") or sys.exit("these tests need Node.js 20 or later on the PATH")
    settings = {"chromium": browser(), "modules": str(modules())}
    shots, pictures = REPOSITORY / "target" / "pages", REPOSITORY / "docs" / "pictures"
    if not wanted.pictures:
        shutil.rmtree(shots, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = wanted.data.absolute() if wanted.data else folder / "company"
        if not wanted.data:
            purser("demo", "company", "--data", data, "--months", wanted.months)
        mark = json.loads((data / "demo.json").read_text())
        standing_in = Server("stand-in", [STANDIN, "--port", at := free_port()], at, folder / "standin.log")
        port, gateway, config = free_port(), free_port(), folder / "purser.toml"
        config.write_text(
            f'data = "{data}"\n[listen]\ngateway = "127.0.0.1:{gateway}"\ncontrol = "127.0.0.1:{port}"\n'
            f'[providers.anthropic]\nkind = "anthropic"\nbase_url = "{standing_in.url}"\napi_key_env = "PROVIDER_KEY"\n'
        )
        served = Server("purser", [BINARY, "serve", "--config", config], port, folder / "log", health="/healthz", PROVIDER_KEY="sk-made-up")
        try:
            settings |= {
                "url": served.url,
                "logins": [*mark["logins"], partner(config)],
                "ids": ids(config, gateway),
                "pages": json.loads((HERE / "pages.json").read_text()),
                "shots": str(shots),
                "pictures": str(pictures),
                "only": wanted.only,
            }
            (folder / "settings.json").write_text(json.dumps(settings))
            done = subprocess.run(
                [node, HERE / ("pictures.mjs" if wanted.pictures else "browse.mjs"), folder / "settings.json"], env=plain_environment(HOME=temporary),
                timeout=LONGEST,
            )
        finally:
            served.stop()
            standing_in.stop()
        log = (folder / "log").read_text()
        if done.returncode or " ERROR " in log or "panicked" in log:
            raise SystemExit(f"the pages are not as they should be\n{log[-2000:]}")
    print(f"screenshots: {pictures if wanted.pictures else shots}")


if __name__ == "__main__":
    main()
