"""Pages made from a seed, for observe.py: every control that can be seen carries a token, and so does every decoy.

A token is `q`, a digit and two more: `q7x2`. What is hidden carries one too, which nobody should ever be shown. A thing
that can only be told to be covered or white on white by its pixels is not among the decoys.
"""

from __future__ import annotations

import html
import itertools
import json
import random
import re
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = re.compile(r"\bq\d[0-9a-z]{2,3}\b")
PATH = '<path d="M2 2h12v12H2z"></path>'
ICON = f"<svg width=16 height=16>{PATH}</svg>"
IMAGE = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
WORDS = (
    "account address amount archive branch budget calendar carrier category channel client colour comment contact "
    "country courier customer delivery deposit discount district document driver engine estimate event factory file "
    "folder garden group harbour history invoice island journal kitchen label ledger letter library market meeting "
    "message minute module number office order outlet owner parcel partner payment period planet pocket policy price "
    "product project quarter reason receipt region report return river sample schedule season section series service "
    "shelf signal source square station status stock storage street student supply survey table target ticket title "
    "token topic track trade transfer travel value vendor version village visit volume voucher wallet weather window"
).split()
STYLE = """
body { font: 14px/1.4 sans-serif; margin: 8px; }
.bar > *, .tabs > * { display: inline-block; margin: 2px; padding: 2px; }
td, th { padding: 2px 6px; text-align: left; }
.icon { display: inline-block; width: 16px; height: 16px; background: #68a; }
.hand { cursor: pointer; }
.list { height: 60px; overflow: auto; }
.closed { display: none; }
.unseen { visibility: hidden; }
.is-off { visibility: hidden; }
.clear { opacity: 0; }
.flip { transform: rotateY(180deg); backface-visibility: hidden; }
.reader { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0 0 0 0); white-space: nowrap; }
"""
SCRIPT = """
const heard = [];
for (const el of document.querySelectorAll('.chip, .hand')) el.addEventListener('click', () => heard.push(el));
const middle = (selector) => { const all = document.querySelectorAll(selector); return all[all.length >> 1]; };
function change(n) {
  middle('.say').textContent = `Send now${n}`;
  middle('.held').value = `held${n}`;
  middle('.mark').classList.toggle('is-off', n % 2 === 1);
  return middle('.mark').textContent;
}
function grow(n) {
  const row = middle('.row');
  for (const i of [2, 1, 0]) {
    const link = `<a href="#new">row${n}x${i}</a>`;
    const html = row.localName === 'tr' ? `<tr><td></td><td>New</td><td>${link}</td></tr>` : `<p>${link}</p>`;
    row.insertAdjacentHTML('afterend', html);
  }
}
function nodes() {
  const walker = document.createTreeWalker(document);
  let count = 1;
  while (walker.nextNode()) count++;
  return count;
}
"""
ATTACH = """
function attach(within, specs) {
  for (const [id, mode, html, inner] of specs) {
    const root = within.querySelector('#' + id).attachShadow({mode});
    root.innerHTML = html;
    for (const el of root.querySelectorAll('.chip')) el.addEventListener('click', () => heard.push(el));
    attach(root, inner);
  }
}
"""

Shadow = tuple[str, str, str, "list[Shadow]"]
"""Id of the host, `open` or `closed`, the root's HTML, and the roots inside it."""


class Draft:
    """The tokens given out so far, each with the kind of thing that carries it."""

    def __init__(self, seed: int, letters: int = 2) -> None:
        self.random = random.Random(seed)
        ends = ["".join(end) for end in itertools.product("0123456789abcdefghijklmnopqrstuvwxyz", repeat=letters)]
        tokens = [f"q{digit}{end}" for digit in range(10) for end in ends]
        self.random.shuffle(tokens)
        self._tokens = iter(tokens)
        self._ids = itertools.count(1)
        self._tricks = itertools.cycle(DECOYS)
        self.controls: dict[str, str] = {}
        self.decoys: dict[str, str] = {}

    def name(self, kind: str) -> str:
        """What a control is called: a word and its token."""
        token = next(self._tokens)
        self.controls[token] = kind
        return f"{self.word().capitalize()} {token}"

    def decoy(self, kind: str) -> str:
        token = next(self._tokens)
        self.decoys[token] = kind
        return f"{self.word().capitalize()} {token}"

    def hidden(self) -> str:
        """The next of all tricks."""
        kind, trick = next(self._tricks)
        return trick(self.decoy(kind))

    def id(self) -> str:
        return f"i{next(self._ids)}"

    def word(self) -> str:
        return self.random.choice(WORDS)

    def words(self, count: int) -> str:
        return " ".join(self.word() for _ in range(count))


@dataclass(frozen=True, slots=True)
class BenchPage:
    name: str
    url: str
    elements: int
    controls: dict[str, str]
    """Token to kind, of what can be seen and used."""
    decoys: dict[str, str]


# ---------------------------------------------------------------- what hides


DECOYS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("display: none", lambda n: f'<button style="display:none">{n}</button>'),
    ("display: none above", lambda n: f'<div class=closed><p><a href="#x">{n}</a></p></div>'),
    ("hidden", lambda n: f"<div hidden><input aria-label='{n}'></div>"),
    ("hidden until found", lambda n: f"<div hidden=until-found><button>{n}</button></div>"),
    ("visibility: hidden", lambda n: f'<a href="#x" style="visibility:hidden">{n}</a>'),
    ("visibility: hidden above", lambda n: f"<div class=unseen><p><button>{n}</button></p></div>"),
    ("opacity: 0", lambda n: f'<button style="opacity:0">{n}</button>'),
    ("opacity: 0 above", lambda n: f"<div class=clear><p><button>{n}</button></p></div>"),
    ("filter: opacity(0)", lambda n: f'<button style="filter:opacity(0)">{n}</button>'),
    ("far left", lambda n: f'<button style="position:absolute;left:-9999px">{n}</button>'),
    ("above the page", lambda n: f'<a href="#x" style="position:absolute;top:-500px">{n}</a>'),
    ("moved away", lambda n: f'<div style="transform:translateX(-5000px)"><button>{n}</button></div>'),
    ("fixed out of view", lambda n: f'<button style="position:fixed;left:-400px;top:9px">{n}</button>'),
    ("no size", lambda n: f'<div style="width:0;height:0;overflow:hidden"><button>{n}</button></div>'),
    ("no height", lambda n: f'<div style="max-height:0;overflow:hidden"><p><button>{n}</button></p></div>'),
    ("scale(0)", lambda n: f'<button style="transform:scale(0)">{n}</button>'),
    ("for readers only", lambda n: f'<a href="#x" class=reader>{n}</a>'),
    ("clip-path: inset", lambda n: f'<button style="clip-path:inset(50%)">{n}</button>'),
    ("clip-path: circle", lambda n: f'<div style="clip-path:circle(0)"><button>{n}</button></div>'),
    (
        "outside of what clips",
        lambda n: (
            "<div style='width:90px;height:22px;overflow:hidden;position:relative'>"
            f"<button style='position:absolute;left:120px'>{n}</button></div>"
        ),
    ),
    ("flipped", lambda n: f"<button class=flip>{n}</button>"),
    ("content-visibility", lambda n: f'<div style="content-visibility:hidden"><button>{n}</button></div>'),
    ("closed dialog", lambda n: f"<dialog><button>{n}</button></dialog>"),
    ("popover", lambda n: f"<div popover><button>{n}</button></div>"),
    ("template", lambda n: f"<template><button>{n}</button></template>"),
    ("noscript", lambda n: f"<noscript><button>{n}</button></noscript>"),
    ("type=hidden", lambda n: f"<input type=hidden aria-label='{n}' value='{n}'>"),
    ("option of a hidden list", lambda n: f'<select style="display:none"><option>{n}</option></select>'),
)


# ---------------------------------------------------------------- the parts of an application


def toolbar(draft: Draft) -> str:
    """Buttons that are icons only."""
    return (
        "<div class=bar role=toolbar>"
        f"<button type=button aria-label='{draft.name('aria-label')}'>{ICON}</button>"
        f"<button type=button title='{draft.name('title')}'>{ICON}</button>"
        f"<button type=button><img width=16 height=16 alt='{draft.name('image alt')}' src='{IMAGE}'></button>"
        f"<button type=button><svg width=16 height=16><title>{draft.name('svg title')}</title>{PATH}</svg></button>"
        f"<a href='#x' aria-label='{draft.name('icon link')}'><i class=icon></i></a>"
        f"<button type=button aria-hidden=true>{draft.name('aria-hidden but seen')}</button>"
        "</div>"
    )


def fields(draft: Draft) -> str:
    street, country, notes = draft.id(), draft.id(), draft.id()
    options = "".join(f"<option>{draft.word().capitalize()}</option>" for _ in range(4))
    group = draft.id()
    return (
        f"<form><p><label for={street}>{draft.name('label for')}</label> <input class=held id={street} value=north></p>"
        f"<p><label>{draft.name('label around')} <input type=email></label></p>"
        f"<p><input aria-label='{draft.name('field aria-label')}' value='{draft.words(2)}'></p>"
        f"<p><input placeholder='{draft.name('placeholder')}'></p>"
        f"<p><label for={country}>{draft.name('select')}</label> <select id={country}>{options}</select></p>"
        f"<p><label><input type=checkbox checked> {draft.name('checkbox')}</label></p>"
        f"<p><label><input type=radio name={group}> {draft.name('radio')}</label> "
        f"<label><input type=radio name={group}> {draft.name('radio')}</label></p>"
        f"<p><span id={notes}>{draft.name('aria-labelledby')}</span> <textarea aria-labelledby={notes}></textarea></p>"
        f"<p><span contenteditable role=textbox aria-label='{draft.name('contenteditable')}'>{draft.word()}</span></p>"
        f"<button type=button class=say>{draft.name('button')}</button> "
        f"<button type=button class=mark>{draft.name('button')}</button></form>"
    )


def table(draft: Draft, rows: int = 8) -> str:
    head = "".join(f"<th>{draft.word().capitalize()}</th>" for _ in range(5))
    body = "".join(
        f"<tr class=row><td><input type=checkbox aria-label='{draft.name('checkbox in a row')}'></td>"
        f"<td>{draft.words(2)}</td>"
        f"<td><a href='#x'>{draft.name('link in a row')}</a></td><td>{draft.random.randrange(9999) / 100:.2f}</td>"
        f"<td><button type=button>{draft.name('button in a row')}</button></td></tr>"
        for _ in range(rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def widgets(draft: Draft) -> str:
    """Things that are controls by role, by listener or by looks only."""
    chips = "".join(f"<li><span class=chip>{draft.name('span that listens')}</span></li>" for _ in range(4))
    hands = "".join(f"<li><span class=hand>{draft.name('span with a hand')}</span></li>" for _ in range(2))
    tabs = "".join(f"<div role=tab tabindex=0>{draft.name('role=tab')}</div>" for _ in range(3))
    links = "".join(f"<li><a href='#x'>{draft.name('link in a list that scrolls')}</a></li>" for _ in range(6))
    return (
        f"<ul>{chips}{hands}</ul><div class=tabs role=tablist>{tabs}</div>"
        f"<div class=bar><div role=button tabindex=0>{draft.name('role=button')}</div>"
        f"<span role=switch aria-checked=false tabindex=0 aria-label='{draft.name('role=switch')}'><i class=icon></i>"
        f"</span></div><div class=list><ul>{links}</ul></div>"
        f"<details><summary>{draft.name('summary')}</summary><p>{draft.words(3)}</p>"
        f"<button>{draft.decoy('behind closed details')}</button></details>"
        f"<details open><summary>{draft.name('summary')}</summary>"
        f"<button>{draft.name('in open details')}</button></details>"
    )


def section(draft: Draft) -> str:
    hidden = "".join(draft.hidden() for _ in range(4))
    return (
        f"<section><h2>{draft.words(2).capitalize()}</h2><p>{draft.words(8).capitalize()}.</p>{toolbar(draft)}"
        f"{fields(draft)}{table(draft)}{widgets(draft)}{hidden}</section>"
    )


def navigation(draft: Draft) -> str:
    links = "".join(f"<li><a href='#x'>{draft.name('link in the navigation')}</a></li>" for _ in range(8))
    return f"<header><nav><ul>{links}</ul></nav></header>"


def document(title: str, body: Iterable[str], script: str = SCRIPT) -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title><link rel=icon href='data:,'>"
        f"<style>{STYLE}</style></head><body>{''.join(body)}<script>{script}</script></body></html>"
    )


# ---------------------------------------------------------------- the pages


def form(draft: Draft) -> str:
    street, country = draft.id(), draft.id()
    rows = "".join(f"<p class=row><label>{draft.name('label around')} <input></label></p>" for _ in range(2))
    body = (
        f"<main><h1>{draft.words(2)}</h1><form>{rows}"
        f"<label for={street}>{draft.name('label for')}</label><input id={street} class=held>"
        f"<label for={country}>{draft.name('select')}</label>"
        f"<select id={country}><option>Peru</option><option>Chile</option></select>"
        f"<label><input type=checkbox> {draft.name('checkbox')}</label>"
        f"<button type=button class=say>{draft.name('button')}</button>"
        f"<button type=button class=mark>{draft.name('button')}</button><a href='#x'>{draft.name('link')}</a>"
        f"{draft.hidden()}{draft.hidden()}</form></main>"
    )
    return document("Form", [body])


def application(draft: Draft, sections: int) -> str:
    parts = [navigation(draft), "<main>", *(section(draft) for _ in range(sections)), "</main>"]
    return document("Application", parts)


def shadows(draft: Draft) -> tuple[str, list[Shadow]]:
    """Hosts, and the roots to attach to them: open, closed, nested each way, slotted, with what slots leave out."""
    ids = iter(draft.id() for _ in range(20))

    def button(kind: str) -> str:
        return f"<button>{draft.name(kind)}</button>"

    plain, custom, closed, outer, inner = next(ids), next(ids), next(ids), next(ids), next(ids)
    wrong, within, deep, deeper = next(ids), next(ids), next(ids), next(ids)
    slotting, secret, forward, forwarded, bare = next(ids), next(ids), next(ids), next(ids), next(ids)
    hosts = (
        f"<x-open id={custom}></x-open><x-closed id={closed}></x-closed><div id={plain}></div>"
        f"<x-outer id={outer}></x-outer><x-outer id={wrong}></x-outer><div id={deep}></div>"
        f"<x-slots id={slotting}><a href='#x' slot=first>{draft.name('slotted by name')}</a>{button('slotted')}"
        f"<button slot=none>{draft.decoy('no such slot')}</button></x-slots>"
        f"<x-slots id={secret}><input slot=first aria-label='{draft.name('slotted into a closed root')}'></x-slots>"
        f"<x-slots id={forward}>{button('slotted through two')}</x-slots>"
        f"<div id={bare}><button>{draft.decoy('under a root without slot')}</button></div>"
        f"<x-early><template shadowrootmode=open>{button('declarative open')}</template></x-early>"
        f"<div><template shadowrootmode=closed>{button('declarative closed')}</template></div>"
    )
    left_out = draft.decoy("what a filled slot replaces")
    specs: list[Shadow] = [
        (custom, "open", f"{button('open root')}<input placeholder='{draft.name('open root')}'>", []),
        (
            closed,
            "closed",
            f"{button('closed root')}<span class=chip>{draft.name('listens in a closed root')}</span>",
            [],
        ),
        (plain, "closed", f"<a href='#x'>{draft.name('closed root of a div')}</a>{button('closed root of a div')}", []),
        (outer, "open", f"<x-in id={inner}></x-in>", [(inner, "closed", button("closed in open"), [])]),
        (wrong, "closed", f"<x-in id={within}></x-in>", [(within, "open", button("open in closed"), [])]),
        (deep, "closed", f"<div id={deeper}></div>", [(deeper, "closed", button("closed in closed"), [])]),
        (slotting, "open", f"<slot name=first></slot><slot><button>{left_out}</button></slot>", []),
        (secret, "closed", f"<slot name=first></slot><slot>{button('what a slot holds of its own')}</slot>", []),
        (
            forward,
            "closed",
            f"<x-in id={forwarded}><slot></slot></x-in>",
            [(forwarded, "open", "<p><slot></slot></p>", [])],
        ),
        (bare, "open", f"<p>{button('open root')}</p>", []),
    ]
    return hosts, specs


def framed(draft: Draft, other: str) -> dict[str, str]:
    """Documents by path: /d.html has five frames that are seen, the last one of another site, and one that is not."""

    def part(title: str, *more: str) -> str:
        hosts, specs = shadows(draft)
        script = f"{SCRIPT}{ATTACH}attach(document, {json.dumps(specs)});".replace("</", r"<\/")
        hidden = "".join(draft.hidden() for _ in range(3))
        return document(title, [f"<h1>{title}</h1>{toolbar(draft)}{hosts}{hidden}", *more], script)

    def frame(attributes: str, height: int = 420) -> str:
        return f"<iframe {attributes} width=600 height={height}></iframe>"

    return {
        "/d-first.html": part("First frame"),
        "/d-inner.html": part("Nested frame"),
        "/d-outer.html": part("Outer frame", frame("src=/d-inner.html")),
        "/d-other.html": part("Frame of another site"),
        "/d.html": part(
            "Frames",
            fields(draft),
            table(draft, 2),
            frame("src=/d-first.html"),
            frame(f'srcdoc="{html.escape(part("Frame without address"))}"'),
            frame("src=/d-outer.html", 900),
            frame(f"src={other}/d-other.html"),
            f'<iframe style="display:none" srcdoc="<button>{draft.decoy("in a hidden frame")}</button>"></iframe>',
        ),
    }


def hanging(other: str) -> dict[str, str]:
    """Pages whose script never ends, by when it begins: after a while, before the page is there, in a frame."""
    button, script = "<button>Before</button>", "<script>setTimeout(() => { for (;;); }, 700);</script>"
    return {
        "hang": f"<!doctype html><title>Hangs</title>{button}{script}",
        "hang-loading": f"<!doctype html><title>Hangs</title>{button}<script>for (;;);</script>",
        "hang-frame": f"<!doctype html><title>Holds</title>{button}<iframe src={other}/hang.html></iframe>",
    }


def count_elements(*documents: str) -> int:
    return sum(len(re.findall(r"<[a-z][\w-]*[\s>]", text)) for text in documents)


def sections_for(elements: int) -> int:
    draft = Draft(0)
    return max(1, round(elements / count_elements(section(draft))))


# ---------------------------------------------------------------- served


@contextmanager
def served(seed: int = 1) -> Generator[dict[str, BenchPage]]:
    """The pages by name, at addresses of this machine under two host names, each a site of its own to Chromium."""
    documents: dict[str, bytes] = {}

    class Quiet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = documents.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here, other = (f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost"))
        pages: dict[str, BenchPage] = {}

        def add(name: str, draft: Draft, files: dict[str, str]) -> None:
            documents.update({path: text.encode() for path, text in files.items()})
            count = count_elements(*files.values())
            pages[name] = BenchPage(name, f"{here}/{name}.html", count, draft.controls, draft.decoys)

        add("a", draft := Draft(seed), {"/a.html": form(draft)})
        add("b", draft := Draft(seed + 1), {"/b.html": application(draft, sections_for(2_000))})
        add("c", draft := Draft(seed + 2), {"/c.html": application(draft, sections_for(20_000))})
        add("d", draft := Draft(seed + 3), framed(draft, other))
        add("huge", draft := Draft(seed + 4, letters=3), {"/huge.html": application(draft, sections_for(140_000))})
        for name, text in hanging(other).items():
            add(name, Draft(seed), {f"/{name}.html": text})
        try:
            yield pages
        finally:
            server.shutdown()
