"""The pytest plugin under which a test is rehearsed and proved: in a process of its own, beside pytest-playwright's.

It is told by a file what to play (`Play`), and writes a line of JSON for each thing that happened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Request, Route, expect

from autoglm.browser.playwright_pipe import FLAGS
from autoglm.pytest_plugin import BrowserOfThisMachine

FIRST_MS = 4000
"""For the first way of a line: the page may still be loading."""
NEXT_MS = 700
"""For the other ways: by then it has loaded."""
LAST_MS = 8000
"""Once more for all of them, when none was to be carried out."""
LEAST_MS = 600
"""A mutant is given at least so long before what is not there counts as missing."""
SLOW_MS = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--autoglm-play", type=Path, required=True, help="what is to be played, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    # Registered now, after pytest-playwright's own, these fixtures stand before those of the same names.
    config.pluginmanager.register(BrowserOfThisMachine(), "autoglm-browser")
    config.pluginmanager.register(_stage(Path(str(config.getoption("--autoglm-play")))), "autoglm-stage")


def _stage(file: Path) -> object:
    play: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    mutants: list[dict[str, Any]] = play["mutants"]
    script = Path(__file__).with_name("mutants.js").read_text(encoding="utf-8").rstrip().rstrip(";")
    out = Path(play["out"])
    applied: set[str] = set()
    begun: dict[str, float] = {}
    control: list[float] = []
    """How long the page itself took."""

    def tell(**news: Any) -> None:
        with out.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(news) + "\n")

    class Stage:
        @pytest.fixture(scope="session")
        def browser_type_launch_args(
            self, browser_type_launch_args: dict[str, Any], browser_name: str
        ) -> dict[str, Any]:
            """Each page is opened in a profile of its own, which these make cheaper."""
            if browser_name != "chromium":
                return browser_type_launch_args
            return {**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", ()), *FLAGS]}

        @pytest.fixture(params=range(-1, len(mutants)), ids=lambda number: f"mutant{number}" if number >= 0 else "page")
        def autoglm_mutant(self, request: pytest.FixtureRequest) -> dict[str, Any] | None:
            number: int = request.param
            return None if number < 0 else mutants[number]

        @pytest.fixture
        def context(
            self, context: BrowserContext, autoglm_mutant: dict[str, Any] | None, request: pytest.FixtureRequest
        ) -> BrowserContext:
            if autoglm_mutant:
                if not control:
                    pytest.skip("the page itself did not pass")
                # No single line of the test took as long, for most of its time went into opening the page.
                quick = max(LEAST_MS, round(600 * control[0]))
                patience = LAST_MS if autoglm_mutant["harmless"] else quick
                context.set_default_timeout(patience)
                context.set_default_navigation_timeout(3 * LAST_MS)
                expect.set_options(timeout=patience)
                _mutate(context, autoglm_mutant, script, lambda: applied.add(request.node.nodeid))
            begun[request.node.nodeid] = time.monotonic()
            return context

        @pytest.fixture
        def page(
            self,
            page: Page,
            autoglm_mutant: dict[str, Any] | None,
            context: BrowserContext,
            request: pytest.FixtureRequest,
        ) -> Page:
            if autoglm_mutant and autoglm_mutant["kind"] == "slow":
                _slow(page)
                context.on("page", _slow)
                applied.add(request.node.nodeid)
            return page

        @pytest.fixture
        def rehearsal(self, context: BrowserContext) -> Generator[Rehearsal]:
            rehearsal = Rehearsal(context)
            yield rehearsal
            tell(chosen=rehearsal.chosen, requests=rehearsal.requests, url=[page.url for page in context.pages])

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
            report = yield
            if report.when == "call" or report.failed or report.skipped:
                number = item.callspec.params.get("autoglm_mutant", -1)  # type: ignore[attr-defined]
                seconds = time.monotonic() - begun.get(item.nodeid, time.monotonic())
                why = "" if report.passed else _why(report)
                if number < 0 and report.passed:
                    control.append(seconds)
                tell(
                    mutant=number,
                    outcome=report.outcome,
                    phase=report.when,
                    applied=item.nodeid in applied,
                    seconds=round(seconds, 2),
                    why=why,
                )
            return report

    return Stage()


class Rehearsal:
    """Tries the ways of each line and remembers which one held."""

    def __init__(self, context: BrowserContext) -> None:
        self.chosen: dict[int, int] = {}
        self.requests: dict[int, list[tuple[str, str]]] = {}
        """The keys of a request's body that carried a parameter."""
        self._context = context

    def do(self, line: int, ways: Sequence[Callable[[], object]]) -> None:
        """Raises what the first way raised when none could be carried out."""
        patience = [FIRST_MS, *[NEXT_MS] * (len(ways) - 1), *[LAST_MS] * len(ways)] if len(ways) > 1 else [3 * LAST_MS]
        failed: list[Exception] = []
        for number, ms in enumerate(patience):
            self._context.set_default_timeout(ms)
            try:
                ways[number % len(ways)]()
            except Error as error:
                failed.append(error)
            else:
                self.chosen[line] = number % len(ways)
                self._context.set_default_timeout(3 * LAST_MS)
                return
        raise failed[0]

    def check(self, line: int, ways: Sequence[Callable[[], object]]) -> None:
        for number, way in enumerate(ways):
            expect.set_options(timeout=NEXT_MS if number else FIRST_MS)
            try:
                way()
            except (AssertionError, Error):
                continue
            self.chosen[line] = number
            return

    def true(self, value: object) -> None:
        assert value

    def sent(self, line: int, ways: Sequence[Callable[[], Request]], parameters: dict[str, str]) -> None:
        """`parameters`: by value the name."""
        try:
            body: object = ways[0]().post_data_json
        except (Error, ValueError):  # neither a form nor JSON
            return
        found: dict[str, str] = {}
        if isinstance(body, dict):
            for key, value in cast("dict[str, object]", body).items():
                if isinstance(value, str) and value in parameters:
                    found.setdefault(parameters[value], key)
        self.requests[line] = [(key, name) for name, key in found.items()]


def _mutate(context: BrowserContext, mutant: dict[str, Any], script: str, applied: Callable[[], object]) -> None:
    match mutant["kind"]:
        case "slow":
            pass  # once there is a page
        case "fails":

            def fail(route: Route) -> None:
                if route.request.method in ("GET", "HEAD", "OPTIONS"):
                    route.continue_()
                else:
                    applied()
                    route.fulfill(status=500, body="Internal Server Error")

            context.route("**/*", fail)
        case _:
            context.expose_function("autoglmMutated", applied)  # type: ignore[reportUnknownMemberType]
            context.add_init_script(f"({script})({json.dumps(mutant)})")


def _slow(page: Page) -> None:
    """Each answer on its own: were they held up here, they would come one after another, and none from the cache."""
    session: Any = page.context.new_cdp_session(page)
    session.send("Network.enable")
    free = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**free, "latency": SLOW_MS})


def _why(report: Any) -> str:
    """The first lines of the error itself."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr)[:600]
