"""Texts of every kind that a tokenizer may find hard, the same ones for the same seed, checkout and Python."""

import base64
import json
import random
import string
import sys
import sysconfig
import unicodedata
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 4_000  # characters of one text


@cache
def files(*endings: str) -> tuple[str, ...]:
    """The files of these kinds that this repository and Python's own library hold."""
    library = Path(sysconfig.get_paths()["stdlib"])
    places = [ROOT / "crates", ROOT / "docs", ROOT / "tests", ROOT / "scripts", library / "json", library / "html", library / "encodings"]
    found = [path for place in places for path in sorted(place.rglob("*")) if path.suffix in endings and path.is_file()]
    found += [path for path in sorted(ROOT.glob("*")) if path.suffix in endings]
    read = (path.read_text(encoding="utf-8", errors="ignore") for path in found)
    return tuple(text for text in read if text) or ("nothing",)


def size(rng: random.Random, most: int = 320) -> int:
    """Mostly short, sometimes long: what is around a text weighs most when it is short."""
    if rng.random() < 0.01:
        return rng.randint(most, LONGEST)
    return int(2 ** rng.uniform(0, most.bit_length() - 1)) + rng.randint(0, 3)


def excerpt(rng: random.Random, *endings: str) -> str:
    text = rng.choice(files(*endings))
    start = rng.randrange(len(text))
    return text[start : start + size(rng)] or text[:1]


def some(rng: random.Random, alphabet: str) -> str:
    return "".join(rng.choices(alphabet, k=size(rng, 160)))


def code(rng: random.Random) -> str:
    return excerpt(rng, ".rs", ".py", ".js", ".cjs", ".css", ".html", ".toml", ".sh", ".sql")


def prose(rng: random.Random) -> str:
    return excerpt(rng, ".md")


# One sentence in 22 languages.
SENTENCES = [
    "The money for today is spent; ask again tomorrow morning.",
    "Das Geld für heute ist ausgegeben, bitte fragen Sie morgen früh wieder.",
    "L’argent d’aujourd’hui est dépensé ; redemandez demain matin.",
    "El dinero de hoy se ha gastado; vuelva a preguntar mañana.",
    "O dinheiro de hoje acabou; pergunte outra vez amanhã.",
    "Pieniądze na dziś zostały wydane, proszę zapytać jutro rano.",
    "Peníze na dnešek jsou utracené, zeptejte se zítra ráno.",
    "Bugünün parası harcandı, lütfen yarın sabah yeniden sorun.",
    "Tiền hôm nay đã tiêu hết, xin hỏi lại vào sáng mai.",
    "Деньги на сегодня потрачены, спросите завтра утром.",
    "Гроші на сьогодні витрачено, запитайте завтра вранці.",
    "Τα χρήματα για σήμερα ξοδεύτηκαν, ρωτήστε πάλι αύριο το πρωί.",
    "הכסף להיום נגמר, שאלו שוב מחר בבוקר.",
    "انتهت أموال اليوم، اسأل مرة أخرى صباح الغد.",
    "पैसा आज के लिए खर्च हो गया है, कल सुबह फिर पूछें।",
    "আজকের টাকা খরচ হয়ে গেছে, কাল সকালে আবার জিজ্ঞাসা করুন।",
    "இன்றைய பணம் செலவாகிவிட்டது, நாளை காலை மீண்டும் கேளுங்கள்.",
    "เงินสำหรับวันนี้ใช้หมดแล้ว กรุณาถามใหม่พรุ่งนี้เช้า",
    "今天的钱已经花完了，请明天早上再问。",
    "今日のお金は使い切りました。明日の朝もう一度お尋ねください。",
    "오늘의 돈은 다 썼습니다. 내일 아침에 다시 물어보세요.",
    "დღევანდელი ფული დაიხარჯა, ხვალ დილით ისევ იკითხეთ.",
]

# Letters by script; words made of them are harder than real ones.
SCRIPTS = [
    (0x00C0, 0x024F), (0x0370, 0x03FF), (0x0400, 0x04FF), (0x0531, 0x0587), (0x05D0, 0x05EA), (0x0620, 0x064A),
    (0x0710, 0x072F), (0x0780, 0x07A5), (0x0904, 0x0939), (0x0985, 0x09B9), (0x0A05, 0x0A39), (0x0A85, 0x0AB9),
    (0x0B05, 0x0B39), (0x0B85, 0x0BB9), (0x0C05, 0x0C39), (0x0C85, 0x0CB9), (0x0D05, 0x0D39), (0x0D85, 0x0DC6),
    (0x0E01, 0x0E30), (0x0E81, 0x0EB0), (0x0F40, 0x0F6C), (0x1000, 0x102A), (0x10D0, 0x10FA), (0x1200, 0x135A),
    (0x13A0, 0x13F4), (0x1401, 0x166C), (0x16A0, 0x16EA), (0x1780, 0x17B3), (0x1820, 0x1877), (0x2C00, 0x2C5F),
    (0x2D30, 0x2D67), (0xA000, 0xA48C), (0xA960, 0xA97C), (0x10330, 0x1034A), (0x10400, 0x1044F), (0x12000, 0x12399),
    (0x13000, 0x1342E), (0x1E900, 0x1E943),
]  # fmt: skip


def languages(rng: random.Random) -> str:
    return " ".join(rng.choices(SENTENCES, k=1 + size(rng) // 80))


def scripts(rng: random.Random) -> str:
    low, high = rng.choice(SCRIPTS)
    word = lambda: "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 9)))  # noqa: E731
    return " ".join(word() for _ in range(1 + size(rng, 160) // 6))


def ideographs(rng: random.Random) -> str:
    low, high = rng.choice([(0x4E00, 0x9FFF), (0x4E00, 0x5FFF), (0x3041, 0x30FE), (0xAC00, 0xD7A3), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0xF900, 0xFAD9)])
    return "".join(chr(rng.randint(low, high)) for _ in range(size(rng, 160)))


def emoji(rng: random.Random) -> str:
    person, joiner = "👨👩👧👦🧑👮🧙", "\u200d"
    shapes = [
        lambda: chr(rng.randint(0x1F300, 0x1FAFF)),
        lambda: joiner.join(rng.choices(person, k=rng.randint(2, 4))),
        lambda: rng.choice(person) + chr(rng.randint(0x1F3FB, 0x1F3FF)) + joiner + rng.choice("🚒💻🚀⚖️"),
        lambda: chr(rng.randint(0x1F1E6, 0x1F1FF)) + chr(rng.randint(0x1F1E6, 0x1F1FF)),
        lambda: rng.choice("0123456789#*") + "\ufe0f\u20e3",
        lambda: "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbsct") + "\U000e007f",
    ]
    return "".join(rng.choice(shapes)() for _ in range(1 + size(rng, 80) // 2))


def encoded(rng: random.Random) -> str:
    data = rng.randbytes(size(rng))
    return rng.choice([base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b85encode, base64.b16encode])(data).decode()


def hexadecimal(rng: random.Random) -> str:
    return rng.choice([" ", ":", "", "\n"]).join(f"{byte:02x}" for byte in rng.randbytes(size(rng, 160)))


def numbers(rng: random.Random) -> str:
    return rng.choice([", ", ",", " ", ""]).join(str(rng.randrange(10 ** rng.randint(1, 12))) for _ in range(1 + size(rng, 160) // 4))


def whitespace(rng: random.Random) -> str:
    spaces = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\v", "\f", "\u2028", "x"]
    return "".join(rng.choice(spaces) * rng.randint(1, 20) for _ in range(1 + size(rng, 80) // 8))


@cache
def growing() -> tuple[tuple[str, ...], ...]:
    """Characters whose UTF-8 grows under NFC, under NFKC, and by lower-casing, the worst first."""
    def growth(form, char):
        return len(form(char).encode()) / len(char.encode())

    forms = [lambda char: unicodedata.normalize("NFC", char), lambda char: unicodedata.normalize("NFKC", char), str.lower]
    chars = [chr(point) for point in range(0x80, sys.maxunicode) if not 0xD800 <= point < 0xE000]
    chars = [char for char in chars if unicodedata.category(char) not in ("Cn", "Co")]
    return tuple(tuple(sorted((c for c in chars if growth(form, c) > 1), key=lambda c: -growth(form, c))) for form in forms)


def normalising(rng: random.Random) -> str:
    worst = rng.choice(growing())
    pool = worst[: rng.choice([1, 4, 40, len(worst)])]
    between = rng.choice(["", "", " ", "!", "a"])
    return between.join(rng.choices(pool, k=size(rng, 160)))


def combining(rng: random.Random) -> str:
    jamo = lambda: chr(rng.randint(0x1100, 0x1112)) + chr(rng.randint(0x1161, 0x1175)) + chr(rng.randint(0x11A8, 0x11C2))  # noqa: E731
    marked = lambda: rng.choice(string.ascii_letters) + "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(1, 4)))  # noqa: E731
    ligature = lambda: chr(rng.choice([rng.randint(0xFB00, 0xFB06), rng.randint(0xFB1D, 0xFB4F), rng.randint(0x3300, 0x33FF), rng.randint(0x2460, 0x24FF)]))  # noqa: E731
    shape = rng.choice([jamo, marked, ligature])
    return "".join(shape() for _ in range(1 + size(rng, 160) // 3))


SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<EOT>", "<META>",
    "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<|begin_of_text|>", "<|eot_id|>", "<s>", "</s>", "[INST]", "[/INST]",
    "<｜User｜>", "<｜Assistant｜>", "<unk>", "<0x0A>", "<unused7>", "\n\nHuman:", "\n\nAssistant:", "<tool_call>", "⟨bow⟩", "▁", "Ġ",
]  # fmt: skip


def special(rng: random.Random) -> str:
    return "".join(rng.choice(SPECIAL) + rng.choice(["", " ", "x"]) for _ in range(1 + size(rng, 160) // 8))


def runs(rng: random.Random) -> str:
    char = rng.choice([*string.printable, "é", "ﷺ", "中", "\u200d", "😀", "\u0301", "ﬁ", "\ufeff", chr(rng.randint(0xA0, 0x2FFF))])
    return char * size(rng, 1_000)


def unicode(rng: random.Random) -> str:
    point = lambda: rng.choice([rng.randrange(0x80, 0xD800), rng.randrange(0xE000, 0x110000)])  # noqa: E731
    return "".join(chr(point()) for _ in range(size(rng, 160)))


def ascii(rng: random.Random) -> str:
    return some(rng, string.printable)


def control(rng: random.Random) -> str:
    return some(rng, "".join(map(chr, [*range(32), 127, *range(128, 160)])) + "ab")


def odd_case(rng: random.Random) -> str:
    """Words that no vocabulary holds, in odd case and shortest packing: each may cost a mark for its start, its end and its
    capitals."""
    if rng.random() < 0.3:
        return rng.choice(["ZZ!", "ZQ\t", "Zz!", "Zq;", "Q!", "ZJ.ZQ "]) * (1 + size(rng, 1_000) // 3)
    letters = rng.choice(["Zz", "ZQJ", "ZzQqJjXx", string.ascii_uppercase, string.ascii_letters])
    marks = rng.choice(["!", " ", "\t", ";", ".!", string.punctuation, string.digits])
    shape = rng.choice([str, str.title, str.upper])
    word = lambda: shape("".join(rng.choices(letters, k=rng.choice([1, 2, 2, 2, 3]))))  # noqa: E731
    return "".join(word() + rng.choice(marks) for _ in range(1 + size(rng) // 3))


def data(rng: random.Random) -> str:
    def value(depth: int):
        kind = rng.randrange(7 if depth < 5 else 4)
        if kind == 0:
            return rng.randrange(10 ** rng.randint(1, 9))
        if kind == 1:
            return rng.choice([True, False, None, rng.random()])
        if kind < 4:
            return rng.choice(["", "a", "é", "<b>", "it's", "x y", rng.choice(SENTENCES)])
        if kind < 6:
            return [value(depth + 1) for _ in range(rng.randint(0, 6))]
        return {rng.choice(["a", "key", "größe", "x-y"]) + str(at): value(depth + 1) for at in range(rng.randint(0, 5))}

    return json.dumps(value(0), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1, 4]))


def markup(rng: random.Random) -> str:
    parts = ["<p>", "</p>", "<a href='x'>", "&amp;", "&#39;", "<<<", ">>>", "&&", "'", "<br/>", "it's", "a < b && c > d", "text"]
    return "".join(rng.choices(parts, k=1 + size(rng) // 5))


KINDS = {
    "code": code,
    "prose": prose,
    "languages": languages,
    "scripts": scripts,
    "ideographs": ideographs,
    "emoji": emoji,
    "base64": encoded,
    "hex": hexadecimal,
    "numbers": numbers,
    "whitespace": whitespace,
    "normalising": normalising,
    "combining": combining,
    "special tokens": special,
    "runs": runs,
    "random Unicode": unicode,
    "random ASCII": ascii,
    "control": control,
    "odd case": odd_case,
    "JSON": data,
    "markup": markup,
}


def text(rng: random.Random, kind: str) -> str:
    """One text; `mix` is made of several kinds."""
    if kind == "mix":
        return "".join(KINDS[rng.choice(list(KINDS))](rng)[:200] for _ in range(rng.randint(2, 4)))[:LONGEST]
    return KINDS[kind](rng)[:LONGEST]
