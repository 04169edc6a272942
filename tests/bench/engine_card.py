"""The INT8 engine on this machine's cards, beside what the cards could do at best. Needs PyTorch with CUDA, and Triton.

    python -m tests.bench.engine_card [--cards 2] [--ctx 8192] [--at-once 64] [--model DIR] [--only PART …]

Without `--model` a GLM-4-9B of random INT8 weights is made first, in --folder. One JSON line a part:
ready (cold and warm), memory, decode, prefill, step (1,200 shared + 300 new + 40 out), many, tokens, exact.
"""

# torch and transformers are typed in part only
# pyright: basic
from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

SINCE = time.perf_counter()
SHAPE = "glm-4-9b-0414"
WORDS = "page contact us heading link button textbox value count name select click submit email country".split()
SHARED, NEW, OUT = 1200, 300, 40
PARTS = ("memory", "decode", "prefill", "step", "many", "tokens", "exact")


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--cards", type=int, default=1)
    asked.add_argument("--ctx", type=int, default=8192)
    asked.add_argument("--at-once", type=int, default=64)
    asked.add_argument("--model", type=Path)
    asked.add_argument("--folder", type=Path, default=Path("/tmp/engine_card"))
    asked.add_argument("--only", nargs="*", default=PARTS)
    asked.add_argument("--ready", action="store_true", help="load, say one token, and tell how long that took")
    options = asked.parse_args()
    model = options.model or random_model(options.folder / SHAPE)
    bench = Bench(model, options.cards, options.ctx, options.at_once)
    if not options.ready:
        for part in options.only:
            say(part, **getattr(bench, part)())
        say("ceilings", **ceilings())
    return 0


def say(part: str, **found: Any) -> None:
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
    print(json.dumps({"part": part, **rounded}), flush=True)


class Bench:
    def __init__(self, model: Path, cards: int, ctx: int, at_once: int) -> None:
        import torch
        from autoglm_backend import models
        from autoglm_backend.checkpoint import inspect
        from autoglm_backend.cuda.load import load
        from autoglm_backend.cuda.placement import Needs, Placement, deal, place
        from autoglm_backend.language import read_language

        imported = time.perf_counter()
        self.needs = Needs.of(models.read(str(model)), ctx)
        free = [torch.cuda.mem_get_info(at) for at in range(cards)]
        self.before = [total - left for left, total in free]
        room = [left for left, _ in free]
        found = place(self.needs, room, at_once)
        if cards > 1 and (layers := deal(self.needs, [min(room)] * cards, at_once)):
            found = Placement(layers, at_once)  # where one would do, too
        assert found, f"{model} does not fit on {cards} cards with {at_once} conversations of {ctx} tokens"
        self.placement = found
        self.checkpoint, self.model, self.ctx = inspect(model), model, ctx
        self.decoder = load(self.checkpoint, ctx, found)
        self.language = read_language(model)
        loaded = time.perf_counter()
        conversation = self.decoder.cache()
        self.decoder.logits([(conversation, [1, 2, 3])])
        conversation.keep(0)
        now = time.perf_counter()
        say(
            "ready",
            seconds=now - SINCE,
            imports=imported - SINCE,
            load_and_capture=loaded - imported,
            first_token=now - loaded,
            placement=found.layers,
            conversations=found.conversations,
            device=torch.cuda.get_device_name(),
            torch=torch.__version__,
        )

    def engine(self, **how: Any) -> Any:
        from autoglm_backend.cuda.placement import BESIDE, CHUNK
        from autoglm_backend.engine import Engine

        return Engine(
            self.decoder,
            self.language,
            **{"slots": self.placement.conversations, "chunk": CHUNK, "beside": BESIDE, **how},
        )

    def memory(self) -> dict[str, Any]:
        """Bytes on each card beside what was planned for it, once the longest pass was run."""
        import torch
        from autoglm_backend.cuda.placement import CHUNK, OUTSIDE

        conversation = self.decoder.cache()
        self.decoder.logits([(conversation, self.tokens_of(CHUNK, 1))])
        conversation.keep(0)
        found: dict[str, Any] = {}
        for card in range(len(self.placement.layers)):
            left, total = torch.cuda.mem_get_info(card)
            weights, kept = self.placement.weights(self.needs, card), self.placement.kept(self.needs, card)
            planned = weights + kept + self.needs.space + OUTSIDE
            found |= {
                f"card{card}_gib": (total - left) / 2**30,
                f"card{card}_planned_gib": planned / 2**30,
                f"card{card}_off": (total - left) / planned - 1,
                f"card{card}_torch_gib": torch.cuda.memory_allocated(card) / 2**30,
                f"card{card}_torch_peak_gib": torch.cuda.max_memory_allocated(card) / 2**30,
                f"card{card}_reserved_gib": torch.cuda.memory_reserved(card) / 2**30,
                f"card{card}_context_gib": (total - left - torch.cuda.memory_reserved(card)) / 2**30,
                f"card{card}_weights_gib": weights / 2**30,
                f"card{card}_kept_gib": kept / 2**30,
            }
        return found

    def decode(self) -> dict[str, Any]:
        """Tokens a second of all conversations together, each 1,500 tokens long at first."""
        found: dict[str, Any] = {}
        for at_once in (1, 2, 4, 8, 16, 32, 64):
            if at_once > self.placement.conversations:
                break
            caches = [self.decoder.cache() for _ in range(at_once)]
            first, *others = caches
            self.decoder.logits([(first, self.tokens_of(1500, 1))])
            for cache in others:
                cache.copy_from(first, 1500)
            token = [5] * at_once

            def step() -> None:
                logits = self.decoder.logits([(c, [t]) for c, t in zip(caches, token, strict=True)])  # noqa: B023
                token[:] = [int(row.argmax()) for row in logits[:, :4000]]  # noqa: B023

            times = timed(step, 100 if at_once == 1 else 30)
            found[f"x{at_once}_tok_s"] = at_once / median(times)
            found[f"x{at_once}_ms"] = 1000 * median(times)
            if at_once == 1:
                found["x1_device_ms"] = self.device_ms(1)
            elif at_once in (16, 64):
                found[f"x{at_once}_device_ms"] = self.device_ms(at_once)
            for cache in caches:
                cache.keep(0)
        return found

    def device_ms(self, rows: int) -> float:
        """Of the captured pass alone, one card after the other."""
        import torch

        total = 0.0
        for stage in self.decoder.stages:
            with stage.on(), torch.inference_mode():
                begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                stage.run(rows)
                begin.record()
                for _ in range(20):
                    stage.run(rows)
                end.record()
                torch.cuda.synchronize()
                total += begin.elapsed_time(end) / 20
        return total

    def prefill(self) -> dict[str, Any]:
        """Seconds for prompts, and the rate of their linear layers and attention together."""
        found: dict[str, Any] = {}
        sizes = self.decoder.sizes
        linear = 2 * self.checkpoint.linear_bytes - 2 * self.checkpoint.config.vocab_size * sizes.hidden
        for before, new in ((1200, 300), (0, 1500), (0, 2048), (6144, 2048)):
            if before + new > self.ctx:
                continue
            cache = self.decoder.cache()
            for start in range(0, before, 2048):
                self.decoder.logits([(cache, self.tokens_of(min(2048, before - start), start))])

            def read(cache: Any = cache, new: int = new, before: int = before) -> None:
                cache.keep(before) if before else cache.keep(0)
                self.decoder.logits([(cache, self.tokens_of(new, 7))])

            seconds = median(timed(read, 7))
            work = linear * new + 4 * (new * before + new * new / 2) * sizes.heads * sizes.head * len(
                self.decoder.caches
            )
            found |= {f"{new}_after_{before}_ms": 1000 * seconds, f"{new}_after_{before}_tflops": work / seconds / 1e12}
            cache.keep(0)
        return found

    def step(self) -> dict[str, Any]:
        """An agent's step through the engine: what was shared is remembered, no token is forced."""
        engine = self.engine(slots=4)
        seeds = count(1)
        shared = self.text_of(SHARED, 0)
        list(engine.generate(self.request(shared, 1)))
        times: list[float] = []
        finished: Any = None
        for _ in range(7):
            request = self.request(shared + " " + self.text_of(NEW, next(seeds)), OUT)
            since = time.perf_counter()
            finished = list(engine.generate(request))[-1]
            times.append(time.perf_counter() - since)
            timings = finished.timings
            assert timings.decode_tokens == OUT and timings.cached_tokens >= SHARED, timings
        engine.forget()
        return {
            "ms": 1000 * median(times), "least_ms": 1000 * min(times), "prefill_ms": 1000 * timings.prefill_s,
            "decode_ms": 1000 * timings.decode_s, "prompt": timings.prompt_tokens, "cached": timings.cached_tokens,
            "out": timings.decode_tokens,
        }  # fmt: skip

    def many(self) -> dict[str, Any]:
        """The same steps by so many at once: tokens a second, and a step's seconds at the 95th of a hundred."""
        found: dict[str, Any] = {}
        for at_once in (1, 4, 16, 64):
            if at_once > self.placement.conversations:
                break
            engine = self.engine(slots=at_once)
            shared = self.text_of(SHARED, 0)
            list(engine.generate(self.request(shared, 1)))
            left = [self.request(shared + " " + self.text_of(NEW, 100 + at), OUT) for at in range(max(8, 2 * at_once))]
            total, running, took, said = len(left), {}, [], 0
            since = time.perf_counter()
            while left or running:
                while left and len(running) < at_once:
                    running[engine.start(left.pop())] = time.perf_counter()
                engine.step(list(running))
                for run in [run for run in running if run.ended]:
                    took.append(time.perf_counter() - running.pop(run))
                    said += len(run.reply)
            seconds = time.perf_counter() - since
            engine.forget()
            took.sort()
            assert said == total * OUT, f"{said} tokens where {total * OUT} were to be"
            found |= {
                f"x{at_once}_tok_s": said / seconds,
                f"x{at_once}_steps_s": total / seconds,
                f"x{at_once}_p95_s": took[int(0.95 * (len(took) - 1))],
            }
        return found

    def tokens(self) -> dict[str, Any]:
        """In how many replies a fast way gives another token than the plain one; each time one as likely (TIE)."""
        from tests.backend.test_fast_paths import FAST, differing, replies, requests

        asked = requests(60)
        found: dict[str, Any] = {"replies": len(asked)}
        fast: dict[str, list[list[int]]] = {}
        for name, how in FAST.items():
            if how["slots"] <= self.placement.conversations:
                engine = self.engine(**how)
                fast[name] = replies(engine, asked, how["slots"])
                engine.forget()
        kept = [dict(stage.graphs) for stage in self.decoder.stages]
        for stage in self.decoder.stages:
            stage.graphs.clear()
        plain = self.engine(slots=1, chunk=4096, skip_forced=False)
        for name, got in fast.items():
            self.decoder.free[:] = range(self.decoder.slots)
            try:
                found[name.replace(" ", "_")] = differing(plain, asked, got)
            except AssertionError as error:
                found[name.replace(" ", "_")] = f"NOT a tie: {str(error).splitlines()[0]}"
        for stage, graphs in zip(self.decoder.stages, kept, strict=True):
            stage.graphs.update(graphs)
        self.decoder.free[:] = range(self.decoder.slots)
        return found

    def exact(self) -> dict[str, Any]:
        """Against Transformers' own forward pass with the same INT8 weights in float32, on the first card."""
        import torch
        from autoglm_backend.decoder_torch import load_model
        from autoglm_backend.int8 import Int8Linear, quantize_rows

        from tests.backend.test_fast_paths import TIE

        device = torch.device("cuda", 0)
        model: Any = load_model(self.checkpoint, {"": device})
        model.set_attn_implementation("sdpa")
        for name, module in list(model.named_modules()):
            if isinstance(module, Int8Linear):
                whole = torch.nn.Linear(module.in_features, module.out_features, module.bias is not None, device="meta")
                whole.weight = torch.nn.Parameter(module.weight.float() * module.weight_scale, requires_grad=False)
                if module.bias is not None:
                    whole.bias = torch.nn.Parameter(module.bias.float(), requires_grad=False)
                model.set_submodule(name, whole)
        output = model.get_output_embeddings()
        weight, scale = quantize_rows(output.weight.detach())
        output.weight = torch.nn.Parameter(weight.float() * scale, requires_grad=False)
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.data = tensor.data.float()
        errors: list[float] = []
        agreed = ties = wrong = 0
        for seed, length in enumerate((20, 100, 300, 1500)):
            prompt, reply = self.tokens_of(length, seed), []
            cache = self.decoder.cache()
            rows = [self.decoder.logits([(cache, prompt)])[0].copy()]
            for _ in range(24):
                reply.append(int(rows[-1].argmax()))
                rows.append(self.decoder.logits([(cache, reply[-1:])])[0].copy())
            cache.keep(0)
            with torch.inference_mode():
                ids = torch.tensor([prompt + reply], device=device)
                wanted = model(ids, logits_to_keep=len(rows)).logits[0].cpu()
            for got, want in zip(rows, wanted, strict=True):
                mine = torch.from_numpy(got)
                errors.append(float((mine - want).norm() / want.norm()))
                best = int(want.argmax())
                lost = float(want[best] - want[int(mine.argmax())])
                agreed += lost == 0
                ties += 0 < lost < TIE
                wrong += lost >= TIE
        return {"logit_error": median(errors), "worst": max(errors), "same": agreed, "ties": ties, "other": wrong}

    def request(self, content: str, out: int) -> Any:
        from autoglm_backend.generation import Generation

        return Generation(({"role": "user", "content": content},), {}, max_tokens=out, temperature=0.0)

    def text_of(self, tokens: int, seed: int) -> str:
        random = Random(seed)
        words: list[str] = []
        while len(self.language.encode(" ".join(words))) < tokens:
            words += random.choices(WORDS, k=16)
        return " ".join(words)

    def tokens_of(self, length: int, seed: int) -> list[int]:
        random = Random(seed)
        return [random.randrange(10, 4000) for _ in range(length)]


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Seconds of each, after two that are not counted. The work waits for the card."""
    found: list[float] = []
    for _ in range(times + 2):
        since = time.perf_counter()
        work()
        found.append(time.perf_counter() - since)
    return found[2:]


def ceilings() -> dict[str, Any]:
    """GB/s read and bf16 TFLOP/s of the first card, with PyTorch's own kernels."""
    import torch

    numbers = torch.randn(1 << 29, dtype=torch.bfloat16, device="cuda")
    left, right = (torch.randn(8192, 8192, dtype=torch.bfloat16, device="cuda") for _ in range(2))

    def seconds(work: Callable[[], object]) -> float:
        def whole() -> None:
            work()
            torch.cuda.synchronize()

        return median(timed(whole, 9))

    return {
        "read_gbps": numbers.nbytes / seconds(numbers.sum) / 1e9,
        "matrix_tflops": 2 * 8192**3 / seconds(lambda: left @ right) / 1e12,
    }


def random_model(into: Path) -> Path:
    """An INT8 checkpoint of this shape with random weights and the tokenizer of the model that ships."""
    import shutil

    import torch
    from autoglm_backend import models
    from autoglm_backend.checkpoint import EMBEDDED, W8A8, GlmConfig, expected_tensors
    from safetensors.torch import save_file

    if (into / "config.json").exists():
        return into
    into.mkdir(parents=True, exist_ok=True)
    for file in EMBEDDED.glob("*token*"):
        shutil.copy(file, into)
    shutil.copy(EMBEDDED / "chat_template.jinja", into)
    config = json.loads((models.CONFIGS / f"{SHAPE}.json").read_text())
    config |= {"quantization_config": W8A8, "eos_token_id": [4095]}
    names = expected_tensors(GlmConfig.model_validate(config), int8=True)
    groups: dict[int, list[str]] = {}
    for name in names:
        part = int(name.split(".")[2]) // 8 if name.startswith("model.layers.") else 99
        groups.setdefault(part, []).append(name)
    where: dict[str, str] = {}
    torch.manual_seed(0)
    for number, group in enumerate(groups.values(), 1):
        tensors: dict[str, Any] = {}
        for name in group:
            shape = names[name].shape
            if names[name].dtype == "I8":
                tensors[name] = torch.randint(-127, 128, shape, dtype=torch.int8, device="cuda").cpu()
            elif name.endswith("_scale"):
                tensors[name] = torch.full(shape, 0.02 / 73.3)
            elif len(shape) == 2:
                tensors[name] = (torch.randn(shape, device="cuda") * 0.02).bfloat16().cpu()
            else:
                tensors[name] = torch.ones(shape).bfloat16() if "norm" in name else torch.zeros(shape).bfloat16()
        file = f"model-{number:05}-of-{len(groups):05}.safetensors"
        save_file(tensors, into / file, {"format": "pt"})
        where |= dict.fromkeys(group, file)
    index = {"metadata": {}, "weight_map": where}
    (into / "model.safetensors.index.json").write_text(json.dumps(index))
    (into / "config.json").write_text(json.dumps(config))
    return into


if __name__ == "__main__":
    sys.exit(main())
