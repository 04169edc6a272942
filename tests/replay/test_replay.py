"""Recordings on the local site, played again: on the same page, on one that was built anew, on one that is broken."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from autoglm.conditions import TextShown
from autoglm.effects import effects
from autoglm.heal import ModelHeals
from autoglm.models.scripted import ScriptedModel
from autoglm.replay import ConditionFailed, Done, Healed, NeedsPerson, NotFound, Played, takes
from autoglm.seams import Model
from autoglm.types import (
    Action,
    Check,
    Click,
    Dialog,
    Drag,
    Finish,
    Hover,
    Locator,
    Note,
    Observation,
    Press,
    Select,
    Step,
    TakeOver,
    Type,
    Upload,
    Wait,
)
from autoglm.values import ValueUnknown
from tests.replay.conftest import Theatre
from tests.replay.recording import Move, on

CONTACT: tuple[Move, ...] = (
    on(Type, "First name", "Ada"),
    on(Type, "Work email", "ada@example.org"),
    on(Select, "Country", ("United Kingdom",)),
    on(Type, "Last name", "Lovelace"),
    on(Select, "What is it about?", ("A demo",)),
    on(Check, "I agree to the privacy policy"),
    on(Type, "Message", "How fast?"),
    on(Click, "Send message"),
)
CONTACT_PAGE = "contact.html"


def passed(played: Sequence[Played], steps: Sequence[Step]) -> bool:
    done = [step for step in steps if not isinstance(step.action, Finish | Note | Wait)]
    return len(played) == len(done) and all(isinstance(each, Done) for each in played)


@pytest.mark.parametrize(
    ("page", "moves"),
    [
        ("contact.html", CONTACT),
        (
            "signup.html",
            (
                on(Type, "Date of birth", "1990-12-01"),
                on(Type, "Seats", "7"),
                on(Type, "Theme colour", "#1e90ff"),
                on(Type, "Alert volume", "8"),
                on(Check, "Team"),
                on(Select, "Languages", ("English", "German")),
                on(Check, "Two-factor sign-in"),
            ),
        ),
        ("orders.html", (on(Click, "Delete", nth=1), Note("one less"), Wait(0.1))),
        ("confirm.html", (on(Click, "Delete account"), Dialog(accept=True))),
        ("confirm.html", (on(Click, "Rename"), Dialog(accept=True, text="Grace"), on(Click, "Tell"))),
        ("dialog.html", (on(Click, "New project"), on(Type, "Project name", "Engine"), on(Click, "Create"))),
        ("index.html", (on(Click, "Contact form in a new tab"), on(Type, "First name", "Ada"))),
        ("frame.html", (on(Type, "Card number", "4242"), on(Click, "Pay"))),
        ("autocomplete.html", (on(Type, "City", "Ber"), on(Click, "Bern", role="option"), Press("Tab"))),
        ("menu.html", (on(Hover, "Account"),)),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_a_run_passes_on_the_page_that_it_was_recorded_on(
    theatre: Theatre, page: str, moves: Sequence[Move | Action]
) -> None:
    steps = await theatre.record(page, *moves)
    played = await theatre.replay(steps)
    assert passed(played, steps), played


async def test_drags_and_uploads_are_played(theatre: Theatre, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")
    steps = await theatre.record("widgets/files.html", on(Upload, "CV", (str(letter),)))
    assert passed(await theatre.replay(steps), steps)
    steps = await theatre.record("widgets/files.html", on(Upload, "Drop files here", (str(letter),)))
    assert passed(await theatre.replay(steps), steps)
    steps = await theatre.record("widgets/sortable.html", first_onto_second)
    assert passed(await theatre.replay(steps), steps)


HEARD = """<button id=more>More</button><script>
more.onclick = () => {
  const pay = document.createElement('div');
  pay.textContent = 'Pay';
  pay.addEventListener('click', () => {});
  document.body.append(pay);
};
</script>"""


async def test_a_control_that_only_listens_to_clicks_is_waited_for(theatre: Theatre) -> None:
    steps = await theatre.record(f"show?html={quote(HEARD)}", on(Click, "More"))
    assert [each.name for each in steps[-1].observation.elements] == ["More", "Pay"]
    assert passed(await theatre.replay(steps), steps)
    silent = "Element.prototype.addEventListener = () => {}"
    played = await theatre.replay(steps, before=silent, hold_s=2)
    assert isinstance(played[-1], ConditionFailed), played


def first_onto_second(page: Observation) -> Drag:
    first, second = [each.ref for each in page.elements if each.takes][:2]
    return Drag(first, second)


CLOSED = """<div id=host></div><p role=status id=said></p><script>
const root = host.attachShadow({mode: 'closed'});
root.innerHTML = '<button>Follow</button>';
root.firstChild.onclick = () => { said.textContent = 'Following'; };
</script>"""


async def test_what_lies_in_a_closed_shadow_root_is_found_by_our_own_eyes(theatre: Theatre) -> None:
    steps = await theatre.record(f"show?html={quote(CLOSED)}", on(Click, "Follow"))
    assert steps[0].targets[0].locators == ()
    assert passed(await theatre.replay(steps), steps)


PICTURE = """<img usemap=#m width=200 height=100 src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><map name=m>
<area shape=rect coords=0,0,80,80 href=#west alt=West><area shape=rect coords=100,0,180,80 href=#east alt=East></map>
<p id=said></p><script>onhashchange = () => { said.textContent = 'You are at ' + location.hash; }</script>"""


async def test_an_area_of_a_picture_is_found_again(theatre: Theatre) -> None:
    steps = await theatre.record(f"show?html={quote(PICTURE)}", on(Click, "East"))
    assert steps[-1].observation.url.endswith("#east")
    assert passed(await theatre.replay(steps), steps)
    led = "document.querySelectorAll('area')[1].href = '#elsewhere'"
    assert not passed(await theatre.replay(steps, before=led, find_s=2, hold_s=2), steps)


async def test_what_is_known_by_its_address_only_must_still_be_called_the_same(theatre: Theatre) -> None:
    steps = await theatre.record("index.html", on(Click, "Orders"))
    renamed = "for (const a of document.querySelectorAll('a[href*=orders]')) a.textContent = 'Bills'"
    played = await theatre.replay(steps, before=renamed, find_s=2)
    assert isinstance(played[-1], NotFound)
    assert passed(await theatre.replay(steps), steps)


async def test_each_element_is_found_by_its_best_way(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT)
    played = await theatre.replay(steps)
    assert [each.way.kind for each in played if isinstance(each, Done) and each.way] == ["role"] * 8


BOXED = """for (const el of [...document.querySelectorAll('form .field > *')]) {
  const box = document.createElement('div');
  el.replaceWith(box);
  box.append(el);
}"""
HARMLESS = {
    "classes": "for (const el of document.querySelectorAll('[class]')) el.className = `x${el.className}`",
    "wrappers": BOXED,
    "order": "const form = document.forms[0]; form.prepend(form.querySelector('.field:nth-of-type(5)'))",
    "one name": "document.querySelector('[name=first_name]').labels[0].textContent = 'Given name'",
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
async def test_a_harmless_change_does_not_matter(theatre: Theatre, change: str) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT[:3])
    assert passed(await theatre.replay(steps, before=change), steps)


async def test_a_button_that_is_gone_is_not_found(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT)
    played = await theatre.replay(steps, before="document.querySelector('form button').remove()", find_s=2)
    assert isinstance(played[-1], NotFound)
    assert 'role button "Send message"' in played[-1].why


OTHERWISE = """new MutationObserver(() => {
  if (said.textContent === 'deleted') said.textContent = 'not deleted';
}).observe(said, {childList: true})"""


async def test_another_result_fails(theatre: Theatre) -> None:
    steps = await theatre.record("confirm.html", on(Click, "Delete account"), Dialog(accept=True))
    played = await theatre.replay(steps, before=OTHERWISE, hold_s=2)
    assert isinstance(played[-1], ConditionFailed)
    assert played[-1].failed == (TextShown("status", "deleted"),)


async def test_a_field_that_keeps_nothing_fails(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT[:2])
    change = "document.querySelector('[name=email]').oninput = (event) => { event.target.value = '' }"
    played = await theatre.replay(steps, before=change, hold_s=2)
    assert [type(each).__name__ for each in played] == ["Done", "ConditionFailed"]


async def test_other_values_are_typed_and_what_shows_them_follows(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT)
    theatre.site.submitted.clear()
    played = await theatre.replay(steps, given={"email": "b@x.org", "first_name": "Bea", "country": "Germany"})
    assert passed(played, steps), played
    sent = theatre.site.submitted[-1]
    assert (sent["first_name"], sent["email"], sent["country"]) == ("Bea", "b@x.org", "Germany")


async def test_an_unknown_value_names_those_that_there_are(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT[:2])
    with pytest.raises(ValueUnknown, match=r"'fax'.*first_name='Ada', work_email='ada@example.org'"):
        await theatre.replay(steps, given={"fax": "1"})


async def test_a_recording_without_targets_is_played_by_role_and_name(theatre: Theatre) -> None:
    steps = [replace(step, targets=()) for step in await theatre.record(CONTACT_PAGE, *CONTACT)]
    assert passed(await theatre.replay(steps), steps)


async def test_what_a_person_did_is_not_played(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, CONTACT[0], TakeOver("Log in, please"))
    assert [type(each) for each in await theatre.replay(steps)] == [Done, NeedsPerson]


async def test_what_sends_is_told(theatre: Theatre) -> None:
    steps = await theatre.record(CONTACT_PAGE, *CONTACT)
    assert effects(steps) == [f'step 8, Click [17] button "Send message": POST {theatre.site.url}/submit']
    assert effects(steps[:7]) == []


# ---------------------------------------------------------------- healing

RENAMED = "document.querySelector('form button').outerHTML = '<button><span>Submit enquiry</span></button>'"


def model(*replies: str) -> tuple[ModelHeals, ScriptedModel]:
    scripted = ScriptedModel(replies)

    async def reach() -> Model:
        return scripted

    return ModelHeals(reach), scripted


async def without_css(theatre: Theatre, *moves: Move) -> list[Step]:
    """As of a page whose elements have no ids or names of their own."""
    steps = await theatre.record(CONTACT_PAGE, *moves)
    return [
        replace(step, targets=tuple(
            replace(each, locators=tuple(way for way in each.locators if way.kind != "css")) for each in step.targets
        ))
        for step in steps
    ]  # fmt: skip


async def test_a_renamed_button_is_found_by_the_model_and_proved(theatre: Theatre) -> None:
    steps = await without_css(theatre, *CONTACT)
    heal, asked = model('do(action="Click", ref=17)')
    played = await theatre.replay(steps, before=RENAMED, heal=heal, find_s=2)
    healed = played[-1]
    assert isinstance(healed, Healed), played
    assert healed.was.locators[0] == Locator("role", "button", "Send message")
    assert healed.now.locators[0] == Locator("role", "button", "Submit enquiry")
    assert "Send message" in asked.prompts[0][-1].content
    assert asked.grammars == ['root ::= "do(action=\\"Click\\", ref=17)"']


async def test_a_changed_outcome_is_never_healed_into_green(theatre: Theatre) -> None:
    steps = await without_css(theatre, *CONTACT)
    heal, _ = model('do(action="Click", ref=17)')
    broken = f"{RENAMED}; document.querySelector('form').onsubmit = (event) => event.preventDefault()"
    broken += "; document.querySelector('form').addEventListener('submit', (e) => e.stopImmediatePropagation(), true)"
    played = await theatre.replay(steps, before=broken, heal=heal, find_s=2, hold_s=2)
    assert isinstance(played[-1], ConditionFailed)
    assert played[-1].healed


async def test_where_nothing_would_prove_it_the_model_is_not_asked(theatre: Theatre) -> None:
    steps = await without_css(theatre, CONTACT[0])
    heal, asked = model()
    change = "document.querySelector('[name=first_name]').labels[0].textContent = 'Given name'"
    played = await theatre.replay(steps, before=change, heal=heal, find_s=2)
    assert isinstance(played[-1], NotFound)
    assert asked.prompts == []


async def test_a_button_that_deletes_stands_in_for_none_that_did_not(theatre: Theatre) -> None:
    steps = await theatre.record("dialog.html", on(Click, "Accept"))
    bare = [replace(s, targets=tuple(replace(t, locators=t.locators[:1]) for t in s.targets)) for s in steps]
    heal, asked = model()
    played = await theatre.replay(bare, before="accept.textContent = 'Delete all'", heal=heal, find_s=2)
    assert isinstance(played[-1], NotFound)
    assert asked.prompts == []


CARDS = """<div id=ada draggable=true role=button tabindex=0>Ada</div><div id=done role=button tabindex=0>Done</div>
<p role=status id=said></p><script>
done.ondragover = (event) => event.preventDefault();
done.ondrop = () => { said.textContent = 'Ada is done'; };
</script>"""


@pytest.mark.parametrize(("lost", "change"), [(0, "ada.textContent = 'Ms Ada'"), (1, "done.textContent = 'Finished'")])
async def test_either_end_of_a_drag_is_found_by_the_model(theatre: Theatre, lost: int, change: str) -> None:
    steps = await theatre.record(f"show?html={quote(CARDS)}", lambda page: Drag(*[e.ref for e in page.elements][:2]))
    named = [replace(s, targets=tuple(replace(t, locators=t.locators[:1]) for t in s.targets)) for s in steps]
    heal, asked = model('do(action="Drag", ref=1, to=2)')
    played = await theatre.replay(named, before=change, heal=heal, find_s=2)
    assert isinstance(played[-1], Healed), played
    assert played[-1].was == named[0].targets[lost]
    assert len(asked.prompts) == 1


CART = """<button onclick="this.dataset.n = 1">Add to cart</button>
<button onclick="said.textContent = 'Ready to pay'">Checkout</button><p role=status id=said></p>"""


async def test_what_would_have_come_of_another_element_too_proves_nothing(theatre: Theatre) -> None:
    steps = await theatre.record(f"show?html={quote(CART)}", on(Click, "Add to cart"), on(Click, "Checkout"))
    heal, asked = model('do(action="Click", ref=1)')
    change = "document.querySelector('button').textContent = 'Add to wishlist'"
    played = await theatre.replay(steps, before=change, heal=heal)
    assert [type(each) for each in played] == [NotFound], played
    assert asked.prompts == []


ORDER = """<form id=order><label>Name <input></label><label>Phone <input></label><button>Order</button></form>
<p role=status id=said></p><script>order.onsubmit = (event) => {
  event.preventDefault();
  said.textContent = `Thank you, ${order[0].value}`;
}</script>"""
ORDERED: tuple[Move, ...] = (on(Type, "Name", "Ada"), on(Type, "Phone", "555 1234"), on(Click, "Order"))


@pytest.mark.parametrize(("name", "value", "healed"), [("Name", "Ada", True), ("Phone", "555 1234", False)])
async def test_a_field_is_found_by_the_model_where_its_value_is_shown_later(
    theatre: Theatre, name: str, value: str, healed: bool
) -> None:
    steps = await theatre.record(f"show?html={quote(ORDER)}", *ORDERED)
    heal, asked = model(f'do(action="Type", ref={1 if name == "Name" else 2}, text="{value}")')
    labels = "for (const label of document.querySelectorAll('label'))"
    change = f"{labels} if (label.innerText.includes('{name}')) label.firstChild.data = 'Other '"
    played = await theatre.replay(steps, before=change, heal=heal)
    assert len(asked.prompts) == healed
    assert isinstance(played[-1], Done) == healed
    assert any(isinstance(each, Healed) for each in played) == healed


SLOW = """<button onclick="setTimeout(() => { said.innerHTML = '<button>Open it</button>Ready'; }, 2500)">Make</button>
<p id=said></p><script>said.onclick = () => { said.textContent = 'Report of May'; }</script>"""


async def test_what_took_long_when_it_was_recorded_is_given_as_long(theatre: Theatre) -> None:
    page = f"show?html={quote(SLOW)}"
    steps = await theatre.record(page, on(Click, "Make"), Wait(3), on(Click, "Open it"))
    played = await theatre.replay(steps, find_s=0.5, hold_s=0.5)
    assert passed(played, steps), played


FRAMED = """<div id=host></div><script>
host.attachShadow({mode: 'closed'}).innerHTML = `<iframe srcdoc="<button onclick='this.textContent = 1'>Go</button>">`;
</script>"""


async def test_what_is_in_a_frame_in_a_closed_shadow_root_is_found_by_our_own_eyes(theatre: Theatre) -> None:
    steps = await theatre.record(f"show?html={quote(FRAMED)}", on(Click, "Go"))
    assert steps[0].targets[0].locators and steps[0].targets[0].frames[0].locators == ()
    played = await theatre.replay(steps, find_s=2, hold_s=2)
    assert passed(played, steps), played


async def test_what_was_sent_and_not_answered_is_told(theatre: Theatre) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/pay"
        html = f"<button onclick=\"fetch('{url}', {{method: 'POST', body: 'x', mode: 'no-cors'}})\">Go on</button>"
        steps = await theatre.record(f"show?html={quote(html)}", on(Click, "Go on"))
    assert effects(steps) == [f'step 1, Click [1] button "Go on": POST {url}']
    assert [take.expected for take in takes(steps)] == [()]
    assert effects(steps[:1]) == ['step 1, Click [1] button "Go on": the run ended before it was seen what came of it']


@pytest.mark.parametrize("name", ["Löschen", "Jetzt kaufen", "删除账户", "Envoyer"])
async def test_what_deletes_or_pays_by_its_name_is_told_in_other_languages(theatre: Theatre, name: str) -> None:
    steps = await theatre.record(f"show?html={quote(f'<button>{name}</button>')}", on(Click, name))
    assert effects(steps) == [f'step 1, Click [1] button "{name}"']
