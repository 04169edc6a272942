"""Predicted against measured: the planner's figures beside what real vLLM 0.25.1 did, as docs/planner.md shows.

python -m tests.bench.planner                     # the table, from the boots kept in planner_boots.jsonl
python tests/bench/planner_measure.py OUT …       # new boots, on a machine with GPUs and vLLM

Boots up to 2026-11-20 let vLLM size its cache: `room` compares that with what the plan expects. Later ones are told
the plan's size (`cache` in their line): `pool` and `ctx` compare what was promised with what was there.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoglm_backend import models, profiles
from autoglm_backend.machine import Gpu
from autoglm_backend.plan import memory, speed
from autoglm_backend.plan.candidate import Setting

GIB = 2**30
KEPT = Path(__file__).with_name("planner_boots.jsonl")
# The constants of plan/memory.py and plan/speed.py were fitted to these; all others are only reported.
FITTED = ("9b-a", "32b-a", "v-a", "v-b", "flash-a", "flash-b", "air-tp2", "9b-tp2", "9b-pp2", "9b-fp8", "flash-fp8")
BLIND = ("9b-eager", "9bhf-b", "v-fp8", "flash-c", "32b-tp4", "9b-a-2", "flash-fp8-2", "v-a-2", "9b-eager-2", "32b-80")
GOALS: dict[str, float | None] = {
    "weights": 0.5,
    "room": None,
    "card": None,
    "pool": 1,
    "ctx": 3,
    "decode": 15,
    "many": 20,
    "ttft": 20,
    "boot": 25,
}


@dataclass(frozen=True)
class Row:
    case: str
    what: str  # a key of GOALS
    label: str
    predicted: float
    measured: float

    @property
    def off(self) -> float:
        """Percent."""
        return 100 * (self.predicted / self.measured - 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=KEPT)
    boots = [json.loads(line) for line in parser.parse_args().results.read_text().splitlines()]
    rows = [row for boot in boots for row in compare(boot)]
    print(table(boots, rows))
    print(summary(rows))
    broken = [boot["case"] for boot in boots if promised(boot) > pool_of(boot)]
    print(
        f"\nBoots with fewer tokens of cache than the plan promises: {', '.join(broken) or 'none'} (of {len(boots)})."
    )
    return 0


def setting_of(boot: dict[str, Any]) -> Setting:
    return Setting(
        precision="fp8" if boot["fp8"] else "bf16",
        tp=boot["tp"],
        pp=boot["pp"],
        seqs=boot["seqs"],
        batched=boot["batched"],
        ctx=int(boot["ctx"] or boot.get("fitted_ctx") or boot.get("full_ctx") or 32768),
        utilization=boot["utilization"],
        eager=boot.get("eager", False),
        max_pixels=5_000_000,
        images=10,
    )


def told(boot: dict[str, Any]) -> bool:
    """Whether vLLM was told how large its cache is."""
    return "cache" in boot


def promised(boot: dict[str, Any]) -> int:
    """Tokens that the plan says fit."""
    model, setting = models.read(boot["model"]), setting_of(boot)
    return memory.pool_tokens(model, setting, memory.devices(model, setting, cards(boot)))


def pool_of(boot: dict[str, Any]) -> float:
    """Tokens of cache. vLLM tells requests of full length times their length; they take whole blocks."""
    length = setting_of(boot).ctx
    return boot["kv_tokens"] * math.ceil(length / 16) * 16 / length


def cards(boot: dict[str, Any]) -> list[Gpu]:
    """The machine's: cudaMemGetInfo's total, by planner_card.py, where the boot has none of its own."""
    size, free = boot.get("total", 150_109_880_320), boot.get("free") or [None] * 8
    ranks = range(boot["tp"] * boot["pp"])
    name = boot.get("card", "NVIDIA H200")
    return [Gpu(i, name, size, compute_capability=(9, 0), free_bytes=free[i], nvlink_gbps=450) for i in ranks]


def compare(boot: dict[str, Any]) -> Iterable[Row]:
    model = models.read(boot["model"])
    setting = setting_of(boot)
    profile = profiles.of(cards(boot)[0])
    held = memory.devices(model, setting, cards(boot))
    case = boot["case"]
    yield Row(case, "weights", "GiB", max(h.weights for h in held) / GIB, boot["weights_gib"])
    kept = 0 if told(boot) else 1
    used = max(h.used + kept * h.uncertain for h in held)
    yield Row(case, "card", "GiB", used / GIB, max(boot["used_after_gib"]))
    if told(boot):
        yield Row(case, "pool", "GiB", memory.cache_bytes(model, setting, held) / GIB, boot["kv_gib"])
        yield Row(case, "ctx", "tokens", memory.pool_tokens(model, setting, held), pool_of(boot))
    else:
        yield Row(case, "room", "GiB", max(h.kv + h.uncertain for h in held) / GIB, boot["kv_gib"])
    for length, rate in boot["decode_1"].items():
        seconds = speed.step_seconds(model, setting, profile, ctx=int(length))
        yield Row(case, "decode", f"tok/s at {length}", 1 / seconds, rate)
    for many, rate in boot["many"].items():
        if many == "32" and not spoiled(boot, int(many), rate):
            # Dummy weights send every token to the same experts.
            seconds = speed.step_seconds(model, setting, profile, ctx=584, batch=int(many), same_experts=True)
            yield Row(case, "many", f"tok/s of {many}", int(many) / seconds, rate)
    for length, seconds in boot["ttft_s"].items():
        if int(length) > 256:
            yield Row(
                case, "ttft", f"s at {length}", speed.first_token_seconds(model, setting, profile, int(length)), seconds
            )
    yield Row(case, "boot", "s", speed.boot_seconds(model, setting) + 2, boot["ready_s"])


def spoiled(boot: dict[str, Any], many: int, rate: float) -> bool:
    """Whether a kernel was compiled within the short run: a step of many cannot be faster than a step of one."""
    return many / rate < 0.97 / boot["decode_1"]["1024"]


def table(boots: list[dict[str, Any]], rows: list[Row]) -> str:
    lines = ["| boot | " + " | ".join(GOALS) + " |", "|---|" + "---|" * len(GOALS)]
    for boot in boots:
        cells = [f"{boot['case']}{'*' if boot['case'] in FITTED else '†' if boot['case'] in BLIND else ''}"]
        for what in GOALS:
            found = [row for row in rows if row.case == boot["case"] and row.what == what]
            cells.append(cell(found))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(rows: list[Row]) -> str:
    if not rows:
        return "–"
    last = rows[-1] if rows[0].what != "decode" else rows[0]
    figures = f"{last.predicted:,.4g} / {last.measured:,.4g}"
    return f"{figures} ({', '.join(f'{row.off:+.1f}' for row in rows)} %)"


def summary(rows: list[Row]) -> str:
    lines = [
        "",
        "| figure | goal | fitted: median, worst | others: median, worst | others within |",
        "|---|---|---|---|---|",
    ]
    for what, goal in GOALS.items():
        groups = [[r for r in rows if r.what == what and (r.case in FITTED) is fitted] for fitted in (True, False)]
        within = "–" if goal is None else f"{sum(abs(r.off) <= goal for r in groups[1])} of {len(groups[1])}"
        shown = " | ".join(spread(group) for group in groups)
        lines.append(f"| {what} | {'–' if goal is None else f'{goal} %'} | {shown} | {within} |")
    return "\n".join(lines)


def spread(rows: list[Row]) -> str:
    if not rows:
        return "–"
    return f"{statistics.median(abs(r.off) for r in rows):.2f}, {max(abs(r.off) for r in rows):.2f} %"


if __name__ == "__main__":
    sys.exit(main())
