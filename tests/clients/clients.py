"""How each client is run: its documented settings, with only the base URL and the key pointing at Purser."""

import json
from dataclasses import dataclass
from pathlib import Path

from processes import Finished, run
from purser import Person
from rig import ANTHROPIC_MODEL, EMBEDDING_MODEL, GOOGLE_MODEL, HERE, OPENAI_MODEL, Failed, Rig

SDK_TIME = 60  # seconds, for all calls of one script
AGENT_TIME = 60


@dataclass(frozen=True)
class Sdk:
    """A client library, driven by one script that makes the calls it is told to."""

    language: str
    vendor: str
    model: str
    calls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.vendor} SDK for {self.language}"

    def run(self, rig: Rig, person: Person, calls: tuple[str, ...] = (), model: str = "", **settings: str) -> list[dict]:
        """What the script printed: one object for each call."""
        calls = calls or self.calls
        stem = HERE / "sdk" / f"{self.vendor.lower()}_sdk"
        python = self.language == "Python"
        command = [rig.tools.python, stem.with_suffix(".py")] if python else [rig.tools.node, stem.with_suffix(".cjs")]
        done = run(
            [*command, *calls],
            SDK_TIME,
            BASE_URL=rig.front.url,
            API_KEY=person.key,
            MODEL=model or self.model,
            EMBEDDING_MODEL=EMBEDDING_MODEL,
            NODE_PATH=str(rig.tools.modules),
            PYTHONDONTWRITEBYTECODE="1",
            **settings,
        )
        answers = [json.loads(line) for line in done.out.splitlines()]
        if done.code or [answer["call"] for answer in answers] != list(calls):
            raise Failed(f"{self} did not make its calls: {done}")
        return answers


CHAT_CALLS = ("chat", "chat-stream", "chat-stream-with-usage", "chat-tool", "chat-tool-stream")
RESPONSES_CALLS = ("responses", "responses-stream", "responses-tool")
SDKS = [
    sdk
    for language in ("Python", "Node")
    for sdk in (
        Sdk(language, "OpenAI", OPENAI_MODEL, (*CHAT_CALLS, *RESPONSES_CALLS, "embeddings")),
        Sdk(
            language,
            "Anthropic",
            ANTHROPIC_MODEL,
            ("messages", "messages-stream", "messages-tool", "messages-tool-stream"),
        ),
        Sdk(
            language,
            "Google",
            GOOGLE_MODEL,
            ("generate", "generate-stream", "generate-tool", "generate-tool-stream"),
        ),
    )
]


@dataclass(frozen=True)
class Telemetry:
    """Where an agent tells of its own usage, by its own settings, and with which key."""

    url: str
    key: str

    def environment(self) -> dict[str, str]:
        return {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {self.key}",
        }


def claude_code(
    rig: Rig, person: Person, prompt: str, *options: str, url: str = "", telemetry: Telemetry | None = None, **settings: str
) -> Finished:
    """Claude Code without a terminal, in an empty project and with a home of its own."""
    home = rig.scratch()
    settings = (telemetry.environment() if telemetry else {"DISABLE_TELEMETRY": "1"}) | settings
    return run(
        [rig.tools.node, rig.tools.claude, "--print", prompt, "--output-format", "json", *options],
        AGENT_TIME,
        cwd=rig.scratch(),
        HOME=str(home),
        ANTHROPIC_BASE_URL=url or rig.front.url,
        ANTHROPIC_AUTH_TOKEN=person.key,
        CLAUDE_CONFIG_DIR=str(home / ".claude"),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        DISABLE_ERROR_REPORTING="1",
        **{"ANTHROPIC_MODEL": ANTHROPIC_MODEL} | settings,
    )


CODEX_CONFIG = """\
model = "{model}"
model_provider = "purser"

[model_providers.purser]
name = "Purser"
base_url = "{url}/v1"
env_key = "PURSER_KEY"
wire_api = "responses"

[analytics]
enabled = false
"""


CODEX_TELEMETRY = """\

[otel]
exporter = {{ otlp-http = {{ endpoint = "{url}/v1/logs", protocol = "binary", headers = {{ "x-api-key" = "{key}" }} }} }}
"""


def codex(
    rig: Rig, person: Person, prompt: str, *options: str, url: str = "", telemetry: Telemetry | None = None
) -> Finished:
    """Codex without a terminal, in an empty project and with a home of its own."""
    home = rig.scratch()
    config = CODEX_CONFIG.format(model=OPENAI_MODEL, url=url or rig.front.url)
    if telemetry:
        config += CODEX_TELEMETRY.format(url=telemetry.url, key=telemetry.key)
    (home / "config.toml").write_text(config)
    return run(
        [rig.tools.node, rig.tools.codex, "exec", "--skip-git-repo-check", "--json", *options, prompt],
        AGENT_TIME,
        cwd=rig.scratch(),
        HOME=str(home),
        CODEX_HOME=str(home),
        PURSER_KEY=person.key,
    )


GEMINI_SETTINGS = {
    "general": {"enableAutoUpdate": False},
    "privacy": {"usageStatisticsEnabled": False},
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "telemetry": {"enabled": False},
}


def gemini_cli(rig: Rig, person: Person, prompt: str, url: str = "", telemetry: Telemetry | None = None) -> Finished:
    """Gemini CLI without a terminal, in an empty project and with a home of its own."""
    home = rig.scratch()
    settings: Path = home / ".gemini" / "settings.json"
    settings.parent.mkdir()
    told = {"enabled": True, "target": "local", "otlpEndpoint": telemetry.url, "otlpProtocol": "http"} if telemetry else {}
    settings.write_text(json.dumps({**GEMINI_SETTINGS, "telemetry": GEMINI_SETTINGS["telemetry"] | told}))
    return run(
        [rig.tools.node, rig.tools.gemini, "--prompt", prompt, "--model", GOOGLE_MODEL, "--output-format", "json"]
        + ["--skip-trust"],
        AGENT_TIME,
        cwd=rig.scratch(),
        HOME=str(home),
        GOOGLE_GEMINI_BASE_URL=url or rig.front.url,
        GEMINI_API_KEY=person.key,
        **({"OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={telemetry.key}"} if telemetry else {}),
    )


AGENTS = {"Claude Code": claude_code, "Codex": codex, "Gemini CLI": gemini_cli}
