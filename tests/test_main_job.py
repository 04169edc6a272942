"""The main job, as a person types it: the command, the model that ships, a real browser, a form on a page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import autoglm_backend
import pytest

from tests.site.demo import TASK
from tests.site.server import Site, serve

EMBEDDED = Path(autoglm_backend.__file__).parent / "embedded"


@pytest.fixture(scope="module")
def site():
    with serve() as site:
        yield site


def autoglm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autoglm", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "AUTOGLM_DATA": str(folder)},
    )


def test_the_form_is_filled_in_sent_and_recorded(site: Site, tmp_path: Path) -> None:
    done = autoglm(tmp_path, "run", "--task", TASK, "--url", f"{site.url}/contact.html", "--json")

    assert done.returncode == 0, done.stderr
    *steps, run = [json.loads(line) for line in done.stdout.splitlines()]
    assert site.submitted[-1] == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.org",
        "phone": "",
        "company": "Analytical Engines",
        "country": "United Kingdom",
        "topic": "A demo",
        "message": "How fast is it?",
        "privacy": "on",
    }
    assert [step["action"]["kind"] for step in steps][-1] == "Finish"
    assert run["outcome"] == "finished" and run["steps"] == len(steps)
    assert "Click" in autoglm(tmp_path, "show", run["id"]).stdout


def test_without_an_address_it_starts_blank_and_goes_to_the_one_in_the_task(site: Site, tmp_path: Path) -> None:
    done = autoglm(tmp_path, "run", "--task", f"Go to {site.url}/orders.html", "--json")

    assert done.returncode == 0, done.stderr
    first, *_ = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["url"] == "about:blank" and first["action"]["url"] == f"{site.url}/orders.html"


def test_what_is_not_on_the_page_is_said_plainly(site: Site, tmp_path: Path) -> None:
    task = 'Type 12345 into the "Fax number" field'
    done = autoglm(tmp_path, "run", "--task", task, "--url", f"{site.url}/contact.html", "--json")

    run = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, run["outcome"]) == (1, "failed") and "Fax number" in run["answer"]


def test_the_model_that_ships_is_small_safe_and_has_a_card() -> None:
    (weights,) = EMBEDDED.glob("*.safetensors")
    assert weights.stat().st_size <= 64_000_000
    assert not [file for file in EMBEDDED.iterdir() if file.suffix in (".bin", ".pt", ".pkl")]
    assert "MiniWoB" in (EMBEDDED / "README.md").read_text(encoding="utf-8")
