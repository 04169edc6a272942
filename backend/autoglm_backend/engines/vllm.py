"""vLLM as the plan wants it: its launch on a socket file of its own. Never imports it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoglm_backend.engines.environment import Environment
from autoglm_backend.engines.launcher import Launch
from autoglm_backend.engines.vllm_log import option, without_option

SERVER_OPTIONS = ("--host", "--port", "--uds", "--served-model-name", "--allowed-origins")


def launch(
    environment: Environment,
    model: Path,
    name: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    least_ctx: int = 0,
) -> Launch:
    """The launch of `vllm serve MODEL ARGUMENTS…` with these environment variables added.

    It listens on a socket file in a folder that only this user can enter, behind our own port: nobody else's browser
    or account reaches it, and no port is taken between choosing and listening. `arguments` are those of the plan, less
    what says where to listen.
    """
    kept = tuple(arguments)
    for server_option in SERVER_OPTIONS:
        kept = without_option(kept, server_option)
    folder = Path(tempfile.mkdtemp(prefix="autoglm-"))  # 0700; a socket's path may have 108 bytes, so not in our data
    socket = folder / "vllm.sock"
    fixed = ("serve", str(model), "--served-model-name", name, "--uds", str(socket))
    grammar = () if option(kept, "--structured-outputs-config") else ("--structured-outputs-config", GRAMMAR)
    return Launch(
        program=tuple(environment.command(*fixed)),
        arguments=(*kept, *grammar),
        environment={**environment.variables(), **variables},
        model=name,
        url="http://vllm",
        socket_file=socket,
        least_ctx=least_ctx,
    )


# Spaces without end would be valid JSON to xgrammar: a weak model fills its reply with them.
GRAMMAR = '{"backend":"xgrammar","disable_any_whitespace":true}'
