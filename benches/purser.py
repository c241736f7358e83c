"""Everything the benchmark knows of Purser's own surface."""

import json
import subprocess
from pathlib import Path

from build import Tools
from machine import LOOPBACK, Process, eventually, free_port
from targets import Standin, Target

PROVIDER_KEY = "sk-the-provider-account"
# The breakers look at every call as ever. What the benchmark drives is what they are there to stop, so they trip later.
BREAKERS = """
[policy.breakers.spend]
at_least = "1000000000"
ceiling = "1000000000"
newcomer = "1000000000"
[policy.breakers.repeat]
cost = "1000000000"
waiting_cost = "1000000000"
[policy.breakers.growth]
cost = "1000000000"
[policy.breakers.unattended]
cost = "1000000000"
"""


def start_purser(tools: Tools, folder: Path, people: int, settings: str = BREAKERS) -> Target:
    """Purser in front of a stand-in, with so many people who have plenty of money and a key each. When all is driven, its
    books must hold exactly the calls and tokens that the stand-in served."""
    standin = Standin(tools, folder, "purser")
    data, port = folder / "purser", free_port()
    config = folder / "purser.toml"
    config.write_text(
        f'data = "{data}"\n'
        f'[listen]\ngateway = "{LOOPBACK}:{port}"\ncontrol = "{LOOPBACK}:{free_port()}"\n'
        f'[providers.anthropic]\nkind = "anthropic"\nbase_url = "{standin.url}"\napi_key_env = "PROVIDER_KEY"\n'
        + settings
    )
    command = [tools.purser, "serve", "--config", config]
    try:
        process = Process(command, port, folder / "purser.log", PROVIDER_KEY=PROVIDER_KEY)
    except BaseException:
        standin.process.stop()
        raise

    def ask(*arguments: str):
        done = subprocess.run(
            [tools.purser, *arguments, "--json", "--data", data], capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"purser {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def books(served: dict) -> list[str]:
        usage = served["usage"]
        prompt = sum(usage[part] for part in ("input_uncached", "cache_read", "cache_write_short", "cache_write_long"))
        expected = (served["completed"], prompt, usage["output"])

        def booked() -> tuple[int, int, int]:
            rows = ask("usage", "--by", "model")["items"]
            return tuple(sum(row[part] for row in rows) for part in ("calls", "input_tokens", "output_tokens"))

        try:
            eventually(lambda: booked() == expected, "every call in the books", 30)
        except TimeoutError:
            return [f"calls, prompt and answer tokens: served {expected}, booked {booked()}"]
        return []

    def key(number: int) -> str:
        person = ask("person", "add", f"person {number}", "--zone", "UTC")["id"]
        ask("grant", "add", person, "1000000/day", "--days", "all")
        return ask("key", "add", person)["key"]

    keys = folder / "keys-purser.txt"
    try:
        keys.write_text("".join(f"{key(number)}\n" for number in range(people)))
    except BaseException:
        process.stop()
        standin.process.stop()
        raise
    return Target("purser", standin, process, keys, books)
