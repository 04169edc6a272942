"""One generation at a time on a thread of its own, with a bounded line of those who wait. Knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from autoglm_backend.engine import Cancelled, Engine, Event, Finished, Generation
from autoglm_backend.errors import RequestError
from autoglm_backend.metrics import Metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failed:
    """The request ended without a reply."""

    error: RequestError


@dataclass(frozen=True)
class Probed:
    """A token was really generated."""

    token: int


Report = Event | Failed | Probed


@dataclass(frozen=True, eq=False)
class Job:
    """A request in line; `None` asks for a probe. `report` is called on the worker's thread."""

    request: Generation | None
    report: Callable[[Report], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class Worker:
    """The engine's thread."""

    def __init__(self, engine: Engine, metrics: Metrics, waiting: int) -> None:
        self.engine = engine
        self.metrics = metrics
        self.waiting = waiting
        self.forget_first = False
        self.line: deque[Job] = deque()
        self.running: Job | None = None
        self.changed = threading.Condition()
        threading.Thread(target=self._work, name="engine", daemon=True).start()

    def allow(self, waiting: int) -> None:
        """How many may wait from now on; with none, cached conversations are dropped before the next request."""
        with self.changed:
            self.forget_first = waiting == 0
            self.waiting = waiting

    def submit(self, job: Job) -> None:
        """Puts the job in line. Raises RequestError 503 when the line is full."""
        with self.changed:
            staying = deque(other for other in self.line if not other.cancelled.is_set())
            self.metrics.requests.labels("cancelled").inc(len(self.line) - len(staying))
            self.line = staying
            if self.running is not None and len(self.line) >= self.waiting:
                self.metrics.requests.labels("refused").inc()
                raise RequestError(
                    f"{len(self.line)} requests are waiting and one runs: the engine serves one at a time; try again",
                    status=503,
                    code="queue_full",
                    retry_after_s=2,
                )
            self.line.append(job)
            self.metrics.queue.set(len(self.line))
            self.changed.notify()

    def _next(self) -> Job:
        with self.changed:
            self.running = None
            while not self.line:
                self.changed.wait()
            self.running = self.line.popleft()
            if self.forget_first:
                self.engine.forget()
                self.forget_first = False
            self.metrics.queue.set(len(self.line))
            return self.running

    def _work(self) -> None:
        while True:
            job = self._next()
            outcome = "cancelled" if job.cancelled.is_set() else self._run(job)
            if job.request is not None:
                self.metrics.requests.labels(outcome).inc()

    def _run(self, job: Job) -> str:
        """How the job ended. The thread's outermost frame: whatever breaks in here must not end the thread."""
        try:
            if job.request is None:
                job.report(Probed(self.engine.probe()))
                return "finished"
            for event in self.engine.generate(job.request, job.cancelled.is_set):
                if isinstance(event, Finished):
                    self.metrics.finished(event.timings)
                job.report(event)
        except Cancelled:
            return "cancelled"
        except RequestError as error:
            job.report(Failed(error))
            return "invalid"
        except Exception as error:
            log.exception("the engine failed")
            self.engine.forget()
            job.report(Failed(RequestError(f"the engine failed: {error!r}; the server goes on", status=500)))
            return "failed"
        return "finished"
