"""The engine's thread: requests that run together, and a bounded line of those who wait. Knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from autoglm_backend.engine import Engine, Run
from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Event, Failed, Finished, Generation
from autoglm_backend.metrics import Metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Probed:
    """A token was really generated."""

    token: int


Report = Event | Probed


@dataclass(frozen=True, eq=False)
class Job:
    """A request in line; `None` asks for a probe. `report` is called on the worker's thread."""

    request: Generation | None
    report: Callable[[Report], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Steps the engine for as long as there is work."""

    def __init__(self, engine: Engine, metrics: Metrics, waiting: int) -> None:
        self.engine = engine
        self.metrics = metrics
        self.waiting = waiting
        self.at_once = self.most = engine.pool.limit
        self.line: deque[Job] = deque()
        self.probes: deque[Job] = deque()
        self.running: dict[Job, Run | None] = {}  # changed on the worker's thread, with the lock; None: not started yet
        self.changed = threading.Condition()
        threading.Thread(target=self._work, name="engine", daemon=True).start()

    def allow(self, at_once: int) -> None:
        """How many may run from now on, and how many conversations are remembered; those that run end first."""
        with self.changed:
            self.at_once = min(at_once, self.most)
            self.changed.notify()

    def submit(self, job: Job) -> None:
        """Puts the job in line. Raises RequestError 503 when the line is full."""
        with self.changed:
            if job.request is None:
                self.probes.append(job)
            else:
                self._leave_line()
                self._refuse_if_full()
                self.line.append(job)
                self.metrics.queue.set(len(self.line))
            self.changed.notify()

    def _leave_line(self) -> None:
        staying = deque(job for job in self.line if not job.cancelled.is_set())
        self.metrics.requests.labels("cancelled").inc(len(self.line) - len(staying))
        self.line = staying

    def _refuse_if_full(self) -> None:
        if len(self.running) + len(self.line) < self.at_once + self.waiting:
            return
        self.metrics.requests.labels("refused").inc()
        raise RequestError(
            f"{len(self.running)} requests run and {len(self.line)} are waiting: no more is taken now; try again",
            status=503,
            code="queue_full",
            retry_after_s=2,
        )

    def _work(self) -> None:
        """The thread's outermost frame: whatever breaks in here must not end the thread."""
        while True:
            self._admit()
            try:
                self._turn()
            except Exception as error:
                log.exception("the engine failed")
                failed = Failed(RequestError(f"the engine failed: {error!r}; the server goes on", status=500))
                for job in list(self.running):
                    self._done(job, "failed", failed)
                self.engine.forget()

    def _admit(self) -> None:
        """Lets in who may run, the eldest first; waits while there is nothing to do."""
        with self.changed:
            while not (self.running or self.line or self.probes or self.engine.pool.limit != self.at_once):
                self.changed.wait()
            self._leave_line()
            while self.line and len(self.running) < self.at_once:
                self.running[self.line.popleft()] = None
            self.metrics.queue.set(len(self.line))
            self.metrics.running.set(len(self.running))

    def _turn(self) -> None:
        """Starts the new ones, drops those that nobody waits for, and takes the others one step further."""
        if self.engine.pool.limit != self.at_once:
            self.engine.remember(self.at_once)
        while self.probes:
            self.probes.popleft().report(Probed(self.engine.probe()))
        for job, run in list(self.running.items()):
            if job.cancelled.is_set():
                self._done(job, "cancelled")
            elif run is None:
                self._start(job)
        if runs := [run for run in self.running.values() if run is not None]:
            self.engine.step(runs)
        for job in list(self.running):
            self._tell(job)

    def _start(self, job: Job) -> None:
        assert job.request is not None
        try:
            self.running[job] = self.engine.start(job.request)
        except RequestError as error:
            self._done(job, "invalid", Failed(error))
        else:
            self._tell(job)

    def _tell(self, job: Job) -> None:
        """Reports what has happened to the job's run, and forgets it when it has ended."""
        run = self.running[job]
        assert run is not None
        for event in run.told():
            match event:
                case Finished(timings=timings):
                    self.metrics.finished(timings)
                    self._done(job, "finished", event)
                case Failed():
                    self._done(job, "invalid", event)
                case _:
                    job.report(event)

    def _done(self, job: Job, outcome: str, last: Event | None = None) -> None:
        with self.changed:
            run = self.running.pop(job)
        if run is not None:
            self.engine.end(run)
        self.metrics.requests.labels(outcome).inc()
        self.metrics.running.set(len(self.running))
        if last is not None:
            job.report(last)
