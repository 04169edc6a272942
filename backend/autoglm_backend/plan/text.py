"""A plan as a table for people and as JSON for programs."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from autoglm_backend.machine import Machine
from autoglm_backend.plan.candidate import Candidate, Estimate, Plan

GIB = 2**30
SCHEMA = "autoglm.plan/1"


def table(plan: Plan, machine: Machine) -> str:
    model = plan.model
    cards = ", ".join(f"[{g.index}] {g.name} {g.available_bytes / GIB:.1f} GiB" for g in machine.gpus) or "no GPU"
    size = (
        f"{model.parameters / 1e9:.2f}B parameters, {model.weight_bytes(model.precision) / GIB:.2f} GiB "
        f"{model.precision}, {model.kv_bytes() / 1024:.1f} KiB of cache a token"
    )
    head = ("runs", "GiB", "context", "requests", "tok/s", "of 32", "first", "load")
    lines = [
        f"machine  {cards}; {machine.cpu.cores} cores, {machine.ram_free_bytes / GIB:.0f} GiB of memory free"
        + (" (hypothetical)" if machine.hypothetical else ""),
        f"model    {model.name}  {model.model_type}  {size}",
        "",
        f"    {'rung':<17} {'way':<44} {head[0]:<6} " + " ".join(f"{word:>8}" for word in head[1:]),
    ]
    lines += [row(candidate, candidate is plan.chosen) for candidate in plan.candidates]
    lines += ["", f"run      {shlex.join(plan.chosen.command) or plan.chosen.needs}"]
    if plan.chosen.environment:
        lines.append("with     " + " ".join(f"{k}={v}" for k, v in plan.chosen.environment.items()))
    lines.append(f"bound by {plan.chosen.binding}")
    lines += [f"to gain  {way.what}: {way.gain}" for way in plan.chosen.ways_out]
    lines += parts(plan.chosen)
    lines += refused(plan)
    if plan.chosen.note:
        lines.append(f"note     {plan.chosen.note}")
    lines += [f"note     {remark}" for remark in plan.remarks]
    return "\n".join(lines)


def refused(plan: Plan) -> list[str]:
    """Why each other way is not taken; ways with the same reason share a line."""
    reasons: dict[str, list[str]] = {}
    for candidate in plan.candidates:
        if why := why_not(candidate, plan.wanted.slowest):
            reasons.setdefault(why, []).append(candidate.title)
    return [f"not      {', '.join(titles)}: {why}" for why, titles in reasons.items()]


def why_not(candidate: Candidate, slowest: float) -> str:
    """Empty where it would run, and be chosen if nothing better stood before it."""
    if not candidate.legal or not candidate.fits:
        return candidate.binding
    if candidate.needs:
        return f"needs {candidate.needs}"
    if not candidate.chosen_at(slowest) and candidate.decode:
        return f"{candidate.decode.value:.2g} tokens a second, and under {slowest:g} nobody waits for an agent"
    return ""


def row(candidate: Candidate, chosen: bool) -> str:
    if not candidate.legal:
        verdict = "no"
    elif not candidate.fits:
        verdict = "short"
    else:
        verdict = "needs" if candidate.needs else "yes"
    shown = candidate.legal and candidate.fits
    used = f"{max(held.used for held in candidate.memory) / GIB:.1f}" if candidate.memory and shown else "–"
    figures = (candidate.ctx, candidate.decode, candidate.decode_many, candidate.first_token, candidate.load)
    ctx, *cells = [figure(f, unit) if shown else "–" for f, unit in zip(figures, "nrrss", strict=True)]
    requests = f"{int(candidate.requests):,}" if shown and candidate.requests else "–"
    name = f"{candidate.rung:<17} {candidate.title:<44} {verdict:<6}"
    return f"  {'>' if chosen else ' '} {name} " + " ".join(f"{cell:>8}" for cell in (used, ctx, requests, *cells))


def figure(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return "–"
    match unit:
        case "n":
            return f"{estimate.low:,.0f}"  # what is promised
        case "s":
            return f"{estimate.value:.2g} s" if estimate.value < 10 else f"{estimate.value:.0f} s"
        case _:
            return f"{estimate.value:.3g}" if estimate.value < 1000 else f"{estimate.value:.0f}"


def parts(candidate: Candidate) -> list[str]:
    """What each card, or the main memory, will hold, in GiB."""
    return [
        f"{'memory' if held.gpu is None else f'card {held.gpu}':<8} "
        f"weights {held.weights / GIB:.2f}  cache {held.kv / GIB:.2f}  "
        f"activations {held.activations / GIB:.2f}  graphs {held.graphs / GIB:.2f}  image {held.encoder / GIB:.2f}  "
        f"context {held.context / GIB:.2f}  other {(held.other + held.later) / GIB:.2f}  "
        f"= {held.used / GIB:.2f} of {held.total / GIB:.2f} GiB, ±{held.uncertain / GIB:.2f}"
        for held in candidate.memory
    ]


def as_json(plan: Plan, machine: Machine) -> dict[str, Any]:
    """Schema `autoglm.plan/1`: bytes, seconds, tokens; `within` is the share that an estimate may be off."""
    model = plan.model
    return {
        "schema": SCHEMA,
        "hypothetical": machine.hypothetical,
        "gpus": [
            {"index": g.index, "name": g.name, "memory_bytes": g.memory_bytes, "free_bytes": g.available_bytes}
            for g in machine.gpus
        ],
        "model": {
            "name": model.name,
            "model_type": model.model_type,
            "parameters": model.parameters,
            "parts": model.parts,
            "precision": model.precision,
            "max_ctx": model.max_ctx,
            "kv_bytes_per_token": model.kv_bytes(),
        },
        "chosen": plan.candidates.index(plan.chosen),
        "candidates": [{**asdict(c), "legal": c.legal} for c in plan.candidates],
        "remarks": list(plan.remarks),
    }
