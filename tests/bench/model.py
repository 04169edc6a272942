"""Seconds a step of the model through HTTP, on the prompts of the demo form, and seconds to the first action.

    python -m tests.bench.model [--rounds 3] [--starts 3] [--model embedded | DIR] [--json]

The real agent fills in tests/site/contact.html once; its prompts are then replayed in order, each round against a fresh
server. Beside each reply stock Transformers generates as many tokens from the same prompt with the same weights in
bf16, and the arithmetic says what this machine could do at best. The first action is that of `autoglm run …` as a
subprocess.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from autoglm.errors import AutoGLMError
from autoglm.local_server import local_server
from autoglm.seams import Grammar, Model
from autoglm.types import Completion, Goto, Limits, Message
from tests.bench.harness import browser_tab, model_at, steps_of
from tests.site.demo import TASK
from tests.site.server import serve

if TYPE_CHECKING:
    from tests.bench.model_stock import Machine, Stock

STEP_GOAL_S = 0.5
FIRST_ACTION_GOAL_S = 10.0


@dataclass(frozen=True, slots=True)
class Prompt:
    messages: tuple[Message, ...]
    grammar: Grammar | None

    def chat(self) -> list[dict[str, str]]:
        return [{"role": m.role, "content": m.content} for m in self.messages]

    def body(self) -> dict[str, Any]:
        """The request that the agent sends, but for streaming."""
        asked: dict[str, Any] = {"messages": self.chat(), "temperature": 0}
        return asked | ({"structured_outputs": {"grammar": self.grammar}} if self.grammar else {})


@dataclass(frozen=True, slots=True)
class Reply:
    """One step of one round. Seconds but for the tokens."""

    step: int
    http: float
    prefill: float
    decode: float
    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int
    forced_tokens: int
    stock: float
    """Stock Transformers on the same prompt for as many tokens."""
    stock_prefill: float
    limit: float
    """What the arithmetic allows at best for the tokens that had to be computed."""
    text: str


# ---------------------------------------------------------------- the prompts


class RecordingModel:
    """Passes everything on and keeps what was asked."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.prompts: list[Prompt] = []

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        self.prompts.append(Prompt(tuple(messages), grammar))
        return await self._model.complete(messages, grammar)


async def record(model_name: str) -> tuple[list[Prompt], str]:
    """The prompts of the demo run, and how it ended."""
    ended = "?"
    with serve() as site:
        async with model_at(None, model_name) as model, browser_tab() as (browser, _):
            recording = RecordingModel(model)
            await browser.act(Goto(f"{site.url}/contact.html"))
            try:
                async for step in steps_of(TASK, browser, recording, Limits(steps=20, seconds=120)):
                    ended = step.ends or "going on"
            except AutoGLMError as error:
                ended = f"failed: {error}"
        return recording.prompts, f"{ended}, the site received {len(site.submitted)} form(s)"


# ---------------------------------------------------------------- replaying


async def replay(prompts: Sequence[Prompt], model: str, stock: Stock, machine: Machine) -> list[Reply]:
    """All steps in order against a server that has seen none of them."""
    replies: list[Reply] = []
    async with local_server(model) as server:
        ready = await server.ready()
        async with httpx.AsyncClient(timeout=120, trust_env=False) as client:
            for i, prompt in enumerate(prompts):
                began = time.perf_counter()
                response = await client.post(f"{ready.url}/chat/completions", json=prompt.body())
                took = time.perf_counter() - began
                said = response.raise_for_status().json()
                t = said["timings"]
                whole, first = stock.generate(prompt.chat(), t["decode_tokens"])
                forwards = max(t["decode_tokens"] - t["forced_tokens"], 1)
                new = t["prompt_tokens"] - t["cached_tokens"] + t["decode_tokens"]
                limit = machine.limit(stock.weights, new, forwards)
                replies.append(
                    Reply(
                        i + 1, took, t["prefill_s"], t["decode_s"], t["prompt_tokens"], t["cached_tokens"],
                        t["decode_tokens"], t["forced_tokens"], whole, first, limit,
                        said["choices"][0]["message"]["content"],
                    )
                )  # fmt: skip
    return replies


async def first_action(model: str) -> float:
    """Seconds from typing `autoglm run …` to its first step's line."""
    with serve() as site, tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "autoglm", "run", "--task", TASK, "--url", f"{site.url}/contact.html"]
        command += [] if model == "embedded" else ["--model", model]
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command, "--json", "--max-steps", "1", stdout=-1, stderr=-3, env={**os.environ, "AUTOGLM_DATA": data}
        )
        assert process.stdout
        line = await process.stdout.readline()
        took = time.perf_counter() - began
        await process.stdout.read()
        await process.wait()
    if json.loads(line or b"{}").get("type") != "step":
        raise RuntimeError(f"autoglm run said {line!r} in place of a step")
    return took


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    starts = [await first_action(arguments.model) for _ in range(arguments.starts + 1)][1:]  # the first warms the disk
    print("first actions timed; recording the demo run", file=sys.stderr, flush=True)
    prompts, ended = await record(arguments.model)
    print(f"{len(prompts)} prompts recorded; the run: {ended}", file=sys.stderr, flush=True)
    # As our server has it. One run beside busy cores without it saw 7.1 s a step, not 0.6 (2026-11-20, load 5.6);
    # threads that spin for each other may be why. OpenMP reads it when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from tests.bench.model_stock import Machine, Stock

    stock = Stock(folder_of(arguments.model))
    machine = Machine.measure(stock.weights)
    stock.generate(prompts[0].chat(), 2)  # warm
    replies: list[Reply] = []
    for round_ in range(arguments.rounds):
        replies += await replay(prompts, arguments.model, stock, machine)
        print(f"round {round_ + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    return {
        "first_action_s": starts, "demo": ended, "machine": asdict(machine), "weights": stock.weights,
        "replies": [asdict(reply) for reply in replies],
    }  # fmt: skip


def folder_of(model: str) -> Path:
    if model != "embedded":
        return Path(model)
    return Path(__file__).parents[2] / "backend" / "autoglm_backend" / "embedded"


# ---------------------------------------------------------------- report


COLUMNS = {
    "http": 1000, "prefill": 1000, "decode": 1000, "prompt_tokens": 1, "cached_tokens": 1, "reply_tokens": 1,
    "forced_tokens": 1, "stock": 1000, "limit": 1000,
}  # fmt: skip
"""What to show, and by what to multiply it."""


def report(result: dict[str, Any]) -> str:
    replies: list[dict[str, Any]] = result["replies"]
    lines = ["milliseconds and tokens, medians of the rounds", "step" + "".join(f"{c[:8]:>9}" for c in COLUMNS)]
    for step in sorted({r["step"] for r in replies}):
        mine = [r for r in replies if r["step"] == step]
        lines.append(f"{step:4}{columns(mine)}  {mine[0]['text']:.60}")
    lines += [f" all{columns(replies)}", "", f"demo run: {result['demo']}", conclusion(replies)]
    machine = result["machine"]
    lines.append(
        f"stock Transformers bf16 generate: {middle(replies, 'stock'):.3f} s, "
        f"prefill {middle(replies, 'stock_prefill'):.3f}; "
        f"{median(r['stock'] / r['http'] for r in replies):.1f} x ours"
    )
    lines.append(
        f"limit here ({machine['int8_per_s'] / 1e9:.0f} G int8 multiply-adds/s, "
        f"{machine['bytes_per_s'] / 1e9:.0f} GB/s, "
        f"{result['weights'] / 1e6:.1f} M weights): {middle(replies, 'limit'):.3f} s; "
        f"ours takes {median(r['http'] / r['limit'] for r in replies):.1f} x that"
    )
    starts: list[float] = result["first_action_s"]
    if starts:
        each = " ".join(f"{s:.1f}" for s in starts)
        goal = against(median(starts), FIRST_ACTION_GOAL_S)
        lines.append(f"first action after typing `autoglm run`: {median(starts):.1f} s ({goal}), {each}")
    return "\n".join(lines)


def conclusion(replies: Sequence[dict[str, Any]]) -> str:
    step_s = middle(replies, "http")
    parts = f"prefill {middle(replies, 'prefill'):.3f}, decode {middle(replies, 'decode'):.3f}"
    return f"step, median: {step_s:.3f} s ({against(step_s, STEP_GOAL_S)}), {parts}"


def against(seconds: float, goal: float) -> str:
    return f"goal {goal:g}: {'met' if seconds <= goal else 'MISSED'}"


def columns(replies: Sequence[dict[str, Any]]) -> str:
    return "".join(f"{times * middle(replies, key):9.0f}" for key, times in COLUMNS.items())


def middle(replies: Sequence[dict[str, Any]], key: str) -> float:
    return median(reply[key] for reply in replies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=3, help="how often the command is started; 0 leaves that out")
    parser.add_argument("--model", default="embedded", help="embedded, or a checkpoint's folder")
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    arguments = parser.parse_args()
    result = asyncio.run(measure(arguments))
    print(report(result), file=sys.stderr)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
