"""Pages made at random from a number: nested boxes, frames and shadow roots, of widgets that move, vanish and multiply.

Every widget is called by a token of its own, `w12`, which never comes again and stays with its node. The page writes
down which widgets each trusted event went through, in `events` of the top window.
"""

from __future__ import annotations

import html
from pathlib import Path
from random import Random

KINDS = (
    "button",
    "link",
    "text",
    "area",
    "number",
    "date",
    "range",
    "color",
    "checkbox",
    "backed",
    "radio",
    "select",
    "multi",
    "file",
    "rich",
    "role-button",
    "role-checkbox",
    "role-slider",
    "details",
    "onclick",
    "card",
)
STYLES = (
    "",
    "padding: 6px",
    "height: 120px; overflow: auto",
    "width: 260px; overflow: hidden",
    "display: flex; flex-wrap: wrap; gap: 4px",
    "position: relative; left: 20px",
    "margin-top: 400px",
    "transform: translate(12px, 3px)",
    "position: sticky; top: 0; background: #fff",
    "opacity: .9",
)

SCRIPT = Path(__file__).with_suffix(".js")


class Maker:
    def __init__(self, seed: int, other: str) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.other = other
        """Address of this site under another name, for frames of another site."""
        self.count = 0

    def page(self, depth: int = 0) -> str:
        body = "".join(self.block(0) for _ in range(self.random.randint(2, 5)))
        frames = "".join(self.frame(depth) for _ in range(self.random.choice((0, 0, 1, 2)) if depth < 2 else 0))
        return self.document(body + frames)

    def document(self, body: str) -> str:
        script = (
            SCRIPT.read_text(encoding="utf-8")
            .replace("SEED", str(self.random.randint(1, 10**6)))
            .replace("PREFIX", f"{self.seed}x{self.count}")
        )
        script = script.replace("RESTLESS", str(int(self.random.random() < 0.3)))
        script = script.replace("SLIDING", str(int(self.random.random() < 0.1)))
        return f"<!doctype html><meta charset=utf-8><title>Fuzz</title><body>{body}<script>{script}</script>"

    def frame(self, depth: int) -> str:
        size = f'width="{self.random.randint(250, 700)}" height="{self.random.randint(90, 300)}"'
        if depth == 0 and self.random.random() < 0.3:
            return f'<iframe {size} src="{self.other}/fuzz?seed={self.seed}&amp;inner=1"></iframe>'
        # Without a base of its own a link to a fragment would load the outer page into the frame.
        page = f'<base href="about:srcdoc">{self.page(depth + 1)}'
        return f'<iframe {size} srcdoc="{html.escape(page, quote=True)}"></iframe>'

    def block(self, depth: int) -> str:
        parts = [
            self.block(depth + 1) if depth < 4 and self.random.random() < 0.3 else self.widget()
            for _ in range(self.random.randint(1, 6))
        ]
        inside = f"<p>Some text.</p>{''.join(parts)}"
        if self.random.random() < 0.2:
            mode = self.random.choice(("open", "closed"))
            inside = f'<div><template data-root="{mode}">{inside}</template></div>'
        tag = self.random.choice(("div", "div", "section", "form onsubmit='return false'", "fieldset", "ul"))
        return f'<{tag} style="{self.random.choice(STYLES)}">{inside}</{tag.split()[0]}>'

    def widget(self) -> str:
        self.count += 1
        w = f"w{self.seed}x{self.count}"
        named = f'data-w="{w}" aria-label="{w}"'
        match self.random.choice(KINDS):
            case "button":
                return f'<button type="button" data-w="{w}">{w}</button>'
            case "link":
                return f'<a href="#{w}" data-w="{w}">{w}</a> '
            case "text":
                return f"<input {named}>"
            case "area":
                return f"<textarea {named}></textarea>"
            case "number" | "date" | "range" | "color" | "checkbox" | "file" as kind:
                return f'<input type="{kind}" {named}>'
            case "backed":
                return f'<label data-w="{w}"><input type="checkbox" hidden data-w="{w}">{w}</label>'
            case "radio":
                return f'<input type="radio" name="r{self.count // 4}" {named}>'
            case "select":
                return f"<select {named}><option>one<option>two<option>three</select>"
            case "multi":
                return f"<select multiple {named}><option>one<option>two<option>three</select>"
            case "rich":
                return f'<div contenteditable {named} role="textbox" style="border: 1px solid; min-height: 20px"></div>'
            case "role-button" | "role-checkbox" as kind:
                return f'<span role="{kind[5:]}" tabindex="0" data-w="{w}">{w}</span> '
            case "role-slider":
                ends = 'aria-valuemin="0" aria-valuemax="20" aria-valuenow="7"'
                look = "display: inline-block; width: 60px; height: 14px; background: #36c"
                return f'<span role="slider" tabindex="0" {named} {ends} style="{look}"></span>'
            case "details":
                return f'<details><summary data-w="{w}">{w}</summary><p>More.</p></details>'
            case "onclick":
                return f'<div onclick="this.title = 1" data-w="{w}">{w}</div>'
            case _:
                return f'<div draggable="true" tabindex="0" data-w="{w}">{w}</div>'


def fuzz_page(seed: int, other: str, *, inner: bool = False) -> str:
    """The page of that number; the same each time. `inner` is what its frame of another site shows."""
    maker = Maker(seed + 500_000_000 * inner, other)
    return maker.page(2 if inner else 0)
