"""Every route of the API, asked at random from its own OpenAPI document, with and without the right to it."""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "clients")]

import company  # noqa: E402
import install  # noqa: E402
import known  # noqa: E402
from processes import free_port  # noqa: E402

BINARY = Path(os.environ.get("PURSER_BIN") or HERE.parent.parent / "target" / "release" / "purser")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = 20261126
AT_ONCE = 2
# What can't be done here, and why.
NEVER = {
    "give": "gifts are switched off until a policy allows some",
    "resolve": "nothing is in suspense",
    "pull_bill": "no provider has an administrator's key",
    "close_period": "no month of a company of today is over",
    "verify_period": "no month is closed",
    "confirm_run": "no call was made",
    "run": "no call was made",
    "run_timeline": "no call was made",
    "alarm": "nothing was spent, so there is none",
    "acknowledge_alarm": "nothing was spent, so there is no alarm",
    "revoke_admin_key": "the key in use must stay good, so it is not asked",
    "set_own_password": "a key has no password",
    "answer_question": "only a candidate asks, on the page behind a link (./test pages)",
}

# What is done in one run and not in the next, by what is made up.
SOMETIMES = {
    "propose_true_up": "only where a made-up report has something that the ledger has not",
    "approve_true_up": "only where somebody else has proposed one",
}


def schemathesis() -> Path:
    """The tool, installed when its pins changed."""
    cache = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")
    cache.mkdir(parents=True, exist_ok=True)
    pins = HERE / "pins" / "requirements.txt"

    def build(folder: Path) -> None:
        install.virtual_environment(folder, "--no-deps", "-r", pins)

    with install.alone_in(cache):
        return install.ensure(cache, "api", [str(pins)], build) / "bin" / "schemathesis"


class Purser:
    """A `serve` in a folder of its own, and its commands."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        config = folder / "purser.toml"
        config.write_text(
            f'data = "{folder / "data"}"\n[listen]\ngateway = "127.0.0.1:{free_port()}"\n'
            f'control = "127.0.0.1:{self.port}"\n'
        )
        self.log = open(folder / "log", "w")
        self.config = config
        self.process = subprocess.Popen([BINARY, "serve", "--config", config], stderr=self.log, stdout=self.log)
        self.url = f"http://127.0.0.1:{self.port}"
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read()
                return
            except OSError:
                assert time.monotonic() < until and self.process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)

    def json(self, *arguments: str, given: str = ""):
        done = subprocess.run(
            [BINARY, *arguments, "--json", "--config", self.config],
            input=given, capture_output=True, text=True, timeout=120,
        )
        assert done.returncode == 0, (arguments, done.stderr, done.stdout)
        return json.loads(done.stdout)

    def stop(self) -> None:
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.log.close()
        assert code == 0, (self.folder / "log").read_text()


def ask(tool: Path, purser: Purser, described: Path, role: str, key: str, examples: int, seconds: int) -> set[str]:
    """Asks every route with a key; gives the operations that were done at least once."""
    folder = purser.folder / "asked"
    folder.mkdir()
    command = [
        tool, "run", described, "--url", purser.url, "--header", f"Authorization: Bearer {key}",
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(SEED),
        "--generation-deterministic", "--max-time", str(seconds), "--no-color",
        # More than one thread trips over CPython 3.11's parser now and then ("recursion depth mismatch").
        "--workers", "1",
        "--report", "har", "--report-har-path", folder / "asked.har",
        # The key in use must stay good.
        "--exclude-operation-id", "revoke_admin_key",
    ]
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=seconds * 2 + 120,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        raise SystemExit(f"as {role}:\n{done.stdout}\n{done.stderr[-2000:]}")
    tested = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", done.stdout)
    assert tested and tested[1] == tested[3] and int(tested[2]) - int(tested[1]) == 1, done.stdout
    statuses, good = answered(folder / "asked.har", json.loads(described.read_text()))
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    print(f"as {role}: {told}; {len(good)} routes did something; {time.monotonic() - began:.0f} s", flush=True)
    return good


def answered(har: Path, described: dict) -> tuple[collections.Counter, set[str]]:
    """How often each status came back, and the operations that were done."""
    routes = []
    for path, methods in described["paths"].items():
        pattern = re.compile(re.sub(r"\\\{id\\\}", "[^/]+", re.escape(path)) + "$")
        # An address without a place for an id is nearer than one with.
        routes += [("{" in path, pattern, method, operation["operationId"]) for method, operation in methods.items()]
    routes.sort(key=lambda route: route[0])
    statuses, good = collections.Counter(), set()
    for entry in json.loads(har.read_text())["log"]["entries"]:
        status, request = entry["response"]["status"], entry["request"]
        statuses[status] += 1
        path = urllib.parse.urlsplit(request["url"]).path
        if 200 <= status < 300:
            method = request["method"].lower()
            good.update(next(([name] for _, pattern, way, name in routes if way == method and pattern.match(path)), []))
    return statuses, good


def asked_as(tool: Path, role: str, wanted: argparse.Namespace) -> tuple[set[str], set[str]]:
    """A fresh company, and every route of it asked with the key of a role: the routes, and those that were done."""
    with tempfile.TemporaryDirectory() as folder:
        purser = Purser(Path(folder))
        try:
            keys, offers = company.made(purser.url, purser.json("admin-key", "add", "--label", "first")["key"])
            callers = {role: company.Caller(purser.url, key) for role, key in keys.items()}
            document = callers["admin"].get("/openapi.json")
            routes = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
            assert len(routes) == len(set(routes)) > 40, routes
            described = purser.folder / "openapi.json"
            described.write_text(json.dumps(known.with_known(document, known.Known(callers["admin"], callers["people"], offers))))
            good = ask(tool, purser, described, role, keys[role], wanted.examples, wanted.seconds)
            assert purser.json("audit", "verify")["good"]
        finally:
            purser.stop()
        log = (purser.folder / "log").read_text()
        assert "panicked" not in log and " ERROR " not in log, log[-4000:]
    return set(routes), good


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--examples", type=int, default=8, help="requests made up for each route, beside the edges")
    arguments.add_argument("--seconds", type=int, default=150, help="bound of the run with each key")
    arguments.add_argument("--role", action="append", help="only with this role's key, and without the last check")
    wanted = arguments.parse_args()
    tool = schemathesis()
    routes, good = set(), set()
    # Each role has a company of its own, so that two can be asked at once.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for these, done in pool.map(lambda role: asked_as(tool, role, wanted), wanted.role or company.ROLES):
            routes |= these
            good |= done
    assert not good & set(NEVER), f"these can be done after all: {good & set(NEVER)}"
    never = sorted(routes - good - set(NEVER) - set(SOMETIMES))
    if wanted.role:
        print(f"not done as {', '.join(wanted.role)}: {', '.join(never)}")
    else:
        assert not never, f"nobody got these done, so that only their refusals were looked at: {never}"
    print(f"{len(good)} of {len(routes)} routes were also done, not only refused; nothing else: {', '.join(NEVER)}")
    print("no server error; every answer is of the shape and status that the document says; every change is in the trail")


if __name__ == "__main__":
    main()
