"""Ten English and nine Chinese sites with what their forms ask, and how people say what to put there. Pure, by seed.

Written without looking at backend/training: an out-of-family test is worth what its independence is worth.
"""

# ruff: noqa: E501 - tables of words and of markup

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal[
    "text", "email", "tel", "url", "number", "date", "time", "month", "color", "range", "textarea", "password",
    "select", "radio", "checks", "multi", "checkbox", "switch",
]  # fmt: skip
Language = Literal["en", "zh"]
Value = str | bool | list[str]
Said = tuple[str, Value]
"""A value as a person says it, and as the form submits it."""
Draw = Callable[[Random], Said]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `labels` and `says` are ways to put it; `{}` in a saying is the value."""

    key: str
    kind: Kind
    labels: tuple[str, ...]
    says: tuple[str, ...]
    draw: Draw | None = None
    options: tuple[str, ...] = ()
    required: bool = False
    default: str = ""
    says_off: tuple[str, ...] = ()
    """For a checkbox or switch that is on at first: how people ask to turn it off."""
    bounds: tuple[int, int, int] | None = None
    """Least, most, step."""


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    language: Language
    brand: str
    heading: str
    lead: str
    intros: tuple[str, ...]
    closings: tuple[str, ...]
    submit: tuple[str, ...]
    thanks: str
    fields: tuple[Field, ...]


# ---------------------------------------------------------------- values

PEOPLE = tuple(
    "Siobhán O'Connor|Łukasz Nowak|Marguerite Dubois|Tunde Adebayo|Ingrid Halvorsen|Rafael Ximénez|Priya Venkataraman|"
    "Giulia Bianchi|Noor van den Berg|Tomáš Dvořák|Keiko Morishita|Desmond Achterberg|Fatima Zahra Idrissi|"
    "Bartholomew Quill|Anneliese Krüger|Jamal Whitfield|Xiomara Delgado|Oisín Gallagher|Thandiwe Mokoena|"
    "Yevgenia Sorokina|Harriet Pemberton-Lowe|Duc Tran|Ayşe Yıldız|Wendell Marsh".split("|")
)
HANZI = tuple(
    "欧阳静怡|陈嘉豪|司马文博|林晓彤|赵一鸣|慕容雪|周子轩|吴雅琪|郑凯旋|黄诗涵|徐志远|何美玲|马天宇|朱婉清|罗永昌|谢佳音".split(
        "|"
    )
)
PINYIN = tuple("jingyi|jiahao|wenbo|xiaotong|yiming|muxue|zixuan|yaqi|kaixuan|shihan|zhiyuan|meiling".split("|"))
MAIL = ("proton.example", "mailbox.example", "corp.example.com", "uni.example.edu", "post.example.org")


def one(text: str) -> Draw:
    """One of the texts between bars, said as it is written."""

    def draw(rng: Random) -> Said:
        chosen = rng.choice(text.split("|"))
        return chosen, chosen

    return draw


def person(rng: Random) -> Said:
    name = rng.choice(PEOPLE)
    return name, name


def first_name(rng: Random) -> Said:
    name = rng.choice(PEOPLE).split()[0]
    return name, name


def last_name(rng: Random) -> Said:
    name = rng.choice(PEOPLE).split(maxsplit=1)[1]
    return name, name


def hanzi(rng: Random) -> Said:
    name = rng.choice(HANZI)
    return name, name


def email(rng: Random) -> Said:
    local = rng.choice(
        [
            "o.connor",
            "nowak84",
            "mdubois+web",
            "tunde_a",
            "ingrid.h",
            "rx",
            "priya.v.1991",
            "g-bianchi",
            "contact",
            "hello.marsh",
        ]
    )
    address = f"{local}@{rng.choice(MAIL)}"
    return address, address


def mail_zh(rng: Random) -> Said:
    address = f"{rng.choice(PINYIN)}{rng.randrange(10, 9999)}@{rng.choice(('163.example.com', 'qqmail.example', 'gongsi.example.cn'))}"
    return address, address


def phone(rng: Random) -> Said:
    pattern = rng.choice(("+44 20 7946 0###", "(415) 555-01##", "+353 86 555 0###", "0171 555 ####", "+1-202-555-01##"))
    number = "".join(str(rng.randrange(10)) if c == "#" else c for c in pattern)
    return number, number


def phone_zh(rng: Random) -> Said:
    number = f"1{rng.choice('3578')}{rng.randrange(10**8, 10**9)}"
    return number, number


def code(pattern: str) -> Draw:
    """`#` is a digit, `@` a capital letter."""

    def draw(rng: Random) -> Said:
        text = "".join(
            str(rng.randrange(10)) if c == "#" else rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") if c == "@" else c
            for c in pattern
        )
        return text, text

    return draw


def number(low: int, high: int, step: int = 1) -> Draw:
    def draw(rng: Random) -> Said:
        text = str(rng.randrange(low, high + 1, step))
        return text, text

    return draw


def count(low: int, high: int) -> Draw:
    """A small number, now and then as a word."""
    words = "zero one two three four five six seven eight nine ten".split()

    def draw(rng: Random) -> Said:
        found = rng.randrange(low, high + 1)
        return (words[found] if rng.random() < 0.3 else str(found)), str(found)

    return draw


def password(rng: Random) -> Said:
    text = rng.choice(("Tr0ub4dor&3", "correct-horse-9", "x7!Qm#20zL", "Sommer_2027!", "pa55phrase.long", "N3w$Key~41"))
    return text, text


def day(first_year: int = 2026, last_year: int = 2028) -> Draw:
    def draw(rng: Random) -> Said:
        found = datetime.date(rng.randrange(first_year, last_year), rng.randrange(1, 13), rng.randrange(1, 29))
        said = rng.choice(
            [found.isoformat(), found.isoformat(), f"{found:%B} {found.day}, {found.year}", f"{found.day} {found:%B %Y}",
             f"{found.day} {found:%b %Y}"]
        )  # fmt: skip
        return said, found.isoformat()

    return draw


def day_zh(first_year: int = 2026, last_year: int = 2028) -> Draw:
    def draw(rng: Random) -> Said:
        found = datetime.date(rng.randrange(first_year, last_year), rng.randrange(1, 13), rng.randrange(1, 29))
        return rng.choice([found.isoformat(), f"{found.year}年{found.month}月{found.day}日"]), found.isoformat()

    return draw


def clock(rng: Random) -> Said:
    hour, minute = rng.randrange(8, 21), rng.choice((0, 15, 30, 45))
    exact = f"{hour:02}:{minute:02}"
    half = f"{(hour - 1) % 12 + 1}:{minute:02} {'pm' if hour >= 12 else 'am'}"
    return rng.choice((exact, half)), exact


def clock_zh(rng: Random) -> Said:
    hour, minute = rng.randrange(8, 21), rng.choice((0, 30))
    exact = f"{hour:02}:{minute:02}"
    spoken = f"{'下午' if hour > 12 else '上午'}{(hour - 1) % 12 + 1}点{'半' if minute else ''}"
    return (exact if hour == 12 or rng.random() < 0.6 else spoken), exact


def race_time(rng: Random) -> Said:
    text = f"0{rng.randrange(1, 3)}:{rng.randrange(10, 60)}"
    return text, text


def month(rng: Random) -> Said:
    found = datetime.date(rng.randrange(2026, 2029), rng.randrange(1, 13), 1)
    return rng.choice((f"{found:%Y-%m}", f"{found:%B %Y}")), f"{found:%Y-%m}"


def month_zh(rng: Random) -> Said:
    found = datetime.date(rng.randrange(2026, 2029), rng.randrange(1, 13), 1)
    return rng.choice((f"{found:%Y-%m}", f"{found.year}年{found.month}月")), f"{found:%Y-%m}"


def colour(rng: Random) -> Said:
    text = f"#{rng.randrange(0x1000000):06x}"
    return text, text


# ---------------------------------------------------------------- building


def split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def ask(
    key: str, kind: Kind, labels: str, says: str, draw: Draw, *, required: bool = False, default: str = ""
) -> Field:
    return Field(key, kind, split(labels), split(says), draw, required=required, default=default)


def scale(key: str, kind: Kind, labels: str, says: str, low: int, high: int, step: int = 1) -> Field:
    """A number or a slider with bounds."""
    return Field(key, kind, split(labels), split(says), number(low, high, step), bounds=(low, high, step))


def choose(key: str, kind: Kind, labels: str, says: str, options: str, *, default: str = "") -> Field:
    """`default` is an option, or for a select the text of an empty first one."""
    return Field(key, kind, split(labels), split(says), options=split(options), default=default)


def tick(key: str, labels: str, says: str, off: str = "", *, kind: Kind = "checkbox", required: bool = False) -> Field:
    """With `off` it may be on at first."""
    return Field(key, kind, split(labels), split(says), says_off=split(off), required=required)


EN_CLOSE = split("Then submit it.|Submit the form when everything is in.|and send it off|Then hit {submit}.|Press the \"{submit}\" button at the end.|Please submit.")  # fmt: skip
ZH_CLOSE = split("然后提交。|填完请提交表单。|最后点“{submit}”。|填好后点击{submit}按钮。|并提交。")

SITES: tuple[Site, ...] = (
    Site("trattoria", "en", "Osteria Lume", "Reserve a table", "We hold tables for fifteen minutes. For parties over ten, call us.",
         split("Reserve a table for me|I'd like a table at this place|Book us a table here|Make a reservation"), EN_CLOSE,
         split("Book now|Request reservation|Reserve"), "See you soon! Your reservation request was received.", (
        ask("guest", "text", "Name for the booking|Your name|Guest name", "under the name {}|the booking is for {}|my name is {}", person, required=True),
        ask("mail", "email", "Email|E-mail address", "confirmation goes to {}|my email is {}|email {}", email, required=True),
        ask("tel", "tel", "Phone|Mobile number", "my phone is {}|you can call me on {}|phone {}", phone),
        Field("party", "number", split("Party size|Number of guests"), split("we are {} people|for {} people|party of {}"), count(1, 9), bounds=(1, 10, 1), required=True),
        ask("day", "date", "Date|Reservation date", "on {}|the date is {}", day(), required=True),
        ask("at", "time", "Time|Arrival time", "we arrive at {}|at {}", clock),
        choose("area", "radio", "Seating|Where would you like to sit?", "we prefer to sit in the {}|seating: {}", "Terrace|Main room|Bar"),
        choose("occasion", "select", "Occasion", "the occasion is {}|occasion: {}", "Birthday|Anniversary|Business meal|Just because", default="– none –"),
        choose("diet", "checks", "Dietary needs|Allergies and diets", "diets to note: {}|dietary needs are {}", "Vegetarian|Gluten-free|Nut allergy|Halal"),
        ask("notes", "textarea", "Anything else?|Special requests", "note for the kitchen: {}|tell them: {}", one("Window seat if you can|We bring our own cake, is that OK?|One high chair, please|My mother walks with a cane; no stairs")),
        tick("sms", "Text me a reminder", "send me a text reminder|I want the SMS reminder", "no text reminder please|turn the text reminder off", kind="switch"),
        tick("terms", "I have read the cancellation policy", "accept the cancellation policy|confirm I read the cancellation policy", required=True),
    )),
    Site("careers", "en", "Halden & Frost", "Apply for this position", "Senior Reliability Engineer · Rotterdam or remote · Full time",
         split("Apply for the job with my details|Fill in this job application|Please complete the application|Send my application"), EN_CLOSE,
         split("Submit application|Send application|Apply"), "Thank you for applying. Our people team will write to you.", (
        ask("first", "text", "First name|Given name", "first name {}|my first name is {}", first_name, required=True),
        ask("last", "text", "Last name|Family name|Surname", "last name {}|surname {}", last_name, required=True),
        ask("mail", "email", "Email address|E-mail", "email {}|reach me at {}", email, required=True),
        ask("portfolio", "url", "Portfolio or LinkedIn URL|Website", "my portfolio is at {}|website {}", one("https://nowak.example/work|https://dubois.example.net/cv?lang=en|http://tunde.example.org/~me|https://git.example.com/gbianchi")),
        scale("salary", "number", "Expected salary (EUR per year)|Salary expectation, EUR", "I expect {} euros a year|salary expectation {}", 42000, 118000, 500),
        ask("start", "date", "Earliest start date|Available from", "I can start on {}|available from {}", day()),
        choose("level", "select", "Highest degree|Education", "my degree is {}|education: {}", "High school|Bachelor's degree|Master's degree|Doctorate", default="Please select"),
        choose("mode", "radio", "Work arrangement|How do you want to work?", "I want to work {}|work arrangement: {}", "On site|Hybrid|Fully remote"),
        choose("skills", "multi", "Skills|Which of these do you know?", "skills: {}|I know {}", "Kubernetes|Terraform|Go|Rust|PostgreSQL|Kafka"),
        scale("years", "range", "Years of experience", "years of experience: {}|I have {} years of experience", 0, 30),
        ask("letter", "textarea", "Cover letter|Why do you want to join us?", "cover letter: {}|as the motivation write {}", one("I have kept pagers quiet for nine years.|Your postmortems are the best I have read; I want to write the next ones.|Looking for a team that deletes code")),
        tick("permit", "I hold a valid work permit", "I do have a work permit|tick that I hold a work permit"),
        tick("pool", "Keep my data in the talent pool", "keep me in the talent pool", "don't keep me in the talent pool|take me out of the talent pool"),
        tick("privacy", "I consent to the processing of my data", "consent to the data processing|agree to the data processing", required=True),
    )),
    Site("tax", "en", "Department of Revenue", "Quarterly VAT declaration", "All amounts in whole pounds. Late returns are charged a penalty.",
         split("File this quarter's VAT declaration|Complete the tax form|Do the VAT return for me"), EN_CLOSE,
         split("File return|Submit declaration|Declare"), "Your declaration has been filed. Keep this page for your records.", (
        ask("trader", "text", "Legal name of the business|Business name", "the business is {}|business name {}", one("Quill & Marsh Ltd|Pemberton Ceramics|O'Connor Boatyard|Northgate Bakery LLP"), required=True),
        ask("vatno", "text", "VAT registration number|VAT number", "our VAT number is {}|VAT no. {}", code("GB ### #### ##"), required=True),
        ask("period", "month", "Last month of the period|Period ending (month)", "the period ends {}|period ending {}", month, required=True),
        scale("sales", "number", "Total sales excluding VAT|Net sales", "net sales were {}|total sales excluding VAT {}", 1000, 900000),
        scale("output", "number", "VAT due on sales|Output VAT", "VAT due on sales is {}|output VAT {}", 200, 90000),
        scale("input", "number", "VAT reclaimed on purchases|Input VAT", "we reclaim {} on purchases|input VAT {}", 0, 60000),
        ask("paid", "date", "Payment date", "we paid on {}|payment date {}", day(2025, 2027)),
        choose("how", "select", "Payment method", "payment by {}|payment method {}", "Direct debit|Bank transfer|Corporate card", default="Choose one"),
        choose("scheme", "radio", "Accounting scheme", "we are on the {} scheme|scheme: {}", "Standard|Flat rate|Annual"),
        ask("agent", "text", "Agent reference (if any)|Agent reference", "our agent's reference is {}|agent reference {}", code("AG-@@###")),
        ask("mail", "email", "Email for the receipt|Contact e-mail", "send the receipt to {}|contact e-mail {}", email),
        tick("final", "This is our final return", "this is the final return|tick final return"),
        tick("paper", "Also send a paper copy", "send a paper copy as well", "no paper copy|switch the paper copy off", kind="switch"),
        tick("true", "I declare that the information is correct and complete", "declare that it is correct and complete|confirm the information is correct", required=True),
    )),
    Site("clinic", "en", "Riverside Medical Centre", "Request an appointment", "If this is an emergency call 999. Otherwise tell us when suits you.",
         split("Book a doctor's appointment|Request an appointment at the clinic|I need to see a doctor"), EN_CLOSE,
         split("Request appointment|Send request|Confirm"), "We have your request. A nurse will confirm it by phone.", (
        ask("patient", "text", "Patient's full name|Patient name", "the patient is {}|patient name {}", person, required=True),
        ask("born", "date", "Date of birth|Born on", "born {}|date of birth {}", day(1948, 2015), required=True),
        ask("nhs", "text", "NHS number|Patient number", "NHS number {}|patient number is {}", code("### ### ####")),
        ask("tel", "tel", "Daytime phone|Telephone", "daytime phone {}|call {}", phone, required=True),
        choose("doctor", "select", "Doctor|Which clinician?", "with {}|I want to see {}", "Dr Amara Osei|Dr Helen Whitlock|Dr Piotr Zielinski|First available", default="Any"),
        choose("visit", "radio", "Type of visit|Appointment type", "it should be a {} visit|visit type: {}", "In person|Video|Telephone"),
        ask("when", "date", "Preferred date|Preferred day", "preferably on {}|preferred date {}", day()),
        ask("hour", "time", "Preferred time", "at {}|preferred time {}", clock),
        scale("pain", "range", "Pain level (0 to 10)|How bad is the pain?", "pain is at {}|pain level {}", 0, 10),
        ask("reason", "textarea", "Reason for the visit|Symptoms", "the reason: {}|symptoms: {}", one("Cough for three weeks, worse at night|Follow-up on blood test of 3 May|Rash on left forearm; itches|Sore knee after a fall")),
        choose("symptoms", "checks", "Do any of these apply?", "these apply: {}|tick {}", "Fever|Shortness of breath|Dizziness|Swelling"),
        tick("first", "This is my first visit", "it is my first visit|first visit here"),
        tick("share", "Share my record with the specialist", "share my record with the specialist", "do not share my record with the specialist|turn off record sharing", kind="switch"),
    )),
    Site("school", "en", "St. Brannock's School", "Enrolment 2027", "One form for each child. Places are offered in the order of applications.",
         split("Enrol my child|Fill in the enrolment form|Register our child at the school"), EN_CLOSE,
         split("Enrol|Submit enrolment|Send to the office"), "Enrolment received. The school office will be in touch.", (
        ask("child", "text", "Child's full name|Name of the child", "the child is called {}|child's name {}", person, required=True),
        ask("born", "date", "Child's date of birth|Date of birth", "born on {}|date of birth {}", day(2010, 2021), required=True),
        choose("year", "select", "Entering year|Year group", "entering {}|year group {}", "Reception|Year 1|Year 2|Year 3|Year 4|Year 5", default="Select"),
        ask("parent", "text", "Parent or guardian|Guardian's name", "guardian is {}|parent: {}", person, required=True),
        ask("mail", "email", "Guardian's email|Parent's e-mail", "guardian's email {}|parent's e-mail is {}", email, required=True),
        ask("tel", "tel", "Emergency phone|Emergency contact number", "emergency number {}|in an emergency call {}", phone),
        ask("home", "textarea", "Home address", "we live at {}|home address {}", one("14 Cowper Street, Flat 3, Leeds LS7 4DR|Old Mill House, Brannock Lane|221 Hawthorn Ave, Apt #9")),
        choose("bus", "radio", "School bus", "school bus: {}|for the bus choose {}", "North line|South line|No bus"),
        choose("clubs", "multi", "After-school clubs", "clubs: {}|after school {}", "Chess|Choir|Robotics|Football|Pottery"),
        scale("siblings", "number", "Siblings already at the school", "siblings at the school: {}|{} siblings already there", 0, 5),
        ask("former", "text", "Previous school", "previous school was {}|previous school {}", one("Little Oaks Nursery|Hillcrest Primary|none|École du Parc")),
        tick("photos", "Photos of my child may be published", "photos may be published|allow publishing photos", "no photos of my child may be published|don't allow publishing photos"),
        tick("lunch", "Hot lunch", "with hot lunch|sign up for hot lunch", "without hot lunch|no hot lunch", kind="switch"),
    )),
    Site("checkout", "en", "Fern & Fable", "Delivery details", "Your basket: 1 × Linen throw (ochre), 2 × Beeswax candle · Total £84.50",
         split("Check out with these delivery details|Finish the order|Complete my checkout"), EN_CLOSE,
         split("Place order|Continue to payment|Buy now"), "Order placed! We have sent you a confirmation.", (
        ask("name", "text", "Full name|Recipient", "ship to {}|recipient {}", person, required=True),
        ask("street", "text", "Street and number|Address line 1", "street {}|address line 1 is {}", one("48 Rue des Martyrs|7b Kingfisher Close|1600 Larkspur Blvd|Hauptstraße 112"), required=True),
        ask("line2", "text", "Apartment, suite, etc.|Address line 2", "apartment {}|address line 2: {}", one("Unit 5|c/o Marsh|3rd floor left")),
        ask("city", "text", "City|Town", "city {}|in {}", one("Utrecht|Kilkenny|São Paulo|Graz|Aberdeen"), required=True),
        ask("zip", "text", "Postcode|ZIP / Postal code", "postcode {}|ZIP {}", code("@@# #@@"), required=True),
        choose("country", "select", "Country|Country / Region", "country {}|it goes to {}", "Austria|Brazil|Ireland|Netherlands|United Kingdom|United States", default="United Kingdom"),
        ask("tel", "tel", "Phone for the courier|Phone", "courier can call {}|phone {}", phone),
        choose("ship", "radio", "Shipping method|Delivery speed", "shipping: {}|use {} shipping", "Standard|Express|Collect in store"),
        ask("promo", "text", "Promo code|Discount code", "use promo code {}|discount code {}", code("FERN-@@##")),
        ask("gift", "textarea", "Gift message", "gift message: {}|write on the card: {}", one("Happy 40th, with love from all of us|For the new house!|Thanks for everything - W.")),
        ask("ribbon", "color", "Ribbon colour", "ribbon colour {}|the ribbon in {}", colour),
        tick("wrap", "Gift wrap (+ £4)", "gift-wrap it|add gift wrap", kind="switch"),
        tick("offers", "Email me about offers and new arrivals", "sign me up for the offers", "no offer e-mails|don't email me offers"),
    )),
    Site("forum", "en", "ModularNoise", "Join the community", "A forum for people who solder their own synthesizers.",
         split("Sign me up for the forum|Create an account|Register here"), EN_CLOSE,
         split("Create account|Sign up|Join"), "Welcome aboard! Check your inbox to activate the account.", (
        ask("user", "text", "Username|Pick a username", "username {}|user name should be {}", one("patch_bay|vco-witch|noisefloor77|KoenTheModular|dr.filter"), required=True),
        ask("mail", "email", "Email|Your e-mail", "email {}|e-mail is {}", email, required=True),
        ask("pass", "password", "Password|Choose a password", "password {}|use {} as the password", password, required=True),
        ask("site", "url", "Homepage|Your website", "homepage {}|website {}", one("https://noise.example/~koen|http://vco.example.org/blog|https://patches.example.com/?u=7")),
        ask("place", "text", "Location|Where are you?", "location {}|I am in {}", one("Ghent, Belgium|Porto|Tucson AZ|somewhere cold")),
        choose("zone", "select", "Time zone", "time zone {}|timezone {}", "UTC|UTC+1 (Berlin, Lagos)|UTC-5 (New York)|UTC+9 (Tokyo)", default="UTC"),
        choose("lvl", "radio", "Experience|How experienced are you?", "experience: {}|my level is {}", "Beginner|Intermediate|Expert"),
        choose("topics", "checks", "Topics to follow|Interests", "follow the topics {}|interests: {}", "Filters|Sequencers|Power supplies|Field recording"),
        ask("sig", "textarea", "Signature|About me", "signature: {}|about me: {}", one("Everything is a filter.|Sold my car for a sequencer|\"Louder\" is not a knob")),
        ask("accent", "color", "Accent colour|Profile colour", "accent colour {}|profile colour {}", colour),
        tick("digest", "Weekly digest", "I want the weekly digest", "no weekly digest|turn the weekly digest off", kind="switch"),
        tick("rules", "I accept the community rules", "accept the rules|agree to the community rules", required=True),
    )),
    Site("b2b", "en", "Kestrel Robotics", "Talk to an engineer", "Tell us about your line; we answer within one business day.",
         split("Contact the vendor for me|Send an enquiry|Get in touch with them about a quote"), EN_CLOSE,
         split("Send enquiry|Get in touch|Request a quote"), "Message sent. An engineer will reply within one business day.", (
        ask("who", "text", "Your name|Contact person", "my name is {}|contact person {}", person, required=True),
        ask("org", "text", "Organisation|Company", "company {}|I work at {}", one("Achterberg Packaging B.V.|Mokoena Foods|Gallagher & Sons|Zielinski Metal Sp. z o.o."), required=True),
        ask("role", "text", "Job title|Your role", "job title {}|I am the {}", one("Head of Operations|Plant manager|Purchasing lead|CTO")),
        ask("mail", "email", "Business email|Work e-mail", "business email {}|write to {}", email, required=True),
        ask("web", "url", "Company website", "company website {}|our site is {}", one("https://achterberg.example|https://www.mokoena.example.com/en|http://zielinski.example.org")),
        choose("size", "select", "Number of employees|Company size", "company size {}|employees: {}", "1-10|11-50|51-250|251-1000|More than 1000", default="Select a range"),
        choose("product", "select", "Product of interest|Product line", "interested in {}|product: {}", "Palletizer P4|Gripper kit|Vision module|Service contract", default="Not sure yet"),
        scale("units", "number", "Units per year|Estimated units", "about {} units per year|units per year: {}", 1, 400),
        scale("budget", "range", "Budget (thousand EUR)", "budget of {} thousand|budget {}", 0, 200, 10),
        choose("via", "radio", "Preferred contact|How should we contact you?", "contact me by {}|preferred contact: {}", "Email|Phone|Video call"),
        ask("msg", "textarea", "Message|How can we help?|Describe your project", "message: {}|tell them {}", one("Can the P4 lift 38 kg at 12 cycles a minute?|We need a quote before the 15th; thanks.|Replacing two manual cells - who visits sites in Poland?")),
        tick("nda", "We need an NDA first", "we need an NDA first|tick the NDA box"),
        tick("news", "Subscribe to product updates", "subscribe to product updates", "do not subscribe me to product updates|no product updates"),
    )),
    Site("conference", "en", "Lattice Days 2027", "Registration", "Two days of talks on crystals, codes and everything periodic.",
         split("Register me for the conference|Sign me up for this event|Get me a ticket"), EN_CLOSE,
         split("Register|Complete registration|Get ticket"), "You are registered. Bring the QR code we e-mailed.", (
        ask("badge", "text", "Name on the badge|Attendee name", "badge name {}|the attendee is {}", person, required=True),
        ask("mail", "email", "Email|Attendee e-mail", "email {}|send the ticket to {}", email, required=True),
        ask("org", "text", "Affiliation|Institution", "affiliation {}|from {}", one("University of Tromsø|ETH Zürich|Institute for Odd Numbers|self-employed")),
        choose("ticket", "radio", "Ticket|Ticket type", "ticket type {}|a {} ticket", "Student|Academic|Industry"),
        choose("talks", "multi", "Workshops|Workshops you will attend", "workshops: {}|workshops {}", "Quasicrystals 101|Error-correcting codes|Tilings by hand|Lattice crypto"),
        choose("shirt", "select", "T-shirt size", "T-shirt {}|shirt size {}", "XS|S|M|L|XL", default="No T-shirt"),
        ask("arrive", "date", "Arrival date|Arriving on", "arriving {}|arrival on {}", day()),
        ask("leave", "date", "Departure date|Leaving on", "leaving {}|departure {}", day()),
        Field("guests", "number", split("Accompanying persons"), split("{} accompanying persons|bringing {} people along"), count(0, 4), bounds=(0, 4, 1)),
        choose("meal", "radio", "Dinner menu", "dinner menu: {}|for dinner the {} menu", "Fish|Meat|Vegan"),
        ask("access", "textarea", "Accessibility needs", "accessibility: {}|they should know: {}", one("Wheelchair, step-free route please|I lip-read; front row seat|none, thanks")),
        tick("list", "Show my name on the list of attendees", "show my name on the list", "don't show my name in the attendee list|keep my name off the attendee list"),
        tick("coc", "I will follow the code of conduct", "agree to the code of conduct|accept the code of conduct", required=True),
    )),
    Site("claim", "en", "Meridian Mutual", "Report a claim", "Have your policy number ready. It takes about five minutes.",
         split("Report a claim to my insurer|File an insurance claim|Fill in the damage report"), EN_CLOSE,
         split("Submit claim|Report damage|Send report"), "Your claim was registered. An adjuster will call you.", (
        ask("policy", "text", "Policy number|Policy no.", "policy number {}|policy no. {}", code("MM-####-@@##"), required=True),
        ask("holder", "text", "Policyholder|Name of the insured", "policyholder {}|insured is {}", person, required=True),
        ask("when", "date", "Date of loss|When did it happen?", "it happened on {}|date of loss {}", day(2025, 2027), required=True),
        ask("clock", "time", "Approximate time|Time of the incident", "around {}|time {}", clock),
        choose("type", "select", "Type of damage|Cause", "cause: {}|type of damage {}", "Fire|Water|Theft|Storm|Collision", default="-- choose --"),
        scale("amount", "number", "Estimated amount (USD)|Estimated loss", "estimated loss {}|I estimate {} dollars", 100, 25000, 50),
        ask("plate", "text", "Licence plate", "licence plate {}|plate {}", code("@@@ ####")),
        choose("police", "radio", "Police informed?|Was the police called?", "police informed: {}|for the police question pick {}", "Yes|No|Not sure"),
        ask("desc", "textarea", "What happened?|Description of the event", "what happened: {}|description: {}", one("Pipe burst under the sink; kitchen floor ruined|Rear-ended at the lights on 5th & Main|Bike stolen from locked shed")),
        ask("iban", "text", "IBAN for the payout|IBAN", "pay to IBAN {}|IBAN {}", code("DE## #### #### #### #### ##")),
        ask("tel", "tel", "Phone number|Call-back number", "call me back on {}|phone {}", phone),
        tick("third", "A third party was involved", "a third party was involved|tick third party involved"),
        tick("sure", "The information is true to the best of my knowledge", "confirm that the information is true|certify it is true", required=True),
    )),
    # -------------------------------------------------------- Chinese
    Site("hotel", "zh", "栖云酒店", "客房预订", "免费取消至入住前一天18:00。",
         split("帮我订一间房|预订酒店客房|请替我填写预订信息"), ZH_CLOSE, split("立即预订|确认预订|提交订单"), "预订成功!确认短信已发送。", (
        ask("guest", "text", "入住人姓名|客人姓名", "入住人是{}|姓名{}", hanzi, required=True),
        ask("tel", "tel", "手机号码|联系电话", "手机{}|电话是{}", phone_zh, required=True),
        ask("in", "date", "入住日期", "{}入住|入住日期{}", day_zh(), required=True),
        ask("out", "date", "离店日期|退房日期", "{}退房|离店日期{}", day_zh(), required=True),
        choose("room", "select", "房型", "房型选{}|要{}", "大床房|双床房|家庭套房|行政套房", default="请选择"),
        scale("rooms", "number", "房间数量|间数", "订{}间|房间数量{}", 1, 5),
        choose("meal", "radio", "早餐", "早餐选{}|早餐:{}", "含单早|含双早|不含早"),
        ask("arrive", "time", "预计到店时间", "预计{}到店|到店时间{}", clock_zh),
        ask("note", "textarea", "特殊要求|备注", "备注写“{}”|特殊要求:{}", one("需要高楼层,远离电梯|请准备婴儿床|会晚到,请保留房间")),
        choose("extra", "checks", "附加服务", "附加服务要{}|勾选{}", "接机|加床|停车位|延迟退房"),
        tick("invoice", "需要发票", "需要开发票|发票也要", kind="switch"),
        tick("agree", "我已阅读并同意预订须知", "同意预订须知|勾选同意预订须知", required=True),
    )),
    Site("jobs", "zh", "启明科技", "应聘申请", "职位:数据平台工程师 · 工作地点:杭州 / 远程",
         split("帮我投递这份简历|填写应聘申请表|替我申请这个职位"), ZH_CLOSE, split("投递简历|提交申请|发送"), "申请已收到,HR 会尽快与您联系。", (
        ask("name", "text", "姓名|真实姓名", "姓名{}|我叫{}", hanzi, required=True),
        ask("mail", "email", "电子邮箱|邮箱", "邮箱{}|邮箱是{}", mail_zh, required=True),
        ask("tel", "tel", "手机|联系电话", "手机{}|电话{}", phone_zh, required=True),
        ask("born", "month", "出生年月", "出生年月{}|{}出生", month_zh),
        choose("edu", "select", "最高学历|学历", "学历{}|最高学历是{}", "大专|本科|硕士|博士", default="请选择学历"),
        ask("school", "text", "毕业院校", "毕业于{}|毕业院校{}", one("浙江工业大学|西南交通大学|兰州大学|Uppsala University")),
        scale("pay", "number", "期望月薪(元)|期望薪资(元/月)", "期望月薪{}元|期望薪资{}", 9000, 45000, 500),
        ask("start", "date", "可到岗日期|最早入职日期", "{}可以到岗|最早入职日期{}", day_zh()),
        choose("city", "radio", "意向城市|工作地点", "意向城市{}|工作地点选{}", "杭州|成都|远程"),
        choose("skill", "multi", "技能|掌握的技能", "技能:{}|会{}", "Spark|Flink|ClickHouse|Airflow|Hive"),
        ask("blog", "url", "个人主页", "个人主页{}|主页是{}", one("https://blog.example.cn/chen|https://git.example.com/wenbo")),
        ask("intro", "textarea", "自我介绍|个人优势", "自我介绍:{}|个人优势写“{}”", one("五年数仓经验,热爱开源|做过日均百亿条的实时管道|喜欢把复杂的事情做简单")),
        tick("move", "接受出差", "可以接受出差|接受出差"),
    )),
    Site("hospital", "zh", "市第三人民医院", "预约挂号", "每日 7:00 放号,请携带身份证按时就诊。",
         split("帮我预约挂号|挂个号|在这里预约门诊"), ZH_CLOSE, split("确认预约|提交预约|立即挂号"), "预约成功,请按时就诊。", (
        ask("name", "text", "就诊人|患者姓名", "就诊人{}|患者是{}", hanzi, required=True),
        ask("id", "text", "身份证号|证件号码", "身份证号{}|证件号码{}", code("3301061985########"), required=True),
        ask("tel", "tel", "联系电话|手机号", "电话{}|手机号{}", phone_zh, required=True),
        choose("dept", "select", "科室|就诊科室", "挂{}|科室选{}", "呼吸内科|骨科|皮肤科|眼科|儿科", default="请选择科室"),
        choose("level", "radio", "号别", "号别{}|要{}", "普通号|专家号|特需号"),
        ask("day", "date", "就诊日期|预约日期", "{}去看|就诊日期{}", day_zh(), required=True),
        ask("at", "time", "就诊时间", "时间{}|{}到", clock_zh),
        ask("sick", "textarea", "症状描述|病情描述", "症状:{}|病情描述写“{}”", one("咳嗽两周,夜间加重|右膝扭伤,上下楼疼|手臂起红疹,很痒")),
        choose("hist", "checks", "既往病史", "既往病史有{}|病史勾选{}", "高血压|糖尿病|哮喘|药物过敏"),
        scale("pain", "range", "疼痛程度(0-10)|疼痛评分", "疼痛程度{}|疼痛评分{}分", 0, 10),
        tick("first", "首次就诊", "是首次就诊|首次就诊"),
        tick("remind", "短信提醒", "开启短信提醒|要短信提醒", "关闭短信提醒|不要短信提醒", kind="switch"),
    )),
    Site("class", "zh", "青禾少儿艺术", "课程报名", "春季班 3 月开课,小班教学,每班不超过 8 人。",
         split("给孩子报名|填写课程报名表|帮我报个班"), ZH_CLOSE, split("提交报名|我要报名|报名"), "报名成功,老师会在两天内联系您。", (
        ask("kid", "text", "孩子姓名|学员姓名", "孩子叫{}|学员姓名{}", hanzi, required=True),
        ask("born", "date", "出生日期|孩子生日", "生日{}|出生日期{}", day_zh(2014, 2022), required=True),
        ask("parent", "text", "家长姓名|联系人", "家长{}|联系人是{}", hanzi, required=True),
        ask("tel", "tel", "家长电话|手机", "电话{}|家长手机{}", phone_zh, required=True),
        choose("course", "select", "课程|报名课程", "报{}课|课程选{}", "创意水彩|少儿书法|陶艺启蒙|素描基础", default="请选择"),
        choose("slot", "radio", "上课时间", "上课时间{}|选{}的课", "周三晚上|周六上午|周日下午"),
        choose("branch", "select", "校区", "校区{}|在{}上课", "西湖校区|滨江校区|余杭校区", default="西湖校区"),
        ask("school", "text", "就读学校", "就读于{}|就读学校{}", one("文三街小学|学军小学|崇文实验学校")),
        scale("hours", "number", "课时数|购买课时", "买{}课时|课时数{}", 10, 60, 5),
        ask("note", "textarea", "备注|想对老师说的话", "备注:{}|跟老师说“{}”", one("孩子左撇子|对花粉过敏,请注意|学过一年素描")),
        ask("colour", "color", "画具袋颜色", "画具袋颜色{}|画具袋要{}", colour),
        tick("trial", "先参加试听课", "先试听|要参加试听课"),
        tick("photo", "同意使用孩子的作品照片", "同意使用作品照片", "不同意使用作品照片|取消作品照片授权"),
    )),
    Site("address", "zh", "山茶花商城", "填写收货信息", "商品:手工陶瓷茶壶 ×1 · 合计 ¥268.00",
         split("帮我下单|填写收货地址|完成结算"), ZH_CLOSE, split("提交订单|去支付|确认下单"), "下单成功,我们会尽快发货。", (
        ask("to", "text", "收货人|收件人姓名", "收货人{}|寄给{}", hanzi, required=True),
        ask("tel", "tel", "手机号码|联系电话", "手机{}|电话{}", phone_zh, required=True),
        choose("prov", "select", "省份|所在地区", "省份{}|寄到{}", "浙江省|四川省|广东省|江苏省|云南省", default="请选择"),
        ask("addr", "text", "详细地址|街道门牌", "详细地址{}|地址是{}", one("文一西路588号3幢1202室|锦绣大道12号B座|中山北路77弄5号601"), required=True),
        ask("zip", "text", "邮政编码|邮编", "邮编{}|邮政编码{}", code("31####")),
        choose("ship", "radio", "配送方式", "配送方式{}|发{}", "普通快递|顺丰速运|门店自提"),
        choose("when", "select", "送货时间", "送货时间{}|{}送", "工作日|周末|不限", default="不限"),
        ask("coupon", "text", "优惠码|优惠券码", "优惠码{}|用优惠券码{}", code("CHA##@@")),
        ask("msg", "textarea", "买家留言|订单备注", "留言:{}|订单备注写“{}”", one("易碎,请多包一层|放门口丰巢即可|生日礼物,不要放价格单")),
        scale("qty", "number", "数量|购买数量", "买{}件|数量{}", 1, 20),
        tick("anon", "匿名购买", "匿名购买|要匿名", "不要匿名|取消匿名购买"),
        tick("gift", "礼品包装", "要礼品包装|加礼品包装", kind="switch"),
    )),
    Site("bbs", "zh", "墨客论坛", "新用户注册", "读书、写字、喝茶。请文明发言。",
         split("注册一个账号|帮我注册论坛|创建新用户"), ZH_CLOSE, split("立即注册|注册|创建账号"), "注册成功,欢迎加入!", (
        ask("user", "text", "用户名|昵称", "用户名{}|昵称叫{}", one("半山听雨|moke_2027|茶渍|竹影-17|夜航船"), required=True),
        ask("mail", "email", "邮箱|电子邮件", "邮箱{}|电子邮件{}", mail_zh, required=True),
        ask("pass", "password", "密码|设置密码", "密码{}|密码设为{}", password, required=True),
        choose("sex", "radio", "性别", "性别{}|性别选{}", "男|女|保密"),
        ask("born", "date", "生日", "生日{}|生日填{}", day_zh(1960, 2008)),
        choose("from", "select", "所在城市|城市", "城市{}|人在{}", "北京|上海|广州|西安|昆明", default="未选择"),
        choose("like", "checks", "感兴趣的版块|兴趣", "兴趣{}|感兴趣的版块:{}", "诗词|书法|茶道|篆刻"),
        ask("sign", "textarea", "个性签名|个人简介", "签名:{}|个人简介写“{}”", one("一蓑烟雨任平生|慢慢来,比较快|读书破万卷")),
        ask("home", "url", "个人网站", "个人网站{}|网站{}", one("https://tea.example.cn/zhu|http://ink.example.com")),
        ask("theme", "color", "主题颜色", "主题颜色{}|主题色用{}", colour),
        tick("mailme", "接收每周精选邮件", "接收每周精选", "不接收每周精选邮件|每周精选不要", kind="switch"),
        tick("rule", "我已阅读并同意《用户协议》", "同意用户协议|勾选用户协议", required=True),
    )),
    Site("inquiry", "zh", "凌云自动化", "商务咨询", "留下您的需求,工程师将在一个工作日内回复。",
         split("给这家公司发个咨询|填写商务咨询表|帮我询价"), ZH_CLOSE, split("提交咨询|发送|立即咨询"), "已收到您的咨询,我们会尽快联系。", (
        ask("who", "text", "联系人|您的姓名", "联系人{}|我是{}", hanzi, required=True),
        ask("org", "text", "公司名称|单位名称", "公司是{}|单位名称{}", one("杭州青木包装有限公司|川味坊食品集团|宁波海舟机械厂|南山精密(深圳)"), required=True),
        ask("post", "text", "职位|职务", "职位{}|职务是{}", one("采购经理|厂长|设备工程师|运营总监")),
        ask("tel", "tel", "电话|联系电话", "电话{}|联系电话{}", phone_zh, required=True),
        ask("mail", "email", "邮箱|企业邮箱", "邮箱{}|企业邮箱{}", mail_zh),
        choose("size", "select", "公司规模|人数规模", "公司规模{}|规模{}", "50人以下|50-200人|200-1000人|1000人以上", default="请选择"),
        choose("prod", "select", "感兴趣的产品|产品类型", "想了解{}|产品类型选{}", "码垛机器人|视觉检测|夹爪套件|维保服务", default="暂不确定"),
        scale("qty", "number", "预计采购数量|采购台数", "预计采购{}台|采购台数{}", 1, 300),
        scale("budget", "range", "预算(万元)", "预算{}万|预算{}万元", 0, 500, 50),
        choose("via", "radio", "希望的联系方式", "用{}联系我|联系方式选{}", "电话|微信|邮件"),
        ask("need", "textarea", "需求描述|留言内容", "需求:{}|留言内容写“{}”", one("能否在15日前报价?|现有两条人工线要改造,求现场勘察|负载38公斤,节拍每分钟12次")),
        tick("news", "订阅产品资讯", "订阅产品资讯", "不订阅产品资讯|产品资讯不要订阅"),
    )),
    Site("marathon", "zh", "湖畔半程马拉松", "参赛报名", "比赛日:2027年4月18日 · 名额有限,先报先得。",
         split("帮我报名参赛|报名这个活动|填写参赛报名表"), ZH_CLOSE, split("提交报名|确认报名|我要参赛"), "报名成功!参赛号将通过短信发送。", (
        ask("runner", "text", "参赛者姓名|姓名", "参赛者{}|姓名{}", hanzi, required=True),
        ask("tel", "tel", "手机号|联系电话", "手机号{}|电话{}", phone_zh, required=True),
        choose("race", "radio", "参赛项目|组别", "项目选{}|报{}", "半程马拉松|10公里|亲子跑"),
        choose("shirt", "select", "T恤尺码|衣服尺码", "T恤{}码|尺码{}", "S|M|L|XL|XXL", default="请选择尺码"),
        ask("born", "date", "出生日期", "出生日期{}|{}出生", day_zh(1958, 2009), required=True),
        ask("best", "time", "个人最好成绩(时:分)", "最好成绩{}|个人最好成绩是{}", race_time),
        ask("sos", "text", "紧急联系人", "紧急联系人{}|出事找{}", hanzi),
        ask("sostel", "tel", "紧急联系人电话", "紧急联系人电话{}|紧急电话{}", phone_zh),
        choose("serve", "checks", "需要的服务", "需要{}|服务勾选{}", "存包|配速员|赛后按摩|接驳车"),
        ask("slogan", "textarea", "参赛宣言|号码布留言", "宣言:{}|参赛宣言写“{}”", one("跑完就是胜利|为爸爸而跑|慢也要到终点!")),
        tick("insure", "购买赛事保险", "买赛事保险|保险也要", "不买赛事保险|取消赛事保险", kind="switch"),
        tick("health", "本人身体健康,自愿参赛", "确认身体健康自愿参赛|勾选健康声明", required=True),
    )),
    Site("repair", "zh", "家安维修", "上门维修预约", "持证师傅,先报价后维修,满意再付款。",
         split("预约上门维修|帮我叫个维修师傅|填写报修单"), ZH_CLOSE, split("提交报修|预约师傅|下单"), "预约已提交,师傅会提前电话联系。", (
        ask("name", "text", "称呼|您的姓名", "我姓名{}|称呼{}", hanzi, required=True),
        ask("tel", "tel", "联系手机|电话", "手机{}|电话{}", phone_zh, required=True),
        ask("addr", "text", "上门地址|地址", "地址{}|上门地址是{}", one("翠苑三区17幢402|和平路9号院2单元|江南名府8-1-1503"), required=True),
        choose("what", "select", "维修项目|家电类型", "修{}|维修项目选{}", "空调|洗衣机|热水器|燃气灶|冰箱", default="请选择"),
        ask("brand", "text", "品牌型号", "品牌型号{}|型号{}", one("海尔 KFR-35GW|小天鹅 TG100|AO史密斯 E60|方太 JZT-02")),
        ask("bought", "month", "购买年月", "购买年月{}|{}买的", month_zh),
        ask("day", "date", "上门日期|预约日期", "{}上门|上门日期{}", day_zh(), required=True),
        choose("slot", "radio", "时间段", "时间段{}|选{}", "上午|下午|晚上"),
        ask("fault", "textarea", "故障描述|问题描述", "故障:{}|问题描述写“{}”", one("不制冷,外机不转|脱水时剧烈震动|打不着火,有煤气味")),
        scale("budget", "range", "预算上限(元)", "预算上限{}|预算最多{}元", 0, 1000, 50),
        tick("warranty", "在保修期内", "还在保修期内|在保修期"),
        tick("urgent", "加急服务", "要加急|加急服务打开", "不要加急|关闭加急服务", kind="switch"),
    )),
)  # fmt: skip
