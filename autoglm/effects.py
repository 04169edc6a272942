"""What of a run changed something outside the browser, so that doing it again needs a person's yes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autoglm.dialects.ref import describe
from autoglm.types import Click, DoubleClick, Press, Step

REFUSED = 400
GRAVE = re.compile(
    r"\b(?:buy|pay|purchase|check ?out|place order|order now|send|submit|post|publish|share|delete|remove|erase|"
    r"transfer|withdraw|donate|book|subscribe|unsubscribe|confirm)\b",
    re.IGNORECASE,
)
"""On a button: it may send without a request that we hear, as by a socket or another window."""


def effects(steps: Sequence[Step]) -> list[str]:
    """In words, a line a step: each that was answered to something else than a read, or whose name says as much."""
    found: list[str] = []
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.error or step.action is None:
            continue
        answered = after.observation.responses if after else ()
        sent = [each for each in answered if not each.reads and each.status < REFUSED]
        did = f"step {step.index + 1}, {describe(step.action, step.observation)}"
        if sent:
            found.append(f"{did}: {sent[-1].method} {sent[-1].url}")
        elif isinstance(step.action, Click | DoubleClick | Press) and any(GRAVE.search(t.name) for t in step.targets):
            found.append(did)
    return found
