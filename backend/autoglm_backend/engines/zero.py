"""The program behind `--engine deepspeed`: ZeRO-Inference on every rank, OpenAI's form on a port of the first one.

Rank 0 has the engine and decides everything; the others run the same forward passes, for each holds a part of the
weights.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
import uvicorn
from deepspeed.accelerator import get_accelerator
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.integrations.deepspeed import HfDeepSpeedConfig

from autoglm_backend.app import Served, create_app
from autoglm_backend.cache import Slot, common_prefix
from autoglm_backend.checkpoint import Checkpoint, inspect
from autoglm_backend.engine import Engine, Run, Threads
from autoglm_backend.loading import describe, load_tokenizer
from autoglm_backend.metrics import Metrics
from autoglm_backend.worker import Worker

FOR_EVER = timedelta(days=3650)  # the others wait for the next request, however long that takes

Order = tuple[int, list[int]]
"""How many tokens of the cache to keep, and those to compute after them."""


class Ranks:
    """The model over all ranks. Rank 0 calls `forward` and, once, `end`; each other one `follow`."""

    def __init__(self, path: Path) -> None:
        deepspeed.init_distributed()
        self.first = dist.get_rank() == 0
        self.device = torch.device(get_accelerator().current_device_name())
        self.orders: Any = dist.new_group(backend="gloo", timeout=FOR_EVER)
        self.cache = DynamicCache()
        self.ids: list[int] = []
        settings = zero_settings(AutoConfig.from_pretrained(path).hidden_size, dist.get_world_size())
        dealt = HfDeepSpeedConfig(settings)  # while it lives, from_pretrained deals the weights out as it reads them
        whole: Any = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, local_files_only=True)
        self.model: Any = deepspeed.initialize(model=whole, config=settings)[0].module.eval()
        del dealt

    def forward(self, ids: Sequence[int]) -> Tensor:
        """Logits (vocabulary,) float32, on the processor, after these; what is in the cache is not computed again."""
        keep = min(common_prefix(self.ids, ids), len(ids) - 1)
        order: Order = (keep, list(ids[keep:]))
        dist.broadcast_object_list([order], group=self.orders)
        return self._run(*order)

    def follow(self) -> None:
        """Until rank 0 ends."""
        box: list[Order | None] = [None]
        while True:
            dist.broadcast_object_list(box, group=self.orders)
            if box[0] is None:
                return
            self._run(*box[0])

    def end(self) -> None:
        dist.broadcast_object_list([None], group=self.orders)

    @torch.inference_mode()
    def _run(self, keep: int, tokens: list[int]) -> Tensor:
        if keep == 0:
            self.cache = DynamicCache()
        elif keep < len(self.ids):
            self.cache.crop(keep - len(self.ids))  # positive lengths raise (transformers 5.23)
        self.ids = [*self.ids[:keep], *tokens]
        ids = torch.tensor([tokens], device=self.device)
        out = self.model(input_ids=ids, past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        return out.logits[0, -1].float().cpu()


class ZeroEngine(Engine):
    """One request at a time; a prompt is read in one pass, for each pass fetches all weights."""

    def __init__(self, ranks: Ranks, checkpoint: Checkpoint, ctx: int) -> None:
        self.ranks = ranks
        head = ranks.model.get_output_embeddings()
        super().__init__(
            describe(checkpoint, ranks.model, head, load_tokenizer(checkpoint), ctx), Threads(1, 1), slots=1
        )

    def schedule(self, runs: Sequence[Run]) -> list[tuple[Run, Slot, int]]:
        return [(run, run.slot or self.open(run), len(run.pending)) for run in runs[:1]]

    def forward(self, parts: Sequence[tuple[Slot, Sequence[int]]]) -> Tensor:
        ((slot, tokens),) = parts
        slot.ids += tokens
        logits = self.ranks.forward(slot.ids)
        logits[self.real_tokens :] = -torch.inf
        return logits[None]


def zero_settings(hidden: int, ranks: int) -> dict[str, Any]:
    """Stage 3, the weights in main memory, fetched layer by layer as they are needed."""
    return {
        "bf16": {"enabled": True},  # never fp16: it overflows with GLM-4-0414
        "zero_optimization": {
            "stage": 3,
            "offload_param": {"device": "cpu", "pin_memory": get_accelerator().device_name() != "cpu"},
            "stage3_prefetch_bucket_size": hidden * hidden,  # about the next layer's largest matrix
            "stage3_param_persistence_threshold": 10 * hidden,  # norms and biases stay on the card
        },
        "train_batch_size": ranks,  # asked for, never used
        "steps_per_print": 10**9,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-name", required=True)
    parser.add_argument("--ctx", type=int, required=True)
    asked = parser.parse_args()
    checkpoint = inspect(asked.model)
    ranks = Ranks(asked.model)
    if not ranks.first:
        ranks.follow()
        return
    metrics = Metrics()
    worker = Worker(ZeroEngine(ranks, checkpoint, asked.ctx), metrics, waiting=0)
    app = create_app(worker, metrics, Served(asked.served_name, asked.ctx, int(time.time())))
    try:
        uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", lifespan="off", ws="none")
    finally:
        ranks.end()


if __name__ == "__main__":
    main()
