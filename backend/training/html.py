"""A make-believe page as HTML, written in one of the many ways that real pages are. Knows nothing of tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from training import words as w
from training.words import Rng
from training.world import Node

TEXT_TAGS = {"text": ("p", "div", "span", "p"), "heading": ("h1", "h2", "h3", "h4"), "listitem": ("li",)}
KINDS = {"mail": "email", "phone": "tel", "mobile": "tel", "url": "url", "website": "url"}


@dataclass(frozen=True)
class Manner:
    """How one page is written: drawn once a page."""

    label: str
    wrap: str
    buttons: str
    style: str


def to_html(rng: Rng, title: str, nodes: list[Node]) -> str:
    manner = Manner(
        rng.choice(["for", "for", "wrap", "aria", "placeholder", "before", "table", "labelledby", "title"]),
        rng.choice(["div", "p", "li", "section", "span"]),
        rng.choice(["button", "button", "input", "div"]),
        rng.choice(
            [
                "",
                "body{font:14px sans-serif;margin:2em}",
                "label{display:block}",
                "body{max-width:40em;margin:auto;font-family:serif}",
            ]
        ),
    )
    parts = [
        f"<!doctype html><html><head><meta charset='utf-8'><title>{escape(title)}</title><style>{manner.style}</style></head><body>"
    ]
    at = 0
    while at < len(nodes):
        node = nodes[at]
        run = 1
        if node.takes is None and node.role in ("row", "listitem"):
            run = _run(nodes, at)
            parts.append((_table if node.role == "row" else _list)(rng, manner, nodes[at : at + run]))
        elif node.takes is None and node.role in ("group", "radiogroup"):
            run = _choices(nodes, at)
            inside = "".join(control(rng, manner, n, i) for i, n in enumerate(nodes[at + 1 : at + run]))
            legend = escape(node.name)
            parts.append(
                f"<fieldset><legend>{legend}</legend>{inside}</fieldset>"
                if rng.random() < 0.6
                else f'<div role="{node.role}" aria-label="{escape(node.name)}"><b>{legend}</b>{inside}</div>'
            )
        elif node.takes is None:
            parts.append(_text(rng, node))
        else:
            parts.append(_wrapped(manner, control(rng, manner, node, at)))
        at += run
    parts.append("</body></html>")
    return "\n".join(parts)


def _run(nodes: list[Node], at: int) -> int:
    """How many nodes belong to the table or list that begins here: its lines and the controls between them."""
    end = at + 1
    while end < len(nodes) and (
        nodes[end].role == nodes[at].role
        or (nodes[end].takes is not None and nodes[end].role in ("button", "link", "generic", "checkbox", "img"))
    ):
        end += 1
    while end > at + 1 and nodes[end - 1].takes is not None and len([n for n in nodes[at:end] if n.takes is None]) < 2:
        end -= 1
    return end - at


def _choices(nodes: list[Node], at: int) -> int:
    end = at + 1
    while end < len(nodes) and nodes[end].role in ("radio", "checkbox") and nodes[end].takes is not None:
        end += 1
    return end - at


def _text(rng: Rng, node: Node) -> str:
    if node.role in ("alert", "status"):
        return f'<div role="{node.role}">{escape(node.name)}</div>'
    tag = rng.choice(TEXT_TAGS.get(node.role, ("div",)))
    return f"<{tag}>{escape(node.name)}</{tag}>" + ("<br>" if tag == "span" else "")


def _wrapped(manner: Manner, html: str) -> str:
    return f"<{manner.wrap}>{html}</{manner.wrap}>" if manner.wrap != "li" else f"<div>{html}</div>"


def _table(rng: Rng, manner: Manner, nodes: list[Node]) -> str:
    rows: list[tuple[str, list[str]]] = []
    for i, node in enumerate(nodes):
        if node.takes is None:
            rows.append((node.name, []))
        elif rows:
            rows[-1][1].append(control(rng, manner, node, i))
    lines = [
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in name.split(' | '))}<td>{' '.join(acts)}</td></tr>"
        if acts
        else f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in name.split(' | '))}</tr>"
        for name, acts in rows
    ]
    return f"<table{rng.choice(['', ' border=1', ' class=list'])}>{''.join(lines)}</table>"


def _list(rng: Rng, manner: Manner, nodes: list[Node]) -> str:
    lines: list[str] = []
    for i, node in enumerate(nodes):
        if node.takes is None:
            lines.append(f"<li>{escape(node.name)}")
        elif lines:
            lines[-1] += " " + control(rng, manner, node, i)
    return f"<ul>{''.join(line + '</li>' for line in lines)}</ul>"


# ---------------------------------------------------------------- controls


def control(rng: Rng, manner: Manner, node: Node, number: int) -> str:
    states = "".join(f" {s}" for s in node.states if s in ("disabled", "required"))
    takes = node.takes or ()
    name = escape(node.name)
    if "Select" in takes:
        size = " multiple" if node.multiple else " size=4" if node.role == "listbox" else ""
        chosen = None if node.role == "listbox" else node.value
        options = "".join(f"<option{' selected' if o == chosen else ''}>{escape(o)}</option>" for o in node.options)
        return labelled(rng, manner, node, number, f"<select{{}}{size}{states}>{options}</select>")
    if "Check" in takes:
        return tickbox(rng, manner, node, number, states)
    if "Type" in takes:
        return labelled(rng, manner, node, number, field(rng, node, states))
    match node.role:
        case "link":
            return (
                f'<a href="#{w.word(rng)}">{name}</a>'
                if rng.random() < 0.9
                else f'<a href="/{w.word(rng)}"><span>{name}</span></a>'
            )
        case "button":
            return a_button(rng, manner, node, name)
        case "generic":
            return (
                f'<span style="cursor:pointer">{name}</span>'
                if rng.random() < 0.7
                else f'<div style="cursor:pointer;width:12em">{name}</div>'
            )
        case "img":
            return f'<img alt="{name}" style="cursor:pointer;width:16px;height:16px" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'
        case "slider":
            return f'<div role="slider" tabindex="0" aria-label="{name}" aria-valuenow="{node.value or 0}" style="width:99px;height:9px;background:#ccc"></div>'
        case "combobox":
            return f'<div role="combobox" tabindex="0" aria-expanded="false" aria-label="{name}" style="width:150px;height:20px">{escape(node.value or "")}</div>'
        case role:
            expanded = ' aria-expanded="false"' if "collapsed" in node.states else ""
            selected = f' aria-selected="{"true" if "selected" in node.states else "false"}"' if role == "tab" else ""
            return f'<div role="{role}" tabindex="0"{expanded}{selected}>{name}</div>'


def a_button(rng: Rng, manner: Manner, node: Node, name: str) -> str:
    expanded = ' aria-expanded="false"' if "collapsed" in node.states else ""
    if node.name.replace(" ", "-").isascii() and node.name.islower() and len(node.name) < 9 and rng.random() < 0.3:
        inner = rng.choice(
            [
                f'<i class="icon icon-{node.name}" style="display:inline-block;width:9px;height:9px"></i>',
                f'<svg width="9" height="9"><title>{name}</title></svg>',
            ]
        )
        return (
            f"<button{expanded}>{inner}</button>"
            if rng.random() < 0.5
            else f'<button title="{name}"{expanded}>{inner}</button>'
        )
    kind = manner.buttons if not expanded else "button"
    if kind == "input":
        return f'<input type="{rng.choice(["button", "submit"])}" value="{name}">'
    return (
        f'<div role="button" tabindex="0">{name}</div>'
        if kind == "div"
        else f"<button type=button{expanded}>{name}</button>"
    )


def field(rng: Rng, node: Node, states: str) -> str:
    value, hint = escape(node.value or ""), node.hint
    bounds = ""
    if range_ := re.fullmatch(r"(\d+) to (\d+)", hint):
        low, high = range_.groups()
        bounds = f' min="{low}" max="{high}"'
    placeholder = f' placeholder="{escape(hint)}"' if hint and not bounds else ""
    rest = f"{placeholder}{bounds}{states}"
    match node.role, node.type:
        case "spinbutton", _:
            return f'<input type="number" value="{value}"{{}}{rest}>'
        case "slider", _:
            return f'<input type="range" value="{value}"{{}}{rest}>'
        case "combobox", _:
            return f'<input role="combobox" aria-expanded="false" value="{value}"{{}}{rest}>'
        case "searchbox", _:
            return f'<input type="search" value="{value}"{{}}{rest}>'
        case _, kind if kind:
            return f'<input type="{kind}" value="{value}"{{}}{rest}>'
        case _:
            if rng.random() < 0.12:
                return f"<textarea{{}}{rest}>{value}</textarea>"
            kind = next((k for word, k in KINDS.items() if word in node.name.lower()), "text")
            return f'<input type="{kind}" value="{value}"{{}}{rest}>'.replace(
                ' type="text"', "" if rng.random() < 0.3 else ' type="text"'
            )


def labelled(rng: Rng, manner: Manner, node: Node, number: int, html: str) -> str:
    """The control, with its name given in the page's manner. `html` has `{}` where attributes go."""
    name, key = escape(node.name), f"f{number}"
    mark = rng.random()
    manner_label = manner.label if mark > 0.1 else rng.choice(["for", "aria", "before"])
    html = html.replace("{}", "\0", 1)
    match manner_label if node.name else "none":
        case "wrap":
            return f"<label>{name} {html}</label>".replace("\0", "")
        case "aria":
            return html.replace("\0", f' aria-label="{name}"')
        case "placeholder" if "placeholder" not in html and node.type == "" and "<select" not in html:
            return html.replace("\0", f' placeholder="{name}"')
        case "title":
            return html.replace("\0", f' title="{name}"')
        case "before":
            return f"<div>{name}</div>" + html.replace("\0", "")
        case "table":
            return f"<table><tr><td>{name}</td><td>{html}</td></tr></table>".replace("\0", "")
        case "labelledby":
            return f'<span id="{key}l">{name}</span> ' + html.replace("\0", f' aria-labelledby="{key}l"')
        case "none":
            return html.replace("\0", "")
        case _:
            return f'<label for="{key}">{name}</label> ' + html.replace("\0", f' id="{key}"')


def tickbox(rng: Rng, manner: Manner, node: Node, number: int, states: str) -> str:
    name, on = escape(node.name), "on" in node.states
    checked = " checked" if on else ""
    if node.role == "switch":
        return (
            f'<div role="switch" tabindex="0" aria-checked="{str(on).lower()}" style="width:120px">{name}</div>'
            if rng.random() < 0.5
            else f'<label><input type="checkbox" role="switch"{checked}{states}> {name}</label>'
        )
    group = f' name="{escape(node.group)}"' if node.group else ""
    box = f'<input type="{node.role}"{group}{checked}{states}'
    if not node.name:
        return f"{box}>"
    key = f"c{number}{rng.randrange(9999)}"
    return rng.choice(
        [
            f"<label>{box}> {name}</label>",
            f'{box} id="{key}"><label for="{key}">{name}</label>',
            f'{box} aria-label="{name}">',
        ]
    )
