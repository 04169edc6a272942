from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from autoglm import agent
from autoglm.dialects.ref import RefDialect
from autoglm.errors import BrowserGone, ModelRefused
from autoglm.human import Nobody
from autoglm.models.scripted import Reply, ScriptedModel
from autoglm.policy import BasicPolicy
from autoglm.seams import Grammar, Human
from autoglm.types import (
    Allow,
    Ask,
    Check,
    Click,
    Completion,
    Finish,
    Goto,
    Limits,
    Message,
    Note,
    Refuse,
    Run,
    Select,
    Step,
    Type,
    Wait,
)
from tests.agent.doubles import MemoryStore, PaperBrowser, Person

RUN = Run("r1", "Fill in the form", "scripted")

FILLED = (
    Type(1, "Ada"),
    Type(2, "ada@example.org"),
    Select(3, ("Chile",)),
    Check(4),
    Click(5),
)


class Tried:
    """One run of the loop on paper, with all it left behind."""

    def __init__(
        self,
        replies: Sequence[Reply],
        *,
        browser: PaperBrowser | None = None,
        human: Human | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.browser = browser or PaperBrowser()
        self.model = ScriptedModel(replies)
        self.store = MemoryStore()
        self.steps: list[Step] = []
        self.stream = agent.run(
            RUN,
            self.browser,
            self.model,
            dialect=RefDialect(),
            policy=BasicPolicy(),
            human=human or Nobody(),
            store=self.store,
            limits=limits or Limits(),
        )

    async def whole(self) -> Tried:
        async with aclosing(self.stream):
            async for step in self.stream:
                self.steps.append(step)
        return self

    def told(self, turn: int) -> str:
        """What the model read in a turn."""
        return self.model.prompts[turn][-1].content


async def test_a_form_is_filled_in_step_by_step() -> None:
    tried = await Tried([*FILLED, Finish("Sent.")]).whole()
    assert tried.browser.acted == list(FILLED)
    assert [step.action for step in tried.steps] == [*FILLED, Finish("Sent.")]
    assert tried.steps[-1].ends == "finished"
    assert all(step.verdict == Allow() and not step.error for step in tried.steps)
    assert agent.conclude(RUN, tried.steps[-1]).answer == "Sent."
    assert '] Work email="ada@example.org"' in tried.told(5)


async def test_the_intent_is_stored_before_the_browser_acts_and_the_step_after() -> None:
    tried = await Tried([Type(1, "Ada"), Finish("ok")]).whole()
    assert [what for what, _ in tried.store.log] == ["intend", "append", "intend", "append"]
    assert tried.store.steps == tried.steps


async def test_a_reply_without_a_call_is_a_mistake_that_the_model_is_told() -> None:
    tried = await Tried(["Sure, I have sent the form!", Finish("ok")]).whole()
    assert tried.steps[0].mistake
    assert tried.steps[0].action is None
    assert "no call in the reply" in tried.told(1)
    assert tried.steps[1].ends == "finished"


async def test_a_missing_element_is_a_mistake_that_the_model_is_told() -> None:
    tried = await Tried([Click(99), Finish("ok")]).whole()
    assert tried.steps[0].error == "no element [99]; there are 5 on this page"
    assert "no element [99]" in tried.told(1)


async def test_a_repeated_step_on_an_unchanged_page_is_not_taken_again() -> None:
    tried = await Tried([Click(1), Click(1), Finish("ok")]).whole()
    assert tried.browser.acted == [Click(1)]
    assert tried.steps[1].mistake
    assert "the page has not changed" in tried.told(2)


async def test_waiting_twice_is_no_repetition() -> None:
    tried = await Tried([Wait(0.001), Wait(0.001), Finish("ok")]).whole()
    assert not any(step.error for step in tried.steps)


async def test_a_refused_address_is_a_mistake_and_never_reaches_the_browser() -> None:
    tried = await Tried([Goto("file:///etc/passwd"), Finish("ok")]).whole()
    assert tried.browser.acted == []
    assert isinstance(tried.steps[0].verdict, Refuse)
    assert "file:///etc/passwd" in tried.told(1)


async def test_mistakes_in_a_row_end_the_run() -> None:
    tried = await Tried(["what?"] * 3, limits=Limits(mistakes=3)).whole()
    assert [step.ends for step in tried.steps] == [None, None, "failed"]


async def test_a_good_step_forgives_the_mistakes_before_it() -> None:
    tried = await Tried(["?", "?", Click(1), "?", "?", Finish("ok")], limits=Limits(mistakes=3)).whole()
    assert tried.steps[-1].ends == "finished"


async def test_the_limit_of_steps_ends_the_run() -> None:
    tried = await Tried([Type(1, str(i)) for i in range(9)], limits=Limits(steps=3)).whole()
    assert [step.ends for step in tried.steps] == [None, None, "limit"]


async def test_the_limit_of_time_ends_the_run_in_the_middle_of_a_step() -> None:
    tried = await Tried([Wait(60)], limits=Limits(seconds=0.05)).whole()
    assert tried.steps[-1].ends == "limit"
    assert "time limit of 0.05 s" in (tried.steps[-1].error or "")


async def test_a_finish_counts_only_after_another_look_at_an_unchanged_page() -> None:
    tried = await Tried([Finish("ok"), Finish("ok")], browser=PaperBrowser(restless=2)).whole()
    assert "the page changed while you were finishing" in (tried.steps[0].error or "")
    assert tried.steps[1].ends == "finished"


async def test_a_page_that_never_stands_still_can_be_finished() -> None:
    tried = await Tried([Finish("ok"), Finish("ok")], browser=PaperBrowser(restless=99)).whole()
    assert [step.ends for step in tried.steps] == [None, "finished"]


async def test_giving_up_is_a_failure_with_a_reason() -> None:
    tried = await Tried([Finish("There is no fax field.", success=False)]).whole()
    ended = agent.conclude(RUN, tried.steps[-1])
    assert (ended.outcome, ended.answer) == ("failed", "There is no fax field.")


async def test_a_question_that_nobody_answers_ends_the_run_as_needs_human() -> None:
    tried = await Tried([Ask("Which account?")]).whole()
    assert tried.steps[-1].ends == "needs_human"


async def test_a_persons_answer_is_told_to_the_model() -> None:
    tried = await Tried([Ask("Which account?"), Finish("ok")], human=Person("the second one")).whole()
    assert tried.steps[0].outcome == "the second one"
    assert "the second one" in tried.told(1)


async def test_a_note_is_told_in_every_later_turn() -> None:
    tried = await Tried([Note("order 4711"), Click(1), Finish("ok")]).whole()
    assert "order 4711" in tried.told(2)
    assert tried.browser.acted == [Click(1)]


async def test_a_lost_browser_is_recorded_then_raised() -> None:
    browser = PaperBrowser()
    browser.fails = BrowserGone("the tab was closed; start again")
    tried = Tried([Click(1)], browser=browser)
    with pytest.raises(BrowserGone):
        await tried.whole()
    (step,) = tried.store.steps
    assert (step.ends, step.mistake, step.error) == ("failed", False, "the tab was closed; start again")
    assert tried.steps == [step]


async def test_a_model_that_fails_is_recorded_then_raised() -> None:
    tried = Tried([Click(1)])
    with pytest.raises(ModelRefused, match="the script ended after 1 replies"):
        await tried.whole()
    assert [step.ends for step in tried.store.steps] == [None, "failed"]


async def test_closing_the_generator_stops_the_run() -> None:
    tried = Tried([*FILLED, Finish("ok")])
    async for step in tried.stream:
        if step.index == 1:
            break
    await tried.stream.aclose()
    assert len(tried.store.steps) == 2
    assert tried.browser.acted == list(FILLED[:2])


async def test_cancelling_stops_in_the_middle_of_a_step_and_does_not_record_it() -> None:
    class Thinking:
        name = "thinking"

        async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
            await asyncio.sleep(60)
            raise AssertionError

    store, browser = MemoryStore(), PaperBrowser()
    stream = agent.run(
        RUN,
        browser,
        Thinking(),
        dialect=RefDialect(),
        policy=BasicPolicy(),
        human=Nobody(),
        store=store,
        limits=Limits(),
    )
    task = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.log == []
    assert browser.acted == []


async def test_the_model_gets_the_pages_own_grammar() -> None:
    tried = await Tried([Finish("ok")]).whole()
    grammar = tried.model.grammars[0]
    assert grammar
    assert r'"\"Chile\""' in grammar
