"""A local-first browser agent. Start reading at `autoglm/agent.py`."""

__version__ = "0.1.0"
