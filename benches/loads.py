"""The loads, and one sample of one load on one target."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from targets import Target


@dataclass(frozen=True)
class Load:
    """How a target is driven. With `rate`, an open loop: latency is what counts. Without, throughput."""

    name: str
    connections: int
    body_bytes: int
    stream: bool = False
    rate: int | None = None
    script: str = ""

    def arguments(self) -> list[str]:
        arguments = ["--connections", str(self.connections), "--body-bytes", str(self.body_bytes)]
        if self.stream:
            arguments += ["--stream"]
        if self.rate:
            arguments += ["--rate", str(self.rate)]
        if self.script:
            arguments += ["--script", self.script]
        return arguments


LOADS = (
    Load("plain 2 kB", connections=64, body_bytes=2_000),
    Load("plain 60 kB", connections=64, body_bytes=60_000),
    Load("500 a second", connections=64, body_bytes=2_000, rate=500),
    Load("streams in one go", connections=32, body_bytes=2_000, stream=True),
    Load("streams bit by bit", connections=32, body_bytes=2_000, stream=True, script="events-per-write=4"),
    Load("50 paced streams a second", connections=256, body_bytes=2_000, stream=True, rate=50, script="pace=400"),
)


@dataclass(frozen=True)
class Sample:
    """What one run of the driver saw, and what it cost the target."""

    per_second: float
    p50_us: float
    p99_us: float
    first_p50_us: float
    first_p99_us: float
    cpu_s_per_10k: float
    errors: int
    complaint: str


def sample(driver: Path, load: Load, target: Target, seconds: float) -> Sample:
    command = [driver, "--target", target.address, "--keys", target.keys, "--seconds", f"{seconds:g}"]
    cpu_before = target.process.cpu_seconds()
    done = subprocess.run(
        [str(part) for part in command] + load.arguments(), capture_output=True, text=True, timeout=seconds + 60
    )
    cpu = target.process.cpu_seconds() - cpu_before
    if done.returncode:
        raise RuntimeError(f"the driver failed: {done.stderr}")
    seen = json.loads(done.stdout)
    bad = seen["errors"] + seen["broken"]
    complaint = f"{bad} of {seen['requests']} answers bad, the last: {seen['last_error']}" if bad else ""
    return Sample(
        per_second=seen["per_second"],
        p50_us=seen["latency_us"]["p50"],
        p99_us=seen["latency_us"]["p99"],
        first_p50_us=seen["first_byte_us"]["p50"],
        first_p99_us=seen["first_byte_us"]["p99"],
        # Warming up costs the target too, so every request counts here.
        cpu_s_per_10k=cpu / max(seen["requests_sent"], 1) * 10_000,
        errors=bad,
        complaint=complaint,
    )
