"""How many requests may run, and what to do when an engine dies. The rules are pure; `Supervisor` applies them.

Pressure is what the engine and the machine say of themselves: vLLM's cache use, waiting requests and preemptions
(/metrics), RAM, heat. vLLM takes its memory at the start, so memory in use says nothing about it; its cache does.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx

from autoglm_backend.cards import now
from autoglm_backend.engines.launcher import Booted, EngineFailed, Launch, Tell, boot
from autoglm_backend.engines.vllm_log import classify, worth_telling
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu

TICK_S = 2.0
FULL, ROOMY = 0.95, 0.80  # of vLLM's cache: above is pressure, below is room; between, nothing changes
LITTLE_RAM = 0.05  # of all: below, the system is about to kill somebody
# A power cap alone is no heat: decoding hardly slows down (facts/serving.md, section 1, item 48).
HOT = ("sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown")

Pressure = Literal["high", "steady", "low"]


@dataclass(frozen=True)
class Signals:
    """One look at an engine and its machine."""

    cache_use: float = 0.0  # 0 to 1
    running: int = 0
    waiting: int = 0
    preemptions: int = 0  # since the start: requests thrown out of the cache, to be computed again
    ram_free: float = 1.0  # share of all
    hot: tuple[str, ...] = ()


def pressure(seen: Signals, before: Signals) -> Pressure:
    """What the engine can bear. Preemptions count when they grew."""
    too_much = (
        seen.cache_use >= FULL
        or seen.preemptions > before.preemptions
        or seen.ram_free < LITTLE_RAM
        or bool(set(seen.hot) & set(HOT))
    )
    if too_much:
        return "high"
    return "low" if seen.cache_use < ROOMY and seen.waiting == 0 else "steady"


@dataclass(frozen=True)
class Admission:
    """How many requests may run: one more at a time when there is room, a third fewer under pressure.

    It does not swing: between ROOMY and FULL it stays, it waits SETTLE looks after a cut, and it keeps below a number
    that went wrong for FORGET looks. Additive increase, multiplicative decrease, as TCP's congestion control has it.
    """

    limit: int
    most: int
    wrong: int | None = None  # the number under which pressure came last
    wait: int = 0  # looks until it may change again
    forget: int = 0  # looks until `wrong` may be tried again

    def after(self, what: Pressure, running: int) -> Admission:
        """The next value. It grows only when it binds: an idle server proves nothing."""
        rested = replace(self, wait=max(self.wait - 1, 0), forget=max(self.forget - 1, 0))
        if self.wait:
            return rested
        if what == "high" and self.limit > 1:
            fewer = max(1, self.limit * 2 // 3)
            return replace(rested, limit=fewer, wrong=min(self.limit, max(running, 1)), wait=SETTLE, forget=FORGET)
        wrong = self.wrong if rested.forget else None
        ceiling = self.most if wrong is None else min(self.most, wrong - 1)
        if what == "low" and running >= self.limit and self.limit < ceiling:
            return replace(rested, limit=self.limit + 1, wrong=wrong, wait=1)
        return replace(rested, wrong=wrong)


SETTLE = 5  # 10 s: what was running when the limit fell has to end first
FORGET = 150  # 5 min


@dataclass(frozen=True)
class Backoff:
    """How long to wait before an engine that died is started again, and when to give up."""

    failures: int = 0
    since: float = 0.0  # when the last one started to serve

    def after_death(self, at: float) -> Backoff:
        """One more failure; a life of HEALTHY_S forgives those before."""
        return Backoff(1 if at - self.since >= HEALTHY_S else self.failures + 1, self.since)

    @property
    def seconds(self) -> float:
        return min(2.0 ** (self.failures - 1), 60.0)

    @property
    def spent(self) -> bool:
        return self.failures > MOST_FAILURES


HEALTHY_S, MOST_FAILURES = 300.0, 5


def read_metrics(text: str, before: Signals) -> Signals:
    """vLLM's /metrics, all its engines together. https://docs.vllm.ai/en/stable/design/metrics.html

    `before`, where an engine that is busy says nothing: preemptions counted from 0 would seem to have grown next time.
    """
    if not text:
        return before
    found: dict[str, list[float]] = {}
    for name, value in re.findall(r"^vllm:(\w+)(?:\{[^}]*\})? ([\d.eE+-]+)$", text, re.MULTILINE):
        found.setdefault(name, []).append(float(value))
    return Signals(
        cache_use=max(found.get("kv_cache_usage_perc", [0.0])),
        running=int(sum(found.get("num_requests_running", ()))),
        waiting=int(sum(found.get("num_requests_waiting", ()))),
        preemptions=int(sum(found.get("num_preemptions_total", ()))),
    )


@dataclass
class Gate:
    """Lets `limit` requests pass at once; the others wait, a bounded number of them."""

    limit: int
    line: int  # how many may wait
    running: int = 0
    waiting: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def enter(self) -> bool:
        """Waits for its turn; False at once when the line is full."""
        if self.waiting >= self.line and self.running >= self.limit:
            return False
        async with self.changed:
            self.waiting += 1
            try:
                await self.changed.wait_for(lambda: self.running < self.limit)
            finally:
                self.waiting -= 1
            self.running += 1
        return True

    async def leave(self) -> None:
        async with self.changed:
            self.running -= 1
            self.changed.notify_all()

    async def set(self, limit: int) -> None:
        async with self.changed:
            self.limit = limit
            self.changed.notify_all()


def keep_in_memory(
    allow: Callable[[int], None],
    free_ram: Callable[[], float],
    most: int,
    tell: Tell,
    *,
    tick_s: float = TICK_S,
    stopped: threading.Event | None = None,
) -> None:
    """The int8 engine's admission, for as long as it lives. RAM is all that it can run out of: with little of it,
    fewer requests run at once and fewer conversations are remembered, at last one.
    """
    ended = stopped or threading.Event()
    admission, seen = Admission(most, most), Signals()
    while not ended.wait(tick_s):
        before, seen = seen, Signals(ram_free=free_ram())
        after = admission.after(pressure(seen, before), admission.limit)
        if after.limit != admission.limit:
            tell(f"requests at once: {after.limit} in place of {admission.limit} ({seen.ram_free:.0%} of RAM free)")
            allow(after.limit)
        admission = after


class Supervisor:
    """One engine that is a program: started, watched, started again. Runs on the server's event loop."""

    def __init__(
        self,
        launch: Launch,
        tell: Tell,
        most: int,
        *,
        gpus: Sequence[Gpu] = (),
        nvml: Any = None,
        free_ram: Callable[[], float] = lambda: 1.0,
        tick_s: float = TICK_S,
    ) -> None:
        self.launch = launch
        self.tell = tell
        self.gate = Gate(most, line=4 * most)
        self.admission = Admission(most, most)
        self.booted: Booted | None = None
        self.last: Booted | None = None
        self.seen = Signals()
        self.restarts = 0
        self._gpus, self._nvml, self._free_ram, self._tick_s = gpus, nvml, free_ram, tick_s
        self._backoff = Backoff()

    async def start(self) -> Booted:
        """The engine, ready. Raises EngineFailed."""
        self.booted = self.last = await asyncio.to_thread(boot, self.launch, self.tell, self._heard)
        self.launch = self.booted.launch  # what had to be repaired once need not fail again
        self._backoff = replace(self._backoff, since=time.monotonic())
        return self.booted

    def _heard(self, line: str) -> None:
        if words := worth_telling(line):
            self.tell(words)

    async def watch(self) -> None:
        """Until the engine died too often: then raises BackendError with its last words."""
        while True:
            await asyncio.sleep(self._tick_s)
            assert self.booted is not None
            code = self.booted.process.exit_code()
            if code is None:
                await self._look()
                continue
            failure = classify(list(self.booted.process.lines), code)
            self.booted.process.stop()
            self.booted = None
            await self._start_again(str(failure))
            self.restarts += 1
            self.tell("the engine serves again")

    async def _start_again(self, why: str) -> None:
        """The engine, ready, however many tries that takes. Raises BackendError after MOST_FAILURES of them."""
        while True:
            self._backoff = self._backoff.after_death(time.monotonic())
            if self._backoff.spent:
                raise BackendError(f"the engine ended {MOST_FAILURES + 1} times in a row: {why}")
            self.tell(f"the engine ended: {why}\nstarting it again in {self._backoff.seconds:g} s")
            await asyncio.sleep(self._backoff.seconds)
            try:
                await self.start()
            except EngineFailed as error:
                why = str(error)
            else:
                return

    def stop(self) -> None:
        """Ends the engine, if it runs."""
        if self.last is not None:
            self.last.process.stop()

    async def _look(self) -> None:
        """Reads the signals and moves the gate."""
        assert self.booted is not None
        seen = read_metrics(await self._metrics(self.booted.launch), self.seen)
        hot = await asyncio.to_thread(self._heat)
        seen = replace(seen, hot=hot, ram_free=self._free_ram())
        what = pressure(seen, self.seen)
        before, self.seen = self.admission, seen
        self.admission = before.after(what, self.gate.running)
        if self.admission.limit != before.limit:
            why = f"cache {seen.cache_use:.0%}, {seen.preemptions} preemptions" + (f", {', '.join(hot)}" if hot else "")
            self.tell(f"requests at once: {self.admission.limit} in place of {before.limit} ({why})")
            await self.gate.set(self.admission.limit)

    def _heat(self) -> tuple[str, ...]:
        return tuple(sorted({reason for gpu in self._gpus for reason in now(gpu, self._nvml).throttled_by}))

    async def _metrics(self, launch: Launch) -> str:
        try:
            async with launch.async_client(timeout_s=5.0) as client:
                return (await client.get("/metrics")).text
        except httpx.HTTPError:
            return ""  # it is busy or dying; the next look will tell
