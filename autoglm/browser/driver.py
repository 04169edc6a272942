"""A run's browser: its tabs, and the files that they are given. Knows nothing of who holds the other end of the pipes.

What one tab shows and does is `Tab`'s; here is what concerns more than one, and what came of an action.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from autoglm.browser import screen
from autoglm.browser.hands import ACTIONABLE_S, WorldLost
from autoglm.browser.tab import DOWNLOAD, DialogOpened, Tab
from autoglm.errors import BrowserGone, InDoubt, Mistake, PageHung
from autoglm.marks import mark
from autoglm.seams import Cdp, Tabs
from autoglm.types import (
    Acted,
    Back,
    CloseTab,
    Dialog,
    Download,
    Element,
    Goto,
    JsDialog,
    NewTab,
    Observation,
    OnBrowser,
    OnElement,
    SwitchTab,
    Text,
    Wait,
)
from autoglm.types import Tab as TabShown

ANSWER_S = 5.0
"""A page that takes longer to answer a command is hung."""
SETTLE_S = 5.0
"""A page that has not settled by then is shown as it is."""
LONGEST_WAIT_S = 10.0
BEGUN_S = 2.0
"""How long an action waits for what it began: another page, a tab, a file. What takes longer is told of later."""
CLOSE_S = 5.0
"""How long a tab is given to close when it was allowed to."""
BLANK_S = 0.5
"""How long a pop-up is given to have an address."""
BLANK = ("", "about:blank")
POLL_S = 0.01
STOPPED = "A script of this page did not end and was stopped; parts of the page may not work."


class CdpBrowser:
    """`seams.Browser` above `seams.Tabs`."""

    def __init__(
        self,
        tabs: Tabs,
        first: Cdp,
        *,
        screenshots: bool = False,
        settle_s: float = SETTLE_S,
        actionable_s: float = ACTIONABLE_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        """`first` is a tab of `tabs`, the one in which the run begins."""
        self._pipes = tabs
        self._screenshots = screenshots
        self._tab = partial(Tab, settle_s=settle_s, actionable_s=actionable_s, answer_s=answer_s)
        self._active = self._tab(first)
        self._tabs = [self._active]
        self.looks_ahead = True
        """As Tab has it; for all tabs, to be set before anything is done."""
        self._listening: list[asyncio.Task[None]] = []
        self._notes: list[str] = []
        """What happened by itself, to be told with the next look."""
        self._downloads: list[Download] = []
        """Files that came since the last look, and those that failed to."""
        self._coming: list[str] = []
        """Names of the files that are on their way."""

    # ------------------------------------------------------------ observing

    async def observe(self) -> Observation:
        return await self._seen(self._look)

    async def glance(self) -> Observation:
        """The page as it stands at this moment, unless it is just being left. Raises like observe()."""
        return await self._seen(_glance)

    @property
    def front(self) -> Cdp:
        """The pipe to the tab that is in front."""
        return self._active.cdp

    @property
    def asks(self) -> bool:
        """Whether a dialog waits for an answer, and the page with it."""
        return self._active.dialog is not None

    async def _seen(self, look: Callable[[Tab], Awaitable[Observation]]) -> Observation:
        while True:
            await self._begin()
            tab = self._active
            try:
                return await self._shown(tab, await look(tab))
            except DialogOpened:
                return await self._shown(tab, _read_only(tab.seen))
            except InDoubt:
                continue  # a look changes nothing: it is taken again
            except BrowserGone:
                # It closed or crashed under us; the last one to do so is the end.
                if not await self._tidy(tab):
                    raise

    async def _look(self, tab: Tab) -> Observation:
        try:
            seen = await tab.look()
        except PageHung:
            seen = await self._look_again(tab)
        if self._screenshots and not seen.hung:
            shot = await screen.viewport(tab, seen, "jpeg")
            return replace(shot.seen, screenshot=shot.picture.image)
        return seen

    async def _look_again(self, tab: Tab) -> Observation:
        """When the script that held up the look was stopped, if it could be; else what the browser knows."""
        if await tab.stop_script():
            try:
                seen = await tab.look()
            except PageHung:
                pass
            else:
                self._notes.append(STOPPED)
                return seen
        return Observation("", "", hung=True, settled=False, at=time.time())

    async def _shown(self, tab: Tab, seen: Observation) -> Observation:
        """A look, with what there is around the page."""
        tabs = [await self._tab_shown(other, seen if other is tab else None) for other in self._tabs]
        here = tabs[self._tabs.index(tab)]
        notes, self._notes = self._notes, []
        downloads, self._downloads = self._downloads, []
        answered = [response for each in self._tabs for response in each.news.answered()]
        return replace(
            seen,
            url=here.url,
            title=here.title,
            items=(*(Text("note", note) for note in notes), *seen.items) if notes else seen.items,
            tabs=tuple(tabs),
            dialog=tab.take_dialog(),
            downloads=tuple(downloads),
            responses=tuple(answered),
        )

    async def _tab_shown(self, tab: Tab, seen: Observation | None) -> TabShown:
        title, url = (seen.title, seen.url) if seen and seen.url else await tab.address()
        return TabShown(title, url, tab is self._active)

    async def screenshot(
        self, *, form: screen.Format = "png", full_page: bool = False, ref: int | None = None, marks: bool = False
    ) -> bytes:
        """What can be seen, the whole page, or one element; `marks` puts its number on each element that is free.

        Raises Mistake when the element is gone, or a dialog or a script that does not end is in the way; BrowserGone.
        """
        await self._begin()
        tab = self._active
        try:
            if ref is not None:
                shot = await screen.element(tab, ref, form)
            else:
                shot = await (screen.whole if full_page else screen.viewport)(tab, await tab.look(), form)
        except DialogOpened as opened:
            raise Mistake(f"{_asking(opened.dialog)}; no picture can be taken before that") from None
        free = [element for element in shot.elements if "covered" not in element.states]
        return mark(shot.picture, free) if marks else shot.picture.image

    # ------------------------------------------------------------ acting

    async def act(self, action: OnElement | OnBrowser) -> Acted:
        await self._begin()
        tab, before, files = self._active, list(self._tabs), len(self._downloads)
        if tab.dialog and not isinstance(action, Dialog | NewTab | SwitchTab | CloseTab):
            raise Mistake(f"{_asking(tab.dialog)}; nothing else can be done on this page before that")
        tab.news.opened.clear()
        tab.news.files = 0
        tab.frames.targets.clear()
        try:
            done = await self._act(tab, action)
        except DialogOpened as opened:
            return Acted(_asking(opened.dialog), tab.targets(action))
        except WorldLost:
            raise Mistake("the page was left or loaded anew while acting; look again before going on") from None
        except BrowserGone:
            if not await self._tidy(tab):
                raise
            return Acted(f"the tab closed; {self._front()}", tab.targets(action))
        await self._see_through(tab, before, files, told=done == DOWNLOAD)
        return Acted("; ".join([done, *self._since(tab, before, files)]), tab.targets(action))

    async def _act(self, tab: Tab, action: OnElement | OnBrowser) -> str:
        match action:
            case Goto(url):
                return await tab.goto(url)
            case Back():
                return await tab.back()
            case Wait(seconds):
                return await tab.wait(min(max(seconds, 0), LONGEST_WAIT_S))
            case NewTab(url):
                return await self._new_tab(url)
            case SwitchTab(number):
                return await self._bring(self._numbered(number))
            case CloseTab(number):
                return await self._close_tab(self._numbered(number))
            case Dialog(accept, text):
                return await self._answer(tab, accept, text)
            case _:
                done = await tab.act(action)
                await tab.catch_up(action.ref)
                return done

    async def _new_tab(self, url: str) -> str:
        was, tab = self._active, self._tab(await self._pipes.open())
        await self._take_in(tab)
        try:
            tab.begun = url
            return f"{await tab.goto(url)} in tab {self._number(tab)}, which is in front now"
        except Mistake:
            await self._remove(tab)
            await self._bring(was)
            raise

    def _numbered(self, number: int) -> Tab:
        if not 1 <= number <= len(self._tabs):
            raise Mistake(f"there is no tab {number}; there are {len(self._tabs)}, from 1")
        return self._tabs[number - 1]

    async def _bring(self, tab: Tab) -> str:
        self._active = tab
        await tab.bring()
        return self._front()

    async def _close_tab(self, tab: Tab) -> str:
        if len(self._tabs) == 1:
            raise Mistake("this is the only tab; go elsewhere in it, or finish")
        if tab.dialog:
            raise Mistake(f"{_asking(tab.dialog)}; the tab cannot be closed before that")
        try:
            await tab.shut()
        except DialogOpened:
            await self._bring(tab)
            raise
        await self._remove(tab)
        return f"closed; {self._front()}"

    async def _answer(self, tab: Tab, accept: bool, text: str | None) -> str:
        if not tab.dialog:
            raise Mistake("no dialog is open; act on the page")
        kind = tab.dialog.kind
        await tab.answer(accept, text)
        if kind == "beforeunload" and not accept:
            return "stayed on the page"
        if kind == "beforeunload" and await tab.closed(CLOSE_S if tab.closing else 0):
            await self._remove(tab)
            return f"closed; {self._front()}"
        return f"{'accepted' if accept else 'dismissed'} the {kind}"

    # ------------------------------------------------------------ what came of an action

    async def _see_through(self, tab: Tab, before: Sequence[Tab], files: int, *, told: bool) -> None:
        """Returns when what the action began is there: another page, a tab, a file, a dialog; or takes long. `files`
        is how many there were; `told`: there must be one more."""
        until = time.monotonic() + BEGUN_S
        while time.monotonic() < until and not tab.dialog and not tab.news.gone.is_set():
            come = len(self._downloads) - files
            opened = len(self._tabs) - len(before) + come
            arrived = come >= max(told, tab.news.files) and len(tab.news.opened) <= opened
            if arrived and not (tab.news.leaving() or tab.news.downloading or self._coming):
                return
            await asyncio.sleep(POLL_S)

    def _since(self, tab: Tab, before: Sequence[Tab], files: int) -> Iterator[str]:
        """What came of an action, in words."""
        opened = [other for other in self._tabs if other not in before and other.opener]
        for other in opened:
            yield f"it opened {other.begun or 'a page'} in tab {self._number(other)}, which is in front now"
        for url in tab.news.opened[len(opened) + len(self._downloads) - files :]:
            yield f"it opens {url} in a new tab, which is not there yet"
        for file in self._downloads[files:]:
            if file.error:
                yield f"{file.name} was not downloaded: {file.error}"
            else:
                where = f" to {file.path}" if file.path else ", to where this browser puts its downloads"
                yield f"it downloaded {file.name} ({file.bytes} bytes){where}"
        for name in self._coming:
            yield f"{name} is being downloaded"
        if tab.dialog:
            yield _asking(tab.dialog)

    # ------------------------------------------------------------ tabs that come and go

    async def _begin(self) -> None:
        if not self._listening:
            self._listening = [asyncio.create_task(task) for task in (self._adopt(), self._collect())]
            await self._listen(self._active)
        await self._tidy()

    async def _listen(self, tab: Tab) -> None:
        tab.looks_ahead = self.looks_ahead
        await tab.listen()

    async def _adopt(self) -> None:
        async for cdp in self._pipes.popups():
            tab = self._tab(cdp)
            tab.opener = self._active
            await self._listen(tab)
            # One that only leads to a file is empty, and closes again.
            for _ in range(round(BLANK_S / POLL_S)):
                if tab.news.gone.is_set() or (await tab.address())[1] not in BLANK:
                    break
                await asyncio.sleep(POLL_S)
            await self._take_in(tab)

    async def _collect(self) -> None:
        async for name, file in self._pipes.downloads():
            if file is None:
                self._coming.append(name)
            else:
                self._coming.remove(name)
                self._downloads.append(file)

    async def _take_in(self, tab: Tab) -> None:
        """In front from now on, unless it is gone already."""
        await self._listen(tab)
        if not tab.news.gone.is_set():
            _, tab.begun = await tab.address()
            self._tabs.append(tab)
            self._active = tab

    async def _tidy(self, lost: Tab | None = None) -> bool:
        """Removes the tabs that are gone. False when none would be left: then there is nothing to go on with."""
        gone = [tab for tab in self._tabs if tab is lost or tab.news.gone.is_set()]
        if len(gone) == len(self._tabs):
            return False
        for tab in gone:
            if tab.crashed or tab.begun not in BLANK:
                why = "its process crashed" if tab.crashed else "by itself, or by the person"
                self._notes.append(f"Tab {self._number(tab)}, {tab.begun}, closed: {why}.")
            await self._remove(tab)
        return True

    async def _remove(self, tab: Tab) -> None:
        self._tabs.remove(tab)
        await tab.close()
        if tab is self._active:
            await self._bring(tab.opener if tab.opener in self._tabs else self._tabs[-1])

    def _number(self, tab: Tab) -> int:
        return self._tabs.index(tab) + 1

    def _front(self) -> str:
        return f"tab {self._number(self._active)} is in front now"

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await asyncio.gather(*(tab.close() for tab in self._tabs))
        await self._pipes.close()


async def _glance(tab: Tab) -> Observation:
    try:
        return await (tab.look() if tab.news.leaving() else tab.glance())
    except PageHung:
        return Observation("", "", hung=True, settled=False, at=time.time())


def _asking(dialog: JsDialog) -> str:
    return f"the page waits for an answer to its {dialog.kind} {dialog.message!r}: accept or dismiss the dialog"


def _read_only(seen: Observation | None) -> Observation:
    """The last look, for reading: nothing can be done on it."""
    if seen is None:
        return Observation("", "", settled=False, at=time.time())
    items = (replace(item, takes=()) if isinstance(item, Element) else item for item in seen.items)
    return replace(seen, items=tuple(items), at=time.time())
