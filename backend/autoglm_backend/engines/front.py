"""The port that people know, before an engine that is a program. Knows HTTP and the gate, nothing of tokens.

It outlives the engine: while that is started again, requests are told to come back. It keeps web pages out, and lets
no more requests in than the supervisor says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from autoglm_backend.app import disconnected, error_response, refuse_web_pages
from autoglm_backend.errors import RequestError
from autoglm_backend.schema import error_body, server_sent
from autoglm_backend.supervise import Supervisor

T = TypeVar("T")
PASSED_ON = ("content-type", "retry-after")  # of the engine's headers; lengths and encodings are made anew


def create_front(supervisor: Supervisor, *, dropped: frozenset[str] = frozenset(), local: bool = True) -> FastAPI:
    """The app. `dropped`: fields of a request that this engine must not see."""
    app = FastAPI(title="autoglm-backend", docs_url=None, redoc_url=None, openapi_url=None)

    def client() -> httpx.AsyncClient:
        """To the engine. Raises RequestError while there is none."""
        booted = supervisor.booted
        if booted is None or booted.process.exit_code() is not None:
            raise RequestError(
                "the engine ended and is being started again; try again", status=503, code="restarting", retry_after_s=5
            )
        return booted.launch.async_client(timeout_s=None)

    @app.get("/v1/models")
    @app.get("/health")
    @app.get("/metrics")
    async def ask(http: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        async with client() as engine:
            try:
                answer = await engine.get(http.url.path, timeout=10.0)
            except httpx.HTTPError as error:
                raise broken(error) from error
        return Response(answer.content, answer.status_code, headers=passed_on(answer))

    @app.post("/v1/{path:path}")
    async def generate(http: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        body = without(await http.body(), dropped)
        if not await unless_gone(http, supervisor.gate.enter()):
            raise RequestError(
                f"{supervisor.gate.waiting} requests are waiting and {supervisor.gate.running} run; try again",
                status=503,
                code="queue_full",
                retry_after_s=2,
            )
        try:
            engine = client()
            request = engine.build_request("POST", http.url.path, content=body, headers=headers_of(http))
            try:
                answer = await unless_gone(http, engine.send(request, stream=True))
            except httpx.HTTPError as error:
                await engine.aclose()
                raise broken(error) from error
            except BaseException:
                await engine.aclose()
                raise
        except BaseException:
            await supervisor.gate.leave()
            raise

        async def done() -> None:
            await answer.aclose()
            await engine.aclose()
            await supervisor.gate.leave()

        if "text/event-stream" in answer.headers.get("content-type", ""):
            return StreamingResponse(stream(answer, done), answer.status_code, headers=passed_on(answer))
        try:
            content = await unless_gone(http, answer.aread())
        except httpx.HTTPError as error:
            raise broken(error) from error
        finally:
            await done()
        return Response(content, answer.status_code, headers=passed_on(answer))

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> Response:  # pyright: ignore[reportUnusedFunction]
        return error_response(error)

    if local:
        app.middleware("http")(refuse_web_pages)
    return app


async def stream(answer: httpx.Response, done: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[bytes]:
    """The engine's events as they come; when it dies among them, an error as the last."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx.HTTPError as error:
        yield server_sent(error_body(broken(error))).encode()
    finally:
        await asyncio.shield(done())  # also when the client left, which cancels this


async def unless_gone(http: Request, wanted: Coroutine[Any, Any, T]) -> T:
    """The result of `wanted`, unless the client leaves first: then it is cancelled."""
    work = asyncio.ensure_future(wanted)
    gone = asyncio.ensure_future(disconnected(http))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestError("the client has gone", status=499)
        return work.result()
    finally:
        gone.cancel()
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


def without(body: bytes, dropped: frozenset[str]) -> bytes:
    """The same request less these fields; what is no JSON object is the engine's to refuse."""
    if not dropped:
        return body
    try:
        values: Any = json.loads(body)
    except ValueError:
        return body
    if not isinstance(values, dict) or not dropped & values.keys():
        return body
    return json.dumps({name: value for name, value in values.items() if name not in dropped}).encode()


def headers_of(http: Request) -> dict[str, str]:
    return {"content-type": http.headers.get("content-type", "application/json"), "accept-encoding": "identity"}


def passed_on(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}


def broken(error: httpx.HTTPError) -> RequestError:
    return RequestError(
        f"the engine broke off ({type(error).__name__}); it is being started again; try again",
        status=502,
        code="engine_died",
        retry_after_s=5,
    )
