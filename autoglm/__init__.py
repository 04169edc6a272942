"""A local-first browser agent. Start reading at `autoglm/agent.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autoglm.session import Result, run

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "run"]


def __getattr__(name: str) -> Any:
    """What carries a task out is loaded when it is first used; `autoglm --help` answers at once."""
    if name in ("Result", "run"):
        from autoglm import session

        return getattr(session, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
