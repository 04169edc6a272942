"""Roles and accessible names, compared with Chromium's own accessibility tree."""

from __future__ import annotations

from typing import Any

from autoglm.types import Element
from tests.browser.conftest import Visit

CASES = {
    "content": "<button>Save <b>all</b></button>",
    "aria-label": '<button aria-label="Close dialog">x</button>',
    "labelledby": '<span id="l1">Billing</span><span id="l2">name</span><input aria-labelledby="l1 l2">',
    "labelledby-self": '<span id="l3">Row 1</span><button id="b3" aria-label="Delete" aria-labelledby="b3 l3">x</button>',
    "labelledby-hidden": '<span id="l4" hidden>Hidden <i>name</i></span><input aria-labelledby="l4">',
    "labelledby-missing": '<input aria-labelledby="nowhere" title="Fallback">',
    "label-for": '<label for="i5">First name</label><input id="i5">',
    "label-wrapping": "<label>Last name <input></label>",
    "two-labels": '<label for="i6">Home</label><label for="i6">address</label><input id="i6">',
    "label-with-embedded-field": '<input type="checkbox" id="c7"><label for="c7">Flash <input value="3" size="2"> times</label>',
    "label-hidden-part": '<label>Visible <span style="display:none">hidden</span><input></label>',
    "label-aria-hidden-part": '<label>Mail <span aria-hidden="true">*</span><input></label>',
    "title": '<input title="Search terms">',
    "placeholder": '<input placeholder="City">',
    "title-and-placeholder": '<input title="Town" placeholder="e.g. Bern">',
    "placeholder-and-label": '<label>Zip <input placeholder="1234"></label>',
    "submit": '<input type="submit">',
    "submit-value": '<input type="submit" value="Go on">',
    "reset": '<input type="reset">',
    "image-button": '<input type="image" alt="Find" src="data:,">',
    "img-in-button": '<button><img src="data:," alt="Star"> it</button>',
    "img-in-link": '<a href="#"><img src="data:," alt="Home" width="9" height="9"></a>',
    "svg-title": '<button><svg width="9" height="9"><title>Print</title></svg></button>',
    "button-title": '<button title="Undo"></button>',
    "content-beats-title": '<button title="more">Less</button>',
    "link-nested": '<a href="#">Read <span>more</span> <em>now</em></a>',
    "link-block-children": '<a href="#"><div>Top</div><div>Bottom</div></a>',
    "link-hidden-child": '<a href="#">Open<span style="visibility:hidden">hidden</span></a>',
    "sr-only-child": '<a href="#">Go<span style="position:absolute;width:1px;height:1px;overflow:hidden"> (new tab)</span></a>',
    "aria-hidden-child": '<button><span aria-hidden="true">×</span>Close</button>',
    "checkbox": '<label><input type="checkbox"> Agree</label>',
    "radio": '<label><input type="radio"> Large</label>',
    "select": "<label>Size <select><option>S<option>M</select></label>",
    "multi-select": '<select multiple aria-label="Sizes"><option>S<option>M</select>',
    "textarea": '<label for="t9">About</label><textarea id="t9"></textarea>',
    "number": '<input type="number" aria-label="Amount">',
    "range": '<input type="range" aria-label="Volume">',
    "search": '<input type="search" aria-label="Search">',
    "email": '<input type="email" aria-label="Mail">',
    "password": '<input type="password" aria-label="Secret">',
    "datalist": '<input list="d1" aria-label="Browser"><datalist id="d1"><option>Lynx</datalist>',
    "switch": '<div role="switch" aria-checked="true" tabindex="0">Wi-Fi</div>',
    "aria-button": '<div role="button" tabindex="0">Press <b>me</b></div>',
    "aria-link": '<span role="link" tabindex="0">Jump</span>',
    "aria-checkbox-labelledby": '<span id="l8">Dark mode</span><div role="checkbox" aria-checked="false" aria-labelledby="l8" tabindex="0">x</div>',
    "tab": '<div role="tablist"><div role="tab" tabindex="0">Details</div></div>',
    "menuitem": '<div role="menu"><div role="menuitem" tabindex="0">Copy</div></div>',
    "option": '<div role="listbox"><div role="option" aria-selected="false" tabindex="0">Red</div></div>',
    "treeitem": '<div role="tree"><div role="treeitem" tabindex="0">Root</div></div>',
    "aria-textbox": '<div role="textbox" contenteditable="true" aria-label="Note">text</div>',
    "aria-slider": '<div role="slider" tabindex="0" aria-label="Level" aria-valuenow="3">3</div>',
    "aria-combobox": '<div role="combobox" tabindex="0" aria-expanded="false" aria-label="Fruit">Pear</div>',
    "role-with-fallback": '<div role="nonsense button" tabindex="0">Two roles</div>',
    "presentation-on-a-control": '<button role="presentation">Still a button</button>',
    "button-with-a-role": '<button role="tab">As tab</button>',
    "link-aria-label-child": '<a href="#"><i aria-label="Cart">c</i></a>',
    "nested-label-in-child": '<button><span aria-label="Two">2</span> items</button>',
    "whitespace": "<button>  spaced \n  out&nbsp; </button>",
    "br": "<button>one<br>two</button>",
    "summary": "<details><summary>More about it</summary></details>",
    "date": '<input type="date" aria-label="Day">',
    "time": '<input type="time" aria-label="Hour">',
    "color": '<input type="color" aria-label="Tint">',
    "file": '<input type="file" aria-label="Photo">',
    "editor": '<div contenteditable="true" aria-label="Body">x</div>',
    "unnamed-generic": '<div tabindex="0">Card text</div>',
    "icon-class": '<button><i class="fa fa-trash" style="display:inline-block;width:9px;height:9px"></i></button>',
    "icon-test-id": '<button data-testid="close-panel"></button>',
}

DIFFERENT = {
    # Chromium names these by internal words; ARIA has no role for them (https://www.w3.org/TR/html-aam-1.0).
    "date": ("Date", "Day", "textbox", "Day"),
    "time": ("InputTime", "Hour", "textbox", "Hour"),
    "color": ("ColorWell", "Tint", "textbox", "Tint"),
    "summary": ("DisclosureTriangle", "More about it", "button", "More about it"),
    # A thing that may be clicked is called by its text, although accname gives `generic` no name.
    "unnamed-generic": ("generic", "", "generic", "Card text"),
    "editor": ("generic", "Body", "textbox", "Body"),
    # White space is taken together, also the kind that does not break.
    "whitespace": ("button", "spaced out\xa0", "button", "spaced out"),
    # Pictures without a name get words from what is there.
    "icon-class": ("button", "", "button", "trash"),
    "icon-test-id": ("button", "", "button", "close panel"),
}
"""Case: Chromium's role and name, then ours."""


async def test_roles_and_names_agree_with_chromiums_but_for_intended_differences(visit: Visit) -> None:
    cases = "".join(
        f'<div data-case="{case}" style="margin:6px;break-inside:avoid">{html}</div>' for case, html in CASES.items()
    )
    seen = await visit.show(f'<div style="columns: 5">{cases}</div>')  # all in view, so that each has a box
    ours = {case: _at(seen.elements, box) for case, box in (await visit.js(_BOXES)).items()}
    theirs = await _chromium(visit)
    got = {case: (*theirs[case], *ours[case]) for case in CASES if theirs[case] != ours[case]}
    assert got == DIFFERENT


_CONTROL = (
    "[...document.querySelectorAll('[data-case]')].map((el) => [el.dataset.case, "
    "el.querySelector('input:not(label input), button, a, select, textarea, summary, [role]:not([role=tablist], [role=menu], "
    "[role=listbox], [role=tree]), [contenteditable], [tabindex]') ?? el.querySelector('input')])"
)
_BOXES = f"Object.fromEntries({_CONTROL}.map(([name, el]) => {{ const r = el.getBoundingClientRect(); return [name, [r.x, r.y]] }}))"


def _at(elements: tuple[Element, ...], at: list[float]) -> tuple[str, str]:
    for e in elements:
        if e.box and abs(e.box.x - at[0]) < 0.2 and abs(e.box.y - at[1]) < 0.2:
            return e.role, e.name
    return "", "(not listed)"


async def _chromium(visit: Visit) -> dict[str, tuple[str, str]]:
    """Role and name of each case in the browser's accessibility tree."""
    found: dict[str, tuple[str, str]] = {}
    session: Any = await visit.page.context.new_cdp_session(visit.page)  # its own types are bare dicts
    await session.send("Accessibility.enable")
    tree = await session.send("Accessibility.getFullAXTree")
    by_node: dict[int, Any] = {node["backendDOMNodeId"]: node for node in tree["nodes"] if "backendDOMNodeId" in node}
    for case in CASES:
        expression = f"{_CONTROL}.find(([name]) => name === {case!r})[1]"
        object_id = (await session.send("Runtime.evaluate", {"expression": expression}))["result"]["objectId"]
        node = by_node[(await session.send("DOM.describeNode", {"objectId": object_id}))["node"]["backendNodeId"]]
        found[case] = (node["role"]["value"], node.get("name", {}).get("value", ""))
    await session.detach()
    return found
