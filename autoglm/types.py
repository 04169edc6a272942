"""The values that flow along one step. Frozen, standard library only; knows nothing of browsers or models.

Observation ──▶ Completion ──▶ Action ──▶ Verdict ──▶ Step
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# ---------------------------------------------------------------- what the page shows


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in CSS px of the viewport (so `y` is negative above the fold)."""

    x: float
    y: float
    width: float
    height: float


Verb = Literal["Click", "Type", "Select", "Check", "Upload", "Scroll"]


@dataclass(frozen=True, slots=True)
class Element:
    """Something a person could act on."""

    ref: int
    """Stable for the life of the DOM node. A new document counts from 1 again; what was seen of the old one is gone."""
    role: str
    """ARIA role, as https://www.w3.org/TR/html-aam-1.0 maps it; `canvas`, `video`, `audio`, which have none there."""
    name: str
    """Accessible name (https://www.w3.org/TR/accname-1.2), or the best name there is for an icon."""
    value: str | None = None
    """What a field holds; None for what holds nothing. A password's value is shown as bullets."""
    states: tuple[str, ...] = ()
    """Of: on off mixed, disabled readonly required invalid, expanded collapsed, selected, focused, covered."""
    options: tuple[str, ...] = ()
    """Texts of a list's options, in order."""
    takes: tuple[Verb, ...] = ()
    """The actions that make sense on it now; empty when disabled or covered. What takes any takes Press, Hover, Drag
    and Scroll, which is all that a long list takes; what takes Click takes DoubleClick and RightClick."""
    multiple: bool = False
    """Whether a list takes several options."""
    type: str = ""
    """The input type where it decides what may be typed: date time month week datetime-local color number range …"""
    hint: str = ""
    """Placeholder, description or pattern, when it says more than the name."""
    box: Box | None = field(default=None, compare=False)
    """Where it is drawn; None for what is out of view."""
    in_view: bool = True
    frame: str = ""
    """Name of the frame that it is in; empty in the page itself."""


@dataclass(frozen=True, slots=True)
class Text:
    """Something a person could only read: a heading, a paragraph, a table row's cells, a message."""

    role: str
    """`text`, `heading`, `row`, `listitem`, `alert`, `dialog` …; what the line is called on the page."""
    text: str
    in_view: bool = True
    box: Box | None = field(default=None, compare=False)
    """Of a picture or canvas in view."""


@dataclass(frozen=True, slots=True)
class ScrollPosition:
    """How far the page is scrolled and how large it is, CSS px."""

    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Viewport:
    width: int = 1280
    height: int = 720


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the run's tabs; its number is its place among them, from 1."""

    title: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class JsDialog:
    """A JavaScript dialog that opened since the last look. Never accepted by default."""

    kind: Literal["alert", "confirm", "prompt", "beforeunload"]
    message: str
    open: bool = False
    """Whether it still waits for an answer, and the page with it; else it was dismissed."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the page gave since the last look."""

    name: str
    """As the site calls it."""
    path: str
    """Where it lies on this machine; empty when the browser does not say."""
    bytes: int
    error: str = ""
    """Why it is not there, when it is not."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered to a document's or script's request."""

    method: str
    url: str
    """Without its query, which may hold what was typed."""
    status: int
    """0 for what changes something and was not answered yet, or never."""
    document: bool = False
    """Whether a page or frame came of it; else a script asked."""

    @property
    def reads(self) -> bool:
        """Whether the request is one that changes nothing: https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods"""
        return self.method in ("GET", "HEAD", "OPTIONS", "TRACE")

    @property
    def wrote(self) -> bool:
        """Whether it is one that may change something, and was answered."""
        return self.status != 0 and not self.reads


MOST_RESPONSES = 20


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at the page."""

    url: str
    title: str
    items: tuple[Element | Text, ...] = ()
    """Elements and text in reading order."""
    scroll: ScrollPosition = ScrollPosition()
    tabs: tuple[Tab, ...] = ()
    dialog: JsDialog | None = None
    downloads: tuple[Download, ...] = ()
    responses: tuple[Response, ...] = ()
    """What was answered since the last look, the latest `MOST_RESPONSES`."""
    hung: bool = False
    """The page's script does not end: there is nothing to see, only elsewhere to go."""
    screenshot: bytes | None = None
    """JPEG or PNG of the viewport, `viewport` × `scale` device px."""
    viewport: Viewport = Viewport()
    scale: float = 1.0
    truncated: bool = False
    settled: bool = True
    """False when the page was still changing or loading when the time to wait for it was over."""
    at: float = 0.0
    """Seconds since the epoch."""

    @property
    def elements(self) -> tuple[Element, ...]:
        return tuple(item for item in self.items if isinstance(item, Element))

    def find(self, ref: int) -> Element | None:
        return next((item for item in self.elements if item.ref == ref), None)

    def same_page(self, other: Observation) -> bool:
        """Whether a reader would see no difference."""
        return (self.url, self.title, self.tabs, self.dialog, self.scroll, self.items) == (
            other.url,
            other.title,
            other.tabs,
            other.dialog,
            other.scroll,
            other.items,
        )


# ---------------------------------------------------------------- what the model may do


@dataclass(frozen=True, slots=True)
class Click:
    ref: int
    dx: float = 0
    """With `dy`, CSS px from its middle: a place in a canvas."""
    dy: float = 0
    held: str = ""
    """Keys that are held down meanwhile: `Control`, `Shift`, `Control+Shift` …"""


@dataclass(frozen=True, slots=True)
class DoubleClick:
    ref: int


@dataclass(frozen=True, slots=True)
class RightClick:
    """Opens a page's own context menu; the browser's own is never shown."""

    ref: int


@dataclass(frozen=True, slots=True)
class Type:
    """Replace what the field holds by `text`."""

    ref: int
    text: str


@dataclass(frozen=True, slots=True)
class Select:
    """Choose exactly these options of a list."""

    ref: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Bring a checkbox, switch or radio button to a state; nothing happens when it is there already."""

    ref: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Press:
    """A key or chord (`Enter`, `Control+a`) on an element, or on whatever has the focus."""

    key: str
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Hover:
    ref: int


@dataclass(frozen=True, slots=True)
class Drag:
    """Take the element by its middle and let it go on the middle of another one, or `dx`, `dy` CSS px from there.

    In a canvas it may begin elsewhere: `from_dx`, `from_dy` CSS px from the middle.
    """

    ref: int
    to: int | None = None
    dx: float = 0
    dy: float = 0
    from_dx: float = 0
    from_dy: float = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """Give files of this machine to a file input, a button that asks for files, or a drop zone."""

    ref: int
    files: tuple[str, ...]
    """Paths."""


Direction = Literal["up", "down", "left", "right"]


@dataclass(frozen=True, slots=True)
class Scroll:
    """Most of a viewport in a direction: of the page, or of the element's own scroller.

    `to` percent of the way from the first end to the last one, whichever the direction, as with the scrollbar.
    """

    direction: Direction
    ref: int | None = None
    to: float | None = None


@dataclass(frozen=True, slots=True)
class Goto:
    url: str


@dataclass(frozen=True, slots=True)
class Back:
    pass


@dataclass(frozen=True, slots=True)
class NewTab:
    """Opens a tab, goes to the address and works there."""

    url: str


@dataclass(frozen=True, slots=True)
class SwitchTab:
    tab: int
    """Its number in `Observation.tabs`, from 1."""


@dataclass(frozen=True, slots=True)
class CloseTab:
    tab: int


@dataclass(frozen=True, slots=True)
class Dialog:
    """Answer the JavaScript dialog that is open."""

    accept: bool
    text: str | None = None
    """For a prompt."""


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Expand:
    """Show the lines of the page that were folded into one. Changes nothing on the page."""

    ref: int
    """The first element that is folded away there."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Read the page into the data that the run is to return; the data so far are in the step's outcome, as JSON."""


@dataclass(frozen=True, slots=True)
class Note:
    """Keep a text in mind for later steps."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the person; the answer is in the step's outcome."""

    question: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Let the person do something in the browser themselves (log in, solve a captcha), and go on when they have."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The task is over: done, or (success false) found to be impossible, with the reason."""

    message: str
    success: bool = True


OnElement = Click | DoubleClick | RightClick | Type | Select | Check | Press | Hover | Drag | Upload | Scroll
OnBrowser = Goto | Back | NewTab | SwitchTab | CloseTab | Dialog | Wait
OnRun = Expand | Extract | Note | Ask | TakeOver | Finish
"""What the loop carries out itself."""
Action = OnElement | OnBrowser | OnRun

# ---------------------------------------------------------------- what the model is told and says


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    text: str
    """The answer, without the thinking."""
    thinking: str = ""
    model: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


# ---------------------------------------------------------------- what the guard says


@dataclass(frozen=True, slots=True)
class Allow:
    pass


@dataclass(frozen=True, slots=True)
class AskFirst:
    question: str


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: str


Verdict = Allow | AskFirst | Refuse

# ---------------------------------------------------------------- how an element is found again

LocatorKind = Literal["test_id", "role", "label", "placeholder", "alt", "title", "text", "has_text", "css", "path"]


@dataclass(frozen=True, slots=True)
class Locator:
    """One way to find an element, as Playwright has it: https://playwright.dev/python/docs/locators

    test_id  value of the attribute `name`          role      `value` with the accessible name `name`, exactly
    label, placeholder, alt, title, text: exactly    has_text  a `value` (a role) that holds the text `name`
    css      id or attributes that mean something, and  path   tags and places from the top
             the text `name` in it where there is one
    """

    kind: LocatorKind
    value: str
    name: str = ""
    nth: int = 0
    """Which of the elements that it matched, from 0."""
    matches: int = 1
    """How many those were, in `within` or the whole frame."""
    within: Locator | None = None
    """A box around it, which this one finds alone: a row, a form, a dialog."""


@dataclass(frozen=True, slots=True)
class Target:
    """An element that was acted on, as it was found in the moment before."""

    locators: tuple[Locator, ...]
    """The best first: those that match it alone before the others, what a person would name before what is only there.
    None for what lies in a closed shadow root."""
    tag: str = ""
    role: str = ""
    """As Playwright computes it, and so the name."""
    name: str = ""
    frames: tuple[Target, ...] = ()
    """The frame elements around it, the outermost first."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of an action."""

    said: str
    """In words."""
    targets: tuple[Target, ...] = ()
    """The element that it was done on; of a drag also the one at its end."""


# ---------------------------------------------------------------- what happened

RunOutcome = Literal["finished", "failed", "stopped", "limit", "needs_human"]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time of one step's three parts."""

    observe: float = 0.0
    model: float = 0.0
    act: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the loop. Has an `outcome` (what acting led to, in words) or an `error`, never both."""

    index: int
    observation: Observation
    completion: Completion | None = None
    action: Action | None = None
    verdict: Verdict | None = None
    outcome: str | None = None
    error: str | None = None
    targets: tuple[Target, ...] = ()
    """What was acted on; see `Acted`."""
    mistake: bool = False
    """Whether the error is the model's own, to be told to it; else it ended the run."""
    seconds: Seconds = Seconds()
    ends: RunOutcome | None = None
    """Set on the last step."""


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    task: str
    model: str
    plan: tuple[str, ...] = ()
    started: float = 0.0
    """Seconds since the epoch."""
    outcome: RunOutcome | None = None
    """None while it goes on."""
    answer: str | None = None
    schema: str | None = None
    """The JSON schema of the data that are wanted, as JSON."""
    data: str | None = None
    """What was extracted, as JSON."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run."""

    steps: int = 40
    seconds: float = 600.0
    mistakes: int = 5
    """How many in a row end the run."""
