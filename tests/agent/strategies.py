"""Values of our types for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from autoglm.types import (
    Action,
    Ask,
    Back,
    Check,
    Click,
    CloseTab,
    Dialog,
    DoubleClick,
    Drag,
    Element,
    Expand,
    Extract,
    Finish,
    Goto,
    Hover,
    NewTab,
    Note,
    Observation,
    Press,
    RightClick,
    Run,
    Scroll,
    Select,
    Step,
    SwitchTab,
    Tab,
    TakeOver,
    Type,
    Upload,
    Wait,
)

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))

observations = st.from_type(Observation)
runs = st.from_type(Run)
steps = st.from_type(Step)

# What a model may write and a page may hold: every script, quotes, backslashes, line ends; no lone surrogates, and no
# control characters, which no keyboard types.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\\\"'“”「」()=,do"), max_size=30)
refs = st.integers(1, 9999)

actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, refs),
    st.builds(
        Click,
        refs,
        st.integers(-900, 900).map(float),
        st.integers(-900, 900).map(float),
        st.sampled_from(["", "Control", "Control+Shift"]),
    ),
    st.builds(Type, refs, texts),
    st.builds(Select, refs, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(Check, refs),
    st.builds(Press, st.sampled_from(["Enter", "Tab", "Control+a", "PageDown"]), st.none() | refs),
    st.builds(Hover, refs),
    st.builds(DoubleClick, refs),
    st.builds(RightClick, refs),
    st.builds(Drag, refs, st.none() | refs, st.integers(-900, 900).map(float), st.integers(-900, 900).map(float)),
    st.builds(Upload, refs, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(NewTab, texts),
    st.builds(SwitchTab, st.integers(1, 20)),
    st.builds(CloseTab, st.integers(1, 20)),
    st.builds(Dialog, st.booleans(), st.none() | texts),
    st.builds(Expand, refs),
    st.builds(Extract),
    st.builds(Scroll, st.sampled_from(["up", "down", "left", "right"]), st.none() | refs),
    st.builds(Goto, texts),
    st.builds(Back),
    st.builds(Wait, st.integers(1, 9).map(float)),
    st.builds(Note, texts),
    st.builds(Ask, texts),
    st.builds(TakeOver, texts),
    st.builds(Finish, texts, st.booleans()),
)

# A page's fields and what they hold, as the page script gives them: names and options on one line.
lines = texts.map(lambda text: " ".join(text.split()))


@st.composite
def pages(draw: st.DrawFn) -> Observation:
    """A page of one to six elements, refs as they come after a while: not from 1, not in order."""
    numbers = draw(st.lists(refs, min_size=1, max_size=6, unique=True))
    kinds = st.sampled_from(["button", "textbox", "checkbox", "combobox", "listbox", "file", "list"])
    tabs = tuple(Tab(f"Tab {i}", "http://localhost/", active=i == 0) for i in range(draw(st.integers(1, 3))))
    items = tuple(draw(element(ref, draw(kinds))) for ref in numbers)
    return Observation("http://localhost/", "A page", items, tabs=tabs)


@st.composite
def element(draw: st.DrawFn, ref: int, role: str) -> Element:
    name = draw(lines)
    match role:
        case "textbox":
            return Element(ref, role, name, draw(lines), takes=("Click", "Type"))
        case "checkbox":
            return Element(ref, role, name, states=("off",), takes=("Click", "Check"))
        case "file":
            return Element(ref, "button", name, "", takes=("Click", "Upload"))
        case "combobox" | "listbox":
            options = draw(st.lists(lines.filter(bool), min_size=1, max_size=4, unique=True))
            return Element(ref, role, name, "", (), tuple(options), ("Select",), role == "listbox")
        case "list":
            return Element(ref, role, name, takes=("Scroll",))
        case _:
            return Element(ref, role, name, takes=("Click",))


@st.composite
def sensible(draw: st.DrawFn, page: Observation) -> Action:
    """An action that makes sense on this page."""
    it = draw(st.sampled_from(page.elements))
    general = actions.filter(lambda a: isinstance(a, Goto | Back | NewTab | Wait | Note | Ask | TakeOver | Finish))
    numbers, pixels = range(1, len(page.tabs) + 1), st.integers(-900, 900).filter(bool).map(float)
    on_it: list[st.SearchStrategy[Action]] = [
        st.builds(Hover, st.just(it.ref)),
        st.builds(Press, st.sampled_from(["Enter", "Control+a"]), st.none() | st.just(it.ref)),
        st.builds(Scroll, st.sampled_from(["up", "down", "left", "right"]), st.none() | st.just(it.ref)),
        st.builds(Drag, st.just(it.ref), st.sampled_from([e.ref for e in page.elements])),
        st.builds(Drag, st.just(it.ref), st.none(), pixels, pixels),
    ]
    if len(page.tabs) > 1:
        on_it += [st.builds(SwitchTab, st.sampled_from(numbers[1:])), st.builds(CloseTab, st.sampled_from(numbers))]
    for verb in it.takes:
        match verb:
            case "Click":
                on_it += [st.builds(kind, st.just(it.ref)) for kind in (Click, DoubleClick, RightClick)]
            case "Type":
                on_it.append(st.builds(Type, st.just(it.ref), texts))
            case "Check":
                on_it.append(st.builds(Check, st.just(it.ref), st.booleans()))
            case "Upload":
                on_it.append(st.builds(Upload, st.just(it.ref), st.lists(texts, min_size=1, max_size=2).map(tuple)))
            case "Scroll":
                on_it.append(st.builds(Scroll, st.sampled_from(["up", "down"]), st.just(it.ref)))
            case "Select":
                most = len(it.options) if it.multiple else 1
                chosen = st.lists(st.sampled_from(it.options), min_size=1, max_size=most, unique=True).map(tuple)
                on_it.append(st.builds(Select, st.just(it.ref), chosen))
    return draw(st.one_of(general, *on_it))
