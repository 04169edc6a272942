"""What stands around the part of a page that matters: navigation, footers, banners, asides. Distractors."""

from __future__ import annotations

from training import words as w
from training.words import Rng
from training.world import Node, button, checkbox, link, select, text, textbox

NAV_EN = "Home|Products|Services|Pricing|About|About us|Contact|Blog|Docs|Help|Login|Sign in|Register|Cart|Account|News|Careers|Support|Gallery|Events|FAQ|Shop|Search|Menu|Dashboard|Settings|Profile|Log out".split(
    "|"
)
NAV_ZH = "首页|产品|服务|价格|关于我们|联系我们|博客|文档|帮助|登录|注册|购物车|我的账户|新闻|招聘|支持|活动|常见问题|商店|搜索|设置|退出".split(
    "|"
)
FOOT_EN = "Privacy|Terms|Imprint|Cookies|Twitter|Facebook|LinkedIn|GitHub|RSS|Sitemap|Accessibility|Status|Press|Legal|Contact|© 2026".split(
    "|"
)
FOOT_ZH = "隐私政策|服务条款|网站地图|微博|微信|版权所有|备案号|联系客服".split("|")


def top(rng: Rng, zh: bool) -> list[Node]:
    nodes: list[Node] = []
    names = rng.sample(NAV_ZH if zh else NAV_EN, rng.randint(2, 8))
    if rng.random() < 0.4:
        nodes.append(link(w.title(rng, zh)))
    nodes += [link(n) if rng.random() < 0.9 else button(n) for n in names]
    if rng.random() < 0.15:
        nodes.append(textbox("搜索" if zh else "Search", role=rng.choice(["searchbox", "textbox"])))
        if rng.random() < 0.5:
            nodes.append(button("搜索" if zh else rng.choice(["Search", "Go"])))
    return nodes


def bottom(rng: Rng, zh: bool) -> list[Node]:
    nodes = [
        link(n) if rng.random() < 0.85 else text("text", n)
        for n in rng.sample(FOOT_ZH if zh else FOOT_EN, rng.randint(1, 6))
    ]
    if rng.random() < 0.15:
        nodes += [textbox("邮箱" if zh else "Newsletter email"), button("订阅" if zh else "Subscribe")]
    return nodes


def prose(rng: Rng, zh: bool, most: int = 4) -> list[Node]:
    nodes: list[Node] = []
    for _ in range(rng.randint(0, most)):
        role = rng.choice(["text", "text", "text", "heading", "listitem"])
        nodes.append(text(role, w.title(rng, zh) if role == "heading" else w.text(rng, zh)))
    return nodes


def clutter(rng: Rng, zh: bool, most: int = 6) -> list[Node]:
    """Controls that have nothing to do with the task."""
    nodes: list[Node] = []
    for _ in range(rng.randint(0, most)):
        roll = rng.random()
        name = w.title(rng, zh)
        if roll < 0.05:
            nodes.append(Node("generic", name, takes=("Click",)))
        elif roll < 0.35:
            nodes.append(link(name))
        elif roll < 0.6:
            nodes.append(button(name))
        elif roll < 0.7:
            nodes.append(textbox(name, "" if rng.random() < 0.7 else w.phrase(rng)))
        elif roll < 0.78:
            nodes.append(checkbox(name, rng.random() < 0.5))
        elif roll < 0.84:
            options = [w.title(rng, zh) for _ in range(rng.randint(2, 5))]
            nodes.append(select(name, options, options[0]))
        else:
            nodes += prose(rng, zh, 2)
    return nodes


def surround(rng: Rng, zh: bool, body: list[Node]) -> list[Node]:
    """The body with a page around it; sometimes nothing at all, as on test pages."""
    if rng.random() < 0.3:
        return body
    if rng.random() < 0.12:
        body = [*clutter(rng, zh, 30), *body, *clutter(rng, zh, 30)]
    head = top(rng, zh) if rng.random() < 0.8 else []
    if rng.random() < 0.6:
        head.append(text("heading", w.title(rng, zh)))
    head += prose(rng, zh, 2)
    foot = clutter(rng, zh, 4) if rng.random() < 0.3 else []
    foot += bottom(rng, zh) if rng.random() < 0.7 else []
    return [*head, *body, *foot]


def site(rng: Rng) -> str:
    return rng.choice(
        [
            f"http://localhost:{rng.randint(1000, 65000)}",
            f"https://{rng.choice(['www.', ''])}{w.syllables(rng)}.{rng.choice(['com', 'org', 'cn', 'io', 'example'])}",
            f"http://127.0.0.1:{rng.randint(1000, 65000)}",
        ]
    )


def page_url(rng: Rng) -> str:
    return site(rng) + rng.choice(
        [
            "",
            "/",
            f"/{w.word(rng)}",
            f"/{w.word(rng)}.html",
            f"/{w.word(rng)}/{w.word(rng)}",
            f"/{w.word(rng)}?id={rng.randint(1, 999)}",
        ]
    )


def page_title(rng: Rng, zh: bool) -> str:
    return rng.choice(
        [
            w.title(rng, zh),
            w.title(rng, zh),
            f"{w.title(rng, zh)} | {w.word(rng).capitalize()}",
            f"{w.title(rng, zh)} - {w.title(rng, zh)}",
            "",
        ]
    )
