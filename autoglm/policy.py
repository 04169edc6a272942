"""Whether an action may be carried out. Pure: judges what it is given, asks nobody, looks nothing up."""

from __future__ import annotations

from urllib.parse import urlsplit

from autoglm.types import Action, Allow, Goto, Observation, Refuse, Run, Verdict


class BasicPolicy:
    """Allows everything but addresses that are no web page (file:, javascript:, chrome: …)."""

    def judge(self, action: Action, observation: Observation, run: Run) -> Verdict:
        match action:
            case Goto(url) if not is_web_address(url):
                return Refuse(f"{url!r:.100} is not a web address; only http:// and https:// are opened")
            case _:
                return Allow()


def is_web_address(url: str) -> bool:
    if url == "about:blank":
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # a bracket that does not close, a port that is no number
        return False
