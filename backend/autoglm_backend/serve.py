"""One model on one port until told to stop: by the int8 engine in this process, or by a program that is started."""

from __future__ import annotations

import os

from autoglm_backend.in_process import serve_int8
from autoglm_backend.listening import Leaving, ServeOptions, open_port


def serve(options: ServeOptions, since: float) -> None:
    """Serves until a signal ends the process. `since` is when the command began, by time.perf_counter."""
    leaving = Leaving(options.exit_with_parent)
    opened = open_port(options.host, options.port)  # first: a busy port is known before minutes of loading
    if options.engine == "int8" or (options.engine is None and nothing_to_plan(options.model)):
        serve_int8(options, opened, since, why_int8(options))
    else:
        from autoglm_backend.program import carry_out

        carry_out(options, opened, leaving, since)


def nothing_to_plan(model: str | None) -> bool:
    """The model that ships runs as it is, and without a card there is one engine. Takes a few milliseconds."""
    if model == "embedded":
        return True
    from autoglm_backend.probe import ROOT, find_nvml, see_cards

    return not see_cards(find_nvml(), os.environ, ROOT).gpus


def why_int8(options: ServeOptions) -> str:
    if options.engine == "int8":
        return "--engine int8 was asked for"
    if options.model == "embedded":
        return "the model that ships is made for any processor; it needs no graphics card"
    return "there is no graphics card here, and on the processor this engine needs the least memory"
