"""Who may import what, read from the source with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in sorted((ROOT / "autoglm").rglob("*.py"))}

PURE = [
    *("autoglm.types", "autoglm.errors", "autoglm.policy", "autoglm.codec", "autoglm.protocol"),
    *("autoglm.conditions", "autoglm.changes", "autoglm.values", "autoglm.effects"),
    *(name for name in MODULES if name.startswith("autoglm.dialects.")),
]
INPUT_OUTPUT = {
    *("asyncio", "httpx", "io", "logging", "multiprocessing", "os", "pathlib", "shutil", "socket", "sqlite3"),
    *("subprocess", "sys", "tempfile", "threading", "time", "urllib.request"),
}


def imported(module: str) -> Iterator[str]:
    """Names as written: `autoglm.types` for `from autoglm.types import Run`."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield node.module or ""


def tops(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imported(module)}


def test_types_and_errors_import_nothing_of_ours() -> None:
    assert not [name for name in ("autoglm.types", "autoglm.errors") if "autoglm" in tops(name)]


def test_the_agent_knows_its_model_server_only_over_http() -> None:
    server = {"autoglm_backend", "torch", "transformers", "safetensors", "llguidance", "fastapi", "uvicorn"}
    assert {name: found for name in MODULES if (found := tops(name) & server)} == {}


def test_playwright_is_imported_where_the_browser_is_driven_through_it() -> None:
    assert [name for name in MODULES if "playwright" in tops(name)] == [
        "autoglm.browser.playwright_find",
        "autoglm.browser.playwright_pipe",
        "autoglm.browser.playwright_stage",
        "autoglm.export.stage",  # a plugin beside pytest-playwright's, in a process of its own
    ]


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_do_no_input_or_output(name: str) -> None:
    assert set(imported(name)) & INPUT_OUTPUT == set()


def test_the_loop_knows_the_seams_and_none_of_their_implementations() -> None:
    ours = {name for name in imported("autoglm.agent") if name.startswith("autoglm")}
    assert ours <= {"autoglm.types", "autoglm.errors", "autoglm.seams"}


def test_only_the_command_line_prints() -> None:
    def prints(path: Path) -> bool:
        calls = (
            node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        )
        return any(isinstance(func, ast.Name) and func.id == "print" for func in calls)

    assert [name for name, path in MODULES.items() if prints(path) and not name.startswith("autoglm.cli")] == []
