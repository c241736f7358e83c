"""Data folders of companies, small and large, new and old, and Purser serving them."""

import http.client
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import build
from build import Tools
from machine import LOOPBACK, Process, free_port
from purser import PROVIDER_KEY
from targets import Standin

# A killed process leaves about so many entries that no snapshot has.
UNKEPT = 2_000_000
# As the program names what it may leave out: shortcuts past the journal, never the truth.
SHORTCUTS = ("*.snap", "*.fold")


@dataclass(frozen=True)
class Size:
    """Of a company: `unkept` entries of its journal are in no snapshot, as after a kill."""

    people: int
    entries: int
    unkept: int = 0


@dataclass
class Made:
    """A data folder that stays as it was made; what serves uses a copy."""

    size: Size
    data: Path
    keys: list[str]
    shortcuts: Path = field(init=False)

    def __post_init__(self):
        self.shortcuts = self.data / "snapshots"


def maker() -> Path:
    build.cargo("-p", "purser-control", "--example", "company")
    return build.cargo_target() / "release" / "examples" / "company"


def made(program: Path, shelf: Path, size: Size) -> Made:
    """The folder from the shelf, made if it is not there."""
    home = shelf / f"{size.people}-people-{size.entries}-entries-{size.unkept}-unkept"
    data, keys = home / "data", home / "keys.txt"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        began = time.monotonic()
        command = [program, data, size.people, size.entries, keys, size.unkept]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        (home / "complete").write_text(f"{time.monotonic() - began:.0f} s\n")
    return Made(size, data, keys.read_text().split())


def copied(company: Made, into: Path) -> Made:
    """A copy to be changed."""
    shutil.copytree(company.data, into)
    return Made(company.size, into, company.keys)


def without_shortcuts(company: Made) -> None:
    for shape in SHORTCUTS:
        for path in company.shortcuts.glob(shape):
            path.unlink()


class Serving:
    """`purser serve` on a data folder, in front of a stand-in."""

    def __init__(self, tools: Tools, company: Made, home: Path, **environment: str):
        home.mkdir(exist_ok=True)
        self.tools, self.company, self.home = tools, company, home
        self.standin = Standin(tools, home, "scale")
        self.port = free_port()
        self.config = home / "purser.toml"
        self.config.write_text(
            f'data = "{company.data}"\n'
            f'[listen]\ngateway = "{LOOPBACK}:{self.port}"\ncontrol = "{LOOPBACK}:{free_port()}"\n'
            f'[providers.anthropic]\nkind = "anthropic"\nbase_url = "{self.standin.url}"\n'
            f'api_key_env = "PROVIDER_KEY"\n'
        )
        self.environment = environment
        self.began = time.monotonic()
        self.process = self._start()

    def _start(self) -> Process:
        try:
            command = [self.tools.purser, "serve", "--config", self.config]
            return Process(command, self.port, self.home / "purser.log", PROVIDER_KEY=PROVIDER_KEY, **self.environment)
        except BaseException:
            self.standin.process.stop()
            raise

    def again(self) -> None:
        """Starts what was ended."""
        self.began = time.monotonic()
        self.process = self._start()

    @property
    def pid(self) -> int:
        return self.process.child.pid

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def key_file(self, keys: list[str]) -> Path:
        file = self.home / f"keys-{len(keys)}.txt"
        file.write_text("".join(f"{key}\n" for key in keys))
        return file

    def ask(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [self.tools.purser, *arguments, "--data", self.company.data]
        environment = os.environ | {"PROVIDER_KEY": PROVIDER_KEY}
        return subprocess.run([str(p) for p in command], capture_output=True, text=True, timeout=600, env=environment)

    def restart(self) -> subprocess.Popen:
        command = [self.tools.purser, "restart", "--config", self.config]
        return subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PROVIDER_KEY": PROVIDER_KEY},
        )

    def drive(self, keys: Path, seconds: float, *more) -> dict:
        return finished(self.driving(keys, seconds, *more))

    def driving(self, keys: Path, seconds: float, *more) -> subprocess.Popen:
        command = [self.tools.driver, "--target", self.address, "--keys", keys, "--seconds", f"{seconds:g}", *more]
        return subprocess.Popen([str(p) for p in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kill(self) -> None:
        self.process.child.kill()
        self.process.child.wait()

    def stop(self) -> None:
        self.process.stop()
        self.standin.process.stop()


def finished(driving: subprocess.Popen) -> dict:
    out, err = driving.communicate(timeout=7_200)
    if driving.returncode:
        raise RuntimeError(f"the driver failed: {err}")
    return json.loads(out)


class Caller:
    """One client with one connection."""

    def __init__(self, port: int, key: str):
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=120)
        self.headers = {"x-api-key": key, "content-type": "application/json"}

    def call(self, key: str = "") -> float:
        """Seconds until the whole answer was there."""
        headers = self.headers | ({"x-api-key": key} if key else {})
        body = json.dumps(
            {"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": "how long?"}]}
        )
        began = time.monotonic()
        self.connection.request("POST", "/v1/messages", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = time.monotonic() - began
        if answer.status != 200:
            raise RuntimeError(f"an answer with status {answer.status}: {text[:500]!r}")
        return took

    def close(self) -> None:
        self.connection.close()


def verify(tools: Tools, company: Made) -> str:
    """What `purser verify` says of a folder that must be good."""
    command = [str(tools.purser), "verify", "--data", str(company.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"purser verify: {done.stdout}{done.stderr}")
    return done.stdout
