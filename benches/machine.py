"""Processes on loopback, and what the kernel says about them."""

import os
import socket
import subprocess
import time
from pathlib import Path

LOOPBACK = "127.0.0.1"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
LONGEST_START = 30  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


class Process:
    """A program that serves one port. Its output goes to a file beside its other files."""

    def __init__(self, command: list, port: int, log: Path, **environment: str):
        self.port, self.log = port, log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ | environment,
                start_new_session=True,
            )
        try:
            eventually(self._serves, f"{command[0]} on port {port}", LONGEST_START)
        except BaseException:
            self.stop()
            raise

    def _serves(self) -> bool:
        if self.child.poll() is not None:
            raise RuntimeError(f"ended with {self.child.returncode}: {self.log.read_text(errors='replace')[-2000:]}")
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def pids(self) -> list[int]:
        """The process and its children (nginx works in children)."""
        pid = self.child.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def cpu_seconds(self) -> float:
        """User and system time since the start, all threads."""
        return sum(ticks(pid) for pid in self.pids()) / TICKS_PER_SECOND

    def peak_rss_mib(self) -> float:
        return sum(status_kib(pid, "VmHWM") for pid in self.pids()) / 1024

    def stop(self) -> None:
        if self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def ticks(pid: int) -> int:
    # The name of a program stands in brackets and may contain spaces: count from after it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def status_kib(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def eventually(probe, what: str, seconds: float):
    """What `probe` returns once it is truthy; a failure that names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)  # the pause between two looks
    return answer
