"""ms-swift as an engine, for those who have it: `swift deploy` on a port that only this machine reaches.

ms-swift 4.6 knows AutoGLM-Phone and the other GLMs; it brings its own pins of torch and transformers, so
like vLLM it is a program. With its Transformers backend it does not hold replies to a grammar.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from autoglm_backend.engines.launcher import Launch, free_port
from autoglm_backend.errors import BackendError

NAME = "AUTOGLM_SWIFT"


def launch(model: Path, architecture: str, name: str, ctx: int) -> Launch:
    """The launch of `swift deploy` for this model. Raises BackendError when there is no `swift`."""
    program = find_swift()
    port = free_port()
    return Launch(
        program=(program, "deploy", "--model", str(model), "--host", "127.0.0.1", "--port", str(port)),
        arguments=(
            *("--served_model_name", name),
            *("--infer_backend", "transformers"),
            *("--max_length", str(ctx)),
            *("--truncation_strategy", "delete"),  # what is too long is refused; the others cut
            # Of three loaders for this architecture, the plain one.
            *(("--model_type", "glm_edge") if architecture == "GlmForCausalLM" else ()),
            # A GLM's ends of a turn, and the checkpoint's own chat template.
            *("--template", "glm4", "--template_backend", "jinja"),
        ),
        environment={"HF_HUB_OFFLINE": "1", "USE_HF": "1", "PYTHONUNBUFFERED": "1"},
        model=name,
        url=f"http://127.0.0.1:{port}",
    )


def find_swift() -> str:
    """The program: AUTOGLM_SWIFT, else the one on the path."""
    named = os.environ.get(NAME)
    found = shutil.which(named or "swift")
    if found is None:
        where = f"{NAME}={named} is no program" if named else "there is no program `swift` on the path"
        raise BackendError(
            f"--engine swift: {where}; make an environment for it (`python -m venv DIR`, then "
            f"`DIR/bin/pip install ms-swift`) and `export {NAME}=DIR/bin/swift`"
        )
    return found
