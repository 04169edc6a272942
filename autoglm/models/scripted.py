"""A model that says what it was told to say. Ships, so that a loop can be tried and tested without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from autoglm.dialects.ref import unparse
from autoglm.errors import ModelRefused
from autoglm.seams import Grammar
from autoglm.types import Action, Completion, Message

Reply = str | Action | Callable[[Sequence[Message]], str | Action]


class ScriptedModel:
    """Answers with `replies` in order: a text, an action, or a function of the prompt that gives either."""

    def __init__(self, replies: Iterable[Reply], name: str = "scripted") -> None:
        self.name = name
        self.prompts: list[Sequence[Message]] = []
        """What it was asked, a list of messages a turn."""
        self.grammars: list[Grammar | None] = []
        self._replies = iter(replies)

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        self.prompts.append(tuple(messages))
        self.grammars.append(grammar)
        try:
            reply = next(self._replies)
        except StopIteration:
            said = len(self.prompts) - 1
            raise ModelRefused(f"the script ended after {said} replies and a further one was asked for") from None
        if callable(reply):
            reply = reply(messages)
        return Completion(reply if isinstance(reply, str) else unparse(reply), model=self.name)
