"""An operator's day: restarts, backups, a hundred thousand people, and folders of earlier versions."""

import argparse
import asyncio
import json
import re
import signal
import sys
import tarfile
import tempfile
import time
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "money"))

from rig import call, gateway, message, standin  # noqa: E402
from processes import LOOPBACK, Server, eventually, free_port, run  # noqa: E402
from purser import BINARY  # noqa: E402

MIB = 1 << 20
EMPTY_MIB_MAX = 40
PEOPLE_MIB_MAX = 200
DIRECTORY_SECONDS_MAX = 1.0


def rss_mib(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def peak_mib(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


async def caller(port: int, key: str, stop: asyncio.Event, waits: list[float], stream: bool = False) -> int:
    """Calls without a pause; every one is answered."""
    done = 0
    while not stop.is_set():
        since = time.monotonic()
        answer = await call(port, key, message(f"call {done}", 200, stream=stream))
        assert answer.status == 200, answer
        waits.append(time.monotonic() - since)
        done += 1
    return done


async def restarts(purser, key: str, times: int, streams: bool) -> tuple[int, list[float], float]:
    """Restarts under load: answered calls, seconds of each restart, and the longest that a call took."""
    stop, waits, took = asyncio.Event(), [], []
    port = purser.server.port
    callers = [asyncio.create_task(caller(port, key, stop, waits, streams)) for _ in range(4)]
    for _ in range(times):
        enough = len(waits) + 20
        while len(waits) < enough:
            await asyncio.sleep(0.01)
            assert not any(task.done() for task in callers), [task for task in callers if task.done()]
        took.append((await asyncio.to_thread(purser.json, "restart"))["seconds"])
    stop.set()
    return sum(await asyncio.gather(*callers)), took, max(waits)


def restart(folder: Path) -> None:
    provider = standin(folder, "--first-byte-ms", "1", "--tokens", "20", "40", "--tokens-per-s", "100000")
    purser = gateway(folder, provider)
    try:
        person = purser.person("the engineer", "5000/day")
        process = purser.server.process.pid
        for streams in (False, True):
            answered, took, longest = asyncio.run(restarts(purser, person.key, 5, streams))
            kind = "streamed" if streams else "whole"
            each = ", ".join(f"{seconds:.2f}" for seconds in took)
            print(f"5 restarts under {answered} {kind} calls: none refused or cut; {each} s; longest call {longest:.2f} s")
        assert purser.server.process.poll() is None and purser.server.process.pid == process
        charged = purser.json("usage", "--charges")
        assert all(entry["mark"] == "exact" for entry in charged), "no call was cut short"
        [balance] = purser.json("balance", person.id)
        total = sum((Fraction(entry["charge"]) for entry in charged), Fraction(0))
        assert Fraction(balance["posted"]) == total and Fraction(balance["held"]) == 0, balance
        assert purser.json("suspense", "list") == []
        purser.verify()
    finally:
        purser.stop()
        provider.stop()


def backup(folder: Path) -> None:
    provider = standin(folder, "--first-byte-ms", "1", "--tokens", "20", "40", "--tokens-per-s", "100000")
    purser = gateway(folder, provider)
    saved, back = folder / "saved", folder / "back"

    async def under_load(key: str) -> list:
        stop, waits = asyncio.Event(), []
        callers = [asyncio.create_task(caller(purser.server.port, key, stop, waits)) for _ in range(4)]
        while len(waits) < 200:
            await asyncio.sleep(0.01)
        known = await asyncio.to_thread(purser.json, "usage", "--charges")
        await asyncio.to_thread(purser.command, "backup", str(saved))
        stop.set()
        await asyncio.gather(*callers)
        return known

    try:
        known = asyncio.run(under_load(purser.person("the engineer", "5000/day").key))
        purser.verify()
    finally:
        purser.stop()
        provider.stop()
    for arguments in (["verify", saved], ["restore", saved, back], ["verify", back]):
        done = run([BINARY, *arguments], seconds=60)
        assert done.code == 0, done
    kept = json.loads(run([BINARY, "usage", "--charges", "--json", "--data", back], seconds=60).out)
    assert all(entry in kept for entry in known), "an acknowledged charge is missing in the backup"
    print(f"a backup under load: {len(known)} acknowledged charges before it began, {len(kept)} in it, verified")


class Plain:
    """A `serve` without providers."""

    def __init__(self, folder: Path):
        self.data, self.port, self.log = folder / "purser", free_port(), folder / "purser.log"
        self.config = folder / "purser.toml"
        self.config.write_text(f'data = "{self.data}"\n[listen]\ngateway = "{LOOPBACK}:{self.port}"\ncontrol = "{LOOPBACK}:0"\n')

    def start(self) -> tuple[Server, float]:
        since = time.monotonic()
        server = Server("purser", [BINARY, "serve", "--config", self.config], self.port, self.log, RUST_LOG="info")
        return server, time.monotonic() - since

    def directory_ms(self) -> int:
        return int(re.findall(r"directory\.ms=(\d+)", re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text()))[-1])

    def end(self, server: Server) -> None:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0


def people(folder: Path, count: int, strict: bool) -> None:
    plain = Plain(folder)
    server, _ = plain.start()
    time.sleep(1)  # let allocations of the start settle; only the figure below depends on it
    empty = rss_mib(server)
    sheet = folder / "people.csv"
    with open(sheet, "w") as out:
        out.write("name,zone,email,grant,days,key,budget\n")
        for no in range(count):
            out.write(f"Person Number {no},Europe/Berlin,person{no}@example.com,20/day,workdays,laptop,400/month\n")
    since = time.monotonic()
    done = run([BINARY, "person", "import", sheet, "--json", "--data", plain.data], seconds=300)
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["items"]) == count
    print(f"{count} people with grant, key and budget by one command: {time.monotonic() - since:.1f} s")
    plain.end(server)

    server, whole = plain.start()
    kept_ms = plain.directory_ms()
    time.sleep(1)
    idle, peak = rss_mib(server), peak_mib(server)
    plain.end(server)
    for fold in (plain.data / "snapshots").glob("*.fold"):
        fold.unlink()
    server, whole_without = plain.start()
    without_ms = plain.directory_ms()
    plain.end(server)
    found = json.loads(run([BINARY, "verify", "--json", "--data", plain.data], seconds=120).out)
    assert found["good"], found
    status = json.loads(run([BINARY, "status", "--json", "--data", plain.data], seconds=60).out)
    assert (status["people"], status["keys"]) == (count, count), status
    print(f"start with the kept directory: directory {kept_ms} ms of {whole:.2f} s; without it: {without_ms} ms of {whole_without:.2f} s")
    print(f"memory: empty and idle {empty:.1f} MiB; with {count} people idle {idle:.1f} MiB (peak of the start {peak:.1f} MiB)")
    assert empty <= EMPTY_MIB_MAX, empty
    assert idle <= PEOPLE_MIB_MAX, idle
    assert not strict or kept_ms / 1000 <= DIRECTORY_SECONDS_MAX, kept_ms


# What a folder says that it has, and the command that lists it.
LISTS = {
    "people": ("person",), "grants": ("grant",), "keys": ("key",), "offers": ("offer",), "pools": ("pool",),
    "stops": ("stop",), "top_ups": ("top-up", "--all"), "mandates": ("mandate",),
}


def folders(folder: Path) -> None:
    kept = sorted((HERE / "folders").glob("*.tar.gz"))
    assert kept, "there is no kept folder"
    for archive in kept:
        name = archive.name.removesuffix(".tar.gz")
        expected = json.loads((HERE / "folders" / f"{name}.json").read_text())
        with tarfile.open(archive) as files:
            files.extractall(folder / name, filter="data")
        data = folder / name / "purser"

        def ask(*arguments):
            done = run([BINARY, *arguments, "--json", "--data", data], seconds=60)
            assert done.code == 0, done
            return json.loads(done.out)

        assert ask("verify")["good"], f"{name} as it was kept"
        charges = {entry["id"]: entry for entry in ask("usage", "--charges")}
        for entry in expected["charges"]:
            found = charges[entry["id"]]
            assert {key: found[key] for key in entry} == entry, f"{name}: {found} was {entry}"
        for what, (one, *more) in LISTS.items():
            name_of = "manager" if what == "mandates" else "id"
            found = {entry[name_of]: entry for entry in ask(one, "list", *more)}
            # The oldest folders are from before there were offers or top-ups.
            for entry in expected.get(what, []):
                assert {key: found[entry[name_of]][key] for key in entry} == entry, f"{name}: {entry}"
        # Beside them, where the machine was started since, what was left of slices.
        holds = [item for item in ask("suspense", "list") if item.get("hold")]
        assert len(holds) == expected["open_holds"], f"{name}: holds of the kill are in suspense: {holds}"
        assert ask("verify")["good"], f"{name} after it was opened"
        print(f"folder {name}: {len(expected['charges'])} charges, {expected['open_holds']} holds left by a kill: all there")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["restart", "backup", "folders", "people"])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--any-speed", action="store_true", help="only print how long things take")
    chosen = parser.parse_args()
    for part in chosen.parts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            match part:
                case "restart":
                    restart(folder)
                case "backup":
                    backup(folder)
                case "folders":
                    folders(folder)
                case "people":
                    people(folder, chosen.people, not chosen.any_speed)
                case _:
                    parser.error(f"there is no part {part}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
