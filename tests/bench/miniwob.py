"""MiniWoB++ with the real loop, browser and model server: which tasks, how often, over which seeds.

    python -m tests.bench.miniwob [--tasks login-user,click-tab] [--seeds 0:20] [--json]

Nothing of MiniWoB++ is in the training data. An episode counts when the raw reward (no time penalty) is 1: of these
tasks click-checkboxes alone gives a part of it, for more boxes right than wrong, which does not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import miniwob  # pyright: ignore[reportMissingTypeStubs]

from autoglm.browser.driver import CdpBrowser
from autoglm.dialects.ref import unparse
from autoglm.errors import AutoGLMError
from autoglm.seams import Cdp, Model
from autoglm.types import Goto, Limits
from tests.bench.harness import browser_tab, evaluate, model_at, seeds, site, steps_of, wilson

TASKS = (
    *("login-user", "enter-text", "click-button", "click-checkboxes", "click-test-2", "click-link", "click-option"),
    *("choose-list", "read-table", "enter-password", "form-sequence", "multi-layouts", "search-engine", "click-tab"),
    *("click-dialog", "focus-text", "use-autocomplete", "social-media", "email-inbox-delete", "phone-book"),
)
START = """(() => {{
  Math.seedrandom('{seed}'); core.EPISODE_MAX_TIME = 1e9; core.startEpisodeReal()
  return core.getUtterance()
}})()"""
STATE = "[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL]"


async def episode(base: str, task: str, seed: int, browser: CdpBrowser, tab: Cdp, model: Model) -> dict[str, Any]:
    await browser.act(Goto(f"{base}/miniwob/{task}.html"))
    await browser.observe()
    utterance = await evaluate(tab, START.format(seed=seed))
    taken: list[str] = []
    done, reward = False, 0.0
    try:
        async for step in steps_of(utterance, browser, model, Limits(steps=25, seconds=90)):
            taken.append((unparse(step.action) if step.action else "?") + (f"  ! {step.error}" if step.error else ""))
            done, reward = await evaluate(tab, STATE)
            if done:
                break
    except AutoGLMError as error:
        taken.append(f"! {error}")
    right = bool(done and reward == 1)
    return {
        "task": task, "seed": seed, "right": right, "reward": reward, "utterance": utterance, "steps": taken,
    }  # fmt: skip


async def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    with site(Path(miniwob.__file__).parent / "html") as base:
        async with model_at(arguments.base_url, arguments.model) as model, browser_tab() as (browser, tab):
            for task in arguments.tasks.split(","):
                mine = [await episode(base, task, seed, browser, tab, model) for seed in seeds(arguments.seeds)]
                results += mine
                print(f"{task:22}{sum(r['right'] for r in mine):4} of {len(mine)}", file=sys.stderr, flush=True)
                if arguments.json:
                    print("\n".join(json.dumps(r, ensure_ascii=False) for r in mine), flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seeds", default="0:20", metavar="A:B")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--base-url")
    parser.add_argument("--json", action="store_true", help="one object an episode on stdout")
    results = asyncio.run(measure(parser.parse_args()))
    right = sum(r["right"] for r in results)
    low, high = wilson(right, len(results))
    line = f"{right} of {len(results)} episodes: {right / len(results):.1%} (95 % interval {low:.1%} to {high:.1%})"
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
