from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from autoglm.codec import from_json, to_json
from autoglm.types import Action, Click, Finish, Hover, Observation, Run, Step, Text
from tests.agent.strategies import actions, observations, runs, steps


def through_text(value: object, as_type: Any = None) -> Any:
    return json.loads(json.dumps(to_json(value, as_type)))


@given(observations)
def test_an_observation_comes_back(observation: Observation) -> None:
    assert from_json(Observation, through_text(observation)) == observation


@given(actions)
def test_an_action_comes_back(action: Action) -> None:
    union: Any = Action  # not a `type` to type checkers
    assert from_json(union, through_text(action, union)) == action


@given(steps)
def test_a_step_comes_back(step: Step) -> None:
    assert from_json(Step, through_text(step)) == step


@given(runs)
def test_a_run_comes_back(run: Run) -> None:
    assert from_json(Run, through_text(run)) == run


def test_one_of_several_says_which_it_is() -> None:
    assert to_json(Hover(13), Action) == {"kind": "Hover", "ref": 13}


def test_what_an_older_recording_lacks_takes_its_default() -> None:
    assert from_json(Run, {"id": "a", "task": "t", "model": "m"}) == Run("a", "t", "m")


def test_what_a_newer_recording_adds_is_passed_over() -> None:
    assert from_json(Text, {"role": "text", "text": "hello", "colour": "red"}) == Text("text", "hello")


@pytest.mark.parametrize(
    ("as_type", "value", "message"),
    [
        (Run, {"id": "a"}, r"\$: Run lacks task, model"),
        (Run, {"id": 1, "task": "t", "model": "m"}, r"\$\.id: 1 is not str"),
        (Run, {"id": "a", "task": "t", "model": "m", "plan": "p"}, r"\$\.plan: 'p' is not a list"),
        (Run, {"id": "a", "task": "t", "model": "m", "outcome": "well"}, r"\$\.outcome: 'well' is not"),
        (Action, {"kind": "Dance"}, r"\$: kind 'Dance' is not one of Click, "),
        (Action, [], r"\$: \[\] is not an object"),
        (Finish, {"message": "m", "success": 1}, r"\$\.success: 1 is not bool"),
        (Click, {"ref": True}, r"\$\.ref: True is not int"),
        (Observation, {"url": "u", "title": "t", "screenshot": 3}, r"\$\.screenshot: 3 is not base64"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(as_type: Any, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_json(as_type, value)
