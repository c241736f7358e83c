"""The MCP server against the official client and a coding agent: `python3 tests/mcp/run.py`."""

import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "money"), str(HERE.parent / "clients")]

import install  # noqa: E402
from processes import run  # noqa: E402
from purser import BINARY, Provider, Purser  # noqa: E402
from rig import standin  # noqa: E402
from tap import Tap  # noqa: E402

MODEL = "claude-opus-5-5"


def sdk() -> Path:
    """The interpreter with the official SDK, installed when its pins changed."""
    cache = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")
    cache.mkdir(parents=True, exist_ok=True)
    pins = HERE / "pins" / "requirements.txt"

    def build(folder: Path) -> None:
        install.virtual_environment(folder, "--no-deps", "-r", pins)

    with install.alone_in(cache):
        return install.ensure(cache, "mcp", [str(pins)], build) / "bin" / "python"


def ask(python: Path, how: dict, key: str) -> dict:
    """What the official client saw and got of every tool."""
    done = subprocess.run(
        [python, HERE / "client.py"], input=json.dumps(how), capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], "PURSER_KEY": key},
    )
    assert done.returncode == 0, f"{how}:\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def official_client(purser: Purser, python: Path) -> None:
    """Every tool over each way, by a person of its own each time: what one asks for is not in the other's answer."""
    config = purser.data.parent / "purser.toml"
    ways = {
        "HTTP": {"url": f"{purser.control}/mcp"},
        "purser mcp --url": {"command": str(BINARY), "args": ["mcp", "--url", purser.control]},
        "purser mcp": {"command": str(BINARY), "args": ["mcp", "--config", str(config)]},
    }
    for place, (name, how) in enumerate(ways.items()):
        person = purser.person(f"Person {place + 1}", "20/day")
        seen = ask(python, how, person.key)
        assert seen["server"] == "purser", seen
        assert set(seen["tools"]) == {"budget_left", "estimate", "run_cost", "request_top_up", "log_outcome"}, seen
        answers = seen["answers"]
        assert Decimal(answers["budget_left"]["spendable"]) == 20, answers["budget_left"]
        assert Decimal(answers["estimate"]["total"]) > 0 and answers["estimate"]["fits"], answers["estimate"]
        assert answers["estimate"]["cheaper"], answers["estimate"]
        assert answers["log_outcome"]["kind"] == "merged_change", answers["log_outcome"]
        assert "merged_change" in seen["refusals"]["log_outcome"], seen["refusals"]
        assert "thirty days" in seen["refusals"]["run_cost"], seen["refusals"]

        asked = answers["request_top_up"]
        assert asked["state"] == "open", asked
        listed = [one["id"] for one in purser.json("top-up", "list", "--person", person.id)]
        assert listed == [asked["id"]], listed
        granted = purser.json("top-up", "approve", asked["id"])
        assert granted["state"] == "approved" and granted["grant"], granted
        after = ask(python, how | {"only": {"budget_left": {}}}, person.key)["answers"]["budget_left"]
        assert Decimal(after["spendable"]) == 25, after
        outcomes = purser.json("outcome", "list", "--person", person.id)
        assert [one["kind"] for one in outcomes] == ["merged_change"], outcomes
        print(f"ok  {name}: {len(seen['tools'])} tools listed and called", flush=True)


def stdio_says_what_is_wrong(purser: Purser) -> None:
    """Whoever starts `purser mcp` wrongly reads why, and a client that asks gets an answer all the same."""
    none = run([BINARY, "mcp", "--url", purser.control], seconds=30)
    assert none.code == 1 and "no Purser key in the environment variable PURSER_KEY" in none.err, none
    nobody = run([BINARY, "mcp", "--url", "http://127.0.0.1:1"], seconds=30, PURSER_KEY="pk-x")
    assert nobody.code == 1 and "nobody answers at 127.0.0.1:1" in nobody.err, nobody
    wrong = subprocess.run(
        [BINARY, "mcp", "--url", purser.control], capture_output=True, text=True, timeout=30,
        input='{"jsonrpc":"2.0","id":7,"method":"tools/list"}\n', env={"PURSER_KEY": "pk-wrong"},
    )
    answer = json.loads(wrong.stdout)
    assert answer["id"] == 7 and "not a Purser key" in answer["error"]["message"], wrong
    assert "not a Purser key" in wrong.stderr, wrong
    print("ok  purser mcp: what is wrong is said, and answered", flush=True)


def claude_code(purser: Purser, front: Tap) -> None:
    """The stand-in's first answer calls the tool; what the tool said is in the request behind it."""
    tools = install.install()
    person = purser.person("Person with an agent", "13.37/day")
    home = Path(tempfile.mkdtemp(dir=purser.data.parent))
    server = {"type": "http", "url": f"{purser.control}/mcp", "headers": {"Authorization": f"Bearer {person.key}"}}
    config = home / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"purser": server}}))
    begun = len(front.exchanges)
    done = run(
        [
            tools.node, tools.claude, "--print", "How much budget is left?", "--output-format", "json",
            "--mcp-config", config, "--strict-mcp-config", "--tools", "",
            "--allowedTools", "mcp__purser__budget_left", "--max-turns", "4",
        ],
        180,
        cwd=home,
        HOME=str(home),
        ANTHROPIC_BASE_URL=front.url,
        ANTHROPIC_AUTH_TOKEN=person.key,
        ANTHROPIC_MODEL=MODEL,
        CLAUDE_CONFIG_DIR=str(home / ".claude"),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        # Tools are offered with their schemas, as every client of the API offers them, not searched for.
        ENABLE_TOOL_SEARCH="false",
        DISABLE_AUTOUPDATER="1",
        DISABLE_ERROR_REPORTING="1",
        DISABLE_TELEMETRY="1",
    )
    asked = [one for one in front.since(begun) if one.is_model_call]
    offered = [tool["name"] for one in asked for tool in json.loads(one.request).get("tools", [])]
    assert "mcp__purser__budget_left" in offered, (offered, done)
    results = [
        json.dumps(block)
        for one in asked
        for message in json.loads(one.request)["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block.get("type") == "tool_result"
    ]
    assert any("13.37" in result for result in results), (results, done)
    assert done.code == 0, done
    print(f"ok  Claude Code: {len(asked)} calls, the tool's answer went to the model: {results[0][:160]}", flush=True)


    # What the run has cost, by the tool, is what its calls were charged.
    how = {"url": f"{purser.control}/mcp", "only": {"run_cost": {}, "budget_left": {}}}
    answers = ask(sdk(), how, person.key)["answers"]
    charged = sum(Decimal(charge.amount.numerator) / Decimal(charge.amount.denominator) for charge in purser.charges(person, at_least=len(asked)))
    run_cost, left = answers["run_cost"], answers["budget_left"]
    assert charged > 0 and Decimal(run_cost["cost"]) == charged, (run_cost, charged)
    assert run_cost["calls"] == len(asked) and run_cost["tool"] == "claude-code", run_cost
    assert left["run"] == run_cost["run"] and Decimal(left["spendable"]) == Decimal("13.37") - charged, (left, charged)
    print(f"ok  run_cost: {run_cost['cost']} {run_cost['currency']} in {run_cost['calls']} calls, as charged", flush=True)


def main() -> int:
    python = sdk()
    with tempfile.TemporaryDirectory(prefix="purser-mcp-") as folder:
        folder = Path(folder)
        provider = standin(folder, "--tool-percent", "100")
        purser = Purser(folder, [Provider("anthropic", "anthropic", provider.url)])
        front = Tap(purser.url, ("", ""))
        try:
            official_client(purser, python)
            stdio_says_what_is_wrong(purser)
            claude_code(purser, front)
            assert purser.json("audit", "verify")["good"]
        finally:
            front.stop()
            purser.stop()
            provider.stop()
        purser.verify()
    print("mcp: all of it held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
