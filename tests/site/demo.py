"""`make run`: serves the site, has a form on it filled in with `autoglm run`, and says what arrived.

python -m tests.site.demo [what else `autoglm run` takes]        TASK=… for another task than filling in the form
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.site.server import serve

TASK = (
    "Fill in the form with first name Ada, last name Lovelace, work email ada@example.org, "
    "company Analytical Engines, country United Kingdom, choose A demo for what it is about, message How fast is it?, "
    "agree to the privacy policy, and send the message."
)


def main(more: list[str]) -> int:
    task = os.environ.get("TASK") or TASK
    with serve() as site:
        url = f"{site.url}/contact.html"
        print(f"{url}\n{task}\n", file=sys.stderr)
        command = [sys.executable, "-m", "autoglm", "run", "--task", task, "--url", url, "--screenshot", "demo.jpg"]
        code = run(command + more)
    for form in site.submitted:
        print("\nthe site received", *(f"  {name}: {value}" for name, value in form.items()), sep="\n", file=sys.stderr)
    return code


def run(command: list[str]) -> int:
    """Ctrl-C in the terminal is the command's own affair; we wait for what it says to it."""
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
