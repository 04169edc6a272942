"""Closed shadow roots: no script sees them, a person does."""

from __future__ import annotations

import pytest

from autoglm.types import Click, Text, Type
from tests.browser.conftest import Visit, element, names, texts

CLOSED = "attachShadow({mode: 'closed'}).innerHTML = "

HOSTS = {
    "a custom element": f"""<x-a></x-a><script>customElements.define('x-a', class extends HTMLElement {{
        connectedCallback() {{ this.{CLOSED}'<button>Inside</button><input aria-label=Field>' }} }})</script>""",
    "an empty div": f"<div id=h></div><script>h.{CLOSED}'<button>Inside</button><input aria-label=Field>'</script>",
    "a div with children of its own": f"""<div id=h><p>Not drawn</p></div>
        <script>h.{CLOSED}'<button>Inside</button><input aria-label=Field>'</script>""",
    "declared": """<div><template shadowrootmode=closed><button>Inside</button><input aria-label=Field></template></div>""",
    "one in another": f"""<div id=h></div><script>h.{CLOSED}'<section></section><input aria-label=Field>'</script>
        <script>const a = document.createElement('div'); const r = a.attachShadow({{mode: 'closed'}});
        h.replaceWith(a); const s = document.createElement('section'); r.append(s);
        s.{CLOSED}'<button>Inside</button>'; r.append(Object.assign(document.createElement('input'), {{ariaLabel: 'Field'}}))
        </script>""",
    "an open one in it": """<div id=h></div><script>const r = h.attachShadow({mode: 'closed'});
        const s = document.createElement('section'); r.append(s);
        s.attachShadow({mode: 'open'}).innerHTML = '<button>Inside</button><input aria-label=Field>'</script>""",
}


@pytest.mark.parametrize("html", HOSTS.values(), ids=HOSTS.keys())
async def test_what_is_in_a_closed_shadow_root_is_seen_and_used(visit: Visit, html: str) -> None:
    seen = await visit.show("<h1>Top</h1>")
    await visit.page.goto(f"{visit.site.url}/nothing.html")
    await visit.page.set_content(f"<!doctype html><title>Test</title><body>{html}<p>Below</p>")
    seen = await visit.observe()
    assert names(seen) == ["Inside", "Field"]
    assert texts(seen) == ["Below"]
    assert await visit.act(Click(element(seen, "Inside").ref)) == "clicked"
    assert await visit.act(Type(element(seen, "Field").ref, "Ada")) == "typed"
    assert element(await visit.observe(), "Field").value == "Ada"


@pytest.mark.parametrize("inner", ["<button>Own</button><slot></slot>", "<p>Own text</p><slot></slot>"])
async def test_a_closed_root_whose_host_has_all_its_children_in_it_is_seen_out_of_view(
    visit: Visit, inner: str
) -> None:
    seen = await visit.show(
        f"""<div style="height:3000px"></div><div style="padding:20px;text-indent:30px"><b>Indented</b></div><div id=h><button>One</button>
        <p>Two</p></div><script>h.{CLOSED}'{inner}'</script>"""
    )
    said = [item.text if isinstance(item, Text) else item.name for item in seen.items]
    assert said in (["Indented", "Own", "One", "Two"], ["Indented", "Own text", "One", "Two"])


async def test_what_is_slotted_into_a_closed_shadow_root_stands_where_it_is_drawn(visit: Visit) -> None:
    seen = await visit.show(
        f"""<x-s><b slot=second>Second</b><i slot=first>First</i></x-s><script>
        customElements.define('x-s', class extends HTMLElement {{ connectedCallback() {{
          this.{CLOSED}'<p><slot name=first></slot></p><button>Between</button><p><slot name=second></slot></p>' }} }})
        </script>"""
    )
    assert [item.text if isinstance(item, Text) else item.name for item in seen.items] == ["First", "Between", "Second"]


async def test_what_changes_in_a_closed_shadow_root_is_seen(visit: Visit) -> None:
    await visit.show(
        "<div id=h></div><script>root = h.attachShadow({mode: 'closed'}); root.innerHTML = '<button>One</button>'</script>"
    )
    assert names(await visit.observe()) == ["One"]
    await visit.js(
        "root.firstChild.textContent = 'Two'; root.append(Object.assign(document.createElement('button'), {textContent: 'Three'}))"
    )
    assert names(await visit.observe()) == ["Two", "Three"]


async def test_a_listener_in_a_closed_shadow_root_makes_a_thing_clickable(visit: Visit) -> None:
    seen = await visit.show(
        """<div id=h></div><script>const r = h.attachShadow({mode: 'closed'}); r.innerHTML = '<span>Press me</span>';
        r.firstChild.addEventListener('click', () => { r.firstChild.textContent = 'Pressed' })</script>"""
    )
    assert await visit.act(Click(element(seen, "Press me").ref)) == "clicked"
    assert names(await visit.observe()) == ["Pressed"]


async def test_a_listener_of_an_attribute_in_closed_roots_leaves_the_page_alive(visit: Visit) -> None:
    await visit.show("<div id=a></div><script>" + NESTED + "</script>")
    for _ in range(3):
        assert names(await visit.observe()) == ["Outer", "Inner"]
        await visit.js("new Promise((done) => setTimeout(done, 200))")  # the browser used to crash a moment later


NESTED = """const grow = (host, name) => { const root = host.attachShadow({mode: 'closed'});
root.innerHTML = `<button onclick="event.target.title = 'clicked'">${name}</button><div><input hidden oninput="1"></div>`; return root }
const outer = grow(a, 'Outer'); outer.lastElementChild.append(document.createElement('section')); grow(outer.querySelector('section'), 'Inner')"""


SLOTTED = """<div><div id=a><p>slotted</p></div></div><div><section id=b><p>other</p></section></div>
<p><span id=c><b>bold</b></span></p><div style="padding:40px"><p>padded</p></div><script>
a.attachShadow({mode: 'closed'}).innerHTML = '<button>Above</button><slot></slot>'
b.attachShadow({mode: 'closed'}).innerHTML = '<slot></slot><div><input aria-label=Below></div>'
c.attachShadow({mode: 'closed'}).innerHTML = '<slot></slot> <a href="#x">Beside</a>'</script>"""


async def test_a_plain_element_whose_children_are_all_slotted_is_seen_to_have_a_closed_root(visit: Visit) -> None:
    assert names(await visit.show(SLOTTED)) == ["Above", "Below", "Beside"]
