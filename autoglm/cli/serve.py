"""`autoglm serve`, `pair` and `extension`: the person's own Chrome."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path

from platformdirs import user_config_path

from autoglm.cli import Arguments
from autoglm.cli.run import listen_for_stop
from autoglm.listen import Keys, Listener
from autoglm.local_server import Ready
from autoglm.models.openai import OpenAIModel
from autoglm.panel import Panel
from autoglm.protocol import CODE_S, Status
from autoglm.session import start_server
from autoglm.store import SqliteStore


async def serve(args: Arguments) -> int:
    listen_for_stop()
    async with AsyncExitStack() as opened:
        store = opened.enter_context(SqliteStore())
        server = None if args.base_url else await opened.enter_async_context(start_server(args.model, sys.stderr.write))
        ready = await server.ready() if server else Ready(url=args.base_url or "", model=args.model or "")
        model = await opened.enter_async_context(OpenAIModel(ready.url, ready.model, args.api_key))
        name = await model.find_name()
        panel = Panel(store, model.heard_by, status_of(ready, name, args), keys_path().with_name("panel.json"))
        keys = Keys(keys_path())
        listener = Listener(keys, panel.wish, panel.joined)
        port = await opened.enter_async_context(listener.serving(args.port))
        opened.push_async_callback(panel.close)  # while its browsers are connected, which let go of their tabs
        print(f"AutoGLM listens at 127.0.0.1:{port} with {name}", file=sys.stderr)
        if not keys.secrets:
            tell_code(keys)
        await asyncio.Event().wait()
    return 0


def status_of(ready: Ready, model: str, args: Arguments) -> Status:
    if args.base_url:
        return Status(model=model, engine=args.base_url)
    return Status(model=model, engine=" ".join(ready.runs.split()), precision=ready.precision, why=ready.why)


def pair(args: Arguments) -> int:
    keys = Keys(keys_path())
    if args.revoke:
        print(f"{keys.revoke()} browsers are no longer paired; restart `autoglm serve`", file=sys.stderr)
    else:
        tell_code(keys)
    return 0


def extension(_: Arguments) -> int:
    print(extension_path())
    print(
        "1. open chrome://extensions and turn on “Developer mode” (top right)\n"
        "2. click “Load unpacked” and choose the folder above\n"
        "3. click AutoGLM's icon (in the puzzle-piece menu): the side panel opens; run `autoglm serve` beside it",
        file=sys.stderr,
    )
    return 0


def tell_code(keys: Keys) -> None:
    print(keys.offer(), flush=True)
    print(f"is the pairing code: type it in the side panel within {CODE_S:.0f} s", file=sys.stderr, flush=True)


def keys_path() -> Path:
    return user_config_path("autoglm", appauthor=False) / "extension.json"


def extension_path() -> Path:
    """In a checkout the folder of the repository, in an installed package the copy that it carries."""
    checkout = Path(str(files("autoglm"))).parent / "extension"
    return checkout if (checkout / "manifest.json").exists() else Path(str(files("autoglm"))) / "extension"
