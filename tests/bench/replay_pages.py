"""What the replay benchmark records: MiniWoB++ tasks with a fixed seed, the local site, Django's admin, and forms that
no model was trained on."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import miniwob  # pyright: ignore[reportMissingTypeStubs]

from autoglm.types import Action, Check, Click, Dialog, Element, Observation, Press, Select, Text, Type
from tests.apps.application import ROOT, python_of, running
from tests.replay.recording import Move, on

HTML = Path(miniwob.__file__).parent / "html"
# The episode begins as the page comes up, from its seed; how it ended is said on the page, without the seconds.
SEEDED = """<style>#reward-display, #click-canvas, #sync-task-cover { display: none !important }</style>
<p role="status" id="verdict"></p><script>addEventListener('load', () => setTimeout(() => {
  Math.seedrandom(SEED);
  core.EPISODE_MAX_TIME = 1e9;
  core.endEpisode = (reward) => {
    document.getElementById('verdict').textContent = reward > 0 ? 'Right' : 'Wrong';
  };
  core.startEpisodeReal();
}))</script>"""


@dataclass(frozen=True, slots=True)
class Script:
    """A task on a page, and how it is done."""

    name: str
    url: str
    moves: Sequence[Move | Action] | Callable[[Observation], Sequence[Move | Action]]


@contextmanager
def seeded(pages: dict[str, str]) -> Generator[str]:
    """MiniWoB++ at an address, each page with `?seed=` from that seed; and `pages` by path."""

    class Page(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            seed = parse_qs(url.query).get("seed")
            if url.path in pages:
                self._say(pages[url.path])
            elif seed:
                html = (HTML / url.path.lstrip("/")).read_text(encoding="utf-8")
                self._say(html.replace("</body>", SEEDED.replace("SEED", json.dumps(seed[0]), 1) + "</body>"))
            else:
                super().do_GET()

        def _say(self, html: str) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    handler = functools.partial(Page, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# ---------------------------------------------------------------- MiniWoB++, read off its one sentence


def miniwob_scripts(base: str, seeds: Sequence[int]) -> Iterator[Script]:
    for task, solve in SOLVERS.items():
        for seed in seeds:
            yield Script(f"miniwob {task} {seed}", f"{base}/miniwob/{task}.html?seed={seed}", solve)


def _asked(page: Observation) -> str:
    return " ".join(item.text for item in page.items[:6] if isinstance(item, Text))


def _quoted(page: Observation) -> list[str]:
    return re.findall(r'"([^"]*)"', _asked(page))


def _fields(page: Observation) -> list[Element]:
    return [e for e in page.elements if "Type" in e.takes]


def _enter(page: Observation) -> Sequence[Move | Action]:
    wanted = _quoted(page)[0]
    return [*(Type(field.ref, wanted) for field in _fields(page)), on(Click, "Submit")]


def _log_in(page: Observation) -> Sequence[Move | Action]:
    user, password = _quoted(page)[:2]
    first, second = _fields(page)[:2]
    return [Type(first.ref, user), Type(second.ref, password), on(Click, "Login")]


def _press_named(page: Observation) -> Sequence[Move | Action]:
    wanted = _quoted(page)[0]
    return [next(Click(e.ref) for e in page.elements if e.name == wanted and "Click" in e.takes)]


def _choose(page: Observation) -> Sequence[Move | Action]:
    found = re.search(r"Select (.+?) from the list", _asked(page))
    assert found
    return [next(Select(e.ref, (found[1],)) for e in page.elements if "Select" in e.takes), on(Click, "Submit")]


def _option(page: Observation) -> Sequence[Move | Action]:
    found = re.search(r"Select (.+?) and click", _asked(page))
    assert found
    return [next(Check(e.ref) for e in page.elements if e.name == found[1]), on(Click, "Submit")]


def _boxes(page: Observation) -> Sequence[Move | Action]:
    found = re.search(r"Select (.+?) and click", _asked(page))
    assert found
    wanted = [] if found[1] == "nothing" else found[1].split(", ")
    checks = [Check(e.ref) for e in page.elements if e.name in wanted and "Check" in e.takes]
    return [*checks, on(Click, "Submit")]


def _tab(page: Observation) -> Sequence[Move | Action]:
    found = re.search(r"Tab #\d", _asked(page))
    assert found
    return [on(Click, found[0])]


def _post(page: Observation) -> Sequence[Move | Action]:
    """The small picture under what the user wrote; what stands in a menu that opens first is left to others."""
    found = re.search(r"For the user (\S+), click on the \"(.+?)\" button", _asked(page))
    assert found
    assert found[2] in ("Reply", "Retweet", "Like"), "it is in a menu"
    at = next(i for i, item in enumerate(page.items) if isinstance(item, Text) and found[1] in item.text and i > 3)
    after = [item for item in page.items[at:] if isinstance(item, Element) and "Click" in item.takes]
    return [next(Click(e.ref) for e in after if e.name.lower() == found[2].lower())]


def _numbered(page: Observation) -> Sequence[Move | Action]:
    return [on(Click, "ONE")]


def _focus(page: Observation) -> Sequence[Move | Action]:
    return [Click(_fields(page)[0].ref)]


SOLVERS: dict[str, Callable[[Observation], Sequence[Move | Action]]] = {
    "enter-text": _enter,
    "enter-password": _enter,
    "login-user": _log_in,
    "click-button": _press_named,
    "click-link": _press_named,
    "choose-list": _choose,
    "click-option": _option,
    "click-checkboxes": _boxes,
    "click-tab": _tab,
    "click-test-2": _numbered,
    "focus-text": _focus,
    "social-media": _post,
}

# ---------------------------------------------------------------- the local site

PEOPLE = (("Ada", "Lovelace", "ada@example.org"), ("Grace", "Hopper", "grace@example.org"))


def site_scripts(base: str) -> Iterator[Script]:
    for first, last, mail in PEOPLE:
        moves: list[Move | Action] = [
            on(Type, "First name", first),
            on(Type, "Last name", last),
            on(Type, "Work email", mail),
            on(Select, "Country", ("United Kingdom",)),
            on(Select, "What is it about?", ("A demo",)),
            on(Type, "Message", "How fast is it?"),
            on(Check, "I agree to the privacy policy"),
            on(Click, "Send message"),
        ]
        yield Script(f"site contact {first}", f"{base}/contact.html", moves)
    several: dict[str, tuple[str, Sequence[Move | Action]]] = {
        "delete second": ("orders", [on(Click, "Delete", nth=1)]),
        "delete two": ("orders", [on(Click, "Delete", nth=2), on(Click, "Delete", nth=0)]),
        "edit": ("orders", [on(Click, "Edit", nth=3)]),
        "confirm": ("confirm", [on(Click, "Delete account"), Dialog(accept=True)]),
        "dismiss": ("confirm", [on(Click, "Delete account"), Dialog(accept=False)]),
        "prompt": ("confirm", [on(Click, "Rename"), Dialog(accept=True, text="Grace")]),
        "alert": ("confirm", [on(Click, "Tell")]),
        "dialog": ("dialog", [on(Click, "New project"), on(Type, "Project name", "Engine"), on(Click, "Create")]),
        "cookies": ("dialog", [on(Click, "Accept")]),
        "share": ("dialog", [on(Click, "Share"), on(Click, "Done")]),
        "new tab": ("index", [on(Click, "Contact form in a new tab"), on(Type, "First name", "Ada")]),
        "link": ("index", [on(Click, "Orders")]),
        "frame": ("frame", [on(Type, "Card number", "4242"), on(Click, "Pay")]),
        "city": ("autocomplete", [on(Type, "City", "Ber"), on(Click, "Bern", role="option"), Press("Tab")]),
        "sign-up": (
            "signup",
            [
                on(Type, "Full name", "Ada Lovelace"),
                on(Type, "Date of birth", "1990-12-01"),
                on(Type, "Seats", "7"),
                on(Check, "Team"),
                on(Select, "Languages", ("English", "German")),
                on(Check, "Two-factor sign-in"),
            ],
        ),
    }
    for name, (page, steps) in several.items():
        yield Script(f"site {name}", f"{base}/{page}.html", steps)


# ---------------------------------------------------------------- Django's admin, where `make apps` has put it


@contextmanager
def shop(folder: Path) -> Generator[str]:
    """The bookshop's admin; "" where Django is not installed."""
    if not (ROOT / ".cache" / "apps" / "django" / ".installed").exists():
        yield ""
        return
    command = [python_of("django"), "-m", "tests.apps.bookshop.serve", folder]
    with running(command, folder / "log", _address) as url:
        yield f"{url}/admin/"


def _address(said: str) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    return found[0] if found else None


def shop_scripts(url: str) -> Iterator[Script]:
    """Those that leave the shop as they found it, for each is done many times."""
    user, password = on(Type, "Username:", "admin"), on(Type, "Password:", "let-me-in")
    log_in: list[Move | Action] = [user, password, on(Click, "Log in")]
    several: dict[str, list[Move | Action]] = {
        "log in": log_in,
        "wrong password": [user, on(Type, "Password:", "let-me-out"), on(Click, "Log in")],
        "search": [*log_in, on(Click, "Books"), _search("Emma"), on(Click, "Search", role="button")],
        "filter": [*log_in, on(Click, "Books"), on(Click, "Poetry")],
        "save": [
            *log_in,
            on(Click, "Books"),
            on(Click, "Opticks"),
            on(Type, "Title:", "Opticks"),
            on(Select, "Genre:", ("Science",)),
            on(Click, "Save"),
        ],
        "incomplete": [*log_in, on(Click, "Authors"), on(Click, "Add author"), on(Click, "Save")],
        "history": [*log_in, on(Click, "Authors"), on(Click, "Jane Austen"), on(Click, "History")],
    }
    for name, moves in several.items() if url else ():
        yield Script(f"django {name}", url, moves)


def _search(text: str) -> Move:
    return lambda page: next(Type(e.ref, text) for e in page.elements if e.name == "Search" and "Type" in e.takes)


# ---------------------------------------------------------------- forms never trained on


def form_pages(count: int) -> tuple[dict[str, str], Callable[[str], Iterator[Script]]]:
    """The pages by path, and what is to be done on them at an address."""
    from training import forms
    from training.examples import HELD_OUT

    from tests.bench.forms import held_out

    pages: dict[str, str] = {}
    moves: dict[str, list[Move]] = {}
    import random

    for page in held_out(count, 0):
        episode = forms.form(random.Random(f"form {HELD_OUT + page.seed}"))
        pages[f"/form/{page.seed}.html"] = page.html.replace("window.sent.push", f"{THANKS} window.sent.push")
        moves[f"/form/{page.seed}.html"] = [*_expert(episode)]

    def scripts(base: str) -> Iterator[Script]:
        for path, done in moves.items():
            yield Script(f"form {path[6:-5]}", f"{base}{path}", done)

    return pages, scripts


THANKS = """if (!document.getElementById('thanks')) {
  const thanks = document.createElement('div');
  thanks.id = 'thanks'; thanks.setAttribute('role', 'alert');
  const values = controls.map(read).filter((value) => typeof value === 'string' && value);
  thanks.textContent = `Received ${values.join(', ')}.`;
  document.body.append(thanks);
}"""


def _expert(episode: Any) -> Iterator[Move]:
    """The generator's own solution, up to the button that sends."""
    episode.world.observation()
    for action in episode.expert:
        node = episode.world.node(action.ref)
        match action:
            case Type(_, text):
                yield on(Type, node.name, text, role=node.role)
            case Select(_, options):
                yield on(Select, node.name, options, role=node.role)
            case Check(_, state):
                yield on(Check, node.name, state, role=node.role)
            case Click():
                yield on(Click, node.name, role=node.role)
                if node.role == "button":
                    return
            case _:
                return
        episode.world.apply(action)
        episode.world.observation()
