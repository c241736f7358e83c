"""Images, PDFs and recordings: the bound against the formulas that providers publish, in Python and by nobody's code.

An image's part of a bound is the bound of a request with it less the bound of the same request in which the field that
makes it an image has another name, so that nothing of what is allowed for text helps.
"""

import base64
import json
import math
import random
import struct
from dataclasses import dataclass
from fractions import Fraction

from bound import Bounder

CHECKED = 0

# platform.claude.com, "Images and vision": visual tokens are patches of 28 pixels, after the image was made to fit the
# longest edge and the most tokens of the model's tier. Until 2026 the page said width × height / 750 and 1,600 tokens.
CLAUDE_TIERS = {"claude-sonnet-4-6": (1_568, 1_568), "claude-haiku-4-5": (1_568, 1_568), "claude-3-opus": (1_568, 1_568), "claude-opus-4-7": (2_576, 4_784), "claude-opus-5-5": (2_576, 4_784)}


def claude(model: str, width: int, height: int) -> int:
    edge, most = CLAUDE_TIERS[model]
    scale = min(Fraction(1), Fraction(edge, max(width, height)))
    patches = lambda: math.ceil(width * scale / 28) * math.ceil(height * scale / 28)  # noqa: E731
    by_patches = min(patches(), most)
    by_area = min(math.ceil(width * height * scale * scale / 750), 1_600)
    return max(by_patches, by_area)


# developers.openai.com, "Images and vision": patches of 32 pixels within a budget times the model's multiplier, or a base
# and so much a tile of 512 pixels after fitting 2,048 × 2,048 and a shorter side of 768.
PATCHES = {
    "gpt-5-mini": (1_536, "1.62"), "gpt-5-nano": (1_536, "2.46"), "gpt-5.4-mini": (1_536, "1.62"), "gpt-5.4-nano": (1_536, "2.46"),
    "gpt-4.1-mini": (1_536, "1.62"), "gpt-4.1-nano": (1_536, "2.46"), "o4-mini": (1_536, "1.72"), "gpt-5.2": (1_536, "1"),
    "gpt-5.4": (10_000, "1"), "gpt-5.5": (10_000, "1"), "gpt-5.6-sol": (None, "1"), "gpt-6.1-sol": (None, "1"),
}  # fmt: skip
TILES = {"gpt-4o": (85, 170), "gpt-4.1": (85, 170), "gpt-4.5-preview": (85, 170), "gpt-4o-mini": (2_833, 5_667), "o1": (75, 150), "o3": (75, 150), "gpt-5": (70, 140), "computer-use-preview": (65, 129)}


def gpt_patches(model: str, width: int, height: int) -> int:
    budget, multiplier = PATCHES[model]
    patches = math.ceil(width / 32) * math.ceil(height / 32)
    # `low` may enlarge a small image to 512 × 512.
    patches = max(patches if budget is None else min(patches, budget), 256)
    return math.ceil(patches * Fraction(multiplier))


def gpt_tiles(model: str, width: int, height: int) -> int:
    base, tile = TILES[model]
    scale = min(Fraction(1), Fraction(2_048, max(width, height)))
    width, height = width * scale, height * scale
    # Whether a small image is enlarged the page does not say: take the larger.
    for factor in (Fraction(1), Fraction(768) / min(width, height)):
        if factor > 1:
            factor = min(factor, Fraction(2_048) / max(width, height))
        width, height = max(width * factor, 1), max(height * factor, 1)
    if min(width, height) > 768:
        shrink = Fraction(768) / min(width, height)
        width, height = width * shrink, height * shrink
    return base + tile * math.ceil(width / 512) * math.ceil(height / 512)


# ai.google.dev, "Understand and count tokens" and "Image understanding": 258 where both sides are at most 384 pixels, else 258
# a tile of two thirds of the shorter side, 256 to 768; "Media resolution": at most 2,240 an image since Gemini 3.
def gemini(model: str, width: int, height: int) -> int:
    if model.startswith("gemini-3"):
        return 2_240
    if width <= 384 and height <= 384:
        return 258
    unit = max(256, min(768, math.floor(min(width, height) / 1.5)))
    return 258 * math.ceil(width / unit) * math.ceil(height / unit)


def png(width: int, height: int) -> str:
    """The head of a PNG of that size, all that a bound looks at."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"
    return base64.b64encode(head).decode()


def anthropic_body(kind: str, media_type: str, data: str) -> dict:
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"max_tokens": 1, "messages": [{"role": "user", "content": [{"type": kind, "source": source}]}]}


def chat_body(field: str, media_type: str, data: str) -> dict:
    part = {"type": field, field: {"url": f"data:{media_type};base64,{data}"}}
    return {"messages": [{"role": "user", "content": [part]}]}


def responses_body(field: str, media_type: str, data: str) -> dict:
    return {"input": [{"role": "user", "content": [{"type": "input_image", field: f"data:{media_type};base64,{data}"}]}]}


def gemini_body(field: str, media_type: str, data: str) -> dict:
    return {"contents": [{"role": "user", "parts": [{field: {"mimeType": media_type, "data": data}}]}]}


@dataclass(frozen=True)
class Case:
    dialect: str
    model: str
    body: object
    field: str  # makes the part an image
    other: str  # of the same length, makes it text
    tokens: object  # the formula


def cases() -> list[Case]:
    made = [Case("anthropic", model, anthropic_body, "image", "imagx", claude) for model in CLAUDE_TIERS]
    for formula, models in ((gpt_patches, PATCHES), (gpt_tiles, TILES)):
        for model in models:
            made.append(Case("chat", model, chat_body, "image_url", "image_urx", formula))
            made.append(Case("responses", model, responses_body, "image_url", "image_urx", formula))
    made += [Case("gemini", model, gemini_body, "inlineData", "inlineDatx", gemini) for model in ("gemini-2.5-pro", "gemini-3-pro")]
    return made


def sizes() -> list[tuple[int, int]]:
    edges = [1, 16, 28, 32, 33, 200, 256, 257, 384, 385, 512, 513, 767, 768, 769, 1_024, 1_092, 1_568, 2_048, 2_576, 4_032, 8_000]
    rng = random.Random(7)
    return [(w, h) for w in edges for h in edges] + [(rng.randint(1, 8_000), rng.randint(1, 8_000)) for _ in range(200)]


def check(bounder: Bounder) -> list[str]:
    """What lies below its formula, or is not bounded by the window where only that is known."""
    global CHECKED
    wrong, total_bound, total_count = [], {}, {}
    for case in cases():
        empty = json.dumps(case.body(case.other, "image/png", ""))
        requests = [(case.dialect, case.model, json.dumps(case.body(case.field, "image/png", png(*size)))) for size in sizes()]
        text, *answers = bounder.bounds([(case.dialect, case.model, empty), *requests])
        for (width, height), answer in zip(sizes(), answers, strict=True):
            CHECKED += 1
            tokens, bound = case.tokens(case.model, width, height), answer["tokens"] - text["tokens"]
            if bound < tokens:
                wrong.append(f"{case.dialect} {case.model}, image of {width} × {height}: bound {bound}, tokens {tokens}")
            total_bound[case.model] = total_bound.get(case.model, 0) + bound
            total_count[case.model] = total_count.get(case.model, 0) + tokens
    print("images, times the formula:", ", ".join(f"{model} {total_bound[model] / total_count[model]:.2f}" for model in total_bound))
    pdf, wav = base64.b64encode(b"%PDF-1.7\n" * 20).decode(), base64.b64encode(b"RIFF" * 20).decode()
    documents = [
        ("anthropic", "claude-opus-4-7", anthropic_body("document", "application/pdf", pdf)),
        ("chat", "gpt-5.4", {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"}}]}]}),
        ("chat", "gpt-audio", {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}}]}]}),
        ("responses", "gpt-5.4", {"input": [{"role": "user", "content": [{"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"}]}]}),
        ("gemini", "gemini-2.5-pro", gemini_body("inlineData", "application/pdf", pdf)),
        ("gemini", "gemini-2.5-pro", gemini_body("inlineData", "audio/wav", wav)),
        ("gemini", "gemini-2.5-pro", gemini_body("inlineData", "video/mp4", wav)),
        ("chat", "some-model", chat_body("image_url", "image/png", png(100, 100))),
        ("anthropic", "claude-opus-4-7", {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]}]}),
    ]  # fmt: skip
    answers = bounder.bounds([(dialect, model, json.dumps(body)) for dialect, model, body in documents])
    for (dialect, model, body), answer in zip(documents, answers, strict=True):
        CHECKED += 1
        if answer.get("tokens") != answer.get("window"):
            wrong.append(f"{dialect} {model}: {json.dumps(body)[:120]} is not bounded by the window: {answer}")
    return wrong
