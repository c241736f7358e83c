"""Conversations made of the texts, and how each dialect writes them: requests as a coding agent sends them, with a system
prompt, tools, calls of them and their results."""

import json
import random
from dataclasses import dataclass

from texts import KINDS, text

EVERY_KIND = [*KINDS, "mix"]


@dataclass(frozen=True)
class Turn:
    """`user` and `assistant` say `text`; in a `call` the assistant calls `name` with `arguments`, in a `result` the user's
    side answers with `text`. Turns of the two sides alternate and the user's is first and last."""

    role: str
    text: str = ""
    name: str = ""
    arguments: dict | None = None


@dataclass(frozen=True)
class Conversation:
    kind: str
    texts: int
    system: str | None
    turns: list[Turn]
    tools: list[dict]  # name, description, parameters
    escaped: bool  # the client writes JSON in ASCII


def conversation(seed: int, index: int) -> Conversation:
    rng = random.Random(f"{seed} {index}")
    kind = EVERY_KIND[index % len(EVERY_KIND)]
    texts = 0

    def one() -> str:
        nonlocal texts
        texts += 1
        return text(rng, kind) or "x"

    system = one() if rng.random() < 0.4 else None
    tools = [tool(rng, one, at) for at in range(rng.choice([0, 0, 0, 1, 1, 3]))]
    turns = [Turn("user", one())]
    while rng.random() < 0.5:
        if tools and rng.random() < 0.6:
            name = rng.choice(tools)["name"]
            turns.append(Turn("call", name=name, arguments=arguments(rng, one)))
            turns.append(Turn("result", one(), name=name))
        else:
            turns.append(Turn("assistant", one()))
            turns.append(Turn("user", one()))
    return Conversation(kind, texts, system, turns, tools, rng.random() < 0.3)


def tool(rng: random.Random, one, at: int) -> dict:
    properties: dict = {"path": {"type": "string", "description": one()}}
    if rng.random() < 0.5:
        properties["mode"] = {"type": "string", "enum": ["read", "write", one()[:80]], "default": "read"}
    if rng.random() < 0.3:
        properties["edits"] = {
            "type": "array",
            "items": {"type": "object", "properties": {"at": {"type": "integer", "minimum": 0}, "on": {"type": ["boolean", "null"]}}},
        }
    if rng.random() < 0.2:
        properties["any"] = {"anyOf": [{"type": "string"}, {"type": "number"}], "title": "Any"}
    schema = {"type": "object", "properties": properties, "required": ["path"]}
    if rng.random() < 0.5:
        schema["additionalProperties"] = False
    return {"name": f"tool_{at}", "description": one(), "parameters": schema}


def arguments(rng: random.Random, one) -> dict:
    made: dict = {"path": one()}
    if rng.random() < 0.4:
        made["lines"] = [rng.randrange(10) for _ in range(rng.randint(1, 40))]
    if rng.random() < 0.3:
        made["edits"] = [{"at": rng.randrange(100), "on": None} for _ in range(rng.randint(0, 4))]
    return made


def compact(value) -> str:
    """JSON without a byte that is not needed, as most SDKs send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def body(dialect: str, model: str, made: Conversation) -> str:
    """The request, with nothing in it that need not be."""
    return json.dumps(WRITERS[dialect](model, made), ensure_ascii=made.escaped, separators=(",", ":"))


def anthropic(model: str, made: Conversation) -> dict:
    def message(at: int, turn: Turn) -> dict:
        if turn.role == "call":
            return {"role": "assistant", "content": [{"type": "tool_use", "id": f"t{at}", "name": turn.name, "input": turn.arguments}]}
        if turn.role == "result":
            return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{at - 1}", "content": turn.text}]}
        return {"role": turn.role, "content": turn.text}

    request: dict = {"model": model, "max_tokens": 1, "messages": [message(at, turn) for at, turn in enumerate(made.turns)]}
    if made.system is not None:
        request["system"] = made.system
    if made.tools:
        request["tools"] = [{"name": t["name"], "description": t["description"], "input_schema": t["parameters"]} for t in made.tools]
    return request


def chat(model: str, made: Conversation) -> dict:
    def message(at: int, turn: Turn) -> dict:
        if turn.role == "call":
            call = {"id": f"t{at}", "type": "function", "function": {"name": turn.name, "arguments": compact(turn.arguments)}}
            return {"role": "assistant", "content": None, "tool_calls": [call]}
        if turn.role == "result":
            return {"role": "tool", "tool_call_id": f"t{at - 1}", "content": turn.text}
        return {"role": turn.role, "content": turn.text}

    system = [] if made.system is None else [{"role": "system", "content": made.system}]
    request: dict = {"model": model, "messages": system + [message(at, turn) for at, turn in enumerate(made.turns)]}
    if made.tools:
        request["tools"] = [{"type": "function", "function": t} for t in made.tools]
    return request


def responses(model: str, made: Conversation) -> dict:
    def item(at: int, turn: Turn) -> dict:
        if turn.role == "call":
            return {"type": "function_call", "call_id": f"t{at}", "name": turn.name, "arguments": compact(turn.arguments)}
        if turn.role == "result":
            return {"type": "function_call_output", "call_id": f"t{at - 1}", "output": turn.text}
        return {"role": turn.role, "content": turn.text}

    request: dict = {"model": model, "input": [item(at, turn) for at, turn in enumerate(made.turns)]}
    if made.system is not None:
        request["instructions"] = made.system
    if made.tools:
        request["tools"] = [{"type": "function", **t} for t in made.tools]
    return request


def gemini(_model: str, made: Conversation) -> dict:
    def content(turn: Turn) -> dict:
        if turn.role == "call":
            return {"role": "model", "parts": [{"functionCall": {"name": turn.name, "args": turn.arguments}}]}
        if turn.role == "result":
            return {"role": "user", "parts": [{"functionResponse": {"name": turn.name, "response": {"output": turn.text}}}]}
        return {"role": "model" if turn.role == "assistant" else "user", "parts": [{"text": turn.text}]}

    request: dict = {"contents": [content(turn) for turn in made.turns]}
    if made.system is not None:
        request["systemInstruction"] = {"parts": [{"text": made.system}]}
    if made.tools:
        request["tools"] = [{"functionDeclarations": made.tools}]
    return request


def embeddings(model: str, made: Conversation) -> dict:
    return {"model": model, "input": [turn.text for turn in made.turns if turn.text]}


WRITERS = {"anthropic": anthropic, "chat": chat, "responses": responses, "gemini": gemini, "embeddings": embeddings}
