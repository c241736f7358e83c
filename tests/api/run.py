"""Every route of the API, asked at random from its own OpenAPI document, with and without the right to it."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

import company  # noqa: E402
import install  # noqa: E402
from processes import free_port  # noqa: E402

BINARY = Path(os.environ.get("PURSER_BIN") or HERE.parent.parent / "target" / "release" / "purser")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = 20261126


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


def document(purser: Purser, key: str) -> dict:
    return company.Caller(purser.url, key).get("/openapi.json")


def ask(tool: Path, purser: Purser, role: str, key: str, examples: int, seconds: int) -> None:
    folder = purser.folder / role
    folder.mkdir()
    described = purser.folder / "openapi.json"
    command = [
        tool, "run", described, "--url", purser.url, "--header", f"Authorization: Bearer {key}",
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(SEED),
        "--generation-deterministic", "--max-time", str(seconds), "--workers", "2", "--no-color",
        "--report", "junit", "--report-dir", folder,
        # The key in use must stay good, and a password's hash costs its time on purpose.
        "--exclude-operation-id", "revoke_admin_key",
    ]
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=seconds * 2 + 120
    )
    if done.returncode:
        raise SystemExit(f"as {role}:\n{done.stdout}\n{done.stderr[-2000:]}")
    tested = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", done.stdout)
    assert tested and tested[1] == tested[3] and int(tested[2]) - int(tested[1]) == 1, done.stdout
    summary = [line.strip() for line in done.stdout.splitlines() if re.match(r"\d+ generated|Tested", line.strip())]
    print(f"as {role}: {'; '.join(summary)} in {time.monotonic() - began:.0f} s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--examples", type=int, default=8, help="requests made up for each route, beside the edges")
    arguments.add_argument("--seconds", type=int, default=15, help="bound of the run with each key")
    wanted = arguments.parse_args()
    tool = schemathesis()
    with tempfile.TemporaryDirectory() as folder:
        purser = Purser(Path(folder))
        try:
            keys = company.made(purser.url, purser.json("admin-key", "add", "--label", "first")["key"])
            described = document(purser, keys["admin"])
            (purser.folder / "openapi.json").write_text(json.dumps(described))
            routes = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
            assert len(routes) == len(set(routes)) > 40, routes
            print(f"{len(routes)} routes, {len(described['components']['schemas'])} shapes")
            for role, key in keys.items():
                ask(tool, purser, role, key, wanted.examples, wanted.seconds)
            assert purser.json("audit", "verify")["good"]
        finally:
            purser.stop()
        log = (purser.folder / "log").read_text()
        assert "panicked" not in log and " ERROR " not in log, log[-4000:]
    print("no server error; every answer is of the shape that the document says; every change is in the audit trail")


if __name__ == "__main__":
    main()
