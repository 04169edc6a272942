"""Whether an action may be carried out. Pure: judges what it is given, asks nobody, looks nothing up."""

from __future__ import annotations

from urllib.parse import urlsplit

from autoglm.seams import Policy
from autoglm.types import (
    Action,
    Allow,
    AskFirst,
    Goto,
    Hover,
    Observation,
    OnBrowser,
    OnElement,
    Refuse,
    Run,
    Scroll,
    SwitchTab,
    Verdict,
    Wait,
)


class BasicPolicy:
    """Allows everything but addresses that are no web page (file:, javascript:, chrome: …)."""

    def judge(self, action: Action, observation: Observation, run: Run) -> Verdict:
        match action:
            case Goto(url) if not is_web_address(url):
                return Refuse(f"{url!r:.100} is not a web address; only http:// and https:// are opened")
            case _:
                return Allow()


HARMLESS = (Hover, Scroll, SwitchTab, Wait)


class Careful:
    """Asks the person before every action that changes something, where another policy would allow it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def judge(self, action: Action, observation: Observation, run: Run) -> Verdict:
        from autoglm.dialects.ref import describe  # slow to import, and `autoglm --help` imports this module

        verdict = self._policy.judge(action, observation, run)
        changes = isinstance(action, OnElement | OnBrowser) and not isinstance(action, HARMLESS)
        return AskFirst(f"{describe(action, observation)}?") if verdict == Allow() and changes else verdict


def is_web_address(url: str) -> bool:
    if url == "about:blank":
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # a bracket that does not close, a port that is no number
        return False
