"""Words and values to fill pages with: names, codes, dates, sentences, in English, Chinese and other scripts.

Half of what has to be copied is made of random syllables or letters, so that copying is learnt and not remembered.
"""

from __future__ import annotations

import datetime
import random
import string

Rng = random.Random

FIRST = """Ada Alan Grace Linus Maria José Anna Peter Olga Ivan Mei Ravi Priya Omar Fatima Lucas Emma Noah Olivia Liam Sophia
Mason Mia James Amelia Ethan Harper Logan Evelyn Jacob Abigail Michael Emily Daniel Ella Henry Scarlett Jackson Victoria
Samuel Madison David Luna Joseph Chloe Carter Penelope Owen Layla Wyatt Riley John Zoey Jack Nora Luke Lily Jayden Hannah
Dylan Lillian Gabriel Addison Anthony Aubrey Isaac Ellie Hudson Stella Lincoln Natalie Mateo Zoe Jaxon Leah Aaron Hazel
Charles Violet Thomas Aurora Caleb Savannah Josiah Audrey Christian Brooklyn Hunter Bella Eli Claire Jonathan Skylar
Günther Åsa Zoë Chloé Søren Łukasz Renée Nuño Siobhán Ümit Dvořák Björk Karel Yuki Hiro Sana Tariq Amara Kofi Thandi""".split()
LAST = """Lovelace Turing Hopper Torvalds Curie García Müller Novak Petrova Chen Patel Khan Silva Rossi Dubois Smith Johnson
Williams Brown Jones Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Taylor Moore Jackson Martin Lee
Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts O'Brien McDonald Saint-Just van Dijk de Vries
Okafor Mensah Haddad Yamamoto Suzuki Kowalski Horváth Nowak Ionescu Popescu Jensen Hansen Lindqvist Virtanen""".split()
CITIES = """Paris London Berlin Madrid Rome Vienna Oslo Lagos Nairobi Cairo Mumbai Delhi Tokyo Kyoto Seoul Lima Quito Bogotá
Toronto Chicago Boston Denver Austin Seattle Lisbon Porto Zürich Geneva Prague Warsaw Athens Dublin Leeds Lyon Nice Turin
Munich Hamburg Graz Ghent Malmö Tampere Riga Vilnius Tallinn Sofia Izmir Haifa Perth Sydney Auckland Springfield Bletchley""".split()
COUNTRIES = (
    """Austria Australia Argentina Belgium Brazil Canada Chile China Colombia Croatia Denmark Egypt Estonia Finland France
Germany Ghana Greece Hungary Iceland India Indonesia Ireland Israel Italy Japan Kenya Latvia Lithuania Malaysia Mexico Morocco
Netherlands Nigeria Norway Peru Poland Portugal Romania Singapore Slovakia Slovenia Spain Sweden Switzerland Thailand Turkey
Ukraine Uruguay Vietnam""".split()
    + ["South Korea", "New Zealand", "South Africa", "Costa Rica"]
)
UNITED = ["United States", "United Kingdom", "United Arab Emirates"]
COLOURS = "red green blue yellow black white orange purple pink brown grey cyan magenta teal navy maroon olive silver gold".split()
NOUNS = """account address agenda album animal answer apple archive area article asset badge balance bank banner basket bottle box
branch brand bridge budget bundle button cabin camera candle card carpet category chair channel chapter circle city class client
clock cloud code coffee column comment company contact contract copper corner country course cover crate credit crew cross crown
customer cycle damage data date deal deck delivery demand depth desk detail device diagram diet direction discount dish district
doctor document dollar door draft drawer dress driver duty editor effect email engine entry error estate event exam example
expert export fabric factor family farm feature field figure file film filter finger flavor flight floor flower folder forest
format frame friend fruit garden gate gift glass goal grade graph group guest guide hammer handle harbor height history holiday
hotel hour house idea image income index insurance invoice island issue item jacket journal journey judge juice kettle key
kitchen label ladder lake language laptop lawyer leader league lecture lesson letter level library licence light limit line
link list load loan location lock logo lunch machine magazine mail manager map margin market material matter meal measure
medal meeting member memory menu message metal method mirror mission mobile model module moment month monitor morning motor
mountain movie museum music nation network news night notebook notice novel number nurse object ocean offer office oil option
orange order origin owner package page paint panel paper parcel park parking part partner party passage passport password
path patient payment pencil pepper period permit person phone photo picture piece pilot pipe place plan plane plant plate
player pocket poem point policy pool port position post potato price print prize problem process product profile project
promise proof purpose quality quarter question queue rain rate reader reason receipt recipe record region release rent reply
report request reserve result review reward ribbon river road rocket role roof room root route row rule sale salad sample
sauce schedule school science score screen script season seat secret section sector segment seller series server service
session shadow shape share sheet shelf shift ship shirt shoe shop signal silver site size sketch skill sleep slide snow soap
socket soil song sound source space spoon sport spring square stage stamp star station status step stock stone storage store
storm story street string student studio style subject sugar summary summer supply surface survey switch system table tablet
talk target task tax teacher team tenant term test text theme ticket tiger time tip title tool topic total tour tower town
track trade traffic train travel treaty tree trial trip truck trust tube unit update user vacation valley value vehicle vendor
venue version video view village visit voice volume voucher wage wall wallet warehouse watch water wave weather week weight
wheel window winter wire word work worker world yard year zone""".split()
VERBS = """add allow apply approve archive ask attach book browse build buy call cancel change check choose clean clear close
collect compare complete confirm connect continue copy count create cut delete deliver deny describe deploy design detach
disable discard discover download draw drop duplicate edit enable enter exit expand explore export extend fetch filter find
finish fix follow forward generate go help hide hold import include insert install invite join keep launch learn leave like
link list load lock log look make manage map mark measure merge move mute open order pack pause pay pick pin play post preview
print publish push queue rate read record refresh refuse register reject release reload remind remove rename renew rent repair
repeat replace reply report request reserve reset restart restore resume return review revoke rotate run save scan schedule
search select sell send set share ship show sign skip sort split start stop store submit subscribe switch sync tag take test
track transfer translate try turn undo unlock update upgrade upload use validate verify view visit vote watch write""".split()
ADJECTIVES = """active annual basic blue bold brief bright broad calm central cheap clean clear cold common cool daily dark deep digital
direct double dry early easy empty exact extra fair famous fast final fine fixed flat free fresh full general gentle global
gold good grand great green happy hard heavy high hot huge ideal inner internal junior key large last late light little live
local long loud low main major manual medium minor mobile modern monthly new next nice noisy normal odd old open outer paid
pale personal plain prime private public pure quick quiet rare raw ready real recent red regular rich round safe second secret
senior sharp short silent simple slow small smart soft solid special square standard strong sweet tall thin tiny total true
upper urgent usual vast warm weak weekly wet white wide wild wooden yearly young""".split()
TAIL = "Ltd GmbH Inc LLC & Sons Group Labs Partners Studio Bros".split()
ZH_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳"
ZH_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文辉力斌婷雪飞鹏浩宇轩子涵梓晨欣怡佳琪思雨嘉诚俊峰志远晓东海燕春生永福乐天安然一诺可心若曦雅琴振宁学森"
ZH_CITIES = "北京 上海 广州 深圳 杭州 成都 重庆 武汉 西安 南京 苏州 天津 青岛 大连 厦门 长沙 郑州 昆明 沈阳 哈尔滨 合肥 福州 济南 宁波 无锡 珠海 拉萨 兰州 海口 三亚".split()
ZH_WORDS = """订单 商品 地址 账户 余额 设置 帮助 首页 登录 注册 搜索 购物车 收藏 消息 通知 评论 发布 编辑 删除 保存 取消 确定 提交 返回 下载 上传
分享 关注 点赞 打印 导出 导入 刷新 更多 详情 全部 分类 价格 数量 库存 品牌 颜色 尺寸 重量 日期 时间 开始 结束 状态 类型 备注 说明 标题 内容 作者 来源
用户 姓名 密码 邮箱 电话 手机 公司 部门 职位 城市 国家 邮编 性别 年龄 生日 学校 专业 爱好 项目 任务 会议 日程 报告 文件 图片 视频 音乐 游戏 新闻 天气
旅行 酒店 机票 火车 汽车 餐厅 外卖 快递 发票 支付 退款 优惠 活动 会员 积分 等级 隐私 条款 协议 关于 联系 客服 反馈 建议 投诉 语言 中文 英文 主题 深色
产品 服务 方案 案例 价格表 博客 招聘 合作 伙伴 团队 历史 新手 指南 常见 问题 下一步 上一步 完成 同意 拒绝 允许 禁止 开启 关闭 显示 隐藏 添加 移除 修改""".split()
OTHER_SCRIPTS = """Анна Ковалёва Москва привет Дмитрий Ἑλένη Αθήνα γειά Μαρία שלום דוד ירושלים مرحبا أحمد القاهرة さくら 東京 山田太郎 ありがとう
김민준 서울 안녕하세요 नमस्ते दिल्ली สวัสดี กรุงเทพ Straße naïve façade smörgåsbord Ærøskøbing Þórshöfn Škoda ćevapi coöperate Ελλάδα Київ""".split()
SYLLABLES = [
    c + v
    for c in "b c d f g h j k l m n p r s t v w x z br ch cr dr fl gr kl pl pr sh sk sl st th tr".split()
    for v in "a e i o u ai ea oo ou y".split()
]
ENDS = ["", "", "n", "r", "s", "t", "l", "x", "m", "ck", "nd", "rt", "ng"]
DOMAINS = "example.org example.com mail.test corp.io uni.edu acme.co post.net web.de qq.com 163.com inbox.dev company.example".split()


def pick(rng: Rng, *choices: str) -> str:
    return choices[int(rng.random() * len(choices))]


def syllables(rng: Rng) -> str:
    """A word that is in no dictionary."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 3))) + rng.choice(ENDS)


def letters(rng: Rng) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9)))


def cased(rng: Rng, word: str) -> str:
    roll = rng.random()
    return word.capitalize() if roll < 0.45 else word.upper() if roll < 0.52 else word


def word(rng: Rng) -> str:
    roll = rng.random()
    return rng.choice(NOUNS) if roll < 0.45 else syllables(rng) if roll < 0.85 else letters(rng)


def first_name(rng: Rng) -> str:
    return rng.choice(FIRST) if rng.random() < 0.5 else syllables(rng).capitalize()


def last_name(rng: Rng) -> str:
    return rng.choice(LAST) if rng.random() < 0.5 else syllables(rng).capitalize()


def person(rng: Rng) -> str:
    middle = f" {rng.choice(string.ascii_uppercase)}." if rng.random() < 0.05 else ""
    return f"{first_name(rng)}{middle} {last_name(rng)}"


def zh_person(rng: Rng) -> str:
    return rng.choice(ZH_SURNAMES) + "".join(rng.choices(ZH_GIVEN, k=rng.randint(1, 2)))


def handle(rng: Rng) -> str:
    joint = rng.choice(["", ".", "_", "-"])
    body = (
        rng.choice([first_name(rng), syllables(rng), word(rng)]).lower()
        + joint
        + rng.choice([last_name(rng), syllables(rng), ""]).lower()
    )
    body = "".join(c for c in body if c.isascii() and (c.isalnum() or c in "._-")).strip("._-") or letters(rng)
    return body + (str(rng.randint(1, 9999)) if rng.random() < 0.3 else "")


def email(rng: Rng) -> str:
    domain = (
        rng.choice(DOMAINS)
        if rng.random() < 0.5
        else f"{syllables(rng)}.{rng.choice(['com', 'org', 'net', 'io', 'cn', 'de', 'co.uk'])}"
    )
    plus = f"+{word(rng)}" if rng.random() < 0.06 else ""
    return f"{handle(rng)}{plus}@{domain}"


def digits(rng: Rng, least: int, most: int) -> str:
    return "".join(rng.choices(string.digits, k=rng.randint(least, most)))


def phone(rng: Rng, zh: bool = False) -> str:
    if zh:
        return f"1{rng.choice('3578')}{digits(rng, 9, 9)}"
    form = rng.choice(
        [
            "+## ### #######",
            "###-####",
            "(###) ###-####",
            "###-###-####",
            "0### ######",
            "+1 ### ### ####",
            "##########",
            "## ## ## ##",
        ]
    )
    return "".join(rng.choice(string.digits) if c == "#" else c for c in form)


def code(rng: Rng) -> str:
    form = rng.choice(
        [
            "??##",
            "??-####",
            "####-##",
            "???#?",
            "#?#?#?",
            "??_###",
            "?#-?#-?#",
            "######",
            "?????-#",
            "INV-#####",
            "#.##.#",
        ]
    )
    swap = {"?": string.ascii_uppercase if rng.random() < 0.7 else string.ascii_letters, "#": string.digits}
    return "".join(rng.choice(swap[c]) if c in swap else c for c in form)


def secret(rng: Rng) -> str:
    return "".join(
        rng.choices(string.ascii_letters + string.digits + rng.choice(["", "", "!#$%&*+-?@_"]), k=rng.randint(4, 14))
    )


def url(rng: Rng) -> str:
    host = f"{rng.choice(['', 'www.', 'app.', 'shop.'])}{rng.choice([syllables(rng), word(rng)])}.{rng.choice(['com', 'org', 'io', 'net', 'cn', 'example', 'dev'])}"
    if rng.random() < 0.25:
        host = rng.choice(["localhost", "127.0.0.1"]) + f":{rng.randint(1000, 65000)}"
    path = "".join(f"/{rng.choice([word(rng), digits(rng, 1, 4)])}" for _ in range(rng.choice([0, 0, 1, 1, 2])))
    return (
        f"{rng.choice(['http', 'https', 'https'])}://{host}{path}{rng.choice(['', '', '/', '.html' if path else ''])}"
    )


def address(rng: Rng) -> str:
    return (
        f"{rng.randint(1, 300)} {rng.choice([word(rng), last_name(rng)]).capitalize()} {rng.choice(['Street', 'Road', 'Ave', 'Lane', 'St.', 'Platz'])}"
        + (f", {rng.choice(['Apt', 'Floor', 'Unit', 'Suite'])} {rng.randint(1, 60)}" if rng.random() < 0.25 else "")
    )


def zh_address(rng: Rng) -> str:
    return f"{rng.choice(ZH_CITIES)}市{zh_word(rng)}路{rng.randint(1, 999)}号" + (
        f"{rng.randint(1, 30)}栋{rng.randint(101, 3205)}室" if rng.random() < 0.4 else ""
    )


def zh_word(rng: Rng) -> str:
    return rng.choice(ZH_WORDS) if rng.random() < 0.7 else "".join(rng.choices(ZH_GIVEN, k=2))


def city(rng: Rng) -> str:
    return rng.choice(CITIES) if rng.random() < 0.6 else syllables(rng).capitalize()


def company(rng: Rng) -> str:
    name = rng.choice([word(rng), last_name(rng), syllables(rng)]).capitalize()
    second = f" {word(rng).capitalize()}" if rng.random() < 0.3 else ""
    end = rng.random()
    return (
        name
        + second
        + (f" {rng.choice(TAIL)}" if end < 0.4 else f", {rng.choice(['Inc.', 'Ltd.', 'Co.'])}" if end < 0.5 else "")
    )


def money(rng: Rng) -> str:
    amount = f"{rng.randint(1, 9999)}{rng.choice(['', f'.{rng.randint(0, 99):02d}'])}"
    return rng.choice([f"${amount}", f"{amount} EUR", f"€{amount}", amount, f"£{amount}", f"¥{amount}"])


def date(rng: Rng) -> datetime.date:
    return datetime.date(1950, 1, 1) + datetime.timedelta(days=rng.randint(0, 36500))


def phrase(rng: Rng, least: int = 1, most: int = 3) -> str:
    """A few words, as in a title: `quiet harbor`, `Blue vork list`."""
    count = rng.randint(least, most)
    words = [rng.choice(ADJECTIVES) if rng.random() < 0.35 and i < count - 1 else word(rng) for i in range(count)]
    text = " ".join(words)
    roll = rng.random()
    return text.capitalize() if roll < 0.55 else text.title() if roll < 0.75 else text


def zh_phrase(rng: Rng, least: int = 1, most: int = 3) -> str:
    return "".join(zh_word(rng) for _ in range(rng.randint(least, most)))


def alike(rng: Rng, names: list[str], zh: bool) -> list[str]:
    """The names with some that begin or end like one of them: what is easily taken for another."""
    if rng.random() < 0.65 or not names:
        return names
    base = rng.choice(names)
    parts = base.split()
    kin: list[str] = []
    for _ in range(rng.randint(1, 3)):
        other = zh_word(rng) if zh else cased(rng, word(rng))
        roll = rng.random()
        if roll < 0.35:
            kin.append(f"{base}{'' if zh else ' '}{other}")
        elif roll < 0.6:
            kin.append(f"{other}{'' if zh else ' '}{base}")
        elif roll < 0.85 and len(parts) > 1:
            kin.append(" ".join([*parts[:-1], other]) if rng.random() < 0.6 else " ".join([other, *parts[1:]]))
        else:
            kin.append(base[: max(1, len(base) - rng.randint(1, 3))])
    kin = [k.strip() for k in kin if k.strip()]
    for name in kin:
        names.insert(rng.randint(0, len(names)), name)
    return list(dict.fromkeys(names))


def sentence(rng: Rng, least: int = 4, most: int = 12) -> str:
    words = [rng.choice(["the", "a", "our", "your", "this", "is", "was", "with", "for", "and", "to", "of", "in", "please", "we", "I"])
             if rng.random() < 0.4 else rng.choice([rng.choice(NOUNS), rng.choice(VERBS), rng.choice(ADJECTIVES), word(rng)])
             for _ in range(rng.randint(least, most))]  # fmt: skip
    if rng.random() < 0.25:
        words[rng.randrange(len(words))] += ","
    if rng.random() < 0.1:
        words[rng.randrange(len(words))] = str(rng.randint(1, 500))
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", "!", "?", ""])


def zh_sentence(rng: Rng) -> str:
    return "，".join(zh_phrase(rng, 2, 4) for _ in range(rng.randint(1, 3))) + rng.choice("。。！？")


def title(rng: Rng, zh: bool) -> str:
    return zh_phrase(rng) if zh else phrase(rng)


def text(rng: Rng, zh: bool) -> str:
    return zh_sentence(rng) if zh else sentence(rng)


def odd(rng: Rng) -> str:
    """What copying trips over: other scripts, quotes, brackets, codes, mixed case."""
    roll = rng.random()
    if roll < 0.3:
        return " ".join(rng.choices(OTHER_SCRIPTS, k=rng.randint(1, 2)))
    if roll < 0.34:
        return "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(rng.randint(1, 6)))
    if roll < 0.4:
        return f'{word(rng)} "{word(rng)}" {word(rng)}'
    if roll < 0.5:
        return f"{word(rng)} ({word(rng)}) {rng.choice(['&', '/', '-', '+'])} {word(rng)}"
    if roll < 0.75:
        return code(rng)
    if roll < 0.85:
        return f"{word(rng)}'s {word(rng)}"
    return " ".join(cased(rng, word(rng)) for _ in range(rng.randint(2, 6)))
