"""What of a run changed something outside this machine's browser, so that doing it again needs a person's yes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from autoglm.dialects.ref import describe
from autoglm.types import Step


def effects(steps: Sequence[Step]) -> list[str]:
    """In words, a line a step: each that was answered to something else than a read."""
    found: list[str] = []
    for step, after in pairwise(steps):
        sent = [each for each in after.observation.responses if not each.reads and each.status < 400]
        if sent and step.action and not step.error:
            did = describe(step.action, step.observation)
            found.append(f"step {step.index + 1}, {did}: {sent[-1].method} {sent[-1].url}")
    return found
