"""Does the INT8 engine stay as it was? Thousands of requests to a real server, its memory, and a fixed reply between.

    python -m tests.bench.steady [--requests 5000] [--model embedded] [--at-once 8] [--json]

Requests differ: prompts of 8 to 1,234 tokens, new or going on from an earlier one, 1 to 24 tokens out, free or by a
grammar, one in twenty given up while it runs. Ten times the server's memory is written down and a fixed prompt asked
alone, greedily: its reply must stay the same. Memory is resident, in MiB, after as many of the longest conversations as
are remembered, for what they take is kept; growth is that of the second half, when all sizes of passes have been met.
Exit 1: another reply, or more than 3 % growth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from autoglm.local_server import local_server
from tests.bench.engine import ACTION, children

WORDS = "page contact us heading link button textbox value count name ada@example.org select click 12 7 Ünïcode".split()
PROBE = {"messages": [{"role": "user", "content": " ".join(WORDS * 6)}], "temperature": 0, "max_tokens": 40}
GROWTH = 0.03
LONGEST = 2500  # characters of a conversation, after which another begins
REMEMBERED = 16  # conversations, at most


class Requests:
    """Bodies of requests, the same in each run."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._held = [self._text() for _ in range(6)]  # conversations that go on

    def __iter__(self) -> Iterator[tuple[dict[str, Any], float | None]]:
        """Each with the seconds after which nobody waits for it any more."""
        while True:
            at = self._random.randrange(len(self._held))
            self._held[at] += " " + self._text() if len(self._held[at]) < LONGEST else ""
            text = self._random.choice([self._held[at], self._text()])
            if len(self._held[at]) >= LONGEST:
                self._held[at] = self._text()
            body: dict[str, Any] = {
                "messages": [{"role": "user", "content": text}],
                "temperature": self._random.choice([0, 0.8]),
                "max_tokens": self._random.randint(1, 24),
                "stream": self._random.random() < 0.5,
            }
            if self._random.random() < 0.2:
                body |= {"structured_outputs": {"grammar": ACTION}, "max_tokens": 60}
            yield body, self._random.uniform(0, 0.5) if self._random.random() < 0.05 else None

    def longest(self) -> list[str]:
        """More than are remembered, each longer than any that is asked; they begin differently."""
        return [f"{at} {' '.join(self._random.choices(WORDS, k=LONGEST // 4))}" for at in range(REMEMBERED + 4)]

    def _text(self) -> str:
        return " ".join(self._random.choices(WORDS, k=int(2 ** self._random.uniform(1, 6))))


async def ask(client: httpx.AsyncClient, body: dict[str, Any], patience: float | None) -> str:
    """What came of it. Raises httpx.HTTPStatusError for an answer that is none, RuntimeError for one that broke off."""
    try:
        async with asyncio.timeout(patience):
            answer = await client.post("/chat/completions", json=body)
    except TimeoutError:
        return "given up"
    answer.raise_for_status()
    if body["stream"] and not answer.text.endswith("data: [DONE]\n\n"):
        raise RuntimeError(f"a stream broke off: {answer.text[-500:]}")
    return "answered"


async def ask_some(client: httpx.AsyncClient, requests: Iterator[Any], count: int, at_once: int) -> dict[str, int]:
    """So many of them, `at_once` at a time; how many came to what."""
    ends: dict[str, int] = {}
    left = count

    async def one_after_the_other() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            end = await ask(client, *next(requests))
            ends[end] = ends.get(end, 0) + 1

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one_after_the_other())
    return ends


async def reply(client: httpx.AsyncClient) -> str:
    answer = await client.post("/chat/completions", json=PROBE)
    return answer.raise_for_status().json()["choices"][0]["message"]["content"]


def resident(pid: int) -> float:
    """MiB of the process. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    async with local_server(arguments.model) as server:
        ready = await server.ready()
        pid = children(os.getpid())[-1]
        async with httpx.AsyncClient(base_url=ready.url, timeout=600, trust_env=False) as client:
            requests = Requests()
            for text in requests.longest():
                await ask(client, {"messages": [{"role": "user", "content": text}], "max_tokens": 24}, None)
            first = await reply(client)
            assert first, "the fixed prompt has no reply; one that is empty would be the same each time"
            memory, ends, same = [resident(pid)], dict[str, int](), True
            bodies = iter(requests)
            began = time.perf_counter()
            for part in range(10):
                for end, count in (await ask_some(client, bodies, arguments.requests // 10, arguments.at_once)).items():
                    ends[end] = ends.get(end, 0) + count
                memory.append(resident(pid))
                same = same and await reply(client) == first
                done = (part + 1) * (arguments.requests // 10)
                took = time.perf_counter() - began
                print(f"{done:6} requests  {memory[-1]:7.1f} MiB  {took:6.0f} s", file=sys.stderr, flush=True)
    growth = memory[-1] / memory[5] - 1
    return {"ends": ends, "mib": memory, "growth": growth, "same_reply": same, "good": same and growth <= GROWTH}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.requests < 10:
        parser.error("--requests: memory is looked at ten times, so 10 at least")
    found = asyncio.run(run(arguments))
    if arguments.json:
        print(json.dumps(found))
    else:
        print(
            f"memory, MiB: {' '.join(f'{mib:.0f}' for mib in found['mib'])}; in the second half {found['growth']:+.1%}"
        )
        print(
            f"the fixed prompt's reply: {'the same' if found['same_reply'] else 'ANOTHER'} each time; {found['ends']}"
        )
    return 0 if found["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
