"""Tasks on forms: one sentence names many fields, in any order, with and without their names, in English or Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator

from autoglm.types import Action, Ask, Click, Finish, Type
from training import chrome
from training import fields as f
from training import words as w
from training.episode import Episode, done, gone, missing
from training.words import Rng
from training.world import Node, World, button, text

SUBMIT_EN = "Send|Submit|Send message|Save|Register|Sign up|Continue|Book now|OK|Apply|Place order|Create account|Log in|Sign in|Search|Confirm|Next|Update|Request|Go|Done|Subscribe|Finish|Order|Join".split(
    "|"
)
SUBMIT_ZH = "提交|发送|保存|注册|确定|登录|确认|下一步|完成|预约|下单|搜索|申请|提交表单".split("|")
OTHER_EN = "Reset|Cancel|Clear|Back|Help|Preview|Save draft|Delete|Forgot password?|Upload file|Add another".split("|")
OTHER_ZH = "重置|取消|清空|返回|帮助|预览|保存草稿|忘记密码".split("|")


def thanks(rng: Rng, zh: bool) -> str:
    """What a page says when all went well: never twice the same, so that it is read and not remembered."""
    if zh:
        who = rng.choice([w.zh_person(rng), w.code(rng), w.zh_word(rng)])
        return rng.choice(
            [
                f"谢谢{who}！",
                f"{who}提交成功",
                f"您的{w.zh_phrase(rng, 1, 2)}已发送",
                f"{w.zh_phrase(rng, 1, 2)}保存成功",
                f"注册成功，{who}",
                f"我们已收到您的{w.zh_phrase(rng, 1, 2)}，编号{w.code(rng)}",
                f"{w.zh_phrase(rng, 1, 2)}成功：{w.code(rng)}",
                "提交成功",
                "谢谢！",
                "登录成功",
            ]
        )
    who = rng.choice([w.first_name(rng), w.person(rng)])
    what = rng.choice([w.word(rng), w.phrase(rng, 1, 2).lower()])
    return rng.choice(
        [
            f"Thank you, {who}!", f"Thanks, {who}!", f"Thank you for your {what}.", f"Your {what} was sent.", f"{what.capitalize()} saved", f"We received your {what}.",
            f"Success! Reference {w.code(rng)}", f"{what.capitalize()} placed: {w.code(rng)}", f"Welcome, {who}!", f"Your {what} has been received.", f"{what.capitalize()} confirmed: {w.code(rng)}",
            f"Your {what} is on its way. {w.sentence(rng, 2, 10)}", f"Your {what} was sent to {who}. {w.sentence(rng, 2, 10)}", f"We have received your {what}, {who}: {w.sentence(rng, 2, 8)}", f"Thank you, {who}. {w.sentence(rng, 3, 12)}", f"{w.sentence(rng, 2, 4)} {what} saved {w.sentence(rng, 2, 6)}",
            f"Logged in as {w.handle(rng)}", "Thank you!", "Message sent", "Saved.", "Success", "Done", f"Registration of {who} complete", f"Thank you! {w.sentence(rng, 3, 6)}", f"{what.capitalize()} {rng.choice(['sent', 'received', 'saved', 'complete'])}.",
        ]
    )  # fmt: skip


def form(rng: Rng) -> Episode:
    """A form of one to twelve fields and a sentence that fills some or all of them."""
    zh = rng.random() < 0.28
    page_zh = zh if rng.random() < 0.85 else not zh
    made = make_fields(rng, zh, page_zh, min(12, 1 + int(rng.expovariate(0.28))))
    asked = list(made)
    if len(made) > 1 and rng.random() < 0.35:
        asked = rng.sample(made, rng.randint(1, len(made)))
    if rng.random() < 0.4:
        rng.shuffle(asked)
    submit = button(rng.choice(SUBMIT_ZH if page_zh else SUBMIT_EN) if rng.random() < 0.9 else w.title(rng, page_zh))
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, page_zh), lay_out(rng, page_zh, made, submit))
    sends = rng.random() < 0.75
    absent = rng.random() < 0.06
    lacking = f.text_field(rng, zh, {x.label for x in made}, page_zh) if absent else None
    if lacking:
        asked.insert(rng.randint(0, len(asked)), lacking)
    task = phrase_task(rng, zh, page_zh, asked, submit.name if sends else None)
    answer = prepare_submit(rng, page_zh, world, made, submit, asked)

    def expert() -> Iterator[Action]:
        for field in asked:
            if field is not lacking:
                yield from field.fill(world)
        if lacking:
            yield missing(lacking.label, zh)
            return
        if sends:
            yield Click(world.ref(submit))
            yield from answer(zh)
        yield done(rng, world, zh)

    return Episode(
        world, task, expert(), pools={n: x.pool for x in made for n in x.nodes if x.kind == "text" and x.pool}
    )


def make_fields(rng: Rng, zh: bool, page_zh: bool, count: int) -> list[f.Field]:
    kinds = [
        f.text_field,
        f.typed_field,
        f.choice_field,
        f.several_field,
        f.tick_field,
        f.suggest_field,
        f.stepper_field,
    ]
    weights = [0.52, 0.13, 0.15, 0.05, 0.1, 0.03, 0.02]
    used: set[str] = set()
    made = [rng.choices(kinds, weights)[0](rng, zh, used, page_zh) for _ in range(count)]
    texts = [x for x in made if x.kind == "text" and len(x.nodes) == 1]
    if len(texts) > 1 and rng.random() < 0.15:  # "Billing city" beside "Shipping city", "Name" beside "Name of guest"
        one, other = rng.sample(texts, 2)
        kin = next((n for n in w.alike(rng, [one.label], page_zh) if n != one.label and n not in used), "")
        if kin:
            other.label = other.nodes[0].name = kin
            other.others, other.me = (), ""
    return made


def lay_out(rng: Rng, zh: bool, made: list[f.Field], submit: Node) -> list[Node]:
    body: list[Node] = []
    if rng.random() < 0.5:
        body.append(text("heading", w.title(rng, zh)))
    for field in made:
        body += field.nodes
        if rng.random() < 0.05:
            body += chrome.clutter(rng, zh, 1)
    others = [button(n) for n in rng.sample(OTHER_ZH if zh else OTHER_EN, rng.choice([0, 0, 1, 1, 2]))]
    buttons = [submit, *others]
    if rng.random() < 0.3:
        rng.shuffle(buttons)
    return chrome.surround(rng, zh, body + buttons)


# ---------------------------------------------------------------- what happens on sending


def prepare_submit(rng: Rng, zh: bool, world: World, made: list[f.Field], submit: Node, asked: list[f.Field]):
    """Gives the button its effect, and the expert's way from there to the end."""
    said = thanks(rng, zh)
    more = (
        [text("text", thanks(rng, zh)), *[text(rng.choice(["text", "row"]), f"{x.label} | {x.said}") for x in made[:9]]]
        if rng.random() < 0.35
        else []
    )
    kind = rng.choices(["page", "same", "inline", "nothing", "asks"], [0.4, 0.1, 0.25, 0.13, 0.12])[0]
    free = [
        x
        for x in made
        if x not in asked
        and x.kind == "text"
        and x.nodes[0].value == ""
        and x.nodes[0].type == ""
        and "Type" in (x.nodes[0].takes or ())
    ]
    lacking = rng.choice(free) if kind == "asks" and free else None
    problem = text(rng.choice(["alert", "text", "status"]), _required(rng, zh, lacking.label)) if lacking else None

    def click(world: World) -> None:
        if lacking and problem and not lacking.nodes[0].value:
            world.hide([problem])
            world.show([problem], after=lacking.nodes[0] if rng.random() < 0.5 else submit)
            lacking.nodes[0].state("invalid", True)
            return
        match kind:
            case "page" | "asks":
                world.goto(world.url.split("?")[0].rstrip("/") + "/" + rng.choice(["thanks", "done", "ok", "success"]), chrome.page_title(rng, zh), chrome.surround(rng, zh, [text(rng.choice(["heading", "heading", "status", "text", "text"]), said), *more, *chrome.prose(rng, zh, 2)]))  # fmt: skip
            case "inline":
                world.show(
                    [text(rng.choice(["status", "alert", "text", "heading"]), said)],
                    after=submit if rng.random() < 0.7 else world.nodes[0],
                )
                if rng.random() < 0.3:
                    for field in made:
                        for node in field.nodes:
                            if node.value and "Type" in (node.takes or ()):
                                node.value = ""
            case "same":
                world.goto(world.url, world.title, [text("heading", said)])
            case _:
                pass

    submit.click = click

    def ending(zh: bool) -> Iterator[Action]:
        if lacking:
            yield Ask(f"“{lacking.label}”应填什么？" if zh else f"What should I enter for {lacking.label}?")
            yield Type(world.ref(lacking.nodes[0]), lacking.said)
            yield Click(world.ref(submit))

    world.answer = lacking.said if lacking else ""
    return ending


def _required(rng: Rng, zh: bool, label: str) -> str:
    return (
        rng.choice([f"请填写{label}", f"{label}不能为空", f"{label}为必填项"])
        if zh
        else rng.choice(
            [
                f"{label} is required",
                f"Please fill in {label}.",
                f"Please enter your {label.lower()}",
                f"The field {label} must not be empty",
                "Please fill out this field.",
            ]
        )
    )


# ---------------------------------------------------------------- how people say it


def phrase_task(rng: Rng, zh: bool, page_zh: bool, asked: list[f.Field], submit: str | None) -> str:
    body = _body_zh(rng, asked, page_zh) if zh else _body_en(rng, asked, page_zh)
    if submit is None:
        return body
    return body + (_send_zh if zh else _send_en)(rng, submit, body)


def _send_en(rng: Rng, submit: str, body: str) -> str:
    name = rng.choice(
        [submit, f'"{submit}"', f"'{submit}'", f'the "{submit}" button', f"the {submit} button", f"{submit} button"]
    )
    generic = rng.choice(
        [
            "submit",
            "submit the form",
            "send it",
            "submit it",
            "send the form",
            "send",
            "save",
            "finish by submitting it",
            "confirm",
        ]
    )
    act = (
        generic if rng.random() < 0.4 else f"{rng.choice(['click', 'press', 'click on', 'hit', 'tap', 'push'])} {name}"
    )
    if body.rstrip()[-1:] in ".!?)}" or "\n" in body:
        return (
            rng.choice([" ", "\n" if "\n" in body else " "])
            + rng.choice(["Then ", "Finally ", "Afterwards ", "After that, ", ""]).strip()
            + " "
            + act
            + rng.choice([".", ""])
        )
    return rng.choice([" and ", ", then ", " and then ", "; then ", ", and "]) + act + rng.choice([".", "", ""])


def _send_zh(rng: Rng, submit: str, body: str) -> str:
    act = (
        rng.choice(["提交", "提交表单", "发送", "保存", "确认"])
        if rng.random() < 0.4
        else rng.choice(["点击", "点", "按"]) + rng.choice([f"“{submit}”", submit, f"{submit}按钮", f"「{submit}」"])
    )
    return rng.choice(["，然后", "，最后", "。然后", "，并", "，再", "。最后"]) + act + rng.choice(["。", "", ""])


INTRO_EN = """Fill in the form with |Fill out the form with |Fill the form: |Please fill in this form: |Complete the form with |Fill in |Enter |Enter the following: |Please enter |Put in |
Fill out the contact form with |Register with |Sign up with |Use these details: |Complete the page: |Please complete the form. |Fill in the following information. |I need this form filled: |Log in with |Book with |""".replace("\n", "").split("|")  # fmt: skip
INTRO_ZH = "填写表单：|请填写表单，|用以下信息填写表单：|请填写：|填表：|帮我填写这个表单，|请输入|注册，|填写|请用这些信息注册：|".split(
    "|"
)


def _quote(rng: Rng, value: str, zh: bool = False) -> str:
    if '"' in value:
        return value
    return rng.choice(
        [f"“{value}”", f"「{value}」", f'"{value}"']
        if zh
        else [f'"{value}"', f'"{value}"', f"'{value}'" if "'" not in value else f'"{value}"', f"“{value}”"]
    )


def _body_en(rng: Rng, asked: list[f.Field], page_zh: bool) -> str:
    style = rng.choices(
        ["pairs", "colon", "equals", "lines", "orders", "json", "self", "as", "bare", "mixed"],
        [0.24, 0.14, 0.06, 0.1, 0.15, 0.04, 0.09, 0.07, 0.03, 0.08],
    )[0]
    quoted = rng.random() < (0.4 if style in ("pairs", "orders", "as", "mixed") else 0.12)
    said = [_say(rng, x, page_zh, quoted) for x in asked]
    if style == "json" and all(x.kind in ("text", "choice") for x in asked):
        return rng.choice(["Fill in the form with ", "Use this data: ", "Fill the form from "]) + json.dumps(
            {label: x.said for (label, _), x in zip(said, asked, strict=True)}, ensure_ascii=False
        )
    if style == "lines":
        mark = rng.choice(["", "- ", "* ", "• "])
        lines = [
            f"{mark}{_tick_line(rng, x, label)}"
            if x.kind in ("on", "off")
            else f"{mark}{label}{rng.choice([':', ':', ' =', ' -'])} {value}"
            for x, (label, value) in zip(asked, said, strict=True)
        ]
        return (
            rng.choice(
                [
                    "Fill in the form:",
                    "Fill in the form with these values:",
                    "Please enter:",
                    "Form data:",
                    "Complete the form using:",
                ]
            )
            + "\n"
            + "\n".join(lines)
        )
    if style == "self":
        clauses = [
            x.me.format(x.said) if x.me and x.me.isascii() else _clause(rng, x, *s, "orders")
            for x, s in zip(asked, said, strict=True)
        ]
        clauses = [c[:1].upper() + c[1:] if i == 0 or rng.random() < 0.3 else c for i, c in enumerate(clauses)]
        return (
            rng.choice(
                [
                    "Fill in the form. ",
                    "Please fill in the form for me: ",
                    "Register me. ",
                    "",
                    "Fill this out for me. ",
                ]
            )
            + _join(rng, clauses, [". ", ", ", "; "])
            + rng.choice([".", ""])
        )
    styles = [rng.choice(["pairs", "colon", "orders", "as", "equals"]) if style == "mixed" else style for _ in asked]
    clauses = [_clause(rng, x, *s, one) for x, s, one in zip(asked, said, styles, strict=True)]
    if style == "orders":
        text = _join(rng, clauses, [", ", "; ", ", then ", ". ", " and "])
        return text[:1].upper() + text[1:] if rng.random() < 0.8 else text
    return rng.choice(INTRO_EN) + _join(
        rng, clauses, [", ", ", ", "; "] if style != "colon" else [", ", "; ", " | ", ". "]
    )


def _say(rng: Rng, x: f.Field, page_zh: bool, quoted: bool) -> tuple[str, str]:
    """The label and the value as said."""
    label = x.label
    if x.others and rng.random() < 0.25:
        label = rng.choice(x.others)
    if rng.random() < 0.55 and not page_zh:
        label = label[:1].lower() + label[1:] if not label.isupper() else label
    if rng.random() < 0.05:
        label = f'"{label}"'
    value = x.said
    if x.kind == "choice" and rng.random() < 0.1:
        value = value.lower()
    return label, _quote(rng, value) if quoted and x.kind in ("text", "choice") else value


def _clause(rng: Rng, x: f.Field, label: str, value: str, style: str) -> str:
    if x.kind in ("on", "off"):
        return _tick_line(rng, x, label)
    if x.kind == "several":
        return rng.choice(
            [
                f"select {value} for {label}",
                f"choose {value} under {label}",
                f"check {value}",
                f"{label}: {value}",
                f"select {value}",
            ]
        )
    if x.kind == "choice" and rng.random() < 0.35:
        return rng.choice(
            [
                f"choose {value} for {label}",
                f"select {value} as {label}",
                f"pick {value} from {label}",
                f"select {value} from the {label} list",
                f"set {label} to {value}",
                f"choose {value} as the {label}",
            ]
        )
    match style:
        case "colon":
            return f"{label}: {value}"
        case "equals":
            return f"{label}{rng.choice(['=', ' = '])}{value}"
        case "orders":
            return rng.choice(
                [f"set {label} to {value}", f"enter {value} in {label}", f"type {value} into the {label} field", f"enter {value} into {label}", f"put {value} in the {label} field", f"fill {label} with {value}", f"write {value} in {label}", f"enter {value} as {label}", f"fill in {value} for {label}"]
            )  # fmt: skip
        case "as":
            return rng.choice(
                [f"{value} as {label}", f"{value} for {label}", f"{value} as the {label}", f"{value} ({label})"]
            )
        case "bare" if x.me and rng.random() < 0.6:
            return value
        case _:
            return rng.choice(
                [
                    f"{label} {value}",
                    f"{label} {value}",
                    f"{label} {value}",
                    f"the {label} {value}",
                    f"{label} is {value}",
                    f"{label} as {value}",
                ]
            )


def _tick_line(rng: Rng, x: f.Field, label: str) -> str:
    label = rng.choice(
        [label, label, f'"{label}"', f"the {label} {x.nodes[0].role if x.nodes[0].role == 'switch' else 'box'}"]
    )
    if x.kind == "on":
        return rng.choice(
            [
                f"tick {label}",
                f"check {label}",
                f"enable {label}",
                f"{label}: yes",
                f"turn on {label}",
                f"select {label}",
                f"accept {label}",
                f"mark {label}",
                f"check the {label} checkbox",
                f"{label}: on",
            ]
        )
    return rng.choice(
        [
            f"uncheck {label}",
            f"leave {label} unchecked",
            f"do not tick {label}",
            f"{label}: no",
            f"turn off {label}",
            f"disable {label}",
            f"untick {label}",
            f"don't check {label}",
        ]
    )


def _join(rng: Rng, clauses: list[str], joints: list[str]) -> str:
    if len(clauses) == 1:
        return clauses[0]
    joint = rng.choice(joints)
    last = rng.choice([" and ", ", and ", joint, joint]) if joint == ", " else joint
    return joint.join(clauses[:-1]) + last + clauses[-1]


def _body_zh(rng: Rng, asked: list[f.Field], page_zh: bool) -> str:
    style = rng.choice(["colon", "wei", "plain", "orders", "self", "lines", "quoted"])
    clauses: list[str] = []
    for x in asked:
        label, value = x.label, x.said
        if (x.others and rng.random() < 0.2) or (x.others and not page_zh and rng.random() < 0.6):
            label = rng.choice(x.others)
        if x.kind in ("on", "off"):
            clauses.append(
                rng.choice(
                    [f"勾选{label}", f"勾选“{label}”", f"开启{label}", f"选中{label}"]
                    if x.kind == "on"
                    else [f"不勾选{label}", f"取消勾选“{label}”", f"关闭{label}", f"不要勾选{label}"]
                )
            )
        elif x.kind == "several" or (x.kind == "choice" and rng.random() < 0.4):
            clauses.append(
                rng.choice([f"{label}选择{value}", f"{label}选{value}", f"选择{value}", f"在{label}中选择{value}"])
            )
        elif style == "self" and x.me and not x.me.isascii():
            clauses.append(x.me.format(value))
        else:
            clauses.append({"colon": f"{label}：{value}", "wei": f"{label}为{value}", "plain": f"{label}{value}" if not label[-1:].isascii() else f"{label} {value}", "lines": f"{label}：{value}", "quoted": f"{label}“{value}”", "self": f"{label}是{value}"}.get(style) or rng.choice([f"把{label}填成{value}", f"在{label}中输入{value}", f"{label}填{value}", f"将{label}设为{value}", f"在“{label}”里填写“{value}”"]))  # fmt: skip
    if style == "lines":
        return rng.choice(["请填写表单：", "填写以下内容："]) + "\n" + "\n".join(clauses)
    return rng.choice(INTRO_ZH) + rng.choice(["，", "，", "、", "；"]).join(clauses)


# ---------------------------------------------------------------- kinds of form tasks with a twist


def wizard(rng: Rng) -> Episode:
    """A form over two or three pages, with a button to the next."""
    zh = rng.random() < 0.25
    made = make_fields(rng, zh, zh, rng.randint(2, 7))
    cut = sorted(rng.sample(range(1, len(made)), min(len(made) - 1, rng.randint(1, 2))))
    pages = [made[i:j] for i, j in zip([0, *cut], [*cut, len(made)], strict=True)]
    steps = [
        button(rng.choice(["下一步", "继续"] if zh else ["Next", "Continue", "Next step", "Next >"]))
        for _ in pages[:-1]
    ]
    last = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN))
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, zh), lay_out(rng, zh, pages[0], steps[0]))
    ending = prepare_submit(rng, zh, world, made, last, made)
    for i, step in enumerate(steps):

        def click(world: World, i: int = i) -> None:
            world.goto(world.url, world.title, lay_out(rng, zh, pages[i + 1], [*steps, last][i + 1]))

        step.click = click
    task = phrase_task(
        rng,
        zh,
        zh,
        made,
        last.name if rng.random() < 0.5 else rng.choice(["提交", "完成"] if zh else ["Submit", "Finish"]),
    )

    def expert() -> Iterator[Action]:
        for i, page in enumerate(pages):
            for field in page:
                yield from field.fill(world)
            yield Click(world.ref([*steps, last][i]))
        yield from ending(zh)
        yield done(rng, world, zh)

    return Episode(world, task, expert())


def same_text(rng: Rng) -> Episode:
    """One value in two fields, a value that stands on the page, or a login with a password repeated."""
    zh = rng.random() < 0.2
    value = w.secret(rng) if rng.random() < 0.6 else w.odd(rng) if rng.random() < 0.5 else w.email(rng)
    hidden = rng.random() < 0.5
    kind = "password" if hidden else ""
    pairs = [("Password", "Confirm password"), ("Password", "Verify password"), ("Password", "Repeat"), ("Email", "Confirm email"), ("Text", "Text again"), ("", ""), ("Field 1", "Field 2"), ("New value", "Repeat value")]  # fmt: skip
    first, second = ("密码", "确认密码") if zh else rng.choice(pairs)
    boxes = [f.textbox(name, type=kind) for name in (first, second)]
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN))
    extra = [text("text", w.text(rng, zh))] if rng.random() < 0.3 else []
    world = World(
        rng, chrome.page_url(rng), chrome.page_title(rng, zh), chrome.surround(rng, zh, [*extra, *boxes, submit])
    )
    what = rng.choice(
        [
            "both fields",
            "both text fields",
            "the two fields",
            "both boxes",
            "each of the two inputs",
            f"{first or 'the first'} and {second or 'the second'} fields",
        ]
    )
    if zh:
        task = rng.choice(
            [f"在两个输入框中都输入“{value}”，然后点击{submit.name}", f"密码和确认密码都填{value}，然后{submit.name}"]
        )
    else:
        quoted = _quote(rng, value)
        task = rng.choice(
            [
                f"Type {quoted} into {what}",
                f"Enter {quoted} in {what}",
                f"Fill {what} with {quoted}",
                f"Put the same text {quoted} in {what}",
            ]
        ) + _send_en(rng, submit.name, "x")
    prepare_submit(rng, zh, world, [], submit, [])

    def expert() -> Iterator[Action]:
        for box in boxes:
            yield from f.type_into(box, value)(world)
        yield Click(world.ref(submit))
        yield done(rng, world, zh)

    return Episode(world, task, expert())


def copy_from_page(rng: Rng) -> Episode:
    """A value that stands on the page goes into a field."""
    zh = rng.random() < 0.2
    rows = [
        (
            w.title(rng, zh) if rng.random() < 0.6 else w.person(rng),
            rng.choice([w.phone, w.code, w.email, w.money, w.odd, w.city, w.word])(rng),
        )
        for _ in range(rng.randint(2, 8))
    ]
    rows = list(dict(rows).items())
    key, value = rng.choice(rows)
    shape = rng.choice(["row", "text", "listitem", "split"])
    shown = [
        n
        for k, v in rows
        for n in (
            [text("text", k), text("text", v)]
            if shape == "split"
            else [text(shape, f"{k} | {v}" if shape == "row" else f"{k}: {v}")]
        )
    ]
    box = f.textbox(rng.choice(["", w.title(rng, zh), "Value", "Answer"]))
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN))
    head = [text("row", f"{w.title(rng, zh)} | {w.title(rng, zh)}")] if shape == "row" and rng.random() < 0.5 else []
    parts = [[*head, *shown], [box, submit]]
    if rng.random() < 0.3:
        parts.reverse()
    world = World(
        rng, chrome.page_url(rng), chrome.page_title(rng, zh), chrome.surround(rng, zh, [*parts[0], *parts[1]])
    )
    where = box.name and rng.random() < 0.5
    if zh:
        task = f"把{key}对应的值填入{box.name if where else '输入框'}，然后点击{submit.name}"
    else:
        field = (
            f"the {box.name} field" if where else rng.choice(["the text field", "the box", "the input", "the text box"])
        )
        task = rng.choice(
            [
                f"Enter the value of {key} into {field}",
                f'Find the value for "{key}" and type it into {field}',
                f"Copy what belongs to {key} into {field}",
                f"Look up {key} in the table and put it in {field}",
                f"Type the {key} shown on the page in {field}",
            ]
        ) + _send_en(rng, submit.name, "x")
    prepare_submit(rng, zh, world, [], submit, [])

    def expert() -> Iterator[Action]:
        yield from f.type_into(box, value)(world)
        yield Click(world.ref(submit))
        yield done(rng, world, zh)

    return Episode(world, task, expert())


def focus(rng: Rng) -> Episode:
    """Put the cursor somewhere, nothing more."""
    zh = rng.random() < 0.15
    made = [f.text_field(rng, zh, set(), zh) for _ in range(rng.randint(1, 5))]
    target = rng.choice(made)
    order = ["first", "second", "third", "fourth", "fifth"][made.index(target)]
    nodes = [n for x in made for n in x.nodes]
    if len(made) == 1 and rng.random() < 0.5:
        nodes[0].name = ""
    world = World(
        rng,
        chrome.page_url(rng),
        chrome.page_title(rng, zh),
        nodes + chrome.clutter(rng, zh, 2) if rng.random() < 0.5 else nodes,
    )
    named = (
        f"“{target.label}”输入框"
        if zh
        else rng.choice(
            [
                f"the {target.label} field",
                f'the "{target.label}" box',
                f"the {order} textbox",
                f"the {order} text field",
            ]
        )
    )
    if len(made) == 1 and not zh and rng.random() < 0.7:
        named = rng.choice(["the textbox", "the text field", "the input", "the text box"])
    task = (
        f"{rng.choice(['点击', '聚焦到'])}{named}"
        if zh
        else rng.choice(
            [
                f"Focus {named}",
                f"Put the cursor in {named}",
                f"Click into {named}",
                f"Set the focus on {named}",
                f"Focus into {named}",
            ]
        )
        + rng.choice([".", ""])
    )
    if "textbox" in named or "text field" in named or "input" in named:
        world.nodes = nodes

    def expert() -> Iterator[Action]:
        yield Click(world.ref(target.nodes[0]))
        yield Finish(rng.choice(["完成。"]) if zh else "Done.")

    return Episode(world, task, expert())


def impossible(rng: Rng) -> Episode:
    """What is asked for is not on the page at all."""
    zh = rng.random() < 0.3
    made = make_fields(rng, zh, zh, rng.randint(0, 5))
    world = World(
        rng,
        chrome.page_url(rng),
        chrome.page_title(rng, zh),
        chrome.surround(
            rng, zh, [n for x in made for n in x.nodes] + [button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN))]
        ),
    )
    what = w.title(rng, zh)
    task = rng.choice([f"点击“{what}”", f"点击{what}按钮", f"在{what}中输入{w.code(rng)}", f"打开{what}"] if zh else [f'Click "{what}"', f"Click the {what} button", f"Press {what}", f"Type {w.phrase(rng)} into the {what} field", f"Open the {what} tab", f"Select {w.phrase(rng)} from {what}"])  # fmt: skip

    def expert() -> Iterator[Action]:
        yield missing(what, zh)

    return Episode(world, task, expert()) if not gone(world, what) else form(rng)
