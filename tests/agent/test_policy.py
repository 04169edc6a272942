from __future__ import annotations

import pytest

from autoglm.policy import BasicPolicy
from autoglm.types import Allow, Click, Goto, Observation, Refuse, Run

PAGE, RUN = Observation("http://localhost/", ""), Run("r", "t", "m")


@pytest.mark.parametrize(
    "url", ["https://example.org/", "http://127.0.0.1:8000/a?b#c", "about:blank", "HTTPS://例子.中国/"]
)
def test_web_addresses_are_allowed(url: str) -> None:
    assert BasicPolicy().judge(Goto(url), PAGE, RUN) == Allow()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "chrome://settings",
        "data:text/html,x",
        "about:config",
        "view-source:https://example.org",
        "https://",
        "http://[::1",
        "example.org",
        "",
    ],
)
def test_other_addresses_are_refused_with_a_reason(url: str) -> None:
    verdict = BasicPolicy().judge(Goto(url), PAGE, RUN)
    assert isinstance(verdict, Refuse)
    assert "is not a web address" in verdict.reason


def test_acting_on_a_page_is_allowed() -> None:
    assert BasicPolicy().judge(Click(1), PAGE, RUN) == Allow()
