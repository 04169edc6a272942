"""The script that looks at a page and finds where to press on it: what runs in the browser, as one text.

It shares the DOM with the page but no JavaScript: it is evaluated in an isolated world, where the page can neither see
nor change it. Evaluating it again in the same world changes nothing. Its parts see each other's names, as in one file.
"""

from functools import cache
from importlib.resources import files

PARTS = (
    *(
        "look",
        "tree",
        "geometry",
        "frames",
        "geo",
        "areas",
        "roles",
        "names",
        "relations",
        "values",
        "lists",
        "sheets",
        "parts",
        "veils",
    ),
    *("heard", "shadows", "walk", "update", "cover", "ahead", "watch", "standard", "locate", "offers", "act"),
)
"""In the order in which they are evaluated: what is a constant in one is there for those after it."""


@cache
def script() -> str:
    """Gives its world the object `autoglm`, which holds the functions that the driver calls."""
    folder = files("autoglm.browser.page")
    parts = [folder.joinpath(f"{part}.js").read_text(encoding="utf-8") for part in PARTS]
    return "\n".join(["(() => {", "if (globalThis.autoglm) return;", *parts, "})();"])


def listeners(ways: list[list[int]]) -> str:
    """For the page's own world, with the command line API: who listens to clicks in what these ways lead to."""
    text = files("autoglm.browser.page").joinpath("listeners.js").read_text(encoding="utf-8")
    return f"({text.rstrip().rstrip(';')})({ways})"
