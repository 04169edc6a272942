"""Names for Python out of what people write. Pure."""

from __future__ import annotations

import keyword
import re
import unicodedata

# What a module or a test has already.
TAKEN = {"page", "expect", "re", "os", "pytest", "request", "context", "browser", "path", "dialog"}
LONGEST = 40
MOST_WORDS = 8


def variable(words: str, taken: set[str] | None = None) -> str:
    """`work_email` for "Work e-mail *"; "" when there is no letter in it that Python's people write."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain.replace("'", "")).strip("_")
    if len(name) > LONGEST:
        name = name[: LONGEST + 1].rpartition("_")[0] or name[:LONGEST]
    if not re.search("[a-z]", name):
        return ""
    if name[0].isdigit() or keyword.iskeyword(name) or name in TAKEN:
        name = f"the_{name}"
    if taken is None:
        return name
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, 999))) if each not in taken)


def constant(words: str) -> str:
    return variable(words).upper()


def test_name(task: str, fallback: str) -> str:
    """`test_fill_in_the_form` for "Fill in the form with first name Ada, …"."""
    first = re.split(r"[,.:;!?](?:\s|$)|\n|\s(?:with|using|then|so that|by)\s", task.strip(), maxsplit=1)[0]
    words = first.split()
    # The `in` of `log in` stays; one that the cut left hanging does not.
    hanging = r"(?:and|or|the|a|an|to|of|for|in|on)" if len(words) > MOST_WORDS else r"(?:and|or|the|a|an|to|of|for)"
    words = re.sub(rf"\s+{hanging}$", "", " ".join(words[:MOST_WORDS]))
    name = variable(words) or variable(fallback) or "run"
    return name if name.startswith("test_") else f"test_{name.removeprefix('the_')}"


test_name.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for one
