"""Tasks on everything but forms: buttons, tables, lists, dialogs, tabs, menus, search, mail, pages to read and to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autoglm.dialects.ref import quote
from autoglm.types import (
    Action,
    Back,
    Check,
    Click,
    Finish,
    Goto,
    JsDialog,
    Press,
    Scroll,
    ScrollPosition,
    Select,
    Type,
    Wait,
)
from training import chrome
from training import fields as f
from training import words as w
from training.episode import Episode, done
from training.forms import SUBMIT_EN, SUBMIT_ZH, _quote
from training.words import Rng
from training.world import Node, World, button, checkbox, link, text, textbox

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
SHORT = "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th".split()
ZH_ORDINALS = "一二三四五六七八九十"


def world_of(rng: Rng, zh: bool, body: list[Node]) -> World:
    return World(rng, chrome.page_url(rng), chrome.page_title(rng, zh), chrome.surround(rng, zh, body))


def nothing(world: World) -> None:
    pass


def vanish(*nodes: Node) -> Callable[[World], None]:
    return lambda world: world.hide(nodes)


def turn_page(rng: Rng, zh: bool) -> Callable[[World], None]:
    def click(world: World) -> None:
        world.goto(
            chrome.site(rng) + f"/{w.word(rng)}",
            chrome.page_title(rng, zh),
            chrome.surround(
                rng, zh, [text("heading", w.title(rng, zh)), *chrome.prose(rng, zh, 4), *chrome.clutter(rng, zh, 3)]
            ),
        )

    return click


def react(rng: Rng, zh: bool, node: Node) -> None:
    """Gives a button or link some effect, or none."""
    roll = rng.random()
    if roll < 0.45:
        node.click = nothing
    elif roll < 0.7:
        node.click = turn_page(rng, zh)
    elif roll < 0.85:
        said = text(rng.choice(["status", "text", "alert"]), w.text(rng, zh))
        node.click = lambda world: world.show([said], after=node)
    else:
        node.click = vanish(node)


def tell(rng: Rng, zh: bool, what: str, kind: str) -> str:
    """`Click the "Send" button`, in many ways."""
    if zh:
        kind = {"button": "按钮", "link": "链接", "tab": "标签", "menuitem": "菜单", "": ""}.get(kind, "")
        return rng.choice(
            [
                f"点击“{what}”",
                f"点击{what}{kind}",
                f"请点击「{what}」{kind}",
                f"按一下{what}",
                f"点{what}",
                f"打开{what}",
            ]
        )
    name = rng.choice([what, what, f'"{what}"', f"'{what}'", f'"{what}"'])
    kind = kind or rng.choice(["button", "link", "item"])
    return rng.choice([f"Click {name}", f"Click on the {kind} {name}", f"Click the {name} {kind}", f"Press {name}", f"Press the {name} {kind}", f"Click on {name}", f"Open {name}", f"Please click the {kind} {name}", f"Choose {name}", f"Go to {name}", f"Hit {name}", f"Click on the {name} {kind}", f"Use the {kind} labelled {name}", f"click the {kind} named {name}"])  # fmt: skip


def lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def chain(rng: Rng, zh: bool, parts: list[str]) -> str:
    if zh:
        return rng.choice(["，然后", "，再", "。然后"]).join(parts) + rng.choice(["", "。"])
    joint = rng.choice([", then ", " and then ", ". Then ", ", and ", ". After that, ", "; ", ", and afterwards "])
    return joint.join([parts[0], *map(lower, parts[1:])]) + rng.choice(["", "."])


# ---------------------------------------------------------------- clicking


def clicks(rng: Rng) -> Episode:
    """One to four buttons or links, by name, in order."""
    zh = rng.random() < 0.25
    names = w.alike(rng, list(dict.fromkeys(_button_name(rng, zh) for _ in range(rng.randint(1, 12)))), zh)
    nodes = [Node(rng.choice(["button", "button", "link", "menuitem", "generic"]), n, takes=("Click",)) for n in names]
    targets = rng.sample(nodes, min(len(nodes), rng.choice([1, 1, 1, 2, 2, 3, 4])))
    if len(targets) == 1:
        react(rng, zh, targets[0])
    body: list[Node] = []
    for node in nodes:
        body += [node, *chrome.prose(rng, zh, 1)] if rng.random() < 0.3 else [node]
        if rng.random() < 0.06:
            body.append(textbox("", "" if rng.random() < 0.5 else w.word(rng)))
    world = world_of(rng, zh, body)
    task = chain(rng, zh, [tell(rng, zh, n.name, n.role) for n in targets])

    def expert() -> Iterator[Action]:
        for node in targets:
            yield Click(world.ref(node))
        yield done(rng, world, zh) if len(targets) > 1 else Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def _button_name(rng: Rng, zh: bool) -> str:
    if rng.random() < 0.35:
        return rng.choice(SUBMIT_ZH if zh else SUBMIT_EN)
    return w.title(rng, zh) if rng.random() < 0.8 or zh else rng.choice(w.VERBS).capitalize()


def ordinal(rng: Rng) -> Episode:
    """Which of several alike: the third button, the last link, the second "Delete"."""
    zh = rng.random() < 0.2
    role = rng.choice(["button", "link", "checkbox", "textbox", "radio"])
    count = rng.randint(2, 8)
    same = rng.random() < 0.3
    label = _button_name(rng, zh)
    nodes: list[Node] = []
    for _ in range(count):
        name = label if same and role in ("button", "link") else w.title(rng, zh)
        nodes.append(
            {
                "checkbox": checkbox(name),
                "radio": checkbox(name, role="radio", group="g"),
                "textbox": textbox(name if rng.random() < 0.5 else ""),
            }.get(role)
            or Node(role, name, takes=("Click",))
        )
    others = [n for n in chrome.clutter(rng, zh, 4) if n.role != role]
    body: list[Node] = []
    for node in nodes:
        body.append(node)
        if others and rng.random() < 0.4:
            body.append(others.pop())
    at = rng.randrange(count)
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN)) if role != "button" and rng.random() < 0.5 else None
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, zh), [*body, *([submit] if submit else [])])
    kinds = (
        {"button": "按钮", "link": "链接", "checkbox": "复选框", "textbox": "输入框", "radio": "选项"}
        if zh
        else {
            "checkbox": "checkbox",
            "textbox": rng.choice(["textbox", "text field", "input"]),
            "radio": rng.choice(["radio button", "option"]),
        }
    )
    kind = kinds.get(role, role)
    if same and role in ("button", "link"):
        kind = f'"{label}" {kind}' if rng.random() < 0.5 else f"{label} {kind}"
    which = f"第{ZH_ORDINALS[at]}个" if zh else rng.choice([ORDINALS[at], SHORT[at]])
    if at == count - 1 and rng.random() < 0.3:
        which = "最后一个" if zh else "last"
    value = w.odd(rng)
    verb = (
        {"checkbox": "勾选", "radio": "选择", "textbox": f"把“{value}”输入到"}.get(role, "点击")
        if zh
        else {
            "checkbox": rng.choice(["Check", "Tick", "Select", "click"]),
            "radio": rng.choice(["Choose", "Select"]),
            "textbox": f"Enter {_quote(rng, value)} into",
        }.get(role, rng.choice(["Click", "Press", "Click on"]))
    )
    target = nodes[at]
    parts = [f"{verb}{which}{kind}" if zh else f"{verb} the {which} {kind}"]
    if submit:
        parts.append(tell(rng, zh, submit.name, "button"))
    task = chain(rng, zh, parts)

    def expert() -> Iterator[Action]:
        match role:
            case "checkbox" | "radio":
                yield from f.bring(target, True)(world)
            case "textbox":
                yield from f.type_into(target, value)(world)
            case _:
                yield Click(world.ref(target))
        if submit:
            yield Click(world.ref(submit))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


ICONS = "search trash star heart edit close menu settings user cart home download upload print share bell lock eye plus minus check reply forward retweet like delete more pencil gear bin cross envelope phone play pause archive refresh info help".split()
ICON_SAYINGS = {"trash": ["delete", "trash", "remove"], "bin": ["delete", "trash"], "star": ["star", "important", "mark as important", "favourite"], "heart": ["like", "heart"], "pencil": ["edit"], "gear": ["settings"], "cross": ["close", "x"], "envelope": ["mail", "message"], "bell": ["notifications"], "eye": ["show", "view"], "plus": ["add", "plus"], "cart": ["cart", "basket"], "bubble": ["comment"]}  # fmt: skip


def icons(rng: Rng) -> Episode:
    """Buttons without text, known by a word in their class or title."""
    names = rng.sample(ICONS, rng.randint(2, 7))
    target = rng.choice(names)
    shown = {n: rng.choice([n, n, n.capitalize(), f"icon {n}", f"{n} icon"]) for n in names}
    nodes = [
        Node(rng.choice(["button", "button", "link", "generic", "img"]), shown[n], takes=("Click",)) for n in names
    ]
    node = nodes[names.index(target)]
    react(rng, False, node)
    world = world_of(rng, False, nodes)
    said = rng.choice(ICON_SAYINGS.get(target, [target]) + [target])
    task = rng.choice(
        [
            f"Click the {said} icon",
            f"Press the {said} button",
            f"Click on the icon for {said}",
            f"Hit {said}",
            f'Click the "{said}" icon',
        ]
    )

    def expert() -> Iterator[Action]:
        yield Click(world.ref(node))
        yield Finish("Done.")

    return Episode(world, task, expert())


def tabs(rng: Rng) -> Episode:
    """What is wanted lies under another tab, section or menu than the one that is open."""
    zh = rng.random() < 0.2
    role = rng.choice(["tab", "tab", "tab", "button", "link", "treeitem"])
    names = list(
        dict.fromkeys(
            w.title(rng, zh) if rng.random() < 0.7 else f"{rng.choice(['Tab', 'Section', 'Part'])} #{i + 1}"
            for i in range(rng.randint(2, 6))
        )
    )
    panels = [
        [*chrome.prose(rng, zh, 3), *[link(w.phrase(rng, 1, 2)) for _ in range(rng.randint(0, 4))]] for _ in names
    ]
    heads = [
        Node(role, n, states=["selected"] if role == "tab" and i == 0 else [], takes=("Click",))
        for i, n in enumerate(names)
    ]
    if role != "tab":
        for head in heads:
            if rng.random() < 0.7:
                head.states = ["collapsed"]
    at = rng.randrange(len(names))
    shown: list[list[Node]] = [panels[0]] if role == "tab" else []

    def opener(i: int) -> Callable[[World], None]:
        def click(world: World) -> None:
            for old in shown:
                world.hide(old)
            shown[:] = [panels[i]]
            for head in heads:
                if role == "tab":
                    head.states = []
                elif head.states:
                    head.states = ["collapsed"]
            if role == "tab":
                heads[i].states = ["selected"]
            elif heads[i].states:
                heads[i].states = ["expanded"]
            world.show(panels[i], after=heads[-1] if role == "tab" else heads[i])

        return click

    for i, head in enumerate(heads):
        head.click = opener(i)
    world = world_of(rng, zh, [*heads, *(panels[0] if role == "tab" else [])])
    links = [n for n in panels[at] if n.takes]
    goal = rng.choice(["open", "link", "find"]) if links else "open"
    kinds = {"tab": "tab", "button": "section", "link": "section", "treeitem": "folder"}
    if goal == "open":
        task = tell(rng, zh, names[at], "tab" if zh else kinds[role])
    elif goal == "link":
        task = chain(
            rng, zh, [tell(rng, zh, names[at], "tab" if zh else kinds[role]), tell(rng, zh, links[0].name, "link")]
        )
    else:
        task = (
            f"切换各个标签，找到链接{links[0].name}并点击"
            if zh
            else rng.choice(
                [
                    f"Look through the {kinds[role]}s to find the link {_quote(rng, links[0].name)} and click it",
                    f"Open the {kinds[role]} that holds {_quote(rng, links[0].name)} and click on it",
                    f"Expand the sections, find {_quote(rng, links[0].name)} and click on it.",
                ]
            )
        )

    def expert() -> Iterator[Action]:
        if goal == "find":
            for head in heads:
                if links[0] in world.nodes:
                    break
                if "selected" not in head.states:
                    yield Click(world.ref(head))
        elif goal == "open" or links[0] not in world.nodes:
            yield Click(world.ref(heads[at]))
        if goal != "open":
            yield Click(world.ref(links[0]))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def menus(rng: Rng) -> Episode:
    """An item of a menu that opens, perhaps in two levels."""
    zh = rng.random() < 0.2
    tops = [
        Node(rng.choice(["menuitem", "button"]), n, states=["collapsed"], takes=("Click",))
        for n in dict.fromkeys(w.title(rng, zh) for _ in range(rng.randint(1, 5)))
    ]
    items = {
        top: [
            Node("menuitem", n, takes=("Click",))
            for n in dict.fromkeys(w.title(rng, zh) for _ in range(rng.randint(2, 5)))
        ]
        for top in tops
    }
    top = rng.choice(tops)
    item = rng.choice(items[top])
    deep = (
        [Node("menuitem", w.title(rng, zh), takes=("Click",)) for _ in range(rng.randint(2, 4))]
        if rng.random() < 0.3
        else []
    )

    def opener(parent: Node, children: list[Node]) -> Callable[[World], None]:
        def click(world: World) -> None:
            parent.states = ["expanded"]
            world.show(children, after=parent)

        return click

    for parent, children in items.items():
        parent.click = opener(parent, children)
    if deep:
        item.states = ["collapsed"]
        item.click = opener(item, deep)
    world = world_of(rng, zh, [*tops, *chrome.clutter(rng, zh, 3)])
    path = [top, item, *([rng.choice(deep)] if deep else [])]
    if zh:
        task = rng.choice(
            [
                f"在菜单{'、'.join(n.name for n in path[:-1])}中选择{path[-1].name}",
                "，再".join(f"点击{n.name}" for n in path),
            ]
        )
    else:
        task = rng.choice(
            [
                f"Choose {' > '.join(n.name for n in path)}",
                f"Open the {path[0].name} menu and click {' and then '.join(n.name for n in path[1:])}",
                f'Select "{path[-1].name}" from the menu "{path[-2].name}"'
                if len(path) == 2
                else f"Go to {' -> '.join(n.name for n in path)} in the menu",
            ]
        )

    def expert() -> Iterator[Action]:
        for node in path:
            yield Click(world.ref(node))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


# ---------------------------------------------------------------- what lies above the page

CLOSE_EN = "Close|x|×|X|OK|Cancel|Dismiss|No thanks|Accept all|Reject all|Got it|Later|Not now|close|Accept|Decline|Continue".split(
    "|"
)
CLOSE_ZH = "关闭|×|确定|取消|知道了|以后再说|全部接受|拒绝".split("|")


def overlay(rng: Rng, zh: bool) -> tuple[list[Node], Node]:
    """A dialog's or banner's nodes, and the button that closes it."""
    names = rng.sample(CLOSE_ZH if zh else CLOSE_EN, rng.randint(1, 3))
    buttons = [button(n) for n in names]
    words = [text("text", w.text(rng, zh)) for _ in range(rng.randint(0, 2))]
    head = [
        text(
            rng.choice(["dialog", "dialog", "heading", "alertdialog"]),
            w.title(rng, zh)
            if rng.random() < 0.7
            else ("通知" if zh else rng.choice(["We value your privacy", "Cookies", "Subscribe", "Notice", "Welcome"])),
        )
    ]
    nodes = [*head, *buttons[:1], *words, *buttons[1:]] if rng.random() < 0.4 else [*head, *words, *buttons]
    return nodes, rng.choice(buttons)


def dialog(rng: Rng) -> Episode:
    """A dialog to be closed, by name of its button or by whatever closes it."""
    zh = rng.random() < 0.2
    nodes, close = overlay(rng, zh)
    options = [n for n in nodes if n.takes]
    asked = rng.random() < 0.6
    if not asked:
        plain = [
            n
            for n in options
            if n.name.lower() in ("close", "x", "×", "ok", "dismiss", "got it", "关闭", "知道了", "确定")
        ]
        if not plain:
            nodes.append(button("关闭" if zh else rng.choice(["Close", "x", "×", "close"])))
            plain = nodes[-1:]
        close = plain[0]
    for node in nodes:
        if node.takes:
            node.click = vanish(*nodes)
    world = world_of(rng, zh, [*chrome.clutter(rng, zh, 4), *nodes] if rng.random() < 0.5 else nodes)
    if rng.random() < 0.5:
        for node in world.nodes:
            if node.takes and node not in nodes:
                node.states.append("covered")
    if asked:
        task = (
            f"点击对话框里的{close.name}"
            if zh
            else rng.choice(
                [
                    f'Click the "{close.name}" button in the dialog',
                    f"Press {close.name} in the dialog",
                    f'In the dialog, click "{close.name}"',
                    f'Click the button in the dialog box labeled "{close.name}"',
                    f"Answer the dialog with {close.name}",
                ]
            )
        )
    else:
        task = (
            rng.choice(["关闭对话框", "关掉弹窗"])
            if zh
            else rng.choice(
                [
                    "Close the dialog",
                    "Close the dialog box",
                    "Dismiss the popup",
                    "Close the pop-up window",
                    "Get rid of the dialog.",
                    'Close the dialog by clicking the "x"' if close.name in "x×X" else "Close the message",
                ]
            )
        )

    def expert() -> Iterator[Action]:
        yield Click(world.ref(close))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def under_overlay(rng: Rng) -> Episode:
    """Any other task, with a banner in the way that is covered until it is closed."""
    inner = rng.choice([clicks, records, tabs])(rng)
    world = inner.world
    zh = any("一" <= c <= "鿿" for c in inner.task)
    nodes, _ = overlay(rng, zh)
    close = next(n for n in nodes if n.takes)
    hidden = [n for n in world.nodes if n.takes and (rng.random() < 0.8)]
    marked = rng.random() < 0.7

    def dismiss(world: World) -> None:
        world.hide(nodes)
        for node in hidden:
            node.state("covered", False)

    for node in nodes:
        if node.takes:
            node.click = dismiss
    if marked:
        for node in hidden:
            node.state("covered", True)
    world.show(nodes, after=world.nodes[0] if rng.random() < 0.3 else None)
    first = next(inner.expert, None)

    def expert() -> Iterator[Action]:
        if marked:
            yield Click(world.ref(close))
        if first:
            yield first
        yield from inner.expert

    return Episode(world, inner.task, expert())


def told_of_cover(rng: Rng) -> Episode:
    """The click failed because something lies above: close that first."""
    zh = rng.random() < 0.2
    nodes, _ = overlay(rng, zh)
    close = next(n for n in nodes if n.takes)
    target = button(_button_name(rng, zh))
    world = world_of(rng, zh, [*chrome.clutter(rng, zh, 4), target, *nodes])
    for node in nodes:
        if node.takes:
            node.click = vanish(*nodes)
    covered = [True]
    target.click = nothing

    def expert() -> Iterator[Action]:
        yield Click(world.ref(target))
        yield Click(world.ref(close))
        covered[0] = False
        yield Click(world.ref(target))
        yield Finish("完成。" if zh else "Done.")

    return Episode(
        world,
        tell(rng, zh, target.name, "button"),
        expert(),
        fails={0: f"element [{{ref}}] is covered by div {quote(nodes[0].name)}"},
    )


# ---------------------------------------------------------------- records


def _records(rng: Rng, zh: bool) -> tuple[list[str], list[list[str]]]:
    """Column heads and rows; the first column names the row."""
    makers: list[tuple[str, str, Callable[[], str]]] = [
        ("Email", "邮箱", lambda: w.email(rng)), ("Phone", "电话", lambda: w.phone(rng)), ("City", "城市", lambda: w.city(rng)), ("Price", "价格", lambda: w.money(rng)),
        ("Status", "状态", lambda: rng.choice(["已付", "待付", "已取消"] if zh else ["open", "closed", "paid", "pending", "active"])), ("Date", "日期", lambda: w.date(rng).isoformat()),
        ("Quantity", "数量", lambda: str(rng.randint(1, 99))), ("Company", "公司", lambda: w.company(rng)), ("Order", "订单", lambda: w.code(rng)), ("Role", "角色", lambda: w.word(rng)),
        ("Age", "年龄", lambda: str(rng.randint(18, 90))), ("Country", "国家", lambda: rng.choice(w.COUNTRIES)), ("Colour", "颜色", lambda: rng.choice(w.COLOURS)), ("Address", "地址", lambda: w.address(rng)),
    ]  # fmt: skip
    columns = rng.sample(makers, rng.randint(1, 4))
    who = rng.choice(
        [
            ("Name", "姓名", lambda: w.zh_person(rng) if zh else w.person(rng)),
            ("Order", "订单号", lambda: w.code(rng)),
            ("Product", "产品", lambda: w.title(rng, zh)),
            ("User", "用户", lambda: "@" + w.handle(rng)),
            ("First name", "名字", lambda: w.first_name(rng)),
        ]
    )
    if who[0] == "Order":
        columns = [c for c in columns if c[0] != "Order"] or [makers[2]]
    heads = [c[1] if zh else c[0] for c in [who, *columns]]
    rows = {row[0]: row for row in ([c[2]() for c in [who, *columns]] for _ in range(rng.randint(2, 9)))}
    listed = list(rows.values())
    if len(listed) > 2 and rng.random() < 0.35:  # two rows that are easily taken for each other
        first, second = rng.sample(range(len(listed)), 2)
        kin = next((n for n in w.alike(rng, [listed[first][0]], zh) if n not in rows), "")
        if kin:
            listed[second][0] = kin
    return heads, listed


ROW_ACTIONS_EN = "Delete|Edit|View|Open|Archive|Reply|Like|Share|Follow|Buy|Add to cart|Details|Approve|Reject|Cancel|More|Star|Block|Call|Message|Retweet|Remove|Report|Subscribe|Forward|Important|Trash|Mute".split(
    "|"
)
ROW_ACTIONS_ZH = "删除|编辑|查看|打开|回复|点赞|分享|关注|购买|加入购物车|详情|批准|拒绝|取消|更多|转发|收藏".split("|")


def records(rng: Rng) -> Episode:
    """A list or table with the same buttons in each row: the right button of the right row."""
    zh = rng.random() < 0.25
    heads, rows = _records(rng, zh)
    names = rng.sample(ROW_ACTIONS_ZH if zh else ROW_ACTIONS_EN, rng.randint(1, 4))
    if not zh and rng.random() < 0.35:
        names = [rng.choice([n.lower(), n]) for n in names]
    shape = rng.choice(["row", "row", "split", "listitem", "cards", "links"])
    kind = rng.choice(["button", "button", "link", "generic"])
    body: list[Node] = []
    if shape == "row" and rng.random() < 0.7:
        body.append(text("row", " | ".join(heads)))
    acts: list[dict[str, Node]] = []
    ticks: list[Node] = []
    for row in rows:
        nodes = [Node(kind, n, takes=("Click",)) for n in names]
        acts.append(dict(zip(names, nodes, strict=True)))
        ticks.append(checkbox(""))
        match shape:
            case "row":
                body += [text("row", " | ".join(row)), *nodes]
            case "split":
                body += [*[text("text", cell) for cell in row], *nodes]
            case "listitem":
                body += [text("listitem", " ".join(row)), *nodes]
            case "links":
                body += [link(row[0]), *[text("text", cell) for cell in row[1:]], *nodes]
            case _:
                body += [
                    text("heading", row[0]),
                    *[text("text", f"{h}: {c}") for h, c in zip(heads[1:], row[1:], strict=True)],
                    *nodes,
                ]
    at, name = rng.randrange(len(rows)), rng.choice(names)
    row, target = rows[at], acts[at][name]
    column = rng.randrange(len(row)) if rng.random() < 0.4 else 0
    if sum(r[column] == row[column] for r in rows) > 1:
        column = 0
    by = row[column]
    world = world_of(rng, zh, body)
    target.click = (lambda world: world.hide([target])) if rng.random() < 0.3 else nothing
    said = rng.choice([name, name, f'"{name}"', lower(name)])
    if zh:
        task = rng.choice([f"点击{by}这一行的{name}", f"对{by}点击“{name}”", f"{name}{by}", f"找到{by}并点击{name}"])
    else:
        key = rng.choice([by, by, f'"{by}"'])
        task = rng.choice([f"Click {said} for {key}", f"Click {said} in the row of {key}", f"{name.capitalize()} {key}", f"{name.capitalize()} the entry {key}", f"For {key}, click on the {said} button", f"Find {key} and click {said}", f"Press {said} next to {key}", f"Click on the {said} button of {heads[column].lower()} {key}", f"For the user {key}, press {said}", f"In the list, click {said} where the {heads[column].lower()} is {key}", f"Find the item by {key} and click the {lower(name)} icon"])  # fmt: skip

    def expert() -> Iterator[Action]:
        yield Click(world.ref(target))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def several_records(rng: Rng) -> Episode:
    """The same button for several rows (or all that fit), or their boxes ticked, then a button."""
    zh = rng.random() < 0.2
    _, rows = _records(rng, zh)
    name = rng.choice(ROW_ACTIONS_ZH if zh else ROW_ACTIONS_EN)
    ticks = rng.random() < 0.5
    targets = [
        Node("checkbox", r[0] if rng.random() < 0.7 else "", states=["off"], takes=("Check",))
        if ticks
        else button(name, nothing)
        for r in rows
    ]
    body = [
        n
        for r, t in zip(rows, targets, strict=True)
        for n in ([t, text("row", " | ".join(r))] if ticks and rng.random() < 0.5 else [text("row", " | ".join(r)), t])
    ]
    if ticks:
        body = [n for r, t in zip(rows, targets, strict=True) for n in ([t, text("text", r[0])] if not t.name else [t])]
    chosen = rng.sample(range(len(rows)), rng.randint(1, min(4, len(rows))))
    names = [rows[i][0] for i in chosen]
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN)) if ticks else None
    world = world_of(rng, zh, [*body, *([submit] if submit else [])])
    joined = names[0] if len(names) == 1 else ", ".join(names[:-1]) + rng.choice([" and ", ", "]) + names[-1]
    everything = rng.random() < 0.1
    if everything:
        chosen, joined = (
            list(range(len(rows))),
            "全部" if zh else rng.choice(["all of them", "everything", "all entries"]),
        )
    verb = (
        ("选择" if ticks else f"对以下各项点击{name}：")
        if zh
        else (
            rng.choice(["Select ", "Check ", "Tick ", "Mark ", "Choose "])
            if ticks
            else rng.choice([f"Click {name} for ", f"{name} "])
        )
    )
    nothing_chosen = ticks and not everything and rng.random() < 0.06
    if nothing_chosen:
        chosen, joined = [], "什么都不" if zh else "nothing"
    parts = [verb + joined]
    if submit:
        parts.append(tell(rng, zh, submit.name, "button"))

    def expert() -> Iterator[Action]:
        for i in chosen:
            if ticks:
                yield from f.bring(targets[i], True)(world)
            else:
                yield Click(world.ref(targets[i]))
        if submit:
            yield Click(world.ref(submit))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, chain(rng, zh, parts), expert())


def inbox(rng: Rng) -> Episode:
    """Mail: open one, then delete, star, reply or forward."""
    zh = rng.random() < 0.15
    senders = list(
        dict.fromkeys(
            w.zh_person(rng) if zh else rng.choice([w.first_name, w.person])(rng) for _ in range(rng.randint(2, 7))
        )
    )
    mails = [(s, w.title(rng, zh), w.text(rng, zh)) for s in senders]
    at = rng.randrange(len(mails))
    sender, subject, _ = mails[at]
    goal = rng.choice(["delete", "star", "reply", "forward", "open", "delete", "star"])
    in_list = rng.random() < 0.4
    icon = rng.choice(["button", "generic", "img"])
    names = (
        rng.choice(
            [
                ("trash", "star"),
                ("Delete", "Star"),
                ("delete", "important"),
                ("bin", "favourite"),
                ("trash", "important"),
            ]
        )
        if not zh
        else ("删除", "星标")
    )
    body: list[Node] = [text("heading", rng.choice(["Primary", "Inbox", "Mail", "收件箱" if zh else "Messages"]))]
    if rng.random() < 0.4:
        body.append(button(rng.choice(["search", "menu", "Compose"])))
    openers: list[Node] = []
    listed: list[list[Node]] = []
    for s, t, preview in mails:
        shape = rng.choice(["one", "three"])
        opener = Node(
            rng.choice(["button", "link", "generic", "generic", "listitem"]),
            f"{s} {t} {preview[:30]}" if shape == "one" else s,
            takes=("Click",),
        )
        icons = [button(n, role=icon) for n in names] if in_list or rng.random() < 0.3 else []
        openers.append(opener)
        listed.append(icons)
        body += [opener, *([] if shape == "one" else [text("text", t), text("text", preview)]), *icons]
    reply = textbox(rng.choice(["", "Reply", "Message", "回复" if zh else "Body"]))
    to = textbox(rng.choice(["to", "To", "to:", "收件人" if zh else "Recipient"]))
    send = button(rng.choice(["Send", "send", "发送" if zh else "Send mail"]))
    in_mail = {
        "delete": button(names[0]),
        "star": button(names[1]),
        "reply": button(rng.choice(["Reply", "reply", "回复" if zh else "Answer"])),
        "forward": button(rng.choice(["Forward", "forward", "转发" if zh else "Forward"])),
    }
    answer, person = w.text(rng, zh), w.first_name(rng)

    def opened(world: World) -> None:
        world.goto(
            world.url,
            world.title,
            [
                *([button(rng.choice(["Back", "<", "back"]))] if rng.random() < 0.8 else []),
                text("heading", subject),
                text("text", sender),
                text("text", mails[at][2]),
                *rng.sample(list(in_mail.values()), 4),
            ],
        )

    def replying(world: World) -> None:
        world.goto(
            world.url,
            world.title,
            [*([button("Cancel")] if rng.random() < 0.5 else []), text("text", subject), send, reply],
        )

    def forwarding(world: World) -> None:
        world.goto(world.url, world.title, [to, text("text", subject), text("text", mails[at][2]), send])

    for opener in openers:
        opener.click = opened
    in_mail["reply"].click, in_mail["forward"].click = replying, forwarding
    world = World(
        rng,
        chrome.page_url(rng),
        chrome.page_title(rng, zh),
        body if rng.random() < 0.5 else chrome.surround(rng, zh, body),
    )
    by = (
        f"{sender}的邮件"
        if zh
        else rng.choice(
            [
                f"the email by {sender}",
                f"the mail from {sender}",
                f"{sender}'s email",
                f"the message of {sender}",
                f'the email with the subject "{subject}"',
            ]
        )
    )
    task = {
        "delete": f"删除{by}"
        if zh
        else rng.choice(
            [
                f"Delete {by}",
                f"Find {by} and click the {names[0]} icon",
                f"Find {by} and delete it",
                f"Move {by} to the bin",
            ]
        ),
        "star": f"给{by}加星标"
        if zh
        else rng.choice(
            [f"Mark {by} as important", f"Star {by}", f"Find {by} and click the {names[1]} icon to mark it"]
        ),
        "reply": f"回复{by}：“{answer}”"
        if zh
        else rng.choice(
            [
                f'Reply to {by} with the text "{answer}"',
                f'Find {by} and reply to them with "{answer}"',
                f"Answer {by}: {answer}",
            ]
        ),
        "forward": f"把{by}转发给{person}"
        if zh
        else rng.choice(
            [f"Forward {by} to {person}", f"Find {by} and forward it to {person}", f"Send {by} on to {person}"]
        ),
        "open": f"打开{by}" if zh else rng.choice([f"Open {by}", f"Read {by}"]),
    }[goal]

    def expert() -> Iterator[Action]:
        icons = {"delete": 0, "star": 1}
        if goal in icons and listed[at]:
            yield Click(world.ref(listed[at][icons[goal]]))
        else:
            yield Click(world.ref(openers[at]))
            if goal != "open":
                yield Click(world.ref(in_mail[goal]))
            if goal == "reply":
                yield from f.type_into(reply, answer)(world)
            if goal == "forward":
                yield from f.type_into(to, person)(world)
            if goal in ("reply", "forward"):
                yield Click(world.ref(send))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def post_menu(rng: Rng) -> Episode:
    """Posts with a row of icons each, some behind a "more" button that opens a menu."""
    split = rng.random() < 0.5
    users = list(dict.fromkeys("@" + w.handle(rng) for _ in range(rng.randint(2, 6))))
    icons = rng.sample(["reply", "retweet", "like", "more", "share", "bookmark", "comment", "save"], rng.randint(2, 4))
    if "more" not in icons:
        icons.append("more")
    inside = rng.sample(
        [
            "Share via DM",
            "Copy link",
            "Embed",
            "Mute",
            "Block",
            "Report",
            "Pin",
            "Follow",
            "Hide",
            "Translate",
            "Copy text",
        ],
        rng.randint(2, 5),
    )
    kind = rng.choice(["button", "link", "img", "generic"])
    body: list[Node] = []
    rows: list[dict[str, Node]] = []
    for user in users:
        nodes = {n: Node(kind, n, takes=("Click",), click=nothing) for n in icons}
        rows.append(nodes)
        head = (
            [text("text", w.person(rng)), text("text", user)]
            if split
            else [text("text", f"{w.first_name(rng)} {user} {rng.randint(1, 23)}h ago")]
        )
        body += [*head, text("text", w.sentence(rng)), *nodes.values()]
    at = rng.randrange(len(users))
    menu = [
        Node(rng.choice(["menuitem", "listitem", "link", "button"]), n, takes=("Click",), click=nothing) for n in inside
    ]
    for row in rows:
        row["more"].click = lambda world, row=row: world.show(menu, after=row["more"])
    deep = rng.random() < 0.45
    name = rng.choice(inside) if deep else rng.choice([n for n in icons if n != "more"])
    said = rng.choice([name, f'"{name}"', name.capitalize()])
    world = world_of(rng, False, body)
    task = rng.choice(
        [
            f"For the user {users[at]}, click on the {said} button",
            f"{name.capitalize()} the post by {users[at]}",
            f"Click {said} on the post of {users[at]}",
            f"Find {users[at]} and press {said}",
            f"For {users[at]}'s post, choose {said}",
        ]
    ) + rng.choice(["", "."])

    def expert() -> Iterator[Action]:
        if deep:
            yield Click(world.ref(rows[at]["more"]))
            yield Click(world.ref(menu[inside.index(name)]))
        else:
            yield Click(world.ref(rows[at][name]))
        yield Finish("Done.")

    return Episode(world, task, expert())


# ---------------------------------------------------------------- looking up


def read(rng: Rng) -> Episode:
    """A question that the page answers."""
    zh = rng.random() < 0.25
    heads, rows = _records(rng, zh)
    at, column = rng.randrange(len(rows)), rng.randrange(1, len(heads))
    shape = rng.choice(["row", "row", "split", "colon"])
    body: list[Node] = [text("row", " | ".join(heads))] if shape == "row" else []
    for row in rows:
        if shape == "row":
            body.append(text("row", " | ".join(row)))
        elif shape == "colon":
            body += [
                text("heading", row[0]),
                *[text(rng.choice(["text", "listitem"]), f"{h}: {c}") for h, c in zip(heads[1:], row[1:], strict=True)],
            ]
        else:
            body += [
                text("text", row[0]),
                *[n for h, c in zip(heads[1:], row[1:], strict=True) for n in (text("text", h), text("text", c))],
            ]
    if rng.random() < 0.3:
        body += chrome.clutter(rng, zh, 4)
    world = world_of(rng, zh, body)
    what, who = heads[column], rows[at][0]
    if zh:
        task = rng.choice([f"{who}的{what}是什么？", f"查一下{who}的{what}", f"告诉我{who}的{what}"])
    else:
        task = rng.choice(
            [
                f"What is the {what.lower()} of {who}?",
                f"Tell me the {what.lower()} of {who}",
                f"Find the {what.lower()} for {who}",
                f"Look up {who}'s {what.lower()}",
                f"Which {what.lower()} does {who} have?",
                f"Read the {what.lower()} of {who} from the page.",
            ]
        )

    def expert() -> Iterator[Action]:
        yield Finish(rows[at][column])

    return Episode(world, task, expert())


def paged(rng: Rng) -> Episode:
    """A book or list that shows one or a few entries a page: turn pages until it is there."""
    zh = rng.random() < 0.15
    heads, rows = _records(rng, zh)
    each = rng.choice([1, 1, 2, 3])
    pages = [rows[i : i + each] for i in range(0, len(rows), each)]
    names = {
        i: rng.choice([(">", "<"), ("Next", "Previous"), ("next", "prev"), ("»", "«"), ("Next page", "Previous page")])
        if not zh
        else ("下一页", "上一页")
        for i in (0,)
    }[0]
    forward, back = link(names[0]), link(names[1])
    numbers = rng.random() < 0.4
    at = rng.randrange(len(rows))
    as_link = rng.random() < 0.6
    kind = rng.choice(["link", "generic", "button"])
    column = rng.randrange(1, len(heads))
    shown: list[list[Node]] = []
    cells: dict[int, list[Node]] = {}
    for page in pages:
        nodes: list[Node] = []
        for row in page:
            values = [Node(kind, c, takes=("Click",), click=nothing) if as_link else text("text", c) for c in row[1:]]
            cells[rows.index(row)] = values
            labels = rng.random() < 0.8
            nodes += [
                text("heading" if rng.random() < 0.5 else "text", row[0]),
                *[n for h, v in zip(heads[1:], values, strict=True) for n in ([text("text", h), v] if labels else [v])],
            ]
        shown.append(nodes)
    now = [0]

    def turn(by: int) -> Callable[[World], None]:
        def click(world: World) -> None:
            old, new = now[0], max(0, min(len(pages) - 1, now[0] + by))
            if old != new:
                place = world.nodes.index(shown[old][0])
                world.hide(shown[old])
                world.nodes[place:place] = shown[new]
                now[0] = new

        return click

    forward.click, back.click = turn(1), turn(-1)
    pager = [back, *([link(str(i + 1)) for i in range(len(pages))] if numbers else []), forward]
    world = world_of(rng, zh, [*shown[0], *pager])
    who, what = rows[at][0], heads[column]
    if zh:
        task = f"在列表中找到{who}，点击其{what}" if as_link else f"找到{who}的{what}"
    elif as_link:
        task = rng.choice(
            [
                f"Find {who} in the list and click on their {what.lower()}",
                f"Look for {who} and click the {what.lower()}",
                f"Click on the {what.lower()} of {who}",
                f"Find {who} in the contact book and click on the {what.lower()}.",
            ]
        )
    else:
        task = rng.choice(
            [
                f"Find the {what.lower()} of {who}",
                f"What is {who}'s {what.lower()}?",
                f"Look through the pages for {who} and tell me the {what.lower()}",
            ]
        )

    def expert() -> Iterator[Action]:
        while at not in range(now[0] * each, now[0] * each + len(pages[now[0]])):
            yield Click(world.ref(forward))
        if as_link:
            yield Click(world.ref(cells[at][column - 1]))
            yield Finish("完成。" if zh else "Done.")
        else:
            yield Finish(rows[at][column])

    return Episode(world, task, expert())


def search(rng: Rng) -> Episode:
    """Type a query, press search, open the n-th result, perhaps pages on; or find a named one."""
    zh = rng.random() < 0.2
    box = textbox(
        rng.choice(["", "搜索" if zh else "Search", "Search the site", "Query"]),
        role=rng.choice(["textbox", "searchbox"]),
    )
    go = button(rng.choice(["搜索", "查询"] if zh else ["Search", "Go", "Find", "search", "Search!"]))
    query = w.zh_phrase(rng, 1, 2) if zh else w.person(rng) if rng.random() < 0.3 else w.phrase(rng, 1, 3)
    total, each = rng.randint(2, 12), rng.choice([2, 3, 3, 4, 5])
    titles = list(dict.fromkeys(rng.choice([w.title(rng, zh), w.person(rng)]) for _ in range(total)))
    results = [link(t, turn_page(rng, zh) if rng.random() < 0.5 else nothing) for t in titles]
    detailed = rng.random() < 0.7
    pages = [results[i : i + each] for i in range(0, len(results), each)]
    forward = link(rng.choice([">", "Next", "»", "next", "More results", "下一页" if zh else "Next page"]))
    numbers = [link(str(i + 1)) for i in range(len(pages))]
    numbered = rng.random() < 0.6
    prose = {
        r: ([text("text", f"http://{w.word(rng)}.com")] if rng.random() < 0.5 else []) + [text("text", w.text(rng, zh))]
        for r in results
    }
    now = [-1]
    shown: list[Node] = []

    def show(i: int) -> Callable[[World], None]:
        def click(world: World) -> None:
            world.hide(shown)
            now[0] = i
            shown[:] = [n for r in pages[i] for n in ([r, *prose[r]] if detailed else [r])]
            if len(pages) > 1:
                shown.extend(
                    [
                        *(numbers if numbered else []),
                        *([forward] if i < len(pages) - 1 and (not numbered or rng.random() < 0.7) else []),
                    ]
                )
            world.show(shown, after=go if go in world.nodes else box)

        return click

    go.click = show(0)
    for i, n in enumerate(numbers):
        n.click = show(i)
    forward.click = lambda world: show(now[0] + 1)(world)
    by_enter = rng.random() < 0.12
    world = world_of(rng, zh, [box] if by_enter else [box, go])
    at = rng.randrange(len(results))
    named = rng.random() < 0.3
    q = _quote(rng, query, zh) if rng.random() < 0.7 else query
    result = results[at]
    if zh:
        task = f"搜索{q}，然后{'点击' + result.name if named else f'打开第{at + 1}个结果'}"
    else:
        which = rng.choice([ORDINALS[at] if at < 10 else f"{at + 1}th", SHORT[at] if at < 10 else f"{at + 1}th"])
        how = rng.choice(
            [
                f"Search for {q}",
                f"Enter {q} in the search box and press {go.name}",
                f'Type {q} into the textbox and click "{go.name}"',
                f"Look up {q} with the search",
            ]
        )
        then = (
            f"click on {result.name}"
            if named
            else rng.choice(
                [
                    f"click the {which} search result",
                    f"open the {which} result",
                    f"find and click the {which} result",
                    f"go to result number {at + 1}",
                ]
            )
        )
        task = f"{how}{rng.choice([' and ', ', then ', '. Then '])}{then}{rng.choice(['', '.'])}"

    def expert() -> Iterator[Action]:
        yield from f.type_into(box, query)(world)
        if by_enter:
            yield Press("Enter")
            show(0)(world)
            world.observation()
        else:
            yield Click(world.ref(go))
        while result not in world.nodes:
            target = at // each
            if numbered and numbers[target] in world.nodes and not named:
                yield Click(world.ref(numbers[target]))
            else:
                yield (
                    Click(world.ref(forward))
                    if forward in world.nodes
                    else Click(world.ref(numbers[min(now[0] + 1, len(pages) - 1)]))
                )
        yield Click(world.ref(result))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def starts_with(rng: Rng) -> Episode:
    """A field with suggestions, of which only the beginning (and end) is told."""
    options = list(
        dict.fromkeys(
            rng.choice([w.city, w.syllables, w.word])(rng).capitalize()
            if rng.random() < 0.7
            else rng.choice(w.COUNTRIES)
            for _ in range(rng.randint(3, 8))
        )
    )
    options = [o for o in options if len(o) > 3] or ["Testland"]
    wanted = rng.choice(options)
    cut = rng.randint(2, min(4, len(wanted) - 1))
    start, end = wanted[:cut], wanted[-rng.randint(1, 3) :]
    matching = [o for o in options if o.startswith(start)]
    both = len(matching) > 1 or rng.random() < 0.5
    if both and sum(o.startswith(start) and o.endswith(end) for o in options) > 1:
        options = [o for o in options if o == wanted or not o.startswith(start)]
    label = rng.choice(["", "Tags", "Country", "City", "Item", "Name", w.title(rng, False)])
    box = Node(rng.choice(["textbox", "combobox"]), label, "", takes=("Click", "Type"))
    role = rng.choice(["option", "listitem", "menuitem", "link"])
    items = [Node(role, o, takes=("Click",)) for o in options if o.startswith(start)]
    for item in items:

        def click(world: World, item: Node = item) -> None:
            box.value = item.name
            world.hide(items)

        item.click = click
    submit = button(rng.choice(SUBMIT_EN))
    box.typed = lambda world: world.show(items, after=box if rng.random() < 0.5 else world.nodes[-1])
    world = world_of(rng, False, [box, submit])
    clause = (
        f'that starts with "{start}" and ends with "{end}"'
        if both
        else rng.choice([f'that starts with "{start}"', f'beginning with "{start}"'])
    )
    task = rng.choice(
        [
            f"Enter an item {clause}",
            f"Choose the suggestion {clause}",
            f"Pick an entry {clause}",
            f"Fill in {label or 'the field'} with something {clause}",
        ]
    ) + rng.choice([" and submit", f', then click "{submit.name}"', f" and press {submit.name}.", "", "."])

    def expert() -> Iterator[Action]:
        yield Type(world.ref(box), start)
        yield Click(world.ref(next(i for i in items if i.name == wanted)))
        yield Click(world.ref(submit))
        yield Finish("Done.")

    return Episode(world, task, expert())


# ---------------------------------------------------------------- going places, waiting, scrolling


def go_to(rng: Rng) -> Episode:
    """An address in the task, from a blank page or another site, and then something there."""
    zh = rng.random() < 0.2
    inner = rng.choice([clicks, records, read, dialog])(rng)
    address = w.url(rng)
    then = inner.world
    world = World(
        rng,
        "about:blank" if rng.random() < 0.7 else chrome.page_url(rng),
        "",
        [] if rng.random() < 0.7 else [text("heading", w.title(rng, zh)), *chrome.clutter(rng, zh, 3)],
    )
    only = rng.random() < 0.25
    start = (
        rng.choice([f"打开{address}", f"访问 {address} "])
        if zh
        else rng.choice(
            [
                f"Go to {address}",
                f"Open {address}",
                f"Visit {address}",
                f"On {address}",
                f"Navigate to {address}",
                f"At {address}",
            ]
        )
    )
    task = (
        start
        if only and not start.startswith(("On", "At"))
        else f"{start}{'，' if zh else rng.choice([' and ', ', then ', ', ']) if not start.startswith(('On', 'At')) else ', '}{lower(inner.task)}"
    )
    only = task == start

    def expert() -> Iterator[Action]:
        yield Goto(address)
        if only:
            yield Finish("完成。" if zh else "Done.")
            return
        then.url = address
        world.__dict__.update({k: v for k, v in then.__dict__.items() if k not in ("refs", "next_ref")})
        world.refs, world.next_ref = {}, 1
        world.observation()
        for action in inner.expert:
            yield _renumber(action, then, world)

    return Episode(world, task, expert())


def _renumber(action: Action, old: World, new: World) -> Action:
    """The action on the node's number in the world that took over."""
    match action:
        case Click(ref):
            return Click(new.ref(old.node(ref)))
        case Type(ref, content):
            return Type(new.ref(old.node(ref)), content)
        case Check(ref, on):
            return Check(new.ref(old.node(ref)), on)
        case Select(ref, options):
            return Select(new.ref(old.node(ref)), options)
        case _:
            return action


def scroll_for(rng: Rng) -> Episode:
    """What is wanted is not among the lines shown, but more can be scrolled to."""
    zh = rng.random() < 0.2
    target = button(_button_name(rng, zh)) if rng.random() < 0.6 else link(w.title(rng, zh))
    world = world_of(rng, zh, chrome.clutter(rng, zh, 8) + chrome.prose(rng, zh, 4))
    world.more = True
    height = rng.randint(1500, 9000)
    world.scroll = ScrollPosition(0, 0, 1280, height)
    need = rng.randint(1, 3)
    task = tell(rng, zh, target.name, target.role)

    def expert() -> Iterator[Action]:
        for i in range(need):
            yield Scroll("down")
            world.scroll = ScrollPosition(0, min(height - 720, (i + 1) * 612), 1280, height)
            world.show(chrome.clutter(rng, zh, 4))
        world.show([target, *chrome.prose(rng, zh, 2)])
        world.more = rng.random() < 0.5
        world.observation()
        yield Click(world.ref(target))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())


def wait_for(rng: Rng) -> Episode:
    """The page is still loading and holds nothing of what is wanted yet."""
    inner = rng.choice([clicks, records])(rng)
    world = inner.world
    nodes, world.nodes = (
        world.nodes,
        [text(rng.choice(["text", "status"]), rng.choice(["Loading…", "Please wait", "加载中", "Loading results..."]))],
    )
    world.settled = False

    def expert() -> Iterator[Action]:
        yield Wait(2)
        world.nodes, world.settled = nodes, True
        world.observation()
        yield from inner.expert

    return Episode(world, inner.task, expert())


def js_confirm(rng: Rng) -> Episode:
    """A browser dialog was dismissed on the way: the task cannot be done this way, and is told so."""
    zh = rng.random() < 0.25
    target = button(
        rng.choice(
            ["删除", "清空", "注销"] if zh else ["Delete", "Delete account", "Remove all", "Reset", "Clear data"]
        )
    )
    question = rng.choice(
        ["确定要删除吗？", "此操作不可恢复，继续？"]
        if zh
        else ["Are you sure?", "Delete this for ever?", "Really do this?", "This cannot be undone. Continue?"]
    )
    world = world_of(rng, zh, [*chrome.clutter(rng, zh, 4), target])

    def click(world: World) -> None:
        world.dialog = JsDialog("confirm", question)

    target.click = click

    def expert() -> Iterator[Action]:
        yield Click(world.ref(target))
        yield Finish(
            f"页面询问“{question}”，该对话框已被关闭。"
            if zh
            else f'The page asked "{question}" and the dialog was dismissed.',
            success=False,
        )

    return Episode(world, tell(rng, zh, target.name, "button"), expert())


def back_again(rng: Rng) -> Episode:
    """Look at a page and go back, as told."""
    target = link(w.phrase(rng), turn_page(rng, False))
    after = link(w.phrase(rng), nothing)
    home = chrome.surround(rng, False, [target, after, *chrome.clutter(rng, False, 3)])
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, False), home)
    url, title = world.url, world.title
    task = chain(
        rng,
        False,
        [
            tell(rng, False, target.name, "link"),
            rng.choice(["Go back", "Return to the previous page"]),
            tell(rng, False, after.name, "link"),
        ],
    )

    def expert() -> Iterator[Action]:
        yield Click(world.ref(target))
        yield Back()
        world.goto(url, title, home)
        world.observation()
        yield Click(world.ref(after))
        yield Finish("Done.")

    return Episode(world, task, expert())


def refused_repeat(rng: Rng) -> Episode:
    """Told that the last step changed nothing when repeated: it was enough, so finish."""
    inner = rng.choice([clicks, records, dialog])(rng)

    def expert() -> Iterator[Action]:
        last: Action | None = None
        for action in inner.expert:
            if isinstance(action, Finish) and last:
                yield action
                return
            last = action
            yield action

    return Episode(inner.world, inner.task, expert(), repeats=True)
