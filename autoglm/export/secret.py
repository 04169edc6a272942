"""Which of the typed texts are secrets, and what they are called where they must not stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autoglm.export.naming import constant
from autoglm.types import Element, Step, Type

ONE_TIME = re.compile(
    r"one.?time|verification code|security code|passcode|\b(?:otp|totp|2fa|mfa|tan|pin|cvc|cvv)\b", re.IGNORECASE
)


def is_secret(element: Element) -> bool:
    """A password, or a code that is good once."""
    return element.type == "password" or bool(ONE_TIME.search(f"{element.name} {element.hint}"))


def secrets_of(steps: Sequence[Step]) -> dict[str, str]:
    """By secret text the name of the environment variable that stands for it."""
    found: dict[str, str] = {}
    for step in steps:
        match step.action:
            case Type(ref, text) if text and text not in found:
                element = step.observation.find(ref)
                if element and is_secret(element):
                    found[text] = _name(element, found)
            case _:
                pass
    return found


def without(secrets: Mapping[str, str], text: str) -> str:
    """The text with `$NAME` where a secret stands."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", f"${secrets[secret]}", text)
    return text


def _name(element: Element, found: Mapping[str, str]) -> str:
    name = constant(element.name) or ("PASSWORD" if element.type == "password" else "CODE")
    name = f"TEST_{name}"
    taken = set(found.values())
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, 99))) if each not in taken)
