"""Forms asked for as in a letter: words around the values that are no values, labels with an owner, names of all peoples.

Written after the benchmark of strange forms had shown what `forms.py` does not teach; from its list of causes, not its
sentences. The values are harder to copy on purpose: diacritics, long domains, commas, quotes on label and value.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from autoglm.types import Action, Click, Finish
from training import chrome
from training import fields as f
from training import words as w
from training.episode import Episode, done, missing
from training.forms import SUBMIT_EN, SUBMIT_ZH, lay_out, prepare_submit
from training.words import Rng
from training.world import Node, World, button, checkbox, select, textbox

OWNERS = """Patient|Child's|Guardian's|Applicant|Emergency contact|Billing|Shipping|Company|Owner's|Attendee|Student|Parent|Employer|Delivery
Team|Event|Account|Guest|Speaker|Pet's|Partner's|Manager's|Your|Primary|Secondary|Second|Invoice|Reference|Customer|Supplier|Driver's|Tenant|Member
Participant|Mother's|Father's|Doctor's|Previous|Current|New|Main|Alternative|Work|Home|Private|Business|Sender's|Recipient's""".replace("\n", "|").split("|")  # fmt: skip
ZH_OWNERS = "患者|孩子|家长|申请人|紧急联系人|收货|发票|公司|参会者|学生|客户|宠物|账户|监护人|主讲人|会员|寄件人|收件人|车主|租客|负责人|投诉人|预约|报名|常用|备用|单位|家庭|工作".split(
    "|"
)
DIACRITICS = "áàâäãåāçćčďéèêëēěęíìîïīłñńňóòôöõøōřśšşťúùûüūůýÿžźżğıßæœđþÁÀÂÄÅÇĆČÉÈÊÍÓÖÕØŘŚŠÚÜÝŽŹŻ"
PEOPLES = """Oisín Niamh Saoirse Tomáš Jiří Kateřina Zdeněk Łucja Małgorzata Stanisław Björn Åke Gürkan Özlem Şebnem Zeynep İbrahim Nguyễn Thị Đặng Trần
Phạm Joaquín Íñigo Begoña Ximénez Núñez João Conceição Gonçalves Françoise Jérôme Noël Anaïs Hélène Jürgen Käthe Mößner Grüßer Sørensen Kjær Æmilia
Ingibjörg Þór Guðrún Matteo Niccolò Lucà Zsófia György Ödön Ștefan Țepeș Mihăiță Dragana Đorđe Živko Ana-Marija O'Shea D'Angelo MacLeod van-der-Berg
Abdul-Rahman al-Sayed bin-Yusuf Ngozi Chukwuemeka Oluwaseun Thabo Nomvula Keiko Haruto Sakura Jun-ho Seo-yeon Raj Lakshmi Arjun Siobhán Caoimhe Eilidh""".split()
BASES: list[tuple[str, str, str]] = [
    ("name|full name", "姓名|名字", "name"), ("first name|given name", "名", "first"), ("last name|surname|family name", "姓", "last"), ("email|e-mail|e-mail address|mail address", "邮箱|电子邮箱|邮箱地址", "email"),
    ("phone|phone number|telephone|mobile number|contact number", "电话|手机号|联系电话|手机", "phone"), ("address|street address|street and number|postal address", "地址|详细地址", "address"),
    ("city|town|place of birth|place", "城市|所在地", "city"), ("postcode|ZIP code|postal code", "邮编", "zip"), ("username|user name|login name|nickname|display name", "用户名|昵称|账号", "handle"),
    ("ID|number|code|reference|registration number|licence number|policy number|VAT number|member number|order number|booking code|coupon code", "编号|号码|证件号|订单号|优惠码|单号|会员号", "code"),
    ("company|organisation|school|institution|department|clinic|shop name|team name", "公司|单位|学校|部门|机构|店名", "company"), ("website|web page|profile link|portfolio|homepage", "网址|网站|主页", "url"),
    ("job title|occupation|position|profession|specialty", "职业|职位|岗位", "phrase"), ("subject|title|topic|course|product|item|model|brand|thread title|event name", "主题|标题|课程|产品|型号|品牌|活动名称", "phrase"),
    ("message|comment|reason|notes|description|remarks|symptoms|question|special requests|motivation|review|instructions for the driver", "留言|备注|原因|说明|描述|症状|问题|特殊要求|评价|配送说明", "text"),
    ("password|access code|PIN", "密码|口令", "secret"), ("allergies|diet|medication|languages|skills|hobbies|keywords|tags", "过敏史|饮食|用药|语言|技能|爱好|关键词", "list"),
    ("amount|budget|income|price|salary expectation|donation|deposit", "金额|预算|收入|价格|期望薪资|押金", "number"), ("number of guests|quantity|age|seats|nights|children|years of experience|weight|room number|copies|class size", "人数|数量|年龄|座位数|晚数|儿童人数|工作年限|体重|房间数|份数", "number"),
    ("date of birth|date|start date|appointment date|arrival|departure|event date|deadline|pick-up date|first day", "出生日期|日期|开始日期|预约日期|到达日期|截止日期|取件日期", "date"), ("time|start time|appointment time|pick-up time|arrival time", "时间|开始时间|预约时间|取件时间|到达时间", "time"),
    ("satisfaction|rating|urgency|experience level|volume|priority", "满意度|评分|紧急程度|优先级", "range"),
]  # fmt: skip


def rare_word(rng: Rng) -> str:
    """A word with letters that no table holds together: diacritics put where they fall."""
    word = list(w.syllables(rng))
    for _ in range(rng.choice([0, 1, 1, 2])):
        word[rng.randrange(len(word))] = rng.choice(DIACRITICS)
    return "".join(word).capitalize()


def name(rng: Rng) -> str:
    def one() -> str:
        roll = rng.random()
        return (
            rng.choice(PEOPLES)
            if roll < 0.4
            else rare_word(rng)
            if roll < 0.7
            else w.first_name(rng)
            if roll < 0.85
            else w.last_name(rng)
        )

    return " ".join(one() for _ in range(rng.choice([1, 2, 2, 2, 2, 3])))


def mail(rng: Rng) -> str:
    local = "".join(c for c in ".".join(w.syllables(rng) for _ in range(rng.choice([1, 1, 2, 2, 3]))) if c.isascii())
    domain = ".".join(
        w.syllables(rng) if rng.random() < 0.7 else w.word(rng) for _ in range(rng.choice([1, 1, 2, 2, 3]))
    )
    return f"{local}{rng.choice(['', '', str(rng.randint(1, 99)), '+' + w.word(rng)])}@{domain}.{rng.choice(['com', 'org', 'net', 'cn', 'example', 'test', 'example.com', 'example.org', 'co.uk', 'com.cn', 'edu', 'io', 'de'])}"


def value_of(rng: Rng, kind: str, zh: bool) -> str:
    match kind:
        case "name":
            return w.zh_person(rng) if zh and rng.random() < 0.8 else name(rng)
        case "first" | "last":
            return (
                (w.zh_person(rng)[-1:] or "明")
                if zh and rng.random() < 0.7
                else rng.choice([rng.choice(PEOPLES), rare_word(rng), w.first_name(rng), w.last_name(rng)])
            )
        case "email":
            return mail(rng)
        case "phone":
            return w.phone(rng, zh)
        case "address":
            return (
                w.zh_address(rng)
                if zh
                else rng.choice(
                    [
                        w.address(rng),
                        f"{w.address(rng)}, {w.digits(rng, 4, 5)} {w.city(rng)}",
                        f"{rare_word(rng)}straße {rng.randint(1, 200)}",
                    ]
                )
            )
        case "city":
            return (
                rng.choice(w.ZH_CITIES)
                if zh
                else rng.choice([w.city(rng), rare_word(rng), f"{rare_word(rng)} {w.city(rng)}"])
            )
        case "zip":
            return rng.choice(
                [w.digits(rng, 5, 6), w.digits(rng, 4, 5), f"{w.digits(rng, 3, 3)} {w.digits(rng, 2, 2)}", w.code(rng)]
            )
        case "handle":
            return rng.choice(
                [
                    w.handle(rng),
                    f"{w.syllables(rng)}.{w.word(rng)}",
                    f"dr.{w.word(rng)}",
                    f"{w.word(rng)}_{w.digits(rng, 1, 3)}",
                    w.zh_phrase(rng, 1, 2) if zh else w.letters(rng),
                ]
            )
        case "code":
            return rng.choice(
                [
                    w.code(rng),
                    w.code(rng),
                    w.digits(rng, 4, 14),
                    f"{w.letters(rng).upper()[:3]}-{rng.randint(2000, 2030)}/{rng.randint(1, 999):03d}",
                    w.secret(rng),
                ]
            )
        case "company":
            return (
                w.zh_phrase(rng, 1, 3) + rng.choice(["公司", "中学", "医院", "科技有限公司", ""])
                if zh
                else rng.choice(
                    [
                        w.company(rng),
                        f"{name(rng)} & Sons",
                        f"{rare_word(rng)} {rng.choice(['School', 'Clinic', 'Institute', 'AG', 'S.A.'])}",
                        w.phrase(rng),
                    ]
                )
            )
        case "url":
            return w.url(rng)
        case "text":
            if zh:
                return rng.choice(
                    [w.zh_sentence(rng), w.zh_phrase(rng, 1, 4), f"{w.zh_phrase(rng, 1, 2)}，{w.zh_phrase(rng, 1, 3)}"]
                )
            return rng.choice(
                [
                    w.sentence(rng),
                    w.sentence(rng, 2, 6).rstrip(".!?"),
                    f"{w.phrase(rng, 2, 4)}, {w.phrase(rng, 1, 3).lower()}",
                    f"{w.sentence(rng)} {w.sentence(rng)}",
                ]
            )
        case "secret":
            return w.secret(rng)
        case "list":
            joint = rng.choice(["、", "，", ","]) if zh else ", "
            return joint.join(w.zh_word(rng) if zh else w.word(rng) for _ in range(rng.randint(1, 3)))
        case _:
            return (
                w.zh_phrase(rng, 1, 3)
                if zh
                else rng.choice([w.phrase(rng, 1, 4), w.phrase(rng, 1, 3).lower(), w.odd(rng)])
            )


def field_of(rng: Rng, zh: bool, used: set[str]) -> f.Field:
    """A field whose label mostly has an owner: `Child's name`, `紧急联系人电话`."""
    english, chinese, kind = rng.choice(BASES)
    base = rng.choice((chinese if zh else english).split("|"))
    label = base
    if rng.random() < 0.5 or base in used:
        label = rng.choice(ZH_OWNERS) + base if zh else f"{rng.choice(OWNERS)} {base}"
    label = label[:1].upper() + label[1:] if not zh else label
    if label in used:
        label = (w.zh_phrase(rng, 1, 2) if zh else w.phrase(rng, 1, 2)) + ("" if zh else " ") + base
    used.update({label, base})
    shown = f.decorate(rng, label)
    match kind:
        case "date":
            return _date(rng, zh, label, shown)
        case "time":
            clock = f"{rng.randint(0, 23):02d}:{rng.choice([0, 0, 15, 30, 45, rng.randint(0, 59)]):02d}"
            return f.Field(
                label, say_time(rng, clock, zh), [node := textbox(shown, type="time")], f.type_into(node, clock)
            )
        case "number" | "range":
            low, high = (
                rng.choice([0, 1]),
                rng.choice([5, 10, 10, 20, 100, 120, 1000, 100000] if kind == "number" else [5, 10, 100]),
            )
            value = str(rng.randint(low, high))
            node = textbox(
                shown,
                "" if kind == "number" else str(rng.randint(low, high)),
                role="spinbutton" if kind == "number" else "slider",
            )
            if kind == "range" or rng.random() < 0.5:
                node.hint = f"{low} to {high}"
            return f.Field(label, value, [node], f.type_into(node, value))
        case _:
            value = value_of(rng, kind, zh)
            node = textbox(shown, type="password" if kind == "secret" and rng.random() < 0.7 else "")
            if rng.random() < 0.2:
                node.hint = rng.choice([value_of(rng, kind, zh), "…", f"e.g. {value_of(rng, kind, zh)}"])
            if rng.random() < 0.4:
                node.states.append("required")
            return f.Field(
                label,
                value,
                [node],
                f.type_into(node, value),
                pool=(value_of(rng, kind, zh), value[: len(value) // 2 + 1]),
            )


def _date(rng: Rng, zh: bool, label: str, shown: str) -> f.Field:
    day = w.date(rng)
    kind = rng.choice(["date"] * 6 + ["month", "datetime-local"])
    value, said = day.isoformat(), say_day(rng, day, zh)
    if kind == "month":
        value = f"{day:%Y-%m}"
        said = (
            rng.choice([f"{f.MONTHS[day.month - 1]} {day.year}", value, f"{day.month:02d}/{day.year}"])
            if not zh
            else f"{day.year}年{day.month}月"
        )
    if kind == "datetime-local":
        clock = f"{rng.randint(0, 23):02d}:{rng.choice([0, 15, 30, 45]):02d}"
        value, said = (
            f"{value}T{clock}",
            f"{said}{rng.choice([' at ', ' ', ', '] if not zh else ['', ' '])}{say_time(rng, clock, zh)}",
        )
    return f.Field(label, said, [node := textbox(shown, type=kind)], f.type_into(node, value))


def say_day(rng: Rng, day: datetime.date, zh: bool) -> str:
    if zh:
        return rng.choice(
            [
                f"{day.year}年{day.month}月{day.day}日",
                f"{day.year}年{day.month}月{day.day}号",
                day.isoformat(),
                f"{day.year}/{day.month}/{day.day}",
            ]
        )
    month, nth = (
        f.MONTHS[day.month - 1],
        {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th"),
    )
    return rng.choice(
        [
            f.say_date(rng, day, False),
            f"{day.day} {month} {day.year}",
            f"{day.day} {month[:3]} {day.year}",
            f"{month} {day.day}{nth}, {day.year}",
            f"the {day.day}{nth} of {month} {day.year}",
            f"{month} {day.day} {day.year}",
            f"{day.day}. {month} {day.year}",
        ]
    )


def say_time(rng: Rng, clock: str, zh: bool) -> str:
    hour, minute = map(int, clock.split(":"))
    if zh:
        part = (
            "凌晨" if hour < 6 else "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
        )
        spoken = (
            f"{part}{hour % 12 or 12}点{'半' if minute == 30 else f'{minute}分' if minute else rng.choice(['', '整'])}"
        )
        return rng.choice([clock, spoken, spoken, f"{hour}点{f'{minute}分' if minute else ''}"])
    half = "am" if hour < 12 else "pm"
    short = f"{hour % 12 or 12}{'' if minute == 0 else f':{minute:02d}'}"
    return rng.choice(
        [
            clock,
            clock,
            f"{short} {half}",
            f"{short}{half}",
            f"{hour % 12 or 12}:{minute:02d} {half.upper()}",
            *(
                [
                    f"{hour % 12 or 12} o'clock {'in the morning' if hour < 12 else 'in the afternoon' if hour < 18 else 'in the evening'}"
                ]
                if minute == 0 and hour not in (0, 12)
                else []
            ),
            f"{hour}h{minute:02d}",
        ]
    )


STATEMENTS = """I have read the {n} rules|Show my {n} on the public list|Send me a copy of this {n}|Add a {n}|Keep my {n} private|I am a returning {n}|Include {n}|{a} {n}
I agree to the processing of my data|Receive {n} by post|Notify me about {n} changes|First visit|Needs wheelchair access|Allow {n} sharing|Confirm the {n}|Weekly {n}|Hide my {n}
Accept the {a} {n} terms|Remind me one day before|Use {a} {n}|Late arrival|Recurring {n}|Save my details|With {n}|Photos may be published|Subscribe to {n} news""".replace("\n", "|").split("|")  # fmt: skip
ZH_STATEMENTS = "同意{n}协议|我已阅读{n}须知|公开显示{n}|发送{n}副本|需要{n}|接收{n}通知|保存{n}|首次就诊|匿名发表|开具{n}|提前一天提醒我|允许{n}共享|包含{n}|同意处理个人数据|加急{n}|订阅{n}周报".split(
    "|"
)


def tick(rng: Rng, zh: bool, used: set[str]) -> f.Field:
    label = (
        rng.choice(ZH_STATEMENTS).format(n=w.zh_word(rng))
        if zh
        else rng.choice(STATEMENTS).format(n=w.word(rng), a=rng.choice(w.ADJECTIVES).capitalize())
    )
    if label in used:
        label += f" {rng.randint(2, 9)}"
    used.add(label)
    on = rng.random() < 0.72
    node = checkbox(
        f.decorate(rng, label) if rng.random() < 0.2 else label,
        on=rng.random() < (0.06 if on else 0.5),
        role="switch" if rng.random() < 0.25 else "checkbox",
    )
    return f.Field(label, "", [node], f.bring(node, on), kind="on" if on else "off")


def pick_one(rng: Rng, zh: bool, used: set[str]) -> f.Field:
    """A list or radio group under a question or a plain label."""
    field = f.choice_field(rng, zh, used, zh)
    if rng.random() < 0.35 and len(field.nodes) == 1 and field.nodes[0].role == "combobox":
        question = (
            rng.choice(["请选择{}", "您的{}", "{}是什么？"]).format(field.label)
            if zh
            else rng.choice(["Which {} do you prefer?", "Choose a {}", "Your {}", "Preferred {}", "Select {}"]).format(
                field.label.lower()
            )
        )
        field.nodes[0].name = question
    return field


# ---------------------------------------------------------------- the letter

BEFORE = """I need to see a doctor soon.|Please sign up my daughter for the {p} course.|Hi, could you fill this in for me?|Send my {n}.|We want to order again.|Book me in for the {p} event.|I would like to apply.
It's about the {n} we talked about.|Here are the details you need.|My {n} is broken and I want a repair.|Register us for the {n} fair.|This is for my {a} {n}.|I am moving next {n}.|Open an account for me.|Ask them for a quote.|File the {n}, please.
Can you do the {n} form?|I want to rent the {a} {n}.|We are planning a {n}.|Please take care of this {n} request.|Make an appointment.|Report a {a} {n}.|My son starts school.|Let's get this {n} done.|I'd like a table.|Complain about the {n}.
Order the {a} {n} for the office.|Do the registration.|Join the {p} forum.|Renew my {n}.|Enter my data.|Submit a claim for the {n}.|New customer.|I lost my {n}.|Hello!|Please help me with this page.|The {n} needs to be booked today.|Post a new thread.""".replace("\n", "|").split("|")  # fmt: skip
ZH_BEFORE = "我想预约看病。|帮我给孩子报名{p}课程。|你好，帮我填一下这个表。|请提交我的{p}申请。|我要再订一次。|我们准备办一个{p}活动。|这是关于{p}的事。|麻烦帮忙登记一下。|我的{p}坏了，要报修。|帮我注册一个账号。|我要投诉{p}。|请帮我预订{p}。|申请开发票。|我要搬家了。|帮我发个帖子。|我想租{p}。|信息如下。|下面是资料，|请代我办理{p}业务，|家里的{p}需要维修，".split(
    "|"
)
AFTER = "Thanks!|That's all.|Thank you very much.|Nothing else.|Leave everything else as it is.|The rest stays empty.|Do not change anything else.|Tell me when it's done.|That should be it.|Cheers|Please be careful with the spelling.|Leave the other fields alone.".split(
    "|"
)
ZH_AFTER = "谢谢！|就这些。|其他不用改。|其余的留空。|麻烦了。|别的保持不变。|填好告诉我。|注意不要写错。".split("|")


def letter(rng: Rng) -> Episode:
    zh = rng.random() < 0.42
    used: set[str] = set()
    count = min(12, 1 + int(rng.expovariate(0.2)))
    made = [
        rng.choices([field_of, pick_one, tick, _several], [0.66, 0.17, 0.13, 0.04])[0](rng, zh, used)
        for _ in range(count)
    ]
    asked = list(made)
    if count > 2 and rng.random() < 0.3:
        asked = rng.sample(made, rng.randint(2, count))
        asked.sort(key=made.index)
    if rng.random() < 0.25:
        rng.shuffle(asked)
    submit = button(rng.choice(SUBMIT_ZH if zh else SUBMIT_EN) if rng.random() < 0.7 else _purpose(rng, zh))
    world = World(rng, chrome.page_url(rng), chrome.page_title(rng, zh), lay_out(rng, zh, made, submit))
    lacking = field_of(rng, zh, used) if rng.random() < 0.03 else None
    said = [*asked]
    if lacking:
        said.insert(rng.randint(0, len(said)), lacking)
    task = compose(rng, zh, said, submit.name)
    ending = prepare_submit(rng, zh, world, made, submit, asked)

    def expert() -> Iterator[Action]:
        for field in asked:
            yield from field.fill(world)
        if lacking:
            yield missing(lacking.label, zh)
            return
        yield Click(world.ref(submit))
        yield from ending(zh)
        yield done(rng, world, zh)

    return Episode(
        world, task, expert(), pools={n: x.pool for x in made for n in x.nodes if x.kind == "text" and x.pool}
    )


def _several(rng: Rng, zh: bool, used: set[str]) -> f.Field:
    return f.several_field(rng, zh, used, zh)


def _purpose(rng: Rng, zh: bool) -> str:
    if zh:
        return rng.choice(["提交", "确认", "发布", "预约", "申请", "报名"]) + rng.choice(["", w.zh_word(rng)])
    return (
        rng.choice(
            [
                "Send",
                "Submit",
                "Request",
                "Book",
                "Confirm",
                "Post",
                "Create",
                "Register",
                "Place",
                "Start",
                "Apply for",
            ]
        )
        + f" {rng.choice(['', 'the ', 'my '])}{w.word(rng)}"
    )


def compose(rng: Rng, zh: bool, asked: list[f.Field], submit: str) -> str:
    """What is said before, the fields in one manner or several, what is said after, the sending somewhere near the end."""
    style = rng.choice(["sentences", "commas", "terse", "prose", "quoted", "lines", "colons", "mixed"])
    manners = list(ZH_MANNERS if zh else MANNERS)
    if style == "quoted":
        clauses = [clause(rng, zh, x, "quoted") for x in asked]
    elif style == "mixed":
        clauses = [clause(rng, zh, x, rng.choice(manners)) for x in asked]
    else:
        clauses = [
            clause(
                rng,
                zh,
                x,
                {"sentences": "plain", "commas": "plain", "terse": "plain", "lines": "colon", "colons": "colon"}.get(
                    style
                )
                or rng.choice(["is", "put", "use", "my"]),
            )
            for x in asked
        ]
    before = (
        rng.choice(ZH_BEFORE if zh else BEFORE).format(
            p=w.zh_word(rng) if zh else w.phrase(rng, 1, 2).lower(), n=w.word(rng), a=rng.choice(w.ADJECTIVES)
        )
        if rng.random() < 0.6
        else ""
    )
    send = sending(rng, zh, submit)
    after = rng.choice(ZH_AFTER if zh else AFTER) if rng.random() < 0.25 else ""
    if style == "lines":
        mark = rng.choice(["", "- ", "• ", "* ", "1"])
        body = "\n".join((f"{i + 1}. " if mark == "1" else mark) + c for i, c in enumerate(clauses))
        head = before or (
            rng.choice(["请填写：", "资料如下："])
            if zh
            else rng.choice(["Fill in:", "Details:", "Please enter", "The data:"])
        )
        return "\n".join(x for x in (head, body, send, after) if x)
    if style in ("sentences", "prose") or (style in ("mixed", "quoted") and rng.random() < 0.4):
        stop = "。" if zh else ". "
        body = stop.join(c if zh else c[:1].upper() + c[1:] for c in clauses) + stop.rstrip(" ")
    else:
        joint = rng.choice(["，", "，", "；", "、", ",", " "] if zh else [", ", ", ", "; ", " / ", " - ", ", and "])
        body = joint.join(clauses) + rng.choice(["。", "，", ""] if zh else [".", "", ","])
    gap = "" if zh else " "
    glue = rng.choice([gap, gap, " - ", ": " if not zh else "："]) if before[-1:] not in ".。！!" else gap
    text = (before.rstrip(".。") + glue if glue.strip() and before else before + (gap if before else "")) + body
    if rng.random() < 0.12 and after:
        return f"{text}{gap}{after}{gap}{send}"
    return f"{text}{gap}{send}{gap}{after}".rstrip()


def sending(rng: Rng, zh: bool, submit: str) -> str:
    if zh:
        return rng.choice(
            [
                "然后提交。",
                "填完后提交",
                "最后点“{}”。",
                "再点击{}",
                "点{}",
                "提交即可。",
                "并点击「{}」按钮",
                "完成后按{}。",
                "最后提交表单。",
                "写好后点“{}”提交。",
            ]
        ).format(submit)
    return rng.choice(
        [
            "Then submit.",
            "Submit it.",
            'Then press "{}".',
            "Finish with {}.",
            "and submit the form",
            "then send it.",
            'When everything is filled in, click "{}".',
            "Then hit {}.",
            "Send the form afterwards.",
            "Press {} at the end.",
            "Submit at the end.",
            "Please submit.",
            "and click on {}",
            "Then {}.",
        ]
    ).format(submit)


MANNERS = ("plain", "colon", "is", "put", "use", "my", "quoted", "paren")
ZH_MANNERS = ("plain", "colon", "is", "put", "use", "quoted")


def clause(rng: Rng, zh: bool, x: f.Field, manner: str) -> str:
    label = (
        x.label
        if zh or rng.random() < 0.35
        else x.label[:1].lower() + x.label[1:]
        if not x.label[:2].isupper()
        else x.label
    )
    value = x.said
    if x.kind in ("on", "off"):
        return _tick(rng, zh, label, x.kind == "on", manner)
    if not zh and x.kind == "choice" and rng.random() < 0.15:
        value = value.lower()
    bare = '"' not in value and "“" not in value
    if bare and rng.random() < (0.12 if manner != "quoted" else 1.0):
        value = rng.choice(
            [f"“{value}”", f"「{value}」", f'"{value}"']
            if zh
            else [f'"{value}"', f'"{value}"', f"“{value}”", f"'{value}'" if "'" not in value else f'"{value}"']
        )
    if zh:
        spaced = " " if label[-1:].isascii() or rng.random() < 0.1 else ""
        match manner:
            case "colon":
                return f"{label}{rng.choice(['：', ':', ': ', '＝'])}{value}"
            case "is":
                return rng.choice(
                    [
                        f"{label}是{value}",
                        f"{label}为{value}",
                        f"{label}写{value}",
                        f"{label}填{value}",
                        f"{label}用{value}",
                        f"{label}选{value}" if x.kind != "text" else f"{label}填写{value}",
                        f"{label}就写{value}",
                    ]
                )
            case "put":
                return rng.choice(
                    [
                        f"把{label}设为{value}",
                        f"把{label}改成{value}",
                        f"在{label}里填{value}",
                        f"在{label}一栏填写{value}",
                        f"{label}栏填{value}",
                        f"将{label}填为{value}",
                        f"{label}请选择{value}" if x.kind != "text" else f"{label}请填{value}",
                    ]
                )
            case "use":
                return rng.choice(
                    [f"用{value}作为{label}", f"{value}是{label}", f"以{value}为{label}", f"{label}那里填{value}"]
                )
            case "quoted":
                return rng.choice(
                    [
                        f"把“{label}”设为{value}",
                        f"“{label}”填{value}",
                        f"“{label}”是{value}",
                        f"在“{label}”中输入{value}",
                        f"「{label}」填写{value}",
                        f"将“{label}”改为{value}",
                        f"“{label}”选{value}" if x.kind != "text" else f"“{label}”写{value}",
                    ]
                )
            case _:
                return f"{label}{spaced}{value}"
    quoted = rng.choice([f'"{label}"', f"'{label}'", f"“{label}”"])
    match manner:
        case "colon":
            return f"{label}{rng.choice([': ', ': ', ' = ', ' - ', ':'])}{value}"
        case "is":
            return rng.choice(
                [
                    f"the {label} is {value}",
                    f"{label} is {value}",
                    f"the {label} should be {value}",
                    f"{label} must be {value}",
                    f"the {label} would be {value}",
                    f"{label} will be {value}",
                    f"as for the {label}, it is {value}",
                ]
            )
        case "put":
            return rng.choice(
                [
                    f"put {value} in {label}",
                    f"for {label} put {value}",
                    f"for the {label} choose {value}",
                    f"set {label} to {value}",
                    f"write {value} under {label}",
                    f"enter {value} as {label}",
                    f"fill in {value} for {label}",
                    f"for {label}, {value}",
                    f"put {value} into the {label} field",
                    f"pick {value} for {label}",
                ]
            )
        case "use":
            return rng.choice(
                [
                    f"use {value} as {label}",
                    f"{value} as the {label}",
                    f"take {value} for {label}",
                    f"I'd like {value} for the {label}",
                    f"use {value} for the {label}",
                    f"with {value} as {label}",
                    f"go with {value} for {label}",
                    f"under {label} I want {value}",
                ]
            )
        case "my":
            return rng.choice(
                [
                    f"my {label} is {value}",
                    f"with {label} {value}",
                    f"our {label}: {value}",
                    f"{label} {value}",
                    f"the {label} {value}",
                    f"and the {label} is {value}",
                ]
            )
        case "quoted":
            return rng.choice(
                [
                    f"{quoted} is {value}",
                    f"set {quoted} to {value}",
                    f"{quoted}: {value}",
                    f"enter {value} in {quoted}",
                    f"type {value} into {quoted}",
                    f"{quoted} should be {value}",
                    f"put {value} under {quoted}",
                    f"{quoted} = {value}",
                ]
            )
        case "paren":
            return f"{value} ({label})"
        case _:
            return f"{label} {value}"


def _tick(rng: Rng, zh: bool, label: str, on: bool, manner: str) -> str:
    if zh:
        q = rng.choice([label, f"“{label}”", f"“{label}”"])
        if manner == "colon":
            return f"{label}：{rng.choice(['是', '勾选', '开', '要'] if on else ['否', '不勾选', '关', '不要'])}"
        return rng.choice(
            [f"勾选{q}", f"勾上{q}", f"选中{q}", f"打开{q}", f"要{q}", f"{q}也勾上", f"{q}打勾"]
            if on
            else [f"不要勾选{q}", f"不勾{q}", f"取消{q}", f"关掉{q}", f"{q}不要勾", f"{q}留空", f"不要{q}"]
        )
    q = rng.choice([label, f'"{label}"', f'"{label}"', f"the box {label}", f"“{label}”"])
    if manner == "colon":
        return f"{label}: {rng.choice(['yes', 'on', 'checked', 'true', 'x'] if on else ['no', 'off', 'unchecked', 'false', 'not'])}"
    return rng.choice(
        [
            f"tick {q}",
            f"check {q}",
            f"yes to {q}",
            f"enable {q}",
            f"turn on {q}",
            f"switch on {q}",
            f"say yes to {q}",
            f"mark {q}",
            f"also tick {q}",
            f"I want {q}",
        ]
        if on
        else [
            f"don't tick {q}",
            f"no to {q}",
            f"leave {q} off",
            f"uncheck {q}",
            f"turn off {q}",
            f"switch {q} off",
            f"without {q}",
            f"do not check {q}",
            f"remove the tick from {q}",
            f"leave {q} unticked",
        ]
    )


# ---------------------------------------------------------------- things made by somebody: values between other words

MADE_BY = "written:Writer|painted:Painter|composed:Composer|published:Publisher|produced:Producer|created:Creator|built:Builder|designed:Designer|sung:Singer|recorded:Artist|edited:Editor|drawn:Illustrator|cooked:Chef|sold:Seller|owned:Owner|led:Leader|hosted:Host|taught:Teacher|founded:Founder|coached:Coach|photographed:Photographer|translated:Translator|played:Player|curated:Curator|reviewed:Reviewer|issued:Issuer|filmed:Filmmaker|narrated:Narrator|invented:Inventor|brewed:Brewer".split(
    "|"
)


def described(rng: Rng) -> Episode:
    """`Find crime stories written by Ellison from 1973`: three or four fields, and no label in the sentence."""
    verb, role = rng.choice(MADE_BY).split(":")
    noun = rng.choice(w.NOUNS)
    plural = noun + rng.choice(["s", "s", "", " items", " titles"])
    genre = rng.choice(
        [rng.choice(w.ADJECTIVES), rng.choice(w.NOUNS), w.word(rng), "fantasy", "crime", "war", "comedy"]
    )
    who = rng.choice(
        [w.last_name(rng), w.first_name(rng), rare_word(rng), w.person(rng), w.syllables(rng).capitalize()]
    )
    year = str(rng.randint(1900, 2030))
    where = w.city(rng)
    labels = [
        (
            rng.choice(
                [
                    role,
                    f"{role} name",
                    f"{role} Name",
                    f"Name of {role.lower()}",
                    f"{verb.capitalize()} by",
                    "By",
                    f"Search {role.lower()}",
                ]
            ),
            who,
        ),
        (
            rng.choice(
                [
                    "Year",
                    "Date",
                    "Release date",
                    "Released date",
                    "Year of release",
                    "Published",
                    "From",
                    "Since",
                    f"{noun.capitalize()} year",
                    "Search year",
                ]
            ),
            year,
        ),
        (
            rng.choice(
                [
                    "Genre",
                    "Category",
                    "Kind",
                    "Type",
                    "Style",
                    f"{noun.capitalize()} genre",
                    f"{noun.capitalize()} type",
                    f"Search {noun} genre",
                    "Topic",
                ]
            ),
            genre,
        ),
        (rng.choice(["City", "Place", "Country", "Location", "Where"]), where),
    ]
    in_time = rng.choice(
        [f"from {year}", f"in {year}", f"from the year {year}", f"of {year}", f"dated {year}", f"from year {year}"]
    )
    kind = rng.choice(
        [
            (f"{genre} {plural} {verb} by {who} {in_time}", [2, 0, 1]),
            (f"{plural} {verb} by {who} {in_time}", [0, 1]),
            (f"{genre} {plural} {in_time} {verb} by {who}", [2, 1, 0]),
            (f"{genre} {plural} by {who}", [2, 0]),
            (f"{genre} {plural} {verb} by {who} in {where}", [2, 0, 3]),
            (f"{genre} {plural} {in_time} in {where}", [2, 1, 3]),
            (f"{plural} from {where} {verb} by {who}", [3, 0]),
            (f"{genre} {plural} {verb} by {who} {in_time}", [2, 0, 1]),
        ]
    )
    text, order = kind
    boxes = {
        i: textbox(f.decorate(rng, labels[i][0]) if rng.random() < 0.95 else "")
        for i in sorted({0, 1, 2, *order} if rng.random() < 0.8 else set(order))
    }
    if 2 in boxes and rng.random() < 0.12:
        options = list(dict.fromkeys([genre, *(rng.choice(w.ADJECTIVES) for _ in range(4))]))
        rng.shuffle(options)
        boxes[2] = select(labels[2][0], options, options[0])
    nodes = list(boxes.values())
    rng.shuffle(nodes)
    submit = button(rng.choice(["Search", "Go", "Go!", "Find", "Show", "Look up", "List", "Search!", "Submit", "OK"]))
    body = [*nodes, submit]
    world = World(
        rng,
        chrome.page_url(rng),
        chrome.page_title(rng, False),
        body if rng.random() < 0.45 else chrome.surround(rng, False, body),
    )
    task = (
        rng.choice(
            [
                "Find ",
                "Search for ",
                "Look for ",
                "Show me ",
                "I want ",
                "List ",
                "Give me ",
                "Search ",
                "Look up ",
                "Are there ",
            ]
        )
        + text
        + rng.choice(["", ".", "", f" and press {submit.name}", f", then click {submit.name}."])
    )
    prepare_submit(rng, False, world, [], submit, [])

    def expert() -> Iterator[Action]:
        for i in order:
            node, value = boxes[i], labels[i][1]
            yield from (f.choose(node, (value,)) if "Select" in (node.takes or ()) else f.type_into(node, value))(world)
        yield Click(world.ref(submit))
        yield done(rng, world, False)

    return Episode(world, task, expert())


def numbered(rng: Rng) -> Episode:
    """Things with small numbers in their names on a bare page, where they are easily taken for the numbers in brackets."""
    stem = rng.choice(
        [
            "Tab #{}",
            "Option {}",
            "Step {}",
            "Page {}",
            "Item {}",
            "{}",
            "Section {}",
            "No. {}",
            "Room {}",
            "Chapter {}",
            "Level {}",
            "Button {}",
            "{}.",
            "Part #{}",
            "第{}项",
            "选项{}",
        ]
    )
    first = rng.choice([1, 1, 1, 0, 2, rng.randint(1, 40)])
    names = [stem.format(first + i) for i in range(rng.randint(2, 7))]
    if rng.random() < 0.2:
        rng.shuffle(names)
    role = rng.choice(["tab", "tab", "button", "link", "menuitem", "treeitem", "generic"])
    heads = [Node(role, n, takes=("Click",)) for n in names]
    if role == "tab":
        open_ = rng.randrange(len(heads))
        for i, head in enumerate(heads):
            head.states = (
                (["expanded", "selected"] if i == open_ else ["collapsed"])
                if rng.random() < 0.5
                else (["selected"] if i == open_ else [])
            )
    at = rng.randrange(len(heads))

    def click(world: World) -> None:
        if role == "tab":
            for head in heads:
                head.states = []
            heads[at].states = ["selected"]

    heads[at].click = click
    lead = chrome.prose(rng, False, 2) if rng.random() < 0.5 else []
    more = [button(w.phrase(rng)) for _ in range(rng.choice([0, 0, 0, 1, 2]))]
    world = World(
        rng, chrome.page_url(rng), chrome.page_title(rng, False), [*lead, *more, *heads, *chrome.prose(rng, False, 2)]
    )
    if rng.random() < 0.75:
        world.next_ref = rng.choice([1, 1, 1, 2, 3, 4])
    task = rng.choice(
        [
            f"Click on {names[at]}",
            f"Click on {names[at]}.",
            f'Click "{names[at]}"',
            f"Open {names[at]}",
            f"Go to {names[at]}",
            f"Select {names[at]}",
            f"Press {names[at]}",
            f"点击{names[at]}",
            f"打开“{names[at]}”",
            f"Switch to {names[at]}.",
        ]
    )
    zh = "一" <= task[0] <= "鿿"

    def expert() -> Iterator[Action]:
        yield Click(world.ref(heads[at]))
        yield Finish("完成。" if zh else "Done.")

    return Episode(world, task, expert())
