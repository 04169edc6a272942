"""What a run saw change, as conditions; and whether they hold on another page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from autoglm.changes import changes, outcomes, steady
from autoglm.conditions import (
    AddressIs,
    Answered,
    Condition,
    ControlGone,
    CountIs,
    DialogSaid,
    Downloaded,
    FieldHolds,
    TextGone,
    TextShown,
    TitleIs,
    describe,
    follow,
    holds,
)
from autoglm.types import (
    Click,
    Download,
    Element,
    JsDialog,
    Observation,
    Response,
    Step,
    Text,
    Type,
    Wait,
)

AT = datetime(2026, 11, 21, 14, 30).astimezone().timestamp()
MAIL = Element(1, "textbox", "Mail", "", takes=("Type",))
SEND = Element(2, "button", "Send", takes=("Click",))
FORM = Observation("http://x/contact", "Contact", (Text("heading", "Contact us"), MAIL, SEND), at=AT)


def shown(*items: Element | Text, url: str = FORM.url, title: str = FORM.title) -> Observation:
    return Observation(url, title, items, at=AT)


def test_a_field_holds_what_was_typed_and_the_target_finds_it() -> None:
    after = replace(FORM, items=(Text("heading", "Contact us"), replace(MAIL, value="ada@x.org"), SEND))
    (found,) = changes(FORM, after, 1)
    assert found == FieldHolds("textbox", "Mail", "ada@x.org", own=True)
    assert holds(found, after)
    assert not holds(found, FORM)


def test_what_a_password_field_holds_is_not_told() -> None:
    secret = Element(3, "textbox", "Password", "", type="password")
    assert changes(shown(secret), shown(replace(secret, value="•••")), 3) == ()


def test_a_new_page_is_told_by_its_address_title_heading_and_what_was_typed_before() -> None:
    before = shown(replace(MAIL, value="ada@x.org"), SEND)
    after = shown(
        Text("heading", "Thank you"),
        Text("text", "We write to ada@x.org soon."),
        Text("text", "Northlight was founded in 1999."),
        url="http://x/thanks",
        title="Thanks",
    )
    assert changes(before, after, 2) == (
        AddressIs("http://x/thanks"),
        TitleIs("Thanks"),
        TextShown("heading", "Thank you"),
        TextShown("text", "We write to ada@x.org soon."),
    )


def test_on_the_same_page_messages_rows_and_counts_are_told() -> None:
    rows = [Text("row", f"{who} | open") for who in ("Ada", "Grace", "Mary")]
    before, after = shown(*rows, SEND), shown(Text("status", "Deleted"), *rows[:2], SEND)
    found = changes(before, after)
    assert found == (CountIs("row", 2), TextGone("row", "Mary | open"), TextShown("status", "Deleted"))
    assert all(holds(each, after) and not holds(each, before) for each in found)


def test_a_button_that_is_gone_is_told() -> None:
    assert changes(shown(SEND), shown(Text("text", "Sent."))) == (
        ControlGone("button", "Send"),
        TextShown("text", "Sent."),
    )


def test_downloads_dialogs_and_what_was_sent_are_told() -> None:
    after = replace(
        FORM,
        dialog=JsDialog("confirm", "Sure?", open=True),
        downloads=(Download("a.csv", "/tmp/a.csv", 3),),
        responses=(Response("GET", "http://x/news", 200), Response("POST", "http://x/orders/17/pay", 201)),
    )
    assert changes(FORM, after) == (
        DialogSaid("confirm", "Sure?"),
        Downloaded("a.csv"),
        Answered("POST", "http://x/orders/…/pay", 201),
    )
    assert all(holds(each, after) for each in changes(FORM, after))


def test_what_is_of_the_moment_stands_for_anything() -> None:
    assert steady("Saved at 14:30", AT) == "Saved at …"
    assert steady("Today is November 21, 2026.", AT) == "Today is …."
    assert steady("Order 4f9a8c7b6d5e placed", AT) == "Order … placed"
    assert steady("Meet at 09:15 on 2026-12-24 for 12.50 €", AT) == "Meet at 09:15 on 2026-12-24 for 12.50 €"
    saved = TextShown("status", "Saved at …")
    assert holds(saved, shown(Text("status", "Saved at 09:41")))
    assert not holds(saved, shown(Text("status", "Failed at 09:41")))


def test_a_number_in_an_address_is_made_up_unless_it_was_there() -> None:
    after = replace(FORM, url="http://x/orders/1042/?from=contact&t=1763735400")
    (found,) = changes(replace(FORM, url="http://x/orders/"), after)
    assert found == AddressIs("http://x/orders/…/?from=contact")
    assert holds(found, replace(FORM, url="http://x/orders/7/?t=9&from=contact"))
    assert not holds(found, replace(FORM, url="http://x/login/?next=/orders/7/"))


def test_a_line_that_changes_by_itself_is_not_told() -> None:
    def look(visitors: int, *more: Text) -> Observation:
        return shown(Text("text", f"{visitors} visitors"), SEND, *more)

    steps = [
        Step(0, look(1), action=Wait(1), outcome="waited"),
        Step(1, look(2), action=Click(2), outcome="clicked"),
        Step(2, look(3, Text("text", "Sent."))),
    ]
    assert outcomes(steps) == ((), (TextShown("text", "Sent."),), ())


def test_a_mistake_has_no_outcome() -> None:
    after = shown(replace(MAIL, value="x"))
    assert outcomes([Step(0, FORM, action=Type(1, "x"), error="no", mistake=True), Step(1, after)]) == ((), ())


def test_a_line_that_is_broken_elsewhere_still_holds() -> None:
    said = TextShown("text", "Thank you, Ada")
    assert holds(said, shown(Text("text", "Thank you,"), Text("text", "Ada")))
    assert holds(TextShown("row", "Ada | open"), shown(Text("cell", "Ada"), Text("cell", "open")))
    assert not holds(TextShown("text", "1 item"), shown(Text("text", "11 items")))
    assert not holds(TextShown("status", "deleted"), shown(Text("status", "not deleted")))


def test_conditions_follow_another_value() -> None:
    values = {"ada@x.org": "b@x.org", "2": "3"}
    told: list[tuple[Condition, Condition]] = [
        (TextShown("text", "We write to ada@x.org."), TextShown("text", "We write to b@x.org.")),
        (AddressIs("http://x/?m=ada%40x.org"), AddressIs("http://x/?m=b%40x.org")),
        (FieldHolds("spinbutton", "Pieces", "2", own=True), FieldHolds("spinbutton", "Pieces", "3", own=True)),
        (TextShown("text", "Room 2"), TextShown("text", "Room 2")),
    ]
    assert [follow(before, values) for before, _ in told] == [after for _, after in told]


def test_every_condition_is_told_in_words() -> None:
    assert describe(TextGone("row", "Ada | open")) == "the page no longer shows row 'Ada | open'"
