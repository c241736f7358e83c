"""Servers and commands of the test: started on loopback, bounded in time, ended by their own process group."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
LONGEST_START = 60  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def eventually(probe, what: str, seconds: float):
    """What `probe` returns once it is truthy; a failure that names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)  # the pause between two looks, not a guess at how long it takes
    return answer


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def plain_environment(**extra: str) -> dict[str, str]:
    """Nothing of the developer's own settings or keys reaches a process of the test."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"NO_COLOR": "1", "NO_PROXY": "*"} | extra


class Server:
    """A process that serves one port and writes one log. It is ready when it accepts connections, or, where it has a
    page that tells its health, when that page says so: a model server listens before its model is loaded."""

    def __init__(self, name: str, command: list, port: int, log: Path, health: str = "", **environment: str):
        self.name, self.port, self.log, self.health = name, port, log, health
        self.url = f"http://{LOOPBACK}:{port}"
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=plain_environment(**environment),
                start_new_session=True,
            )
        try:
            eventually(self._ready, f"{name} ready on port {port}", LONGEST_START)
        except BaseException:
            self.stop()
            raise

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{tail(self.log)}")
        try:
            if self.health:
                return bool(fetch(self.url + self.health))
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        end_group(self.process, signal.SIGTERM)


@dataclass(frozen=True)
class Finished:
    """A command that ran to its end."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n--- its output\n{self.out[-3000:]}\n--- its errors\n{self.err[-3000:]}"


def run(command: list, seconds: float, cwd: Path | None = None, **environment: str) -> Finished:
    """Runs a command to its end, or ends it and everything it started when the time is up."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=plain_environment(**environment),
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end_group(process, signal.SIGKILL)
        out, err = process.communicate()
        name = Path(str(command[0])).name
        raise TimeoutError(f"{name} was still running after {seconds:g} s\n{Finished(-1, out, err)}") from None
    return Finished(process.returncode, out, err)


def end_group(process: subprocess.Popen, sign: signal.Signals) -> None:
    """Ends a process and whatever it started: they share a group that nobody else is in."""
    for attempt in (sign, signal.SIGKILL):
        try:
            os.killpg(process.pid, attempt)
            process.wait(timeout=10)
        except ProcessLookupError:
            process.wait()
        except subprocess.TimeoutExpired:
            continue
        return


def tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"
