"""The run as data: what is written can be read, fits its schema, and holds no secret."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from autoglm.errors import ExportError
from autoglm.export.form import complaint, dump_run, load_run, schema, schema_of_types
from autoglm.types import Click, Completion, Element, Finish, Observation, Run, Step, Type
from tests.agent.strategies import steps

RUN = Run("1abc", "Log in with hunter2xyz", "scripted", outcome="finished")
PAGE = Observation("http://x/", "", (Element(1, "textbox", "Password", "•", takes=("Type",), type="password"),))
LOGIN = Step(0, PAGE, Completion('do(action="Type", ref=1, text="hunter2xyz")'), Type(1, "hunter2xyz"), outcome="typed")


def test_the_schema_in_the_package_is_that_of_the_types() -> None:
    assert schema() == schema_of_types(), "write it anew: json.dumps(schema_of_types(), indent=1) and a line's end"


@settings(deadline=None, derandomize=True, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(step=steps)
def test_every_step_fits_the_schema_and_comes_back(step: Step) -> None:
    bare = replace(step, observation=replace(step.observation, screenshot=None))
    value = json.loads(json.dumps(dump_run(RUN, [step])))
    assert complaint(value) is None
    if not value["secrets"]:
        assert load_run(value, {}) == (RUN, [bare])


def test_a_secret_is_named_and_comes_back_from_the_environment() -> None:
    text = json.dumps(dump_run(RUN, [LOGIN]))
    assert "hunter2xyz" not in text
    value = json.loads(text)
    assert value["secrets"] == ["TEST_PASSWORD"]
    assert value["run"]["task"] == "Log in with $TEST_PASSWORD"
    assert load_run(value, {"TEST_PASSWORD": "hunter2xyz"}) == (RUN, [LOGIN])
    with pytest.raises(ExportError, match="the environment lacks TEST_PASSWORD"):
        load_run(value, {})


def test_what_is_no_run_or_of_another_version_is_said() -> None:
    value = dump_run(RUN, [Step(0, PAGE, None, Click(1)), Step(1, PAGE, None, Finish("Done."))])
    with pytest.raises(ExportError, match="no recorded run"):
        load_run({}, {})
    with pytest.raises(ExportError, match=r"version 2, and 1 is known here; update autoglm"):
        load_run({**value, "version": 2}, {})
    assert complaint({**value, "steps": [{"index": "one"}]}) is not None
