"""Form fields of all kinds: what stands on the page, what a person says of it, and the actions that fill it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autoglm.types import Action, Check, Click, Press, Select, Type
from training import words as w
from training.words import Rng
from training.world import Node, World, button, checkbox, select, text, textbox


@dataclass(eq=False)
class Field:
    label: str
    """As the page writes it."""
    said: str
    """The value as the person says it."""
    nodes: list[Node]
    fill: Callable[[World], Iterator[Action]]
    """The actions that bring it to the value; none when it holds it already."""
    kind: str = "text"
    """`text`, `choice` (one of listed), `on`, `off`, `several`."""
    others: tuple[str, ...] = ()
    """Other names for the label that a person may use."""
    me: str = ""
    """How a person says it of themselves, without the label: `my name is {}`."""
    pool: tuple[str, ...] = field(default_factory=tuple[str, ...])
    """More values of the kind, for wrong turns."""


def type_into(node: Node, value: str) -> Callable[[World], Iterator[Action]]:
    shown = "•" * len(value) if node.type == "password" else value

    def fill(world: World) -> Iterator[Action]:
        while node in world.nodes and node.value != shown:
            yield Type(world.ref(node), value)

    return fill


def choose(node: Node, values: tuple[str, ...]) -> Callable[[World], Iterator[Action]]:
    def fill(world: World) -> Iterator[Action]:
        while node.value != ", ".join(values):
            yield Select(world.ref(node), values)

    return fill


def bring(node: Node, on: bool) -> Callable[[World], Iterator[Action]]:
    def fill(world: World) -> Iterator[Action]:
        while ("on" in node.states) != on:
            yield Check(world.ref(node), on)

    return fill


# ---------------------------------------------------------------- text fields

# labels in English | in Chinese, maker of values, input type, hints, how one says it of oneself
Maker = Callable[[Rng, bool], str]


def _en(make: Callable[[Rng], str]) -> Maker:
    return lambda rng, zh: make(rng)


TEXTS: list[tuple[str, str, Maker, str, str]] = [
    ("Name|Full name|Your name|Contact name|Name of guest|Applicant", "姓名|名字|您的姓名|联系人|收件人", lambda r, zh: w.zh_person(r) if zh else w.person(r), "", "my name is {}|I am {}|I'm {}|我叫{}|我是{}|姓名{}"),
    ("First name|Given name|Forename", "名", lambda r, zh: w.first_name(r), "", "my first name is {}"),
    ("Last name|Surname|Family name", "姓", lambda r, zh: w.ZH_SURNAMES[r.randrange(40)] if zh else w.last_name(r), "", "my last name is {}|my surname is {}"),
    ("Email|E-mail|Email address|E-mail address|Work email|Your email|Contact email|Mail", "邮箱|电子邮箱|邮箱地址|电子邮件|工作邮箱", _en(w.email), "", "my email is {}|my e-mail address is {}|you can reach me at {}|write to me at {}|mail me at {}|邮箱是{}|我的邮箱是{}"),
    ("Phone|Phone number|Telephone|Mobile|Mobile number|Tel.|Contact number|Cell phone", "电话|手机|手机号|联系电话|手机号码", w.phone, "", "my phone number is {}|call me at {}|my number is {}|手机是{}|电话{}"),
    ("Username|User name|Login|User|Nickname|Account name|User ID", "用户名|账号|昵称|登录名", _en(w.handle), "", "my username is {}|user {}|用户名是{}|账号{}"),
    ("Password|New password|Your password|Passphrase|PIN", "密码|登录密码|新密码", _en(w.secret), "password", "my password is {}|password {}|密码是{}|密码{}"),
    ("Company|Company name|Organisation|Organization|Employer|Business name", "公司|公司名称|单位|组织", lambda r, zh: w.zh_phrase(r, 2, 2) + r.choice(["有限公司", "科技", "集团"]) if zh else w.company(r), "", "I work at {}|my company is {}|I work for {}|公司是{}"),
    ("Job title|Position|Role|Occupation|Profession", "职位|职务|职业", lambda r, zh: w.zh_word(r) + r.choice(["经理", "工程师", "专员"]) if zh else f"{w.word(r)} {r.choice(['manager', 'engineer', 'clerk', 'lead', 'designer'])}", "", "I am a {}|I work as {}"),
    ("City|Town|City of residence|Place", "城市|所在城市|市", lambda r, zh: r.choice(w.ZH_CITIES) if zh else w.city(r), "", "I live in {}|my city is {}|I am from {}|我住在{}|城市是{}"),
    ("Address|Street|Street address|Address line 1|Shipping address|Delivery address", "地址|详细地址|收货地址|街道", lambda r, zh: w.zh_address(r) if zh else w.address(r), "", "my address is {}|I live at {}|地址是{}"),
    ("Postal code|ZIP|ZIP code|Postcode|Zip / Postal code", "邮编|邮政编码", lambda r, zh: w.digits(r, 5, 6) if zh or r.random() < 0.6 else w.code(r), "", "my zip code is {}|邮编是{}"),
    ("State|Region|Province|County", "省份|地区|省", lambda r, zh: r.choice(w.ZH_CITIES) if zh else w.city(r), "", ""),
    ("Country|Nationality", "国家|国籍", lambda r, zh: r.choice(["中国", "日本", "德国", "法国", "美国"]) if zh else r.choice(w.COUNTRIES), "", "I am from {}"),
    ("Website|Homepage|URL|Web site|Link", "网站|网址|主页|链接", _en(w.url), "", "my website is {}|网站是{}"),
    ("Subject|Title|Topic|Headline|Regarding", "主题|标题|题目", lambda r, zh: w.zh_phrase(r, 2, 4) if zh else w.phrase(r, 1, 5), "", ""),
    ("Message|Your message|Comment|Comments|Description|Notes|Details|Remarks|Feedback|Bio|About you|Additional information|How can we help?", "留言|备注|评论|描述|内容|说明|反馈|详细说明", lambda r, zh: w.zh_sentence(r) if zh else (w.sentence(r) if r.random() < 0.7 else f"{w.sentence(r)} {w.sentence(r)}"), "", ""),
    ("Order number|Reference|Invoice number|Ticket ID|Serial number|Booking code|Customer number|Voucher|Coupon code|Tracking number", "订单号|发票号|编号|优惠码|快递单号|客户编号", _en(w.code), "", "my order number is {}|订单号是{}"),
    ("Search|Search term|Keyword|Query|Find", "搜索|关键词|关键字", lambda r, zh: w.zh_phrase(r) if zh else w.phrase(r), "", ""),
    ("Amount|Price|Budget|Total|Cost", "金额|价格|预算", _en(w.money), "", "my budget is {}|预算是{}"),
    ("Tag|Label|Category|Keyword|Alias|Colour|Brand|Model|Product|Item|Destination|From|To|Author|Director|Artist|Publisher|Genre", "标签|类别|品牌|型号|产品|目的地|出发地|作者|导演|歌手", lambda r, zh: w.zh_phrase(r) if zh else (w.phrase(r) if r.random() < 0.6 else w.odd(r)), "", ""),
    ("Card number|Account number|IBAN|Tax ID|Passport number|Year|Age", "卡号|银行账号|税号|护照号|年份|年龄", lambda r, zh: w.digits(r, 2, 16), "", ""),
]  # fmt: skip


def text_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    labels_en, labels_zh, make, type_, me = rng.choice(TEXTS) if rng.random() < 0.75 else _made_up(rng)
    labels = [x for x in (labels_zh if page_zh else labels_en).split("|") if x not in used] or [w.title(rng, page_zh)]
    label = rng.choice(labels)
    used.update(labels if len(labels) < 9 else [label])
    value = w.odd(rng) if rng.random() < 0.06 and not type_ else make(rng, zh)
    if type_ == "password" and rng.random() < 0.15:
        type_ = ""
    node = textbox(
        decorate(rng, label), "", role="searchbox" if "earch" in label and rng.random() < 0.5 else "textbox", type=type_
    )
    roll = rng.random()
    if roll < 0.18:
        node.hint = rng.choice(
            [f"e.g. {make(rng, page_zh)}", f"Enter {label.lower()}", make(rng, page_zh), "Optional", "..."]
        )
    if rng.random() < 0.3:
        node.states.append("required")
    if rng.random() < 0.06 and not type_:
        node.value = value if rng.random() < 0.3 else make(rng, zh)
    mine = [m for m in me.split("|") if m and (m.isascii() != zh)]
    others = (
        tuple(x for x in labels if x != label) if page_zh == zh else tuple((labels_zh if zh else labels_en).split("|"))
    )
    if "Tag|" in labels_en or "Card" in labels_en or "Order" in labels_en or not others:
        others = ()
    return Field(
        label,
        value,
        [node],
        type_into(node, value),
        others=others,
        me=rng.choice(mine) if mine else "",
        pool=(make(rng, zh), value[: len(value) // 2 + 1]),
    )


def _made_up(rng: Rng) -> tuple[str, str, Maker, str, str]:
    """A label no table foresees."""
    label = rng.choice(
        [
            w.phrase(rng, 1, 3),
            f"{w.word(rng).capitalize()} {rng.choice(['name', 'number', 'code', 'type', 'ID', 'text', '1', '2', 'value'])}",
        ]
    )
    make = rng.choice(
        [
            _en(w.word),
            _en(w.code),
            _en(w.odd),
            _en(w.phrase),
            _en(w.syllables),
            lambda r, zh: w.digits(r, 1, 6),
            _en(w.person),
            _en(w.letters),
        ]
    )
    return label, w.zh_phrase(rng, 1, 3), make, "", ""


def decorate(rng: Rng, label: str) -> str:
    """The label as pages write it: `Name *`, `Name:`, `name`."""
    roll = rng.random()
    if roll < 0.1:
        return label + rng.choice([" *", ":", "：", " (required)", " (optional)", "*"])
    return label.lower() if roll < 0.13 else label


# ---------------------------------------------------------------- dates, numbers, colours

MONTHS = "January February March April May June July August September October November December".split()


def say_date(rng: Rng, day: datetime.date, zh: bool) -> str:
    if zh and rng.random() < 0.7:
        return f"{day.year}年{day.month}月{day.day}日"
    month = MONTHS[day.month - 1]
    return rng.choice(
        [
            day.isoformat(),
            day.isoformat(),
            f"{day.day} {month} {day.year}",
            f"{month} {day.day}, {day.year}",
            f"{month[:3]} {day.day}, {day.year}",
            f"{day.month}/{day.day}/{day.year}",
            f"{day.month:02d}/{day.day:02d}/{day.year}",
            f"{day.day:02d}.{day.month:02d}.{day.year}",
            f"{day.year}/{day.month:02d}/{day.day:02d}",
        ]
    )


DATE_LABELS = (
    "Date|Start date|End date|Birthday|Date of birth|Arrival|Departure|Due date|Check-in|Check-out|Delivery date|Deadline",
    "日期|开始日期|结束日期|生日|出生日期|入住日期|到达日期|截止日期",
)
TIME_LABELS = (
    "Time|Start time|End time|Pick-up time|Alarm|Appointment time|Opening time",
    "时间|开始时间|结束时间|取车时间|预约时间",
)
NUMBER_LABELS = (
    "Quantity|Guests|Number of guests|Age|Tickets|Rooms|Adults|Children|Copies|Seats|Years of experience|Amount|Pages|Weight|Width",
    "数量|人数|年龄|张数|房间数|成人|儿童|份数|座位",
)
RANGE_LABELS = (
    "Volume|Brightness|Satisfaction|Rating|Budget|Level|Opacity|Speed|Priority|Score|Distance|Temperature",
    "音量|亮度|满意度|评分|预算|级别|速度|优先级",
)
COLOR_NAMES = {
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "black": "#000000",
    "white": "#ffffff",
    "yellow": "#ffff00",
}


def _label(rng: Rng, labels: tuple[str, str], zh: bool, used: set[str]) -> str:
    free = [x for x in labels[zh].split("|") if x not in used] or [w.title(rng, zh)]
    if rng.random() < 0.15:
        free = [w.title(rng, zh)]
    label = rng.choice(free)
    used.add(label)
    return label


def typed_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    """A date, time, number, range or colour input: the value is typed in the form the input takes."""
    kind = rng.choice(
        [
            "date",
            "date",
            "date",
            "time",
            "number",
            "number",
            "number",
            "range",
            "range",
            "month",
            "week",
            "datetime-local",
            "color",
            "textdate",
        ]
    )
    day = w.date(rng)
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    node, said, value = textbox(""), "", ""
    match kind:
        case "date" | "textdate":
            label = _label(rng, DATE_LABELS, page_zh, used)
            value, said = day.isoformat(), say_date(rng, day, zh)
            node = textbox(label, type="date")
            if kind == "textdate":
                form, value = rng.choice(
                    [
                        ("mm/dd/yyyy", f"{day:%m/%d/%Y}"),
                        ("dd/mm/yyyy", f"{day:%d/%m/%Y}"),
                        ("yyyy-mm-dd", value),
                        ("dd.mm.yyyy", f"{day:%d.%m.%Y}"),
                    ]
                )
                node = textbox(label, hint=rng.choice([form, form.upper()]))
                said = rng.choice([value, f"{day.day} {MONTHS[day.month - 1]} {day.year}", day.isoformat()])
        case "time":
            label = _label(rng, TIME_LABELS, page_zh, used)
            node, value, said = textbox(label, type="time"), clock, _say_clock(rng, clock)
        case "number" | "range":
            label = _label(rng, NUMBER_LABELS if kind == "number" else RANGE_LABELS, page_zh, used)
            low, high = (
                rng.choice([0, 0, 1]),
                rng.choice([5, 10, 20, 100] if kind == "range" else [5, 10, 20, 50, 100, 500, 999]),
            )
            value = said = str(rng.randint(low, high))
            role = "spinbutton" if kind == "number" else "slider"
            now = rng.randint(low, high) if kind == "range" else rng.choice(["", "", "", low, 1])
            node = textbox(label, str(now), role=role)
            if kind == "range" or rng.random() < 0.4:
                node.hint = f"{low} to {high}"
        case "month":
            label = _label(rng, DATE_LABELS, page_zh, used)
            node, value = textbox(label, type="month"), f"{day:%Y-%m}"
            said = (
                rng.choice([value, f"{MONTHS[day.month - 1]} {day.year}"]) if not zh else f"{day.year}年{day.month}月"
            )
        case "week":
            label = _label(rng, DATE_LABELS, page_zh, used)
            number = rng.randint(1, 52)
            node, value = textbox(label, type="week"), f"{day.year}-W{number:02d}"
            said = rng.choice([value, f"week {number} of {day.year}"]) if not zh else f"{day.year}年第{number}周"
        case "datetime-local":
            label = _label(rng, DATE_LABELS, page_zh, used)
            node, value = textbox(label, type="datetime-local"), f"{day.isoformat()}T{clock}"
            said = rng.choice(
                [
                    value,
                    f"{day.isoformat()} {clock}",
                    f"{say_date(rng, day, zh)} {clock}",
                    f"{day.isoformat()} at {clock}",
                ]
            )
        case _:
            label = _label(
                rng,
                ("Colour|Color|Background colour|Theme colour|Favourite color", "颜色|背景颜色|主题色"),
                page_zh,
                used,
            )
            name, value = rng.choice(list(COLOR_NAMES.items()))
            said = name
            if rng.random() < 0.7:
                value = said = "#" + "".join(rng.choices("0123456789abcdef", k=6))
            node = textbox(label, "#000000", type="color")
    node.name = decorate(rng, label)
    return Field(label, said, [node], type_into(node, value), pool=(value[:-1] if kind == "textdate" else value,))


def _say_clock(rng: Rng, clock: str) -> str:
    hour, minute = map(int, clock.split(":"))
    half = f"{hour % 12 or 12}:{minute:02d} {'am' if hour < 12 else 'pm'}"
    return rng.choice([clock, clock, half, half.replace(" ", ""), half.upper()])


# ---------------------------------------------------------------- choices

CHOICES: list[tuple[str, str, Callable[[Rng, bool], list[str]]]] = [
    ("Country|Country of residence|Nationality|Ship to", "国家|国籍|地区", lambda r, zh: ["中国", "日本", "韩国", "德国", "法国", "英国", "美国", "巴西"] if zh else list(w.COUNTRIES)),
    ("Size|T-shirt size|Package size", "尺码|尺寸|大小", lambda r, zh: ["小号", "中号", "大号", "特大号"] if zh else [["S", "M", "L", "XL", "XXL"], ["Small", "Medium", "Large", "Extra large"]][r.randrange(2)]),
    ("Colour|Color|Finish", "颜色", lambda r, zh: ["红色", "绿色", "蓝色", "黑色", "白色", "黄色", "紫色"] if zh else [x.capitalize() for x in w.COLOURS]),
    ("Company size|Team size|Age group|Income|Employees", "公司规模|年龄段|团队规模", lambda r, zh: ["1-10", "11-50", "51-200", "201-1000", "1000+"] if r.random() < 0.6 else ["18-24", "25-34", "35-44", "45-54", "55+"]),
    ("Topic|Subject|Department|Category|Reason|Type of request|I am interested in", "主题|部门|类别|咨询类型|原因", lambda r, zh: ["销售", "技术支持", "售后服务", "合作", "招聘", "其他"] if zh else ["Sales", "Support", "Billing", "Partnership", "Press", "Careers", "Other", "Technical question"]),
    ("Plan|Subscription|Membership|Ticket type|Tier", "套餐|会员类型|票种", lambda r, zh: ["免费版", "基础版", "专业版", "企业版"] if zh else ["Free", "Basic", "Standard", "Pro", "Premium", "Enterprise"]),
    ("Gender|Title|Salutation", "性别|称呼", lambda r, zh: ["男", "女", "保密"] if zh else [["Male", "Female", "Other", "Prefer not to say"], ["Mr", "Ms", "Mrs", "Dr"]][r.randrange(2)]),
    ("Payment method|Pay with|Payment", "支付方式|付款方式", lambda r, zh: ["支付宝", "微信支付", "银行卡", "货到付款"] if zh else ["Credit card", "PayPal", "Bank transfer", "Invoice", "Cash on delivery"]),
    ("Delivery|Shipping method|Shipping|Delivery option", "配送方式|送货方式", lambda r, zh: ["标准配送", "次日达", "自提", "快递"] if zh else ["Standard", "Express", "Overnight", "Pick up in store"]),
    ("Language|Preferred language", "语言|首选语言", lambda r, zh: ["中文", "英文", "日文", "法文"] if zh else ["English", "German", "French", "Spanish", "Chinese", "Japanese", "Italian"]),
    ("Month|Birth month|Expiry month", "月份", lambda r, zh: [f"{i}月" for i in range(1, 13)] if zh else list(MONTHS)),
    ("Day|Weekday|Preferred day", "星期", lambda r, zh: [f"星期{c}" for c in "一二三四五六日"] if zh else "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()),
    ("Year|Expiry year|Graduation year|Quantity|Rooms|Guests", "年份|数量", lambda r, zh: [str(x) for x in range(r.choice([1, 2020, 2024]), 2035)][:12]),
    ("How did you hear about us?|Source|Contact by|Preferred contact", "您从哪里了解到我们|联系方式|来源", lambda r, zh: ["朋友推荐", "搜索引擎", "广告", "社交媒体"] if zh else ["Search engine", "Friend", "Advertisement", "Social media", "Phone", "E-mail", "Post"]),
    ("Priority|Level|Status|Severity|Experience", "优先级|状态|级别", lambda r, zh: ["低", "中", "高", "紧急"] if zh else ["Low", "Normal", "High", "Urgent", "Critical"]),
]  # fmt: skip


def _choice(rng: Rng, page_zh: bool, used: set[str]) -> tuple[str, list[str]]:
    if rng.random() < 0.3:
        options = list(
            dict.fromkeys(
                w.title(rng, page_zh) if rng.random() < 0.8 else w.person(rng) for _ in range(rng.randint(3, 9))
            )
        )
        label = w.title(rng, page_zh)
    else:
        en, zh, make = rng.choice(CHOICES)
        label = _label(rng, (en, zh), page_zh, used)
        options = make(rng, page_zh)
        if len(options) > 12:
            options = rng.sample(options, rng.randint(4, 12 if rng.random() < 0.8 else len(options)))
        if rng.random() < 0.25:
            rng.shuffle(options)
        if "Chile" in options or "Austria" in options or rng.random() < 0.03:
            options += rng.sample(w.UNITED, rng.randint(2, 3))
    used.add(label)
    return label, w.alike(rng, list(dict.fromkeys(options)), page_zh)


def choice_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    label, options = _choice(rng, page_zh, used)
    wanted = rng.choice(options)
    if rng.random() < 0.4 and len(options) <= 7:
        return _radio_field(rng, label, options, wanted)
    if rng.random() < 0.12:
        return _custom_list(rng, label, options, wanted)
    first = (
        rng.choice(["", "Please select", "Choose…", "-- Select --", "Select…", "请选择"]) if rng.random() < 0.5 else ""
    )
    shown = [first, *options] if first else options
    node = select(
        decorate(rng, label),
        shown,
        shown[0] if rng.random() < 0.85 else rng.choice(options),
        listbox=rng.random() < 0.08,
    )
    if node.role == "listbox":
        node.value = ""
    if rng.random() < 0.15:
        node.states.append("required")
    return Field(label, wanted, [node], choose(node, (wanted,)), kind="choice", pool=(rng.choice(options),))


def _radio_field(rng: Rng, label: str, options: list[str], wanted: str) -> Field:
    group = f"group {label} {rng.random()}"
    radios = [checkbox(option, role="radio", group=group) for option in options]
    if rng.random() < 0.3:
        radios[0].states = ["on"]
    legend = (
        [text(rng.choice(["group", "text", "text", "heading", "radiogroup"]), label)] if rng.random() < 0.85 else []
    )
    return Field(label, wanted, [*legend, *radios], bring(radios[options.index(wanted)], True), kind="choice")


def _custom_list(rng: Rng, label: str, options: list[str], wanted: str) -> Field:
    """A drawn list: click it open, click the option."""
    items = [Node("option", option, takes=("Click",)) for option in options]
    role = rng.choice(["combobox", "combobox", "button"])
    box = Node(role, label, "" if role == "combobox" else None, ["collapsed"], takes=("Click",))

    def opened(world: World) -> None:
        if "collapsed" in box.states:
            box.states[:] = ["expanded"]
            world.show(items, after=box)
        else:
            box.states[:] = ["collapsed"]
            world.hide(items)

    def chosen(option: str) -> Callable[[World], None]:
        def click(world: World) -> None:
            box.states[:] = ["collapsed"]
            if role == "combobox":
                box.value = option
            else:
                box.name = option
            world.hide(items)

        return click

    for item in items:
        item.click = chosen(item.name)
    box.click = opened

    def fill(world: World) -> Iterator[Action]:
        while wanted not in (box.value, box.name):
            yield Click(world.ref(box)) if "collapsed" in box.states else Click(world.ref(items[options.index(wanted)]))

    return Field(label, wanted, [box], fill, kind="choice")


def several_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    """Some of a list's options, or some of a group of checkboxes."""
    label, options = _choice(rng, page_zh, used)
    wanted = [o for o in options if rng.random() < 0.4] or [rng.choice(options)]
    wanted = wanted[:5]
    said = list(wanted)
    if rng.random() < 0.5:
        rng.shuffle(said)
    joined = said[0] if len(said) == 1 else (", ".join(said[:-1]) + (("和" if zh else " and ") + said[-1]))
    if rng.random() < 0.3:
        node = select(label, options, "", multiple=True)

        def fill_list(world: World) -> Iterator[Action]:
            while node.value != ", ".join(said):
                yield Select(world.ref(node), tuple(said))

        return Field(label, joined, [node], fill_list, kind="several")
    boxes = [checkbox(option) for option in options]
    for box in boxes:
        if rng.random() < 0.06:
            box.states = ["on"]

    def fill(world: World) -> Iterator[Action]:
        for option in said:
            yield from bring(boxes[options.index(option)], True)(world)
        for box in boxes:
            if box.name not in said:
                yield from bring(box, False)(world)

    if rng.random() < 0.5:
        for box in boxes:
            box.states = ["off"]
    legend = [text(rng.choice(["group", "text", "heading"]), label)] if rng.random() < 0.85 else []
    return Field(label, joined, [*legend, *boxes], fill, kind="several")


TICKS_EN = """I agree to the terms|I accept the terms and conditions|Accept privacy policy|I have read the privacy policy|Subscribe to the newsletter
Send me offers|Newsletter|Remember me|Stay signed in|Gift wrap|I am over 18|Same as billing address|Keep me informed|Urgent|Breakfast included|Dark mode
Notifications|Email notifications|Public profile|Auto-save|Two-factor authentication|I'm not a robot|Add insurance|Express delivery|Late check-out""".replace("\n", "|").split("|")  # fmt: skip
TICKS_ZH = "我同意服务条款|我已阅读隐私政策|订阅新闻|记住我|保持登录|礼品包装|接收优惠信息|深色模式|开启通知|公开资料|自动保存|含早餐|同意协议".split(
    "|"
)


def tick_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    labels = [x for x in (TICKS_ZH if page_zh else TICKS_EN) if x not in used] or [w.title(rng, page_zh)]
    label = rng.choice(labels) if rng.random() < 0.7 else w.title(rng, page_zh)
    used.add(label)
    on = rng.random() < 0.8
    role = "switch" if rng.random() < 0.2 else "checkbox"
    node = checkbox(label, on=rng.random() < (0.1 if on else 0.5), role=role)
    if rng.random() < 0.15:
        node.states.append("required")
    return Field(label, "", [node], bring(node, on), kind="on" if on else "off")


def suggest_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    """A field that offers suggestions while one types: the wanted one is clicked."""
    label, options = _choice(rng, page_zh, used)
    options = options[:8]
    wanted = rng.choice(options)
    box = Node("combobox", label, "", ["collapsed"] if rng.random() < 0.6 else [], takes=("Click", "Type"))
    role = rng.choice(["option", "option", "listitem", "menuitem", "link"])
    offered = rng.sample(options, rng.randint(1, min(5, len(options))))
    if wanted not in offered:
        offered.append(wanted)
    items = [Node(role, option, takes=("Click",)) for option in offered]

    def typed(world: World) -> None:
        if box.value:
            world.show(items, after=box)

    def chosen(option: str) -> Callable[[World], None]:
        def click(world: World) -> None:
            box.value = option
            world.hide(items)

        return click

    for item in items:
        item.click = chosen(item.name)
    box.typed = typed

    def fill(world: World) -> Iterator[Action]:
        while box.value != wanted or items[0] in world.nodes:
            yield (
                Click(world.ref(items[offered.index(wanted)]))
                if items[0] in world.nodes
                else Type(world.ref(box), wanted)
            )

    return Field(label, wanted, [box], fill, kind="choice")


def stepper_field(rng: Rng, zh: bool, used: set[str], page_zh: bool) -> Field:
    """A slider moved by arrow keys, or a count with plus and minus buttons; what it holds stands beside it."""
    label = _label(rng, RANGE_LABELS if rng.random() < 0.5 else NUMBER_LABELS, page_zh, used)
    now = rng.randint(0, 10)
    target = max(0, now + rng.choice([-1, 1]) * rng.randint(1, 6))
    shown = text("text", str(now))
    shown.style = "live"
    count = [now]

    def move(by: int) -> Callable[[World], None]:
        def click(world: World) -> None:
            count[0] += by
            shown.name = str(count[0])

        return click

    if rng.random() < 0.5:
        less, more = (
            button(n, move(d))
            for n, d in zip(
                rng.choice([("-", "+"), ("−", "+"), ("Decrease", "Increase"), ("less", "more")]), (-1, 1), strict=True
            )
        )
        nodes = [text("text", label), less, shown, more]

        def fill(world: World) -> Iterator[Action]:
            while count[0] != target:
                yield Click(world.ref(more if count[0] < target else less))

        return Field(label, str(target), nodes, fill)
    handle = Node(
        "slider", label if rng.random() < 0.5 else "", str(now) if rng.random() < 0.5 else None, takes=("Click",)
    )
    if handle.name == "":
        shown.name = str(now)

    def fill_slider(world: World) -> Iterator[Action]:
        while count[0] != target:
            up = count[0] < target
            handle.click = move(1 if up else -1)
            yield Press("ArrowRight" if up else "ArrowLeft", world.ref(handle))
            if handle.value is not None:
                handle.value = str(count[0])

    legend = [text("text", label)] if handle.name == "" or rng.random() < 0.3 else []
    return Field(label, str(target), [*legend, handle, shown], fill_slider)
