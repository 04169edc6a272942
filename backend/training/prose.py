"""Forms whose task is said as one says it to a person: values in a sentence, hardly a label named. And orders by position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autoglm.types import Action, Click, Finish, Press
from training import chrome
from training import fields as f
from training import words as w
from training.episode import Episode, done
from training.forms import SUBMIT_EN, SUBMIT_ZH, _quote, lay_out, prepare_submit
from training.pages import ORDINALS, SHORT, ZH_ORDINALS, chain, tell
from training.words import Rng
from training.world import Node, World, button, checkbox, select, text, textbox


@dataclass(frozen=True)
class Slot:
    """One value of a sentence: the labels its field may have, and how its values are made."""

    labels: str
    make: Callable[[Rng], str]
    kind: str = "text"
    """`text`, `date`, `time`, `number`, `password`, or `list`: a native list that holds the value among others."""


def _some(*values: str) -> Callable[[Rng], str]:
    return lambda rng: rng.choice(values)


def _year(rng: Rng) -> str:
    return str(rng.randint(1900, 2035))


def _topic(rng: Rng) -> str:
    return w.phrase(rng, 1, 3).lower()


PERSON = Slot("Name|Guest name|Passenger|Contact|Full name|Who", w.person)
CITY = Slot("City|Town|Place|Where|Location|Destination", w.city)
DATE = Slot("Date|Day|When|On", lambda r: "", "date")
TIME = Slot("Time|At|Start|Hour", lambda r: "", "time")
COUNT = Slot(
    "Guests|People|Persons|Number of guests|Passengers|Quantity|Tickets", lambda r: str(r.randint(1, 12)), "number"
)
YEAR = Slot("Year|Release year|Year of publication|Published|From year|Date of release", _year)
GENRE = Slot(
    "Genre|Category|Kind|Type|Section",
    _some(
        *"fantasy crime romance history science travel cooking poetry satire horror mystery memoir sports jazz rock folk opera puzzle racing strategy art".split()
    ),
)

SENTENCES: list[tuple[str, tuple[Slot, ...], str, str]] = [
    ("Search|Find flights|Book|Go", (Slot("From|Origin|Departure city|Leaving from|Departure", w.city), Slot("To|Destination|Arrival city|Going to|Arrival", w.city), DATE, COUNT),
     "Book a flight from {0} to {1} on {2}|Find flights from {0} to {1} on {2} for {3} people|I want to fly to {1} from {0} on {2}|Search a flight leaving {0} for {1} on {2} with {3} passengers|Get me from {0} to {1} on {2}", "订一张{2}从{0}到{1}的机票|查询从{0}飞往{1}的航班，日期{2}，{3}人"),
    ("Search|Find|Book", (CITY, Slot("Check-in|Arrival|From", lambda r: "", "date"), Slot("Check-out|Departure|Until|To", lambda r: "", "date"), COUNT),
     "Find a hotel in {0} from {1} to {2}|Book a room in {0} for {3} people from {1} until {2}|I need a hotel in {0}, arriving {1}, leaving {2}, for {3} guests", "预订{0}的酒店，{1}入住，{2}离店|找一家{0}的酒店，从{1}到{2}，{3}位客人"),
    ("Search|Go|Find|Go!|Look up", (Slot("Author|Author name|Writer|Written by", w.last_name), YEAR, GENRE),
     "Find {2} books by {0} from {1}|Search for {2} novels written by {0} in {1}|Look for {2} books of the author {0} published in {1}|Show {2} titles by {0} that came out in {1}|I am looking for {2} stories from {1} by {0}", "查找{0}在{1}年出版的{2}书籍|搜索{1}年{0}写的{2}小说"),
    ("Search|Play|Find|Go", (Slot("Artist|Singer|Band|Performer", w.person), Slot("Album|Record", w.phrase), YEAR, GENRE),
     "Look for {3} songs by {0} on the album {1}|Play {1} by {0} from {2}|Find the {3} album {1} of {0} released in {2}|Search {3} music performed by {0} in {2}", "播放{0}{2}年的专辑{1}|搜索{0}的{3}歌曲"),
    ("Search|Find|Go", (Slot("Studio|Developer|Made by|Company", lambda r: w.last_name(r)), YEAR, GENRE, Slot("Platform|System", _some("PC", "Switch", "PlayStation", "Xbox", "mobile"))),
     "Show {2} games made by {0} in {1}|Find {2} games for {3} from the studio {0}|Search {2} games developed by {0} from {1}|List {3} games of {0}", "找{0}在{1}年开发的{2}游戏"),
    ("Apply|Search jobs|Send", (Slot("Position|Job title|Role|Job", lambda r: f"{w.word(r)} {r.choice(['manager', 'engineer', 'clerk', 'designer'])}"), CITY, Slot("Company|Employer", w.company)),
     "Search jobs as {0} in {1}|Apply as {0} at {2} in {1}|Find a {0} position in {1}|I want to work as {0} for {2}", "在{1}找一份{0}的工作|申请{2}的{0}职位"),
    ("Save|Create|Schedule|Add", (Slot("With|Participant|Attendee|Invite", w.person), Slot("Subject|Topic|Title|About", _topic), DATE, TIME),
     "Schedule a meeting with {0} about {1} on {2} at {3}|Set up a call with {0} on {2} at {3} about {1}|Create an appointment called {1} on {2} at {3} with {0}|Meet {0} on {2} to talk about {1}", "安排{2}{3}与{0}的会议，主题是{1}|{2}{3}约{0}开会讨论{1}"),
    ("Send|Send mail|Send message", (Slot("To|Recipient|Send to", w.email), Slot("Subject|Title", lambda r: w.phrase(r, 1, 4)), Slot("Message|Text|Body|Content", w.sentence)),
     "Send an email to {0} with the subject {1} saying {2}|Write to {0}: {2}|Mail {0} about {1} with the text {2}|Compose a message to {0}, subject {1}, text {2}", "给{0}发邮件，主题{1}，内容：{2}|写信给{0}：{2}"),
    ("Send|Transfer|Pay", (Slot("Recipient|Payee|To|Account holder", w.person), Slot("Amount|Sum|Total", w.money), Slot("Reference|Purpose|Note|Description", lambda r: r.choice([w.code, w.phrase])(r))),
     "Transfer {1} to {0} with the reference {2}|Pay {0} {1} for {2}|Send {1} to {0}|Send {0} the amount of {1}, purpose {2}", "转账{1}给{0}，备注{2}|付给{0}{1}"),
    ("Reserve|Book a table|Book", (Slot("Restaurant|Place|Venue", w.phrase), COUNT, DATE, TIME),
     "Reserve a table at {0} for {1} on {2} at {3}|Book a table for {1} people on {2} at {3}|I need a table for {1} at {0} on {2}", "在{0}预订{2}{3}{1}人的座位|{2}{3}订{1}个位子"),
    ("Rent|Search|Find cars", (Slot("Car|Car type|Vehicle|Class", _some("compact", "SUV", "van", "limousine", "convertible", "truck")), CITY, Slot("Pick-up|From|Start", lambda r: "", "date"), Slot("Return|Until|End|Drop-off", lambda r: "", "date")),
     "Rent a {0} in {1} from {2} until {3}|I need a {0} in {1} from {2} to {3}|Get a {0} for {2} to {3} in {1}", "在{1}租一辆{0}，从{2}到{3}"),
    ("Order|Add to cart|Buy", (Slot("Product|Item|Article|What", w.phrase), COUNT, Slot("Colour|Color|Finish", lambda r: r.choice(w.COLOURS))),
     "Order {1} of {0} in {2}|Buy {1} pieces of {0} in {2}|I want {1} {2} {0}|Put {1} times {0} in {2} into the cart", "订购{1}个{2}的{0}|买{1}件{0}，颜色{2}"),
    ("Log in|Login|Sign in|Enter", (Slot("Username|User name|User|Login|Email|Account", w.handle), Slot("Password|Passcode|PIN", w.secret, "password")),
     "Log in as {0} with password {1}|Sign in with {0} and {1}|Log in with the user {0} and the password {1}|Use {0} / {1} to log in|Enter the user {0} and password {1}, then log in|Type the username {0} and the password {1} and sign in|Login: {0}, password: {1}", "用{0}登录，密码{1}|用户名{0}密码{1}登录|以{0}的身份登录，口令是{1}"),
    ("Save|Register|Add", (Slot("Name|Pet name|Child's name|First name", w.first_name), Slot("Species|Animal|Kind|Type", _some("dog", "cat", "rabbit", "parrot", "horse", "hamster")), Slot("Born|Date of birth|Birthday", lambda r: "", "date")),
     "Register the {1} {0}, born {2}|Add my {1} called {0}, born on {2}|My {1} is named {0}, its birthday is {2}", "登记名叫{0}的{1}，生日{2}"),
    ("Send|Post|Publish", (Slot("Product|Item|Title", w.phrase), Slot("Stars|Rating|Score", lambda r: str(r.randint(1, 5)), "number"), Slot("Review|Comment|Your opinion|Text", w.sentence)),
     "Write a review for {0} giving {1} stars: {2}|Rate {0} with {1} and say {2}|Give {0} {1} stars and comment {2}", "给{0}打{1}分，评论：{2}"),
    ("Translate|Go", (Slot("Text|Source text|Phrase", _topic), Slot("From|Source language", _some("English", "German", "French", "Spanish", "Japanese", "Italian"), "list"), Slot("To|Into|Target language", _some("Chinese", "Dutch", "Korean", "Polish", "Greek", "Hindi"), "list")),
     "Translate {0} from {1} to {2}|What is {0} in {2}? Translate it from {1}|Turn the {1} text {0} into {2}", "把{0}从{1}翻译成{2}"),
    ("Show|Search|Go", (CITY, DATE), "Show the weather in {0} on {1}|What will the weather be in {0} on {1}?|Forecast for {0} on {1}", "查{0}{1}的天气"),
    ("Search|Find|Go", (Slot("What|Keyword|Search|Looking for|Query", _topic), CITY), "Find {0} near {1}|Search for {0} in {1}|Look for {0} around {1}", "在{1}找{0}|搜索{1}的{0}"),
]  # fmt: skip


def natural(rng: Rng) -> Episode:
    """Values in a sentence; the fields are found by what the values are. What is requested is also sent."""
    zh = rng.random() < 0.15
    verb, slots, english, chinese = rng.choice(SENTENCES)
    template = rng.choice((chinese if zh else english).split("|"))
    used: set[str] = set()
    made = [_field(rng, slot, used) for slot in slots]
    said = [_quote(rng, x.said) if not zh and rng.random() < 0.12 else x.said for x in made]
    task = template.format(*said)
    asked = sorted((i for i in range(len(slots)) if f"{{{i}}}" in template), key=lambda i: template.index(f"{{{i}}}"))
    shown = list(made)
    rng.shuffle(shown)
    if rng.random() < 0.2:
        shown.append(f.text_field(rng, False, used, False))
    submit = button(rng.choice(verb.split("|")))
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, False), lay_out(rng, False, shown, submit))
    if rng.random() < 0.4:
        task += (
            rng.choice(
                [f" and click {submit.name}", f", then press {submit.name}", f'. Press "{submit.name}".', " and submit"]
            )
            if not zh
            else f"，然后点击{submit.name}"
        )
    else:
        task += rng.choice(["", ".", ""]) if not zh else ""
    prepare_submit(rng, False, world, made, submit, made)

    def expert() -> Iterator[Action]:
        for i in asked:
            yield from made[i].fill(world)
        yield Click(world.ref(submit))
        yield done(rng, world, zh)

    return Episode(world, task, expert())


def _field(rng: Rng, slot: Slot, used: set[str]) -> f.Field:
    label = rng.choice([x for x in slot.labels.split("|") if x not in used] or [w.phrase(rng)])
    used.add(label)
    if slot.kind == "date":
        day = w.date(rng)
        if rng.random() < 0.75:
            return _typed(textbox(label, type="date"), label, day.isoformat(), f.say_date(rng, day, False))
        form, value = rng.choice(
            [("mm/dd/yyyy", f"{day:%m/%d/%Y}"), ("dd/mm/yyyy", f"{day:%d/%m/%Y}"), ("yyyy-mm-dd", day.isoformat())]
        )
        return _typed(textbox(label, hint=form), label, value, rng.choice([value, day.isoformat()]))
    if slot.kind == "time":
        clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
        return _typed(textbox(label, type="time"), label, clock, f._say_clock(rng, clock))
    value = slot.make(rng)
    if slot.kind == "list" or (slot.kind == "text" and slot.make == GENRE.make and rng.random() < 0.4):
        options = list(dict.fromkeys([value, *(slot.make(rng) for _ in range(4))]))
        rng.shuffle(options)
        node = select(label, ["", *options] if rng.random() < 0.5 else options, "")
        node.value = node.options[0]
        return f.Field(label, value, [node], f.choose(node, (value,)), kind="choice")
    if slot.kind == "number":
        return _typed(
            textbox(label, rng.choice(["", "1", ""]), role="spinbutton" if rng.random() < 0.6 else "textbox"),
            label,
            value,
            value,
        )
    return _typed(
        textbox(label, type="password" if slot.kind == "password" and rng.random() < 0.8 else ""), label, value, value
    )


def _typed(node: Node, label: str, value: str, said: str) -> f.Field:
    return f.Field(label, said, [node], f.type_into(node, value))


# ---------------------------------------------------------------- orders by position


def in_order(rng: Rng) -> Episode:
    """Two to five orders of different kinds, carried out as they are said: sliders, boxes, lists, fields, buttons."""
    zh = rng.random() < 0.15
    makers = [_slider, _nth_check, _nth_check, _nth_radio, _list, _text, _named_check]
    chosen = rng.sample(makers, rng.randint(1, 4))
    parts = [make(rng, zh) for make in dict.fromkeys(chosen)]
    nodes = [n for part in rng.sample(parts, len(parts)) for n in part[0]]
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN)) if rng.random() < 0.85 else None
    extra = [button(n) for n in rng.sample(["Yes", "No", "Maybe", "Reset", "Cancel", "Skip"], rng.choice([0, 0, 1, 2]))]
    tail = [*extra, *([submit] if submit else [])]
    rng.shuffle(tail)
    body = [*nodes, *tail]
    world = World(
        rng,
        chrome.page_url(rng),
        chrome.page_title(rng, zh),
        [*body, *chrome.prose(rng, zh, 3)] if rng.random() < 0.3 else body,
    )
    said = [part[1] for part in parts]
    if submit:
        said.append(
            rng.choice([tell(rng, zh, submit.name, "button"), f"hit {submit.name}" if not zh else f"点{submit.name}"])
        )
    task = (
        chain(rng, zh, said)
        if rng.random() < 0.6
        else (
            ", ".join([said[0], *(x[:1].lower() + x[1:] for x in said[1:-1])])
            + (f", then {said[-1][:1].lower()}{said[-1][1:]}" if len(said) > 1 else "")
            if not zh
            else "，".join(said)
        )
    )
    if submit:
        prepare_submit(rng, zh, world, [], submit, [])

    def expert() -> Iterator[Action]:
        for part in parts:
            yield from part[2](world)
        if submit:
            yield Click(world.ref(submit))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


Part = tuple[list[Node], str, Callable[[World], Iterator[Action]]]


def _which(rng: Rng, at: int, zh: bool) -> str:
    return f"第{ZH_ORDINALS[at]}个" if zh else rng.choice([ORDINALS[at], SHORT[at], SHORT[at]])


def _slider(rng: Rng, zh: bool) -> Part:
    """A drawn slider, moved by arrow keys: nameless, or named by its class; what it holds stands beside it."""
    target, now = rng.randint(-10, 15), rng.randint(-10, 15)
    if abs(target - now) > 12:
        now = target + rng.randint(-8, 8)
    shown = text("text", str(now))
    shown.style = "live"
    handle = Node(
        rng.choice(["slider", "generic", "generic", "button"]),
        rng.choice(["", "slider handle", "handle", "slider", "Volume"]),
        takes=("Click",),
    )
    if handle.role == "slider" and rng.random() < 0.5:
        handle.value = str(now)

    def fill(world: World) -> Iterator[Action]:
        value = now
        while value != target:
            value += 1 if target > value else -1
            step = value

            def move(world: World, step: int = step) -> None:
                shown.name = str(step)
                if handle.value is not None:
                    handle.value = str(step)

            handle.click = move
            yield Press("ArrowRight" if step > (int(shown.name)) else "ArrowLeft", world.ref(handle))

    said = (
        f"用滑块选择{target}"
        if zh
        else rng.choice(
            [
                f"Set the slider to {target}",
                f"Select {target} with the slider",
                f"Move the slider to {target}",
                f"Put the slider on {target}",
                f"Choose {target} using the slider",
            ]
        )
    )
    return [handle, shown] if rng.random() < 0.7 else [shown, handle], said, fill


def _nth_check(rng: Rng, zh: bool) -> Part:
    name = rng.choice(["", "checkbox", "Option", "Box"])
    boxes = [checkbox(name if name in ("", "checkbox") else f"{name} {i + 1}") for i in range(rng.randint(2, 6))]
    at = rng.randrange(len(boxes))
    verb = "勾选" if zh else rng.choice(["Check", "Click", "Tick", "Select"])
    return (
        boxes,
        f"{verb}{_which(rng, at, zh)}复选框" if zh else f"{verb} the {_which(rng, at, zh)} checkbox",
        f.bring(boxes[at], True),
    )


def _named_check(rng: Rng, zh: bool) -> Part:
    boxes = [checkbox(n) for n in dict.fromkeys(w.title(rng, zh) for _ in range(rng.randint(2, 5)))]
    box = rng.choice(boxes)
    return (
        boxes,
        f"勾选{box.name}"
        if zh
        else rng.choice([f"Check {box.name}", f'Tick "{box.name}"', f"Select the {box.name} checkbox"]),
        f.bring(box, True),
    )


def _nth_radio(rng: Rng, zh: bool) -> Part:
    group = f"g{rng.random()}"
    named = rng.random() < 0.5
    radios = [
        checkbox(w.title(rng, zh) if named else rng.choice(["", "radio", str(i + 1)]), role="radio", group=group)
        for i in range(rng.randint(2, 6))
    ]
    at = rng.randrange(len(radios))
    if named and rng.random() < 0.5:
        return radios, f"选择{radios[at].name}" if zh else f"Choose {radios[at].name}", f.bring(radios[at], True)
    return (
        radios,
        f"选择{_which(rng, at, zh)}单选按钮"
        if zh
        else f"{rng.choice(['Select', 'Click', 'Choose'])} the {_which(rng, at, zh)} radio button",
        f.bring(radios[at], True),
    )


def _list(rng: Rng, zh: bool) -> Part:
    options = list(
        dict.fromkeys(
            rng.choice([w.title(rng, zh), rng.choice(w.COUNTRIES), w.first_name(rng), str(rng.randint(1, 500))])
            for _ in range(rng.randint(3, 9))
        )
    )
    wanted = rng.choice(options)
    node = select(rng.choice(["", "", w.title(rng, zh)]), options, options[0])
    return (
        [node],
        f"在列表中选择{wanted}"
        if zh
        else rng.choice(
            [
                f"Choose {wanted} from the list",
                f"Select {wanted} from the dropdown",
                f"Pick {wanted} in the drop-down list",
                f"Select {wanted}",
            ]
        ),
        f.choose(node, (wanted,)),
    )


def _text(rng: Rng, zh: bool) -> Part:
    boxes = [textbox(rng.choice(["", w.title(rng, zh)])) for _ in range(rng.choice([1, 1, 2, 3]))]
    at = rng.randrange(len(boxes))
    value = w.odd(rng) if rng.random() < 0.5 else w.phrase(rng)
    q = _quote(rng, value, zh)
    where = (
        ("输入框" if len(boxes) == 1 else f"{_which(rng, at, zh)}输入框")
        if zh
        else (
            rng.choice(["the textbox", "the text field", "the box"])
            if len(boxes) == 1
            else f"the {_which(rng, at, zh)} {rng.choice(['textbox', 'text field', 'input'])}"
        )
    )
    said = (
        f"在{where}输入{q}"
        if zh
        else rng.choice([f"Enter {q} into {where}", f"Type {q} in {where}", f"Write {q} into {where}"])
    )
    return boxes, said, f.type_into(boxes[at], value)
