from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoglm.dialects.grammar import compile_grammar
from autoglm.dialects.page import page_text
from autoglm.dialects.ref import RefDialect, parse, unparse
from autoglm.errors import Mistake
from autoglm.types import (
    Action,
    Ask,
    Back,
    Check,
    Click,
    CloseTab,
    Dialog,
    DoubleClick,
    Download,
    Drag,
    Element,
    Expand,
    Extract,
    Finish,
    Goto,
    JsDialog,
    NewTab,
    Note,
    Observation,
    Press,
    RightClick,
    Scroll,
    ScrollPosition,
    Select,
    Step,
    SwitchTab,
    Tab,
    Text,
    Type,
    Upload,
    Wait,
)
from tests.agent.doubles import CONTACT, accepts
from tests.agent.strategies import actions, pages, sensible

# ---------------------------------------------------------------- reading what a model wrote


@given(actions)
def test_every_action_is_read_as_it_was_written(action: Action) -> None:
    assert parse(unparse(action)) == action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ('<think>it has a button</think><answer>do(action="Click", ref=13)', Click(13)),
        ('<answer>do(action="Click", ref=13)</answer>', Click(13)),
        ('do(action="Click", ref=13)\n</answer>', Click(13)),
        ('do(action="Type", ref=7, text="hello")</answer>', Type(7, "hello")),
        ('do(action="Type", ref=7, text="say \\"hi\\"")', Type(7, 'say "hi"')),
        ('do(action="Type", text="hi", ref=7)', Type(7, "hi")),
        ('finish(message="ok")</answer>', Finish("ok")),
        ('<think>I should do(action="Click") next</think>do(action="Back")', Back()),
        ('First do(action="Click", ref=1), no: do(action="Click", ref=2)', Click(2)),
        ('```python\ndo(action="Click", ref=13)\n```', Click(13)),
        ("do(action='Type', ref=7, text='it\\'s')", Type(7, "it's")),
        ("do(action=“Type”，ref=7，text=“你好”）", Type(7, "你好")),
        ('do( action = "Click" , ref = 13 )', Click(13)),
        ('do(action="Click", ref="13")', Click(13)),
        ('do(action="Click", ref="[13]")', Click(13)),
        ('do(action="click", ref=13)', Click(13)),
        ('do(action="Select", ref=9, option="Chile")', Select(9, ("Chile",))),
        ('do(action="Select", ref=9, option=["Chile", "Peru"])', Select(9, ("Chile", "Peru"))),
        ('do(action="Check", ref=12)', Check(12, True)),
        ('do(action="Check", ref=12, on=false)', Check(12, False)),
        ('do(action="Wait", seconds="2 seconds")', Wait(2)),
        ('do(action="Scroll", direction="Down")', Scroll("down")),
        ('do(action="Scroll", ref=3, direction="down", to=50)', Scroll("down", 3, 50)),
        ('do(action="Note", text="finish(message=\\"no\\")")', Note('finish(message="no")')),
        ('do(action="Type", ref=7, text="do(action=\\"Back\\")")', Type(7, 'do(action="Back")')),
        ('do(action="Type", ref=7, text=4711)', Type(7, "4711")),
        ('do(action="Press", key="Enter", ref=7)', Press("Enter", 7)),
        ('finish(message="There is none.", success=False)', Finish("There is none.", False)),
    ],
)
def test_what_models_write_around_and_inside_a_call_is_understood(text: str, action: Action) -> None:
    assert parse(text) == action


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no call in the reply"),
        ("I have finished the task.", "no call in the reply"),
        ('do(action="Click", ref=', "no call in the reply"),
        ('do(action="Type", ref=7, text="never closed)', "no call in the reply"),
        ("finish(message=done)", "no call in the reply"),
        ('do(action="Click")', "lacks ref="),
        ('do(action="Dance")', "no action 'dance'"),
        ("do(ref=3)", "lacks action="),
        ("finish()", "lacks message="),
        ('do(action="Click", ref="the button")', "is not a number"),
        ('do(action="Scroll", direction="sideways")', "is not one of up, down, left, right"),
        ('do(action="Check", ref=3, on=2)', "neither True nor False"),
    ],
)
def test_what_cannot_be_read_is_a_mistake_and_never_a_finish(text: str, told: str) -> None:
    with pytest.raises(Mistake) as mistake:
        parse(text)
    assert told in str(mistake.value)


@given(st.text(max_size=60))
def test_any_text_is_an_action_or_a_mistake(text: str) -> None:
    with suppress(Mistake):
        assert isinstance(parse(text), Action)


# ---------------------------------------------------------------- the grammar of a page


@given(st.data())
def test_the_grammar_accepts_every_action_that_makes_sense(data: st.DataObject) -> None:
    page = data.draw(pages())
    action = data.draw(sensible(page))
    assert accepts(compile_grammar(page, page.elements), unparse(action))


PAPER = Observation("http://localhost/contact", "Contact us", CONTACT)
FORM = compile_grammar(PAPER, PAPER.elements)


@pytest.mark.parametrize(
    "action",
    [
        Click(6),
        Click(3),
        Click(51),
        Type(5, "Ada"),
        Select(3, ("Peru",)),
        Select(3, ("Austria", "Chile")),
        Select(1, ("Chile",)),
        Check(1),
        Press("Enter", 6),
        Scroll("down", 6),
    ],
)
def test_the_grammar_refuses_what_the_page_does_not_have(action: Action) -> None:
    assert not accepts(FORM, unparse(action))


@pytest.mark.parametrize("key", ["Enter", "Shift+Enter", "Control+Shift+Tab", "Alt+ArrowDown", "F2", "F12", "j"])
def test_the_grammar_has_chords_of_named_keys(key: str) -> None:
    assert accepts(FORM, unparse(Press(key)))


@pytest.mark.parametrize("key", ["", "Shift+", "F13", "Entr", "ab", "Hyper+a"])
def test_the_grammar_has_no_keys_but_those_of_a_keyboard(key: str) -> None:
    assert not accepts(FORM, unparse(Press(key)))


@pytest.mark.parametrize(
    "text", ["", "Sure!", 'do(action="Click", ref=5) ', 'finish(message="a"b")', 'do(action="Back"']
)
def test_the_grammar_refuses_what_is_no_call(text: str) -> None:
    assert not accepts(FORM, text)


def test_a_page_with_nothing_to_act_on_still_has_a_grammar() -> None:
    grammar = RefDialect().grammar("", [], Observation("about:blank", ""))
    assert accepts(grammar, unparse(Goto("https://example.org/")))
    assert accepts(grammar, unparse(Finish("done")))
    assert not accepts(grammar, unparse(Click(1)))


DATE = Element(8, "textbox", "Start", "", takes=("Click", "Type"), type="date")
DATES = compile_grammar(PAPER, [DATE])


@pytest.mark.parametrize(
    ("text", "taken"), [("2026-11-30", True), ("", True), ("tomorrow", False), ("30.11.2026", False)]
)
def test_a_date_field_takes_dates_only(text: str, taken: bool) -> None:
    assert accepts(DATES, unparse(Type(8, text))) is taken


TASK = 'Type Oisín\'s "Küche" into city and 易碎品 into note, mail to rx@corp.example.com'
COPIED = RefDialect(copies=True).grammar(
    TASK,
    [Step(0, Observation("", ""), action=Ask("Which?"), outcome="the blue one")],
    Observation(
        "http://localhost/", "", (Element(7, "textbox", "City", "", takes=("Type",)), Text("row", "Ada | 12.50 €"))
    ),
)


def test_a_model_that_copies_types_only_numbers_that_were_said() -> None:
    field = Element(4, "spinbutton", "Pay", "", takes=("Type",))
    grammar = RefDialect(copies=True).grammar("pay 19000, rate 2.5", [], Observation("", "", (field,)))
    assert accepts(grammar, unparse(Type(4, "19000"))) and accepts(grammar, unparse(Type(4, "2.5")))
    assert not accepts(grammar, unparse(Type(4, "190000")))


@pytest.mark.parametrize(
    ("action", "taken"),
    [
        (Type(7, "Oisín"), True),
        (Type(7, 'Oisín\'s "Küche"'), True),
        (Type(7, "易碎"), True),
        (Type(7, "rx@corp.example.com"), True),
        (Type(7, "blue one"), True),
        (Type(7, "12.50 €"), True),
        (Type(7, "into city "), False),
        (Type(7, "Oisi"), False),
        (Type(7, "Küchen"), False),
        (Type(7, "Ois city"), False),
        (Goto("rx@corp.example.com"), True),
        (Finish("Done."), True),
        (Finish("Ada"), True),
        (Finish('There is no "note" on this page.', success=False), True),
        (Finish("I did it all"), False),
        (Finish('There is no "fax" on this page.', success=False), False),
        (Ask("What should I enter for City?"), True),
    ],
)
def test_a_model_that_copies_can_say_only_what_was_said_or_shown(action: Action, taken: bool) -> None:
    assert accepts(COPIED, unparse(action)) is taken


# ---------------------------------------------------------------- the page as text

GOLDEN = """\
Page: Contact us  http://localhost:8000/contact
[1] link Home
# Contact our sales team
[7] required Work email=""
[8] date Start="2026-11-30" hint "when you begin"
[9] Country="United States" (United States | United Kingdom)
[12] off I agree to the privacy policy
[13] "Send \\"it\\""
"No fax."
Scrolled: 200 px above, 280 px below
Dismissed: alert "Saved"
The page is still loading."""

PAGE = Observation(
    "http://localhost:8000/contact",
    "Contact us",
    (
        Element(1, "link", "Home", takes=("Click",)),
        Text("heading", "Contact our\nsales team"),
        Element(7, "textbox", "Work email", "", ("required",), takes=("Click", "Type")),
        Element(8, "textbox", "Start", "2026-11-30", takes=("Type",), type="date", hint="when you begin"),
        Element(9, "combobox", "Country", "United States", (), ("United States", "United Kingdom"), ("Select",)),
        Element(12, "checkbox", "I agree to the privacy policy", states=("off",), takes=("Click", "Check")),
        Element(13, "button", 'Send "it"', takes=("Click",)),
        Text("text", "No fax."),
    ),
    scroll=ScrollPosition(0, 200, 1280, 1200),
    dialog=JsDialog("alert", "Saved"),
    settled=False,
)


def prompt(steps: Sequence[Step] = (), page: Observation = PAGE, budget: int = 8_000) -> str:
    system, user = RefDialect(budget).render("Ask for a demo", steps, page)
    assert (system.role, user.role) == ("system", "user")
    return user.content


def test_a_page_reads_line_by_line() -> None:
    assert prompt() == f"Task: Ask for a demo\n\n{GOLDEN}\n\nDone: nothing yet"


def test_what_was_done_reads_line_by_line() -> None:
    elsewhere = Observation("http://localhost:8000/thanks", "Thanks")
    steps = (
        Step(0, PAGE, action=Type(7, "ada@example.org"), outcome="typed"),
        Step(1, PAGE, error="no call in the reply", mistake=True),
        Step(2, PAGE, action=Click(99), error="no element [99]", mistake=True),
        Step(3, PAGE, action=Click(13), outcome="clicked"),
    )
    assert prompt(steps, elsewhere).partition("Done:\n")[2].splitlines() == [
        '1. Type [7] textbox "Work email": "ada@example.org"',
        "2. unreadable reply ! no call in the reply",
        "3. Click [99] ! no element [99]",
        '4. Click [13] button "Send \\"it\\""',
    ]


def test_the_beginning_of_the_prompt_stays_the_same_from_step_to_step() -> None:
    later = prompt((Step(0, PAGE, action=Click(1), outcome="clicked"),))
    assert later.startswith(prompt().removesuffix("Done: nothing yet"))


def test_thinking_that_never_ends_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="all thinking"):
        parse('<think>maybe do(action="Back")')


# ---------------------------------------------------------------- what a page does not always offer


def offered(page: Observation, dialect: RefDialect | None = None, steps: Sequence[Step] = ()) -> str:
    return (dialect or RefDialect()).grammar("Do it", steps, page)


SEVERAL = Observation(
    "http://localhost/a",
    "A",
    (Element(1, "link", "Home", takes=("Click",)), Element(2, "button", "CV", "", takes=("Click", "Upload"))),
    tabs=(Tab("B", "http://localhost/b", False), Tab("A", "http://localhost/a", True)),
)
DRAWN = replace(SEVERAL, items=(*SEVERAL.items, Element(3, "canvas", "Map", takes=("Click",))))
ASKED = replace(SEVERAL, dialog=JsDialog("confirm", "Delete it?", open=True))
HUNG = Observation("http://localhost/a", "A", tabs=SEVERAL.tabs, hung=True)


@pytest.mark.parametrize(
    ("page", "action", "taken"),
    [
        (SEVERAL, DoubleClick(1), True),
        (SEVERAL, Click(1, held="Control"), True),
        (SEVERAL, Click(1, held="Control+Shift"), True),
        (SEVERAL, Click(1, held="Enter"), False),
        (SEVERAL, Click(1, 20, -7), False),
        (DRAWN, Click(3, 20, -7), True),
        (DRAWN, Click(3, dy=-7), True),
        (DRAWN, Click(1, 20, -7), False),
        (SEVERAL, RightClick(3), False),
        (SEVERAL, Drag(1, 2), True),
        (SEVERAL, Drag(1, None, -40, 7), True),
        (SEVERAL, Drag(1, 9), False),
        (DRAWN, Drag(3, None, 50, 0, -60, 9), True),
        (DRAWN, Drag(3, 1, from_dy=9), True),
        (DRAWN, Drag(1, None, 50, 0, -60, 9), False),
        (SEVERAL, Upload(2, ("/tmp/cv.pdf",)), True),
        (SEVERAL, Upload(2, ("/tmp/a", "/tmp/b")), True),
        (SEVERAL, Upload(1, ("/tmp/cv.pdf",)), False),
        (SEVERAL, NewTab("https://example.org/"), True),
        (SEVERAL, SwitchTab(1), True),
        (SEVERAL, SwitchTab(2), False),
        (SEVERAL, CloseTab(2), True),
        (SEVERAL, CloseTab(3), False),
        (SEVERAL, Dialog(True), False),
        (SEVERAL, Expand(1), False),
        (SEVERAL, Extract(), False),
        (PAPER, SwitchTab(1), False),
        (PAPER, CloseTab(1), False),
        (ASKED, Dialog(True), True),
        (ASKED, Dialog(False), True),
        (ASKED, Dialog(True, "yes"), False),
        (ASKED, Ask("Delete it?"), True),
        (ASKED, Finish("It asks first.", False), True),
        (ASKED, Click(1), False),
        (ASKED, Goto("https://example.org/"), False),
        (replace(ASKED, dialog=JsDialog("prompt", "Name?", open=True)), Dialog(True, "Ada"), True),
        (HUNG, Goto("https://example.org/"), True),
        (HUNG, SwitchTab(1), True),
        (HUNG, Press("Enter"), False),
        (HUNG, Scroll("down"), False),
    ],
)
def test_an_action_is_offered_only_where_it_makes_sense(page: Observation, action: Action, taken: bool) -> None:
    assert accepts(offered(page), unparse(action)) is taken


@pytest.mark.parametrize(
    ("page", "action", "taken"),
    [
        (SEVERAL, Click(1), True),
        (SEVERAL, SwitchTab(1), True),
        (SEVERAL, CloseTab(2), True),
        (SEVERAL, DoubleClick(1), False),
        (SEVERAL, Click(1, held="Control"), False),
        (DRAWN, Click(3), True),
        (DRAWN, Click(3, 20, -7), False),
        (SEVERAL, Drag(1, 2), False),
        (SEVERAL, Upload(2, ("Do",)), False),
        (SEVERAL, NewTab("Do"), False),
        (SEVERAL, Note("Do"), False),
        (ASKED, Dialog(False), True),
        (ASKED, Dialog(True), False),
        (replace(ASKED, dialog=JsDialog("alert", "Saved", open=True)), Dialog(True), True),
    ],
)
def test_the_embedded_model_is_offered_what_it_knows_and_what_must_be(
    page: Observation, action: Action, taken: bool
) -> None:
    assert accepts(offered(page, RefDialect(copies=True)), unparse(action)) is taken


@pytest.mark.parametrize("task", ["Delete it and confirm", "删除并确认"])
def test_a_model_that_copies_accepts_a_dialog_when_the_task_says_so(task: str) -> None:
    assert accepts(RefDialect(copies=True).grammar(task, [], ASKED), unparse(Dialog(True)))


def test_tabs_dialogs_downloads_frames_and_hung_pages_are_shown() -> None:
    items = (
        Element(1, "link", "Home", takes=("Click",)),
        Element(2, "textbox", "Card", "", takes=("Type",), frame="payment"),
        Element(3, "button", "Pay", takes=("Click",), frame="payment"),
        Element(4, "link", "Help", takes=("Click",)),
    )
    files = (Download("bill.pdf", "/tmp/d/bill.pdf", 1234), Download("b.zip", "", 0, "the connection was lost"))
    assert page_text(replace(ASKED, items=items, downloads=files)) == (
        "Page: A  http://localhost/a\n"
        "Tab 1: B  http://localhost/b\n"
        "Tab 2: A  this page\n"
        "[1] link Home\n"
        '[2] Card="" (in frame "payment")\n'
        "[3] Pay\n"
        "[4] link Help (in the page itself)\n"
        'Downloaded: "bill.pdf" 1234 bytes, /tmp/d/bill.pdf\n'
        'Downloaded: "b.zip" not there: the connection was lost\n'
        'Open dialog: confirm "Delete it?"; the page waits for its answer'
    )
    assert "The page hangs: its script does not end." in page_text(HUNG)
