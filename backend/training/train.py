"""Trains the embedded GLM on one GPU or several of one machine.

    python -m training.train --out OUT --minutes 8                  # one GPU
    torchrun --nproc-per-node 4 -m training.train --out OUT …       # four

Writes OUT/model (Transformers' files, bf16 or INT8) and OUT/report.json: exact answers per family on held-out seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from transformers import Glm4Config, Glm4ForCausalLM

from training.examples import HELD_OUT, LENGTHS, batches, collate, encode, episode_pairs, stream
from training.families import FAMILIES
from training.pages_read import read_stream
from training.tokens import SPECIAL

RANK, WORLD = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def config(vocabulary: int, layers: int, hidden: int) -> Glm4Config:
    heads = hidden // 64
    return Glm4Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=hidden * 11 // 4,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=max(2, heads // 4),
        head_dim=64,
        max_position_embeddings=8192,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
        attention_bias=False,
        tie_word_embeddings=True,
        pad_token_id=SPECIAL.index("<|endoftext|>"),
        eos_token_id=[SPECIAL.index("<|endoftext|>"), SPECIAL.index("<|user|>")],
    )


class Stream(IterableDataset[tuple[Tensor, Tensor]]):
    def __init__(self, tokenizer: Path, tokens: int, seed: int, pages: Path | None, share: float) -> None:
        self.tokenizer, self.tokens, self.seed, self.pages, self.share = tokenizer, tokens, seed, pages, share

    def __iter__(self):
        info = get_worker_info()
        seed = (self.seed * 1009 + RANK) * 1009 + (info.id if info else 0)
        pairs = read_stream(seed, self.pages, self.share) if self.pages else stream(seed)
        for ids, weights in batches(Tokenizer.from_file(str(self.tokenizer)), pairs, self.tokens):
            yield torch.from_numpy(ids), torch.from_numpy(weights)


def optimizers(model: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for the embedding and the norms."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if not (p.ndim == 2 and "embed" not in n)]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.95), weight_decay=0.0, fused=next(model.parameters()).is_cuda),
    ]


def schedule(done: float) -> float:
    """Warm up, stay, and fall linearly over the last 45 % of the time."""
    return min(1.0, done / 0.02, max(0.02, (1 - done) / 0.45))


def loss_of(model: nn.Module, ids: Tensor, weights: Tensor) -> Tensor:
    logits = model(input_ids=ids[:, :-1], use_cache=False).logits  # (batch, length, vocabulary)
    each = cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    w = weights[:, 1:].flatten()
    return (each * w).sum() / w.sum()


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    torch.set_float32_matmul_precision("high")
    device = torch.device("cuda", RANK) if torch.cuda.is_available() else torch.device("cpu")
    if WORLD > 1:
        torch.cuda.set_device(device)
        torch.distributed.init_process_group("nccl", device_id=device)
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    started = time.monotonic()
    if arguments.resume:
        from training.weights import load_shards

        model = load_shards(arguments.resume).to(device)
    else:
        model = Glm4ForCausalLM(config(tokenizer.get_vocab_size(), arguments.layers, arguments.hidden)).to(device)
        init(model)
    say(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters, {WORLD} GPU")
    opts = optimizers(model, arguments.rate)
    data = Stream(arguments.tokenizer, arguments.tokens, arguments.seed, arguments.pages, arguments.share)
    workers = max(2, (os.cpu_count() or 4) // WORLD - 1)
    loader = iter(
        DataLoader(data, batch_size=None, num_workers=workers, prefetch_factor=4, pin_memory=device.type == "cuda")
    )
    if device.type == "cuda":  # one layer is compiled, for each length, and used for all of them
        torch._dynamo.config.recompile_limit = 64  # pyright: ignore[reportPrivateUsage]
        for layer in model.model.layers:
            layer.compile(dynamic=False)
    seconds = arguments.minutes * 60
    begun, seen, count, shown = 0.0, 0, 0, 0.0
    sizes: set[int] = set()
    while True:
        ids, weights = (t.to(device, non_blocking=True) for t in next(loader))
        ids = ids.long()
        with torch.autocast(device.type, torch.bfloat16):
            loss = loss_of(model, ids, weights)
        loss.backward()
        if WORLD > 1:
            average(model)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if ids.shape[1] not in sizes:
            sizes.add(ids.shape[1])
            say(f"length {ids.shape[1] - 1} compiled, {time.monotonic() - started:.0f} s")
        begun = begun or (time.monotonic() if len(sizes) == len(LENGTHS) or count > 60 else 0.0)
        done = (time.monotonic() - begun) / seconds if begun else 0.0
        if WORLD > 1:  # all ranks stop at the same step
            clock = torch.tensor([done], device=device)
            torch.distributed.broadcast(clock, 0)
            done = float(clock)
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = arguments.rate * schedule(max(done, 1e-4) if begun else 0.001 * min(count + 1, 5))
            opt.step()
            opt.zero_grad(set_to_none=True)
        seen += ids.numel() * WORLD
        count += 1
        if time.monotonic() - shown > 15:
            shown = time.monotonic()
            rate = seen / max(shown - started, 1)
            say(f"{done:5.1%}  step {count}  loss {loss.item():.4f}  {seen / 1e6:.0f} M tokens  {rate / 1e6:.2f} M/s")
        if done >= 1:
            break
    say(f"trained on {seen / 1e6:.0f} M tokens in {time.monotonic() - begun:.0f} s")
    if RANK == 0:
        report = evaluate(model, tokenizer, arguments.evaluate)
        report["tokens"], report["arguments"] = seen, {k: str(v) for k, v in vars(arguments).items()}
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "report.json").write_text(json.dumps(report, indent=1))
        from training.weights import save_shards

        save_shards(model, arguments.out)
    if WORLD > 1:
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    os._exit(0)  # the workers' endless streams need no farewell


def average(model: nn.Module) -> None:
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    torch.distributed.all_reduce(flat, op=torch.distributed.ReduceOp.AVG)
    at = 0
    for g in gradients:
        g.copy_(flat[at : at + g.numel()].view_as(g))
        at += g.numel()


def init(model: nn.Module) -> None:
    for name, p in model.named_parameters():
        if p.ndim == 2:
            nn.init.normal_(p, std=0.02 if "embed" in name else p.shape[1] ** -0.5 * 0.7)


@torch.no_grad()
def evaluate(model: nn.Module, tokenizer: Tokenizer, each: int) -> dict[str, Any]:
    """Share of held-out steps whose every answer token is the most likely one (what greedy decoding would give)."""
    model.eval()
    right: dict[str, list[int]] = {}
    for family in FAMILIES:
        marks: list[int] = []
        pairs = [p for seed in range(each) for p in episode_pairs(family, HELD_OUT + seed, most=2, mishaps=0.05)]
        rows = [e for e in (encode(tokenizer, p) for p in pairs) if e]
        for i in range(0, len(rows), 32):
            part = rows[i : i + 32]
            length = next(x for x in LENGTHS if max(len(r[0]) for r in part) <= x + 1)
            device = next(model.parameters()).device
            ids, weights = (torch.from_numpy(a).to(device) for a in collate(part, length))
            with torch.autocast(device.type, torch.bfloat16):
                guess = model(input_ids=ids[:, :-1].long(), use_cache=False).logits.argmax(-1)
            wrong = ((guess != ids[:, 1:]) & (weights[:, 1:] == 1.0)).any(-1)
            marks += (~wrong).int().tolist()
        right[family.__name__] = marks
        say(f"  {family.__name__:18} {sum(marks) / len(marks):6.1%} of {len(marks)}")
    total = [m for marks in right.values() for m in marks]
    say(f"  {'all':18} {sum(total) / len(total):6.2%} of {len(total)}")
    return {"exact": {k: [sum(v), len(v)] for k, v in right.items()}}


def say(line: str) -> None:
    if RANK == 0:
        print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, default=Path(__file__).parent / "tokenizer.json")
    parser.add_argument("--pages", type=Path, help="pages read by the real page script (see pages_read.py)")
    parser.add_argument("--share", type=float, default=0.4, help="of the examples that come from those pages")
    parser.add_argument("--resume", type=Path, help="a folder to go on from")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=49152, help="in a batch, per GPU")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluate", type=int, default=100, help="episodes per family")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
