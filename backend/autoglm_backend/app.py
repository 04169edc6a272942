"""The routes. Knows HTTP and the worker's reports, nothing of models."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Failed, Finished, Piece
from autoglm_backend.metrics import Metrics
from autoglm_backend.schema import chunk, completion, error_body, read_request, server_sent, to_generation, usage
from autoglm_backend.worker import Job, Probed, Report, Worker

T = TypeVar("T")

LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")


@dataclass(frozen=True)
class Served:
    """What /v1/models says."""

    name: str
    ctx: int
    started: int  # seconds since the epoch


def create_app(
    worker: Worker, metrics: Metrics, served: Served, *, health_s: float = 10.0, local: bool = True
) -> FastAPI:
    """The app over a running worker. `local` refuses what a web page could send: foreign Host and Origin headers."""
    app = FastAPI(title="autoglm-backend", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        model = {"id": served.name, "object": "model", "created": served.started, "owned_by": "autoglm"}
        return {"object": "list", "data": [{**model, "max_model_len": served.ctx}]}

    @app.post("/v1/chat/completions")
    async def chat_completions(http: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        request = read_request(await http.body())
        if request.model not in (None, served.name):
            raise RequestError(
                f"there is no model {request.model!r} here, only {served.name!r}: name that one, or leave model out",
                status=404,
                param="model",
                code="model_not_found",
            )
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": served.name}
        reports, job = post(worker, lambda report: Job(to_generation(request), report))
        first = await unless_gone(http, job, reports.get())
        if isinstance(first, Failed):
            raise first.error
        if request.stream:
            include_usage = request.stream_options is not None and request.stream_options.include_usage
            return StreamingResponse(stream(head, reports, job, include_usage), media_type="text/event-stream")
        return JSONResponse(await unless_gone(http, job, whole(head, reports)))

    @app.get("/health")
    async def health() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        since = time.perf_counter()
        reports, job = post(worker, lambda report: Job(None, report))
        try:
            report = await asyncio.wait_for(reports.get(), health_s)
        except TimeoutError as error:
            job.cancelled.set()
            raise RequestError(
                f"no token within {health_s:g} s: the engine is busy or stuck; ask again, and restart it if this stays",
                status=503,
                code="unhealthy",
                retry_after_s=2,
            ) from error
        if not isinstance(report, Probed):
            raise RequestError(
                "the engine could not generate a token; restart the server", status=503, code="unhealthy"
            )
        return {"status": "ok", "model": served.name, "seconds": round(time.perf_counter() - since, 4)}

    @app.get("/metrics")
    async def prometheus() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> Response:  # pyright: ignore[reportUnusedFunction]
        return error_response(error)

    @app.exception_handler(HTTPException)
    async def no_route(http: Request, error: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        message = f"{http.method} {http.url.path}: {error.detail}; the routes are " + ", ".join(ROUTES)
        return error_response(RequestError(message, status=error.status_code))

    if local:
        app.middleware("http")(refuse_web_pages)
    return app


ROUTES = ("GET /v1/models", "POST /v1/chat/completions", "GET /health", "GET /metrics")


def post(worker: Worker, job: Callable[[Callable[[Report], None]], Job]) -> tuple[asyncio.Queue[Report], Job]:
    """The job put in line, and the queue in which its reports arrive on this event loop."""
    loop = asyncio.get_running_loop()
    reports: asyncio.Queue[Report] = asyncio.Queue()

    def report(event: Report) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            loop.call_soon_threadsafe(reports.put_nowait, event)

    posted = job(report)
    worker.submit(posted)
    return reports, posted


async def unless_gone(http: Request, job: Job, wanted: Coroutine[Any, Any, T]) -> T:
    """The result of `wanted`, unless the client leaves first: then the job is cancelled and nothing is sent."""
    work = asyncio.ensure_future(wanted)
    gone = asyncio.ensure_future(disconnected(http))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestError("the client has gone", status=499)
        return work.result()
    finally:
        if not work.done():
            job.cancelled.set()
        work.cancel()
        gone.cancel()


async def disconnected(http: Request) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass


async def whole(head: dict[str, Any], reports: asyncio.Queue[Report]) -> dict[str, Any]:
    """The reply as one object."""
    texts: list[str] = []
    while True:
        match await reports.get():
            case Piece(text):
                texts.append(text)
            case Finished() as finished:
                return completion(head, "".join(texts), finished)
            case Failed(error):
                raise error
            case _:
                pass


async def stream(
    head: dict[str, Any], reports: asyncio.Queue[Report], job: Job, include_usage: bool
) -> AsyncIterator[str]:
    """The reply as server-sent events. Closing it, as a client's leaving does, cancels the job."""
    try:
        yield server_sent(chunk(head, {"role": "assistant", "content": ""}))
        while True:
            match await reports.get():
                case Piece(text):
                    yield server_sent(chunk(head, {"content": text}))
                case Finished(reason, timings):
                    last = chunk(head, {}, reason)
                    if not include_usage:
                        last["timings"] = asdict(timings)
                    yield server_sent(last)
                    if include_usage:
                        counts = {"choices": [], "usage": usage(timings), "timings": asdict(timings)}
                        yield server_sent({**last, **counts})
                    yield "data: [DONE]\n\n"
                    return
                case Failed(error):
                    yield server_sent(error_body(error))
                    return
                case _:
                    pass
    finally:
        job.cancelled.set()


async def refuse_web_pages(http: Request, call_next: Callable[[Request], Any]) -> Response:
    """Turns away requests that a web page made: DNS rebinding shows in Host, a foreign page in Origin."""
    host = http.headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    origin = http.headers.get("origin")
    if name not in LOCAL or (origin is not None and not any(f"//{local}" in origin for local in LOCAL)):
        message = f"Host {host!r}, Origin {origin!r}: this server answers programs on this machine, not web pages"
        return error_response(RequestError(message, status=403, code="foreign_origin"))
    return await call_next(http)


def error_response(error: RequestError) -> Response:
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
    return JSONResponse(error_body(error), error.status, headers)
