"""What of a run changed something outside the browser, so that doing it again needs a person's yes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autoglm.dialects.ref import describe
from autoglm.types import Click, DoubleClick, Press, Step

REFUSED = 400
GRAVE = re.compile(
    r"\b(?:buy|pay|purchase|check ?out|place order|order now|send|submit|post|publish|share|delete|remove|erase|"
    r"transfer|withdraw|donate|book|subscribe|unsubscribe|confirm|"
    r"kaufen|(?:be)?zahlen|bestellen|(?:ab|ver)?senden|abschicken|löschen|entfernen|veröffentlichen|überweisen|spenden|"
    r"buchen|kündigen|bestätigen|acheter|payer|commander|envoyer|supprimer|publier|réserver|confirmer|"
    r"comprar|pagar|enviar|eliminar|borrar|publicar|reservar|confirmar)\b"
    r"|购买|支付|付款|下单|提交|发送|发布|删除|转账|预订|确认",
    re.IGNORECASE,
)
"""On a button: it may send without a request that we hear, as by a socket or another window."""


def effects(steps: Sequence[Step]) -> list[str]:
    """In words, a line a step: each that sent something else than a read, or whose name says as much, or that may have
    and was the last that was seen of the run."""
    found: list[str] = []
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.error or step.action is None:
            continue
        answered = after.observation.responses if after else ()
        sent = [each for each in answered if not each.reads and each.status < REFUSED]
        did = f"step {step.index + 1}, {describe(step.action, step.observation)}"
        if sent:
            found.append(f"{did}: {sent[-1].method} {sent[-1].url}")
        elif isinstance(step.action, Click | DoubleClick | Press):
            if any(GRAVE.search(target.name) for target in step.targets):
                found.append(did)
            elif not after:
                found.append(f"{did}: the run ended before it was seen what came of it")
    return found
