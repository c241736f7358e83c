"""Lists and calls every tool with the official SDK; how to connect comes as JSON on standard input, what it saw goes to
standard output. Runs in the SDK's own interpreter, and knows nothing of Purser but the tools' names and arguments."""

import asyncio
import json
import os
import sys

import httpx2
import jsonschema
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

KEY = os.environ["PURSER_KEY"]
PLAN = [{"model": "claude-opus-5-5", "provider": "anthropic", "input_tokens": 50_000, "cached_tokens": 40_000,
         "output_tokens": 1_000, "times": 3}]
# What each tool is asked, and what each refuses.
GOOD = {
    "budget_left": {},
    "estimate": {"calls": PLAN},
    "request_top_up": {"amount": "5", "reason": "The migration needs one more pass over the large files."},
    "log_outcome": {"kind": "merged_change", "count": 1, "link": "https://code.example/changes/7"},
}
BAD = {"run_cost": {}, "log_outcome": {"kind": "vibes"}}


async def look(client: Client, good: dict, bad: dict) -> dict:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    answers, refusals = {}, {}
    for name, arguments in good.items():
        result = await client.call_tool(name, arguments)
        text = " ".join(block.text for block in result.content)
        assert not result.is_error, (name, text)
        assert text and "\n" not in text, (name, text)
        jsonschema.validate(result.structured_content, tools[name].output_schema)
        answers[name] = result.structured_content
    for name, arguments in bad.items():
        result = await client.call_tool(name, arguments)
        assert result.is_error, (name, result)
        refusals[name] = " ".join(block.text for block in result.content)
    for tool in tools.values():
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    return {"server": client.server_info.name, "tools": sorted(tools), "answers": answers, "refusals": refusals}


async def main(how: dict) -> None:
    wanted = (how["only"], {}) if "only" in how else (GOOD, BAD)
    if "url" in how:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as http:
            async with Client(streamable_http_client(how["url"], http_client=http)) as client:
                seen = await look(client, *wanted)
    else:
        environment = {"PURSER_KEY": KEY, "PATH": os.environ["PATH"]}
        server = StdioServerParameters(command=how["command"], args=how["args"], env=environment)
        async with Client(server) as client:
            seen = await look(client, *wanted)
    json.dump(seen, sys.stdout)


asyncio.run(main(json.load(sys.stdin)))
