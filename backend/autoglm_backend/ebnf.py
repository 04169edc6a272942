"""xgrammar's EBNF, which is llama.cpp's GBNF, as Lark for llguidance. Pure.

llguidance's own converter takes 6 times as long for an agent's page, 25 times with a task of 200 words, for it grows
with the square (`python -m tests.bench.grammar`, 2026-11-22).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<gap>(?:\s+|\#[^\n]*)+)
    |(?P<head>[\w-]+)\s*::=
    |(?P<name>[\w-]+)
    |"(?P<text>(?:[^"\\\n]|\\.)*)"
    |\[(?P<not>\^?)(?P<class>(?:[^\]\\\n]|\\.)*)\]
    |(?P<times>[*+?]|\{\s*\d+\s*(?:,\s*\d*\s*)?\})
    |(?P<sign>[|().])
    |(?P<wrong>.)""",
    re.VERBOSE | re.ASCII,
)
CHARACTER = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<named>[nrt])|(?P<sign>[^\w\s]))"
    r"|(?P<plain>[^\\])"
)
NAMED = {"n": "\n", "r": "\r", "t": "\t"}
RULES = 10_000  # one may name the next, and what reads them goes as deep (`grammar.STACK`)


class EbnfError(Exception):
    """This is no EBNF; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Name:
    """Of another rule, inside one."""

    text: str


Rule = list[str | Name]


def is_ebnf(text: str) -> bool:
    """Whether a rule is written `name ::=`; Lark writes `name:`."""
    return any(token["head"] for token in TOKEN.finditer(text))


def to_lark(text: str) -> str:
    """The same grammar; it begins with `root`. Raises EbnfError."""
    rules = read(text)
    if len(rules) > RULES:
        raise EbnfError(f"it has {len(rules):,} rules, and {RULES:,} are the most")
    named = {name: [part.text for part in rule if isinstance(part, Name)] for name, rule in rules.items()}
    for name, others in {"": ["root"], **named}.items():
        if missing := next((other for other in others if other not in rules), None):
            raise EbnfError(f"rule {missing!r} is not defined" + (f", and {name!r} names it" if name else ""))
    # What never comes back to itself is one regular expression, a terminal in Lark: these have capitals.
    endless = recursive(named)
    lark = {name: f"{'r' if name in endless else 'R'}{at}" for at, name in enumerate(rules)}
    lines = [f"start: {lark['root']}"]
    for name, rule in rules.items():
        parts = (lark[part.text] if isinstance(part, Name) else part for part in rule)
        lines.append(f"{lark[name]}: {' '.join(parts)}")
    return "\n".join(lines)


def read(text: str) -> dict[str, Rule]:
    """The rules by name, in Lark but for the names. Raises EbnfError."""
    rules: dict[str, Rule] = {}
    reader = Reader([])
    for token in TOKEN.finditer(text):
        if token["gap"]:
            continue
        try:
            if head := token["head"]:
                reader.end()
                if head in rules:
                    raise EbnfError(f"rule {head!r} is defined twice")
                reader = Reader(rules.setdefault(head, []))
            elif not rules:
                raise EbnfError("a rule begins with `name ::=`")
            else:
                reader.take(token)
        except EbnfError as error:
            raise EbnfError(f"line {text.count(chr(10), 0, token.start()) + 1}: {error}") from None
    reader.end()
    return rules


@dataclass(slots=True)
class Reader:
    """One rule, token by token; most are written alike in Lark."""

    rule: Rule
    depth: int = 0
    fresh: bool = True  # an alternative begins here

    def take(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "name":
                self.add(Name(token["name"]))
            case "text":
                self.add(literal(token["text"]))
            case "class":
                self.add(f"/[{token['not']}{ranges(token['class'])}]/")
            case "times":
                if self.fresh:
                    raise EbnfError(f"nothing stands before {token[0]} to be repeated")
                self.rule.append("".join(token[0].split()))
            case "sign":
                self.sign(token[0])
            case _:
                raise EbnfError(f"{token[0]!r} means nothing here, or what it opens does not end on this line")

    def add(self, part: str | Name) -> None:
        self.rule.append(part)
        self.fresh = False

    def sign(self, sign: str) -> None:
        if sign == ".":
            self.add(r"/(?s:.)/")
        elif sign == "(":
            self.rule.append(sign)
            self.depth, self.fresh = self.depth + 1, True
        else:
            if self.fresh:
                self.add('""')
            if sign == ")":
                self.depth -= 1
                if self.depth < 0:
                    raise EbnfError("this ) closes nothing")
            self.rule.append(sign)
            self.fresh = sign == "|"

    def end(self) -> None:
        if self.depth:
            raise EbnfError("a ( is not closed")
        if self.fresh:
            self.add('""')


def literal(escaped: str) -> str:
    """In Lark, which takes JSON's but for a bare DEL. Raises EbnfError."""
    text = "".join(chr(code) for code, _ in characters(escaped))
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def ranges(escaped: str) -> str:
    """What stands between the brackets of a class, each character by its number. Raises EbnfError."""
    signs = list(characters(escaped))
    if not signs:
        raise EbnfError("a class [] holds no character")
    written: list[str] = []
    at = 0
    while at < len(signs):
        first = last = signs[at][0]
        if at + 2 < len(signs) and signs[at + 1] == (ord("-"), False):
            last, at = signs[at + 2][0], at + 2
            if last < first:
                raise EbnfError(f"the range {chr(first)}-{chr(last)} holds no character")
        written.append(f"\\x{{{first:x}}}-\\x{{{last:x}}}")
        at += 1
    return "".join(written)


def characters(escaped: str) -> Iterator[tuple[int, bool]]:
    """Each code point, and whether it was escaped. Raises EbnfError."""
    at = 0
    while at < len(escaped):
        sign = CHARACTER.match(escaped, at)
        if sign is None:
            raise EbnfError(
                f"{escaped[at : at + 2]} is no escape: \\n \\r \\t \\xHH \\uHHHH \\UHHHHHHHH are, and signs"
            )
        digits = sign["x"] or sign["u"] or sign["U"]
        plain = NAMED[sign["named"]] if sign["named"] else sign["sign"] or sign["plain"]
        code = int(digits, 16) if digits else ord(plain)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise EbnfError(f"{sign[0]} is no character")
        yield code, sign["plain"] is None
        at = sign.end()


def recursive(named: Mapping[str, Sequence[str]]) -> set[str]:
    """The rules whose names lead back to them, or to such a rule; `named` has those that each one names."""
    users: dict[str, list[str]] = {name: [] for name in named}
    for name, others in named.items():
        for other in others:
            users[other].append(name)
    left = {name: len(others) for name, others in named.items()}
    ended = [name for name, others in named.items() if not others]
    while ended:
        for user in users[ended.pop()]:
            left[user] -= 1
            if left[user] == 0:
                ended.append(user)
    return {name for name, others in left.items() if others}
