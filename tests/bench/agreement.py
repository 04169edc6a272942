"""Does the INT8 engine act as full precision would? Steps of unseen episodes, beside plain Transformers in float32.

    python -m tests.bench.agreement [--steps 1000] [--model embedded | DIR] [--json]

Steps are those of the training generator's episodes at held-out seeds, of all its families; prompt and grammar are the
agent's own. The engine replies greedily; Transformers in float32 then reads prompt and reply at once, and its likeliest
token that the grammar allows must be the reply's at each place where there is a choice: then its own reply would have
been the same. Full precision means the checkpoint's INT8 matrices times their scales in float32, float32 activations,
keys and values, and the output matrix as the checkpoint has it (bf16), which the engine multiplies by in INT8. The
weights before they were quantized are not kept, so what quantizing the layers themselves costs is not in it.
"""

# torch and transformers are typed in part only
# pyright: basic
from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from autoglm_backend.checkpoint import inspect
from autoglm_backend.engine import Engine
from autoglm_backend.generation import Failed, Generation
from autoglm_backend.grammar import Ebnf
from autoglm_backend.in_process import fastest
from autoglm_backend.language import read_language
from training.episode import play
from training.examples import DIALECT, HELD_OUT
from training.families import draw
from transformers import AutoModelForCausalLM

from tests.bench.harness import wilson
from tests.bench.model import folder_of
from tests.bench.model_stock import plain_config, whole_weights

CTX, LONGEST = 4096, 400
TIE = 0.1  # logits, as in tests/backend/test_fast_paths.py


@dataclass(frozen=True)
class Asked:
    family: str
    request: Generation


@dataclass(frozen=True)
class Judged:
    """One step. `lost`: how much likelier full precision's token was, in its logits, where the first one differs."""

    family: str
    text: str
    choices: int
    lost: float | None


def steps() -> Iterator[Asked]:
    """Up to two of each episode, whichever its family."""
    rng = random.Random(11)
    while True:
        family, seed = draw(rng), HELD_OUT + rng.randrange(HELD_OUT)
        own = random.Random(f"{family.__name__} {seed}")
        examples = play(own, family(own), 0.1)
        for example in own.sample(examples, min(2, len(examples))):
            messages = DIALECT.render(example.task, example.steps, example.observation)
            grammar = DIALECT.grammar(example.task, example.steps, example.observation)
            assert isinstance(grammar, str)
            request = Generation(
                tuple({"role": message.role, "content": message.content} for message in messages),
                {},
                max_tokens=LONGEST,
                temperature=0.0,
                grammar=Ebnf(grammar, "grammar"),
            )
            yield Asked(family.__name__, request)


class FullPrecision:
    """Transformers as it comes, in float32."""

    def __init__(self, folder: Path) -> None:
        self.model: Any = AutoModelForCausalLM.from_config(plain_config(folder), dtype=torch.float32).eval()
        missing, unexpected = self.model.load_state_dict(whole_weights(folder, torch.float32), strict=False)
        assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
        self.model.tie_weights()

    @torch.inference_mode()
    def logits(self, prompt: list[int], reply: list[int]) -> np.ndarray:
        """(reply + 1, vocabulary): before each token of the reply, and after it."""
        return self.model(torch.tensor([prompt + reply]), logits_to_keep=len(reply) + 1).logits[0].numpy()


def judge(engine: Engine, full: FullPrecision, asked: Asked) -> Judged:
    run = engine.start(asked.request)
    while not run.ended:
        engine.step([run])
    failed = [event.error for event in run.told() if isinstance(event, Failed)]
    assert not failed, failed
    reply = run.reply
    text = engine.language.tokenizer.decode(reply)
    assert asked.request.grammar
    matcher = engine.grammars.compile(asked.request.grammar)
    wanted = full.logits(engine.lay_out(asked.request), reply)
    wanted[:, engine.language.tokens :] = -np.inf
    at = choices = 0
    while True:
        at += len(engine.forced(matcher, len(reply) - at))
        if at == len(reply) and (matcher.stopped or at == LONGEST):
            return Judged(asked.family, text, choices, None)
        row = matcher.allow(wanted[at])
        likeliest = int(row.argmax())
        choices += 1
        if at == len(reply):  # it ended here by a token of its own choice
            lost = float(row[likeliest] - max(row[stop] for stop in engine.language.stop_ids))
            return Judged(asked.family, text, choices, lost or None)
        if likeliest != reply[at]:
            return Judged(asked.family, text, choices, float(row[likeliest] - row[reply[at]]))
        matcher.consume([reply[at]])
        at += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--json", action="store_true", help="one object a step on stdout")
    arguments = parser.parse_args()
    folder = folder_of(arguments.model)
    decoder, _ = fastest(inspect(folder), CTX, None)
    engine, full = Engine(decoder, read_language(folder)), FullPrecision(folder)
    found: list[Judged] = []
    for asked in islice(steps(), arguments.steps):
        found.append(judge(engine, full, asked))
        if arguments.json:
            print(json.dumps(vars(found[-1]), ensure_ascii=False), flush=True)
        same = sum(one.lost is None for one in found)
        if len(found) % 20 == 0:
            print(f"{same} of {len(found)}", file=sys.stderr, flush=True)
    same = sum(one.lost is None for one in found)
    low, high = wilson(same, len(found))
    ties = sum(one.lost is not None and one.lost < TIE for one in found)
    choices = sum(one.choices for one in found)
    print(
        f"{decoder.name}: {same} of {len(found)} actions the same, {same / len(found):.2%} (95 % interval {low:.2%} to "
        f"{high:.2%}); of the others {ties} within {TIE} logits; {choices / len(found):.1f} choices a step",
        file=sys.stderr,
    )
    return 0 if same >= 0.99 * len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
