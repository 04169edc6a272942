"""The command `autoglm-backend`. Knows arguments and exit codes; imports what a subcommand needs when it runs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 2 wrong use or a model that cannot be served, 130 stopped."""
    since = time.perf_counter()
    arguments = parser().parse_args(argv)
    from autoglm_backend.errors import BackendError

    try:
        match arguments.command:
            case "serve":
                from autoglm_backend.listening import ServeOptions
                from autoglm_backend.serve import serve

                options = {name: value for name, value in vars(arguments).items() if name != "command"}
                serve(ServeOptions(**options), since)
            case "calibrate":
                from autoglm_backend.calibrate import calibrate
                from autoglm_backend.probe import probe

                written = calibrate(probe(), lambda text: print(text, file=sys.stderr))
                print("\n".join(map(str, written)))
            case "doctor":
                from autoglm_backend.doctor import doctor
                from autoglm_backend.probe import probe

                return doctor(probe(timed=False))
            case "install":
                from autoglm_backend.engines.install import install_vllm

                print(install_vllm(arguments.build, arguments.into))

            case "plan":
                from autoglm_backend.planning import show

                print(show(arguments.model, arguments.what_if, arguments.export, arguments.ctx, arguments.json))
            case _:
                from autoglm_backend.convert import save_int8

                print(save_int8(arguments.source, arguments.destination))
    except BackendError as error:
        print(f"autoglm-backend: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="autoglm-backend", description="Serve a GLM on this machine.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve a model at /v1/chat/completions")
    serve.add_argument(
        "--model",
        metavar="embedded|DIR|HF_ID",
        help="which model (default: the best of those on this machine by `plan`; embedded without a GPU)",
    )
    serve.add_argument(
        "--engine", choices=("int8", "vllm", "swift", "deepspeed"), help="what runs it (default: what `plan` says)"
    )
    serve.add_argument("--port", type=port, default=8000, help="port; 0 finds a free one (default 8000)")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--served-name", metavar="NAME", help="the model's name in the API (default: its folder's)")
    serve.add_argument("--ctx", type=positive, metavar="N", help="tokens a conversation may hold (default: up to 8192)")
    serve.add_argument(
        "--threads", type=positive, metavar="N", help="threads to read prompts with (default: all cores)"
    )
    serve.add_argument("--exit-with-parent", action="store_true", help="exit when stdin reaches its end")

    commands.add_parser("calibrate", help="measure this machine, two minutes at most, for better plans")
    commands.add_parser("doctor", help="say what is wrong on this machine and what mends it; exit 1 if anything is")

    install = commands.add_parser("install", help="make the environment that vLLM needs to itself")
    install.add_argument("what", choices=("vllm",))
    install.add_argument("--build", choices=("cpu", "cuda"), help="which build (default: by the cards that are here)")
    install.add_argument("--into", type=Path, metavar="DIR", help="folder to make (default: in the user's data)")

    plan = commands.add_parser("plan", help="what would run here, how well and why, without loading anything")
    plan.add_argument(
        "model", nargs="?", metavar="MODEL", help="embedded, DIR, config.json or HF_ID (default: GLM-4-9B)"
    )
    plan.add_argument("--what-if", metavar="CARDS", help='plan for hardware that is not here: "2x RTX 3060"')
    plan.add_argument("--ctx", type=positive, metavar="N", help="tokens that a request must be able to hold")
    plan.add_argument("--json", action="store_true", help="the whole plan as one JSON object")
    plan.add_argument(
        "--export", choices=("compose", "systemd", "ray-serve"), help="the plan as a file for one of these"
    )

    quantize = commands.add_parser("quantize", help="write an INT8 checkpoint that this engine and vLLM load")
    quantize.add_argument("source", type=Path, metavar="SRC", help="folder with full-precision weights")
    quantize.add_argument("destination", type=Path, metavar="DST", help="folder to write, new or empty")
    return root


def port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError(f"{value} is not a port: 0 to 65535")
    return value


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
