"""The program behind `--engine deepspeed`: ZeRO-Inference on every rank, OpenAI's form on a port of the first one.

Rank 0 has the engine and decides everything; the others run the same forward passes, for each holds a part of the
weights.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from autoglm_backend.checkpoint import inspect
from autoglm_backend.decoder import Logits
from autoglm_backend.engine import Engine
from autoglm_backend.language import read_language
from autoglm_backend.metrics import Metrics
from autoglm_backend.pool import common_prefix
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
        """Logits (1, vocabulary) float32, on the processor, after these; what is in the cache is not computed again."""
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
        return out.logits[:, -1].float().cpu()


@dataclass
class Ids:
    """A conversation is its tokens: the ranks know what they have computed."""

    ids: list[int] = field(default_factory=list[int])

    @property
    def length(self) -> int:
        return len(self.ids)

    def keep(self, length: int) -> None:
        del self.ids[length:]

    def copy_from(self, other: Ids, length: int) -> None:
        self.ids = other.ids[:length]


@dataclass(frozen=True)
class ZeroDecoder:
    """All ranks as one `Decoder`, for one conversation at a time."""

    ranks: Ranks
    capacity: int
    vocabulary: int
    name: str = "ZeRO-Inference"
    conversation_bytes: int = 0  # transformers' own cache grows on the cards

    def cache(self) -> Ids:
        return Ids()

    def logits(self, parts: Sequence[tuple[Ids, Sequence[int]]]) -> Logits:
        ((cache, tokens),) = parts
        cache.ids += tokens
        return self.ranks.forward(cache.ids).numpy()


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
    decoder = ZeroDecoder(ranks, asked.ctx, checkpoint.config.vocab_size)
    # One request at a time; a prompt is read in one pass, for each pass fetches all weights.
    engine = Engine(decoder, read_language(asked.model), slots=1, chunk=asked.ctx)
    worker = Worker(engine, metrics, waiting=0)
    app = create_app(worker, metrics, Served(asked.served_name, asked.ctx, int(time.time())))
    try:
        uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", lifespan="off", ws="none")
    finally:
        ranks.end()


if __name__ == "__main__":
    main()
