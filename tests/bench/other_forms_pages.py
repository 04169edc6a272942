"""A seed to one form: its page as HTML, the task as a person would write it, and what must arrive. Pure."""

# ruff: noqa: E501 - tables of words and of markup

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from random import Random

from tests.bench.other_forms_sites import SITES, Field, Language, Said, Site, Value

TEXTUAL = ("text", "email", "tel", "url", "number", "date", "time", "month", "color", "range", "password")
TECHNIQUES = ("for", "for", "wrap", "table", "floating", "labelledby", "placeholder", "aria-label", "adjacent")
STYLES = ("sentences", "commas", "quoted", "colons", "lines", "terse")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as it stands on this page."""

    field: Field
    label: str
    technique: str
    on: bool
    """A checkbox's state at first."""
    looks: str
    """How a choice is drawn."""


@dataclass(frozen=True, slots=True)
class Form:
    seed: int
    site: Site
    shown: tuple[Shown, ...]
    style: str
    html: str
    task: str
    asked: dict[str, Value]
    """By key. What is not in it must arrive as the page had it."""

    @property
    def language(self) -> Language:
        return self.site.language


def make_form(seed: int, sites: Sequence[Site] = SITES) -> Form:
    rng = Random(f"other-forms {seed}")
    languages: tuple[Language, ...] = ("en", "zh")
    language = languages[seed % 2]
    site = rng.choice([site for site in sites if site.language == language])
    fields = choose_fields(site, rng)
    main_technique = rng.choice(TECHNIQUES)
    shown = tuple(show(field, main_technique, rng) for field in fields)
    asked = choose_asked(shown, rng)
    submit = rng.choice(site.submit)
    style = rng.choice(STYLES)
    task = write_task(site, shown, asked, style, submit, rng)
    return Form(
        seed, site, shown, style, write_page(site, shown, submit, rng), task, {k: v for k, (_, v) in asked.items()}
    )


def choose_fields(site: Site, rng: Random) -> list[Field]:
    """Three to twelve, the required ones among them, in the site's order."""
    wanted = rng.randint(3, min(12, len(site.fields)))
    required = [field for field in site.fields if field.required]
    free = [field for field in site.fields if not field.required]
    picked = {field.key for field in rng.sample(required, min(len(required), wanted))}
    picked |= {field.key for field in rng.sample(free, min(len(free), max(wanted - len(picked), 0)))}
    return [field for field in site.fields if field.key in picked]


def show(field: Field, main_technique: str, rng: Random) -> Shown:
    technique = main_technique if rng.random() < 0.8 else rng.choice(TECHNIQUES)
    if technique in ("placeholder", "floating") and field.kind not in (
        "text",
        "email",
        "tel",
        "url",
        "password",
        "textarea",
    ):
        technique = "for"
    looks = rng.choice(("plain", "plain", "pills", "boxed"))
    on = bool(field.says_off) and rng.random() < 0.5
    return Shown(field, rng.choice(field.labels), technique, on, looks)


def choose_asked(shown: Sequence[Shown], rng: Random) -> dict[str, Said]:
    """The required fields and most of the others, at least two."""
    share = rng.choice((0.6, 0.8, 1.0))
    asked = [one for one in shown if one.field.required or rng.random() < share]
    rest = [one for one in shown if one not in asked]
    asked += rest[: max(2 - len(asked), 0)]
    keys = {one.field.key for one in asked}
    return {one.field.key: draw(one, rng) for one in shown if one.field.key in keys}


def draw(one: Shown, rng: Random) -> Said:
    field = one.field
    match field.kind:
        case "checkbox" | "switch":
            return "", not one.on
        case "select" | "radio":
            option = rng.choice([o for o in field.options if o != field.default])
            return option, option
        case "checks" | "multi":
            options = [o for o in field.options if o in rng.sample(field.options, rng.choice((1, 2, 2, 3)))]
            return join(options, field.options[0]), options
        case _:
            assert field.draw
            return field.draw(rng)


def join(options: list[str], sample: str) -> str:
    """`A, B and C`; Chinese with its own marks."""
    if len(options) == 1:
        return options[0]
    if sample[0] > "⺀":
        return "、".join(options)
    return f"{', '.join(options[:-1])} and {options[-1]}"


# ---------------------------------------------------------------- the task


def write_task(site: Site, shown: Sequence[Shown], asked: dict[str, Said], style: str, submit: str, rng: Random) -> str:
    intro, closing = rng.choice(site.intros), rng.choice(site.closings).replace("{submit}", submit)
    told = [one for one in shown if one.field.key in asked]
    if rng.random() < 0.35:
        rng.shuffle(told)
    english = site.language == "en"
    if english:
        closing = closing if closing[0].isupper() else f"Fill everything in {closing}."
    write: Callable[[Shown, Said, Random], str] = {
        "sentences": clause, "commas": clause, "terse": clause,
        "quoted": quoted_en if english else quoted_zh, "colons": colon, "lines": colon,
    }[style]  # fmt: skip
    parts = [write(one, asked[one.field.key], rng) for one in told]
    match style, english:
        case "lines", _:
            mark = rng.choice(("- ", "* ", ""))
            return "\n".join([f"{intro}{':' if english else '：'}", *(mark + part for part in parts), closing])
        case "sentences", True:
            return " ".join([f"{intro}.", *(part[0].upper() + part[1:] + stop(part) for part in parts), closing])
        case "sentences", False:
            return f"{intro}。" + "".join(part + ("" if part[-1] in "。!?" else "。") for part in parts) + closing
        case (("quoted" | "commas"), True):
            return f"{intro}: {', '.join(parts)}. {closing}"
        case "terse", True:
            return f"{intro} - {'; '.join(parts)}. {closing}"
        case "colons", True:
            return f"{intro}. {'; '.join(parts)}. {closing}"
        case "colons", False:
            return f"{intro}：{'；'.join(parts)}。{closing}"
        case _:
            return f"{intro}：{'，'.join(parts)}。{closing}"


def stop(part: str) -> str:
    return "" if part[-1] in ".!?" else "."


def clause(one: Shown, said: Said, rng: Random) -> str:
    """As a person says it, with no regard to what stands on the page."""
    if one.field.kind in ("checkbox", "switch"):
        return rng.choice(one.field.says if said[1] else one.field.says_off)
    return place(rng.choice(one.field.says), one, said[0])


def place(saying: str, one: Shown, value: str) -> str:
    """The saying with the value in it. A free text stands in quotes, or nobody could tell where it ends."""
    if one.field.kind != "textarea" or "“{}”" in saying:
        return saying.replace("{}", value)
    marks = "“”" if saying[0] > "⺀" else "''" if '"' in value else '""'
    return saying.replace("{}", f"{marks[0]}{value}{marks[1]}")


def colon(one: Shown, said: Said, rng: Random) -> str:
    label = one.label if rng.random() < 0.6 else rng.choice(one.field.labels)
    chinese = label[0] > "⺀" or (said[0] or "a")[0] > "⺀"
    if one.field.kind in ("checkbox", "switch"):
        word = ("是" if said[1] else "否") if chinese else ("yes" if said[1] else "no")
        return f"{label}{'：' if chinese else ': '}{word}"
    return place(f"{label}{'：' if chinese else ': '}{{}}", one, said[0])


def quoted_en(one: Shown, said: Said, rng: Random) -> str:
    label = f'"{one.label}"'
    match one.field.kind:
        case "checkbox":
            return f"{rng.choice(('tick', 'check')) if said[1] else 'untick'} {label}"
        case "switch":
            return f"turn {'on' if said[1] else 'off'} {label}"
        case "select" | "radio":
            return f'{rng.choice(("choose", "pick", "select"))} "{said[0]}" for {label}'
        case "checks" | "multi":
            assert isinstance(said[1], list)
            names = [f'"{option}"' for option in said[1]]
            return f"select {join(names, 'x')} under {label}"
        case _:
            quoted = f'"{said[0]}"' if '"' not in said[0] else f"'{said[0]}'"
            return rng.choice((f"put {quoted} in {label}", f"set {label} to {quoted}", f"enter {quoted} as {label}"))


def quoted_zh(one: Shown, said: Said, rng: Random) -> str:
    label = f"“{one.label}”"
    match one.field.kind:
        case "checkbox":
            return f"{'勾选' if said[1] else '取消勾选'}{label}"
        case "switch":
            return f"{'打开' if said[1] else '关闭'}{label}"
        case "select" | "radio":
            return f"{label}选择“{said[0]}”"
        case "checks" | "multi":
            assert isinstance(said[1], list)
            names = [f"“{option}”" for option in said[1]]
            return f"{label}选{'、'.join(names)}"
        case _:
            return rng.choice((f"{label}填“{said[0]}”", f"在{label}中输入“{said[0]}”", f"把{label}设为“{said[0]}”"))


# ---------------------------------------------------------------- the page


def write_page(site: Site, shown: Sequence[Shown], submit: str, rng: Random) -> str:
    words = WORDS[site.language]
    theme = rng.choice(THEMES)
    rows = [write_field(one) for one in shown]
    if rng.random() < 0.4 and len(rows) > 4:
        half = len(rows) // 2
        legends = words["sections"].split("|")
        body = "".join(
            f"<fieldset class=part><legend>{legend}</legend><div class=rows>{''.join(part)}</div></fieldset>"
            for legend, part in zip(legends, (rows[:half], rows[half:]), strict=True)
        )
    else:
        body = f"<div class='rows{' two' if rng.random() < 0.3 else ''}'>{''.join(rows)}</div>"
    form = (
        f"<form id=main class=panel>{body}<div class=actions>{write_submit(submit, rng)}"
        f"{write_other_button(words, rng)}</div></form>"
    )
    blocks = [write_nav(site, words, rng), "<main>"]
    if rng.random() < 0.3:
        blocks.append(
            f"<p class=crumbs><a href='#'>{words['home']}</a> › <a href='#'>{site.brand}</a> › {site.heading}</p>"
        )
    blocks += [f"<h1>{site.heading}</h1><p class=lead>{site.lead}</p>", form]
    if rng.random() < 0.5:
        blocks.append(write_aside(words, rng))
    blocks += ["</main>", write_footer(site, words, rng)]
    if rng.random() < 0.3:
        blocks.append(
            f"<div class=cookies>{words['cookies']} <button type=button data-side=cookies>{words['accept']}</button></div>"
        )
    ending = rng.choice(("replace", "banner", "overlay"))
    script = SCRIPT.replace("%ENDING%", ending).replace("%THANKS%", site.thanks.replace("'", "\\'"))
    return (
        f"<!doctype html><html lang={site.language}><head><meta charset=utf-8><title>{site.heading} | {site.brand}</title>"
        f"<link rel=icon href='data:,'><style>{CSS}{theme}</style></head><body>{''.join(blocks)}"
        f"<script>{script}</script></body></html>"
    )


def write_field(one: Shown) -> str:
    """The label and the control, tied together in one of the ways that pages do it."""
    field, key = one.field, one.field.key
    star = " <span class=req>*</span>" if field.required else ""
    label = f"{escape(one.label)}{star}"
    if field.kind in ("checkbox", "switch"):
        return write_tick(one, label)
    if field.kind in ("radio", "checks"):
        return write_choices(one, label)
    name = escape(one.label)
    match one.technique:
        case "wrap":
            return f"<label class=row><span>{label}</span>{control(one)}</label>"
        case "table":
            return (
                f"<div class='row line'><label for={key}>{label}:</label><div>{control(one, f'id={key}')}</div></div>"
            )
        case "floating":
            field_html = control(one, f"id={key} placeholder=' '")
            return f"<div class='row float'>{field_html}<label for={key}>{label}</label></div>"
        case "labelledby":
            field_html = control(one, f"aria-labelledby=l-{key}")
            return f"<div class=row><div class=lbl id=l-{key}>{label}</div>{field_html}</div>"
        case "placeholder":
            quoted_hint = f'placeholder="{name}{" *" * field.required}"'
            return f"<div class=row>{control(one, quoted_hint)}</div>"
        case "aria-label":
            field_html = control(one, f'aria-label="{name}"')
            return f"<div class=row><div class=lbl aria-hidden=true>{label}</div>{field_html}</div>"
        case "adjacent":
            return f"<div class=row><div class=lbl>{label}</div>{control(one)}</div>"
        case _:
            return f"<div class=row><label for={key}>{label}</label>{control(one, f'id={key}')}</div>"


def control(one: Shown, more: str = "") -> str:
    field = one.field
    common = f"name={field.key} {more}{' required' if field.required else ''}"
    match field.kind:
        case "textarea":
            return f"<textarea {common} rows=3></textarea>"
        case "select":
            empty = f"<option value=''>{escape(field.default)}</option>" if field.default not in field.options else ""
            options = "".join(
                f"<option{' selected' if o == field.default else ''}>{escape(o)}</option>" for o in field.options
            )
            return f"<select {common}>{empty}{options}</select>"
        case "multi":
            return f"<select multiple size=4 {common}>{''.join(f'<option>{escape(o)}</option>' for o in field.options)}</select>"
        case kind:
            bounds = "min={} max={} step={}".format(*field.bounds) if field.bounds else ""
            return f"<input type={kind} {common} {bounds}>"


def write_tick(one: Shown, label: str) -> str:
    key, checked = one.field.key, " checked" if one.on else ""
    if one.field.kind == "switch" and one.looks != "plain":
        state = "true" if one.on else "false"
        return (
            f"<div class='row sw'><span id=l-{key}>{label}</span>"
            f"<button type=button role=switch data-name={key} aria-checked={state} aria-labelledby=l-{key}><i></i></button></div>"
        )
    role = " role=switch class=switch" if one.field.kind == "switch" else ""
    required = " required" if one.field.required else ""
    box = f"<input type=checkbox name={key} id={key}{role}{checked}{required}>"
    if one.looks == "boxed":
        return f"<div class='row tick'>{box}<label for={key}>{label}</label></div>"
    return f"<label class='row tick'>{box}<span>{label}</span></label>"


def write_choices(one: Shown, label: str) -> str:
    key = one.field.key
    kind = "radio" if one.field.kind == "radio" else "checkbox"
    inputs: list[str] = []
    for i, option in enumerate(one.field.options):
        box = f"<input type={kind} name={key} value='{escape(option)}' id={key}-{i}{' data-group' if kind == 'checkbox' else ''}>"
        text = escape(option)
        inputs.append(
            f"{box}<label for={key}-{i}>{text}</label>"
            if one.looks == "pills"
            else f"<label class=opt>{box} {text}</label>"
        )
    body = f"<div class='opts {one.looks}'>{''.join(inputs)}</div>"
    if one.technique in ("labelledby", "placeholder", "aria-label"):
        role = "radiogroup" if kind == "radio" else "group"
        return f"<div class=row role={role} aria-labelledby=l-{key}><div class=lbl id=l-{key}>{label}</div>{body}</div>"
    if one.technique == "adjacent":
        return f"<div class=row><div class=lbl>{label}</div>{body}</div>"
    return f"<fieldset class='row plainset'><legend>{label}</legend>{body}</fieldset>"


def write_submit(text: str, rng: Random) -> str:
    return rng.choice(
        (
            f"<button type=submit class=go>{text}</button>",
            f"<button class=go>{text}</button>",
            f"<input type=submit class=go value='{text}'>",
            f"<button type=button class=go data-go>{text}</button>",
            f"<a role=button tabindex=0 class=go data-go>{text}</a>",
        )
    )


def write_other_button(words: dict[str, str], rng: Random) -> str:
    text = rng.choice(("", *words["others"].split("|")))
    return f"<button type=button class=other data-side='{text}'>{text}</button>" if text else ""


def write_nav(site: Site, words: dict[str, str], rng: Random) -> str:
    links = "".join(
        f"<a href='#{i}'>{text}</a>" for i, text in enumerate(rng.sample(words["nav"].split("|"), rng.randint(2, 5)))
    )
    search = (
        f"<form class=find data-side=search><input type=search name=q aria-label='{words['search']}'><button>{words['go']}</button></form>"
        if rng.random() < 0.3
        else ""
    )
    return f"<header><a class=brand href='#'>{site.brand}</a><nav>{links}</nav>{search}</header>"


def write_aside(words: dict[str, str], rng: Random) -> str:
    texts: Iterable[str] = rng.sample(words["asides"].split("|"), 2)
    return f"<aside><h2>{words['aside']}</h2>{''.join(f'<p>{text}</p>' for text in texts)}<a href='#more'>{words['more']}</a></aside>"


def write_footer(site: Site, words: dict[str, str], rng: Random) -> str:
    letter = (
        f"<form class=letter data-side=newsletter><label for=nl>{words['letter']}</label><input type=email id=nl name=nl_mail "
        f"placeholder='{words['letter hint']}'><button>{words['subscribe']}</button></form>"
        if rng.random() < 0.4
        else ""
    )
    links = "".join(f"<a href='#{text}'>{text}</a>" for text in words["footer"].split("|"))
    return f"<footer>{letter}<p>© 2026 {site.brand}</p>{links}</footer>"


WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "sections": "Your details|The rest", "home": "Home", "cookies": "We use cookies to keep you signed in.", "accept": "Got it",
        "others": "Save draft|Cancel|Clear form", "nav": "About|Services|Prices|News|Contact us|Help|Gallery|Log in",
        "search": "Search this site", "go": "Search", "aside": "Good to know", "more": "Read more",
        "asides": "Open Monday to Friday, 9:00 to 17:30.|Questions? Call +44 20 7946 0000.|Rated 4.8 of 5 by 1,204 people.|Parking behind the building.",
        "letter": "Newsletter", "letter hint": "you@example.com", "subscribe": "Subscribe", "footer": "Imprint|Privacy|Terms|Jobs",
    },
    "zh": {
        "sections": "基本信息|其他信息", "home": "首页", "cookies": "本站使用 Cookie 以保持登录状态。", "accept": "知道了",
        "others": "保存草稿|取消|重置", "nav": "关于我们|服务项目|价格|新闻动态|联系我们|帮助中心|登录",
        "search": "站内搜索", "go": "搜索", "aside": "温馨提示", "more": "查看更多",
        "asides": "服务时间:周一至周五 9:00-17:30。|咨询热线:400-800-0000。|已有 1204 人评价,好评率 98%。|地下车库可免费停车两小时。",
        "letter": "订阅资讯", "letter hint": "请输入邮箱地址", "subscribe": "订阅", "footer": "版权声明|隐私政策|加入我们",
    },
}  # fmt: skip

CSS = """
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;color:#222}
header,footer{display:flex;gap:18px;align-items:center;padding:12px 28px;background:#eef;flex-wrap:wrap}
nav{display:flex;gap:14px}.brand{font-weight:700}main{max-width:820px;margin:24px auto;padding:0 20px}
.row{display:block;margin:0 0 14px}.row>label,.lbl,.row>span{display:block;font-weight:600;margin-bottom:3px}
input:not([type=checkbox]):not([type=radio]):not([type=color]),select,textarea{width:100%;max-width:420px;padding:7px;font:inherit;border:1px solid #99a;border-radius:4px}
.find input,.letter input{width:160px!important}.line{display:grid;grid-template-columns:190px 1fr}.req{color:#b00}
.float{position:relative}.float label{position:absolute;left:8px;top:6px;pointer-events:none;color:#778;transition:.1s}
.float :focus+label,.float :not(:placeholder-shown)+label{top:-14px;font-size:11px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 22px}.part,.plainset{border:0;padding:0;margin:0 0 14px}.part{border:1px solid #ccd;padding:14px}
.plainset legend{font-weight:600;padding:0}.opts{display:flex;gap:12px;flex-wrap:wrap}.opts.boxed{flex-direction:column;gap:4px}
.opts.pills{position:relative}.opts.pills input{position:absolute;opacity:0;width:1px;height:1px}
.opts.pills label{border:1px solid #99a;border-radius:16px;padding:4px 14px;cursor:pointer;font-weight:400}.opts.pills :checked+label{background:#347;color:#fff}
.tick{display:flex;gap:8px;align-items:center}.tick label,.tick>span{margin:0;font-weight:400;display:inline}
.switch{appearance:none;width:38px;height:20px;border-radius:10px;background:#aab;position:relative;cursor:pointer}.switch:checked{background:#283}
.switch::after{content:'';position:absolute;left:2px;top:2px;width:16px;height:16px;border-radius:8px;background:#fff}.switch:checked::after{left:20px}
.sw{display:flex;gap:12px}[role=switch][aria-checked]{width:40px;height:22px;border-radius:11px;border:0;background:#aab;position:relative}
[role=switch][aria-checked] i{position:absolute;left:3px;top:3px;width:16px;height:16px;border-radius:8px;background:#fff}
[aria-checked=true]{background:#283!important}[aria-checked=true] i{left:21px!important}
.actions{display:flex;gap:12px;margin-top:18px}.go{background:#234a86!important;color:#fff;border:0;padding:9px 22px;border-radius:5px;width:auto!important;cursor:pointer}
.other{background:none;border:1px solid #aaa;padding:8px 16px}aside{background:#f6f6ee;padding:12px 16px;margin-top:22px}aside h2{font-size:16px;margin:0}
.cookies{background:#222;color:#eee;padding:10px 24px}.overlay{position:fixed;inset:0;background:#0008;display:grid;place-items:center}
.overlay>div{background:#fff;padding:28px 40px;border-radius:8px}.ok{background:#dfd;border:1px solid #6a6;padding:14px}footer{margin-top:40px;font-size:13px}
"""
THEMES = (
    "",
    "body{background:#f3f4f7}.panel{background:#fff;padding:26px;border-radius:12px;box-shadow:0 2px 14px #0002}",
    "body{background:#171a21;color:#dde}header,footer{background:#22262f}a{color:#9bf}input,select,textarea{background:#262b36;color:#eee}aside{background:#232733}",
    "body{font:13px Verdana,sans-serif}.row{margin:0;padding:6px;border-bottom:1px dotted #bbb}h1{font-size:19px;color:#630}",
    "main{display:grid;grid-template-columns:2fr 1fr;gap:0 30px;max-width:1060px}h1,.lead,.crumbs{grid-column:1/3}.panel{padding:20px;border:1px solid #dde}",
)
SCRIPT = """
window.__count = 0; window.__side = [];
window.__state = () => {
  const state = {};
  for (const e of document.querySelectorAll('[name]')) {
    if (!('value' in e)) continue;
    if (e.type === 'radio') { state[e.name] = e.checked ? e.value : state[e.name] ?? ''; }
    else if (e.matches('[data-group]')) { state[e.name] ??= []; if (e.checked) state[e.name].push(e.value); }
    else if (e.type === 'checkbox') state[e.name] = e.checked;
    else if (e.multiple) state[e.name] = [...e.selectedOptions].map(o => o.text);
    else state[e.name] = e.value;
  }
  for (const e of document.querySelectorAll('[data-name]')) state[e.dataset.name] = e.getAttribute('aria-checked') === 'true';
  return state;
};
window.__before = window.__state();
const form = document.getElementById('main');
function done() {
  window.__submitted = window.__state(); window.__count++;
  const p = document.createElement('div'); p.className = 'ok'; p.setAttribute('role', 'status'); p.textContent = '%THANKS%';
  if ('%ENDING%' === 'replace') form.replaceWith(p);
  else if ('%ENDING%' === 'banner') { form.before(p); scrollTo(0, 0); }
  else { const o = document.createElement('div'); o.className = 'overlay'; o.append(p); document.body.append(o); }
}
form.addEventListener('submit', e => { e.preventDefault(); done(); });
for (const b of document.querySelectorAll('[data-go]')) b.addEventListener('click', () => form.requestSubmit());
for (const s of document.querySelectorAll('[role=switch][data-name]'))
  s.addEventListener('click', () => s.setAttribute('aria-checked', s.getAttribute('aria-checked') !== 'true'));
for (const b of document.querySelectorAll('button[data-side]')) b.addEventListener('click', () => {
  if (b.dataset.side === 'cookies') b.parentElement.remove(); else window.__side.push(b.dataset.side); });
for (const f of document.querySelectorAll('form[data-side]')) f.addEventListener('submit', e => {
  e.preventDefault(); window.__side.push(f.dataset.side); });
"""
