"""One tab: commands that a dialog or an endless script cannot hold up, navigation, dialogs. Looks through `Frames`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from autoglm.browser import page
from autoglm.browser.frame import AHEAD_S, WORLD
from autoglm.browser.frames import Frames, Item
from autoglm.browser.hands import Hands, WorldLost
from autoglm.browser.news import News, wait_for
from autoglm.errors import BrowserError, CdpError, Mistake, PageHung
from autoglm.seams import Cdp, Json
from autoglm.types import Drag, JsDialog, Observation, OnBrowser, OnElement, Target

NAVIGATE_S = 30.0
"""A server that takes longer for the first byte does not answer."""
DOWNLOAD = "opened as a download"
CATCH_UP_S = 2.0
"""How long a page may take to tell what came of an input."""
LEFT_S = 0.1
"""How long when it is being left, for then it may answer nothing more."""
STOP_S = 1.0
"""How long the browser is given to do what the page may be in the way of, such as to end a script."""
LEAVE = "Leave this page? What was entered may not be saved."
"""A beforeunload dialog has no words of its own: https://html.spec.whatwg.org/#prompt-to-unload-a-document"""


class DialogOpened(Exception):
    """The page waits for an answer to a dialog, and with it everything that was asked of the page."""

    def __init__(self, dialog: JsDialog) -> None:
        super().__init__(dialog.message)
        self.dialog = dialog


class Tab:
    """`hands.Reach`."""

    def __init__(self, cdp: Cdp, *, settle_s: float, actionable_s: float, answer_s: float, world: str = WORLD) -> None:
        self.cdp = cdp
        self.news = News()
        self.frames = Frames(self.send, self.news, world)
        self._world = world
        self.opener: Tab | None = None
        self.dialog: JsDialog | None = None
        """The one that is open."""
        self.seen: Observation | None = None
        """The last look."""
        self.hung = False
        self.begun = ""
        """The address at which it came."""
        self.crashed = False
        self.closing = False
        """Whether it was told to close and its page asks whether it may."""
        self.looks_ahead = True
        """Whether each document begins with the page script and does of a look what it can before anybody asks. Who
        looks seldom goes without: both are in the way of what is done meanwhile. Must be set before listen()."""
        self._hands = Hands(self, actionable_s)
        self._settle_s = settle_s
        self._answer_s = answer_s
        self._said: JsDialog | None = None
        """One that was dismissed and not yet told."""
        self._prompt = ""
        """What the open prompt proposes."""
        self._asked: asyncio.Future[JsDialog] = asyncio.get_running_loop().create_future()
        """Done while a dialog is open."""
        self._answered = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._asides: set[asyncio.Task[None]] = set()
        self._ahead: asyncio.Task[None] | None = None
        """What is done of the next look before anybody asks for it."""

    async def listen(self) -> None:
        """Must be called once, before anything else."""
        if self._listening:
            return
        self._listening = asyncio.create_task(self._hear())
        await asyncio.sleep(0)
        _, tree = await asyncio.gather(self._prepare(""), self.send("Page.getFrameTree"))
        self.news.main = self.frames.main.id = tree["frameTree"]["frame"]["id"]

    # ------------------------------------------------------------ looking and acting

    async def look(self) -> Observation:
        """The page in it, once it has settled. Raises PageHung, DialogOpened, BrowserGone."""
        if self.dialog:
            raise DialogOpened(self.dialog)  # else it would be waited for that the page is left, which the dialog asks
        settled, items = await self.frames.look(time.monotonic() + self._settle_s)
        self.hung = False
        return self._remember(settled, items)

    async def glance(self) -> Observation:
        """The page as it stands at this moment, taken for as settled as before. Raises like look()."""
        try:
            return self._remember(self.seen is None or self.seen.settled, await self.frames.glance())
        except WorldLost:
            return await self.look()

    def _remember(self, settled: bool, items: Sequence[Item]) -> Observation:
        main = self.frames.main.seen
        self.seen = Observation(
            url=main.url,
            title=main.title,
            items=tuple(items),
            scroll=main.scroll,
            viewport=main.viewport,
            scale=main.scale,
            truncated=main.truncated,
            settled=settled,
            at=time.time(),
        )
        return self.seen

    async def act(self, action: OnElement) -> str:
        """Raises Mistake, WorldLost, PageHung, DialogOpened, BrowserGone."""
        return await self._hands.act(action)

    def targets(self, action: OnElement | OnBrowser) -> tuple[Target, ...]:
        """What the last action was done on, as it was before."""
        found = self.frames.targets
        refs = (action.ref, action.to) if isinstance(action, Drag) else tuple(found)
        return tuple(found[ref] for ref in refs if ref in found)

    async def goto(self, url: str) -> str:
        if not url.lower().startswith(("http://", "https://", "file://", "about:")):
            raise Mistake(f"{url!r} is no address to go to; give it in full, like https://example.org/")
        if self.hung:
            # A page of the same site would wait for the script that does not end.
            await self.stop_script()
        self.news.leave()
        try:
            done = await self._ask(NAVIGATE_S, "Page.navigate", url=url)
        except TimeoutError:
            await self.send("Page.stopLoading")
            raise Mistake(f"{url} did not answer within {NAVIGATE_S:.0f} s") from None
        except CdpError as error:
            self.news.arrive()
            raise Mistake(f"{url!r} cannot be opened: {error.message}") from error
        self.hung = False
        if "loaderId" not in done or "errorText" in done:
            self.news.arrive()
        if done.get("isDownload"):
            return DOWNLOAD
        if failed := done.get("errorText"):
            raise Mistake(f"{url} did not open: {failed}")
        return "opened"

    async def back(self) -> str:
        history = await self.send("Page.getNavigationHistory")
        entries, current = history["entries"], history["currentIndex"]
        if current == 0 or (current == 1 and entries[0]["url"] == "about:blank"):
            raise Mistake("there is no page to go back to: this is the first one of this tab")
        self.news.leave()
        await self.send("Page.navigateToHistoryEntry", entryId=entries[current - 1]["id"])
        return "went back"

    async def catch_up(self, ref: int | None) -> None:
        """Returns when the page has told all that came of the input it was given. Raises DialogOpened."""
        for session in {"", self.frames.session_of(ref) if ref else ""}:
            asking = asyncio.create_task(self._ask(CATCH_UP_S, "Runtime.evaluate", session=session, expression="0"))
            leaving = asyncio.create_task(self.leaves(ref))
            try:
                await asyncio.wait((asking, leaving), return_when=asyncio.FIRST_COMPLETED)
                async with asyncio.timeout(LEFT_S):
                    await asking
            except (TimeoutError, CdpError):
                continue  # it is on its way to another document, or its frame went with what was done in it
            finally:
                asking.cancel()
                leaving.cancel()

    async def wait(self, seconds: float) -> str:
        await wait_for(self.news.gone, seconds)
        if self.news.gone.is_set():
            await self.cdp.send("Page.getFrameTree")  # raises, for it knows why the tab is gone
        return f"waited {seconds:g} s"

    async def address(self) -> tuple[str, str]:
        """Title and address, which the browser knows even when the page does not answer."""
        history = await self._told("Page.getNavigationHistory", self._answer_s)
        entry = history["entries"][history["currentIndex"]] if history else {"title": "", "url": ""}
        return entry["title"], entry["url"]

    async def bring(self) -> None:
        """To the front, where a person sees it."""
        await self._told("Page.bringToFront")

    async def shut(self) -> None:
        """Close it as a person would: the page may ask first. Raises DialogOpened."""
        self.closing = True
        await self._told("Page.close")
        if not await self.closed(self._answer_s) and self.dialog:
            raise DialogOpened(self.dialog)

    async def closed(self, seconds: float) -> bool:
        """Whether it is gone by then; sooner when a dialog is open."""
        gone = asyncio.create_task(self.news.gone.wait())
        try:
            await asyncio.wait((gone, self._asked), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        return self.news.gone.is_set()

    async def stop_script(self) -> bool:
        """Whether the browser ended the script that runs, if any."""
        return await self._told("Runtime.terminateExecution") is not None

    # ------------------------------------------------------------ dialogs

    def take_dialog(self) -> JsDialog | None:
        """The one that is open, or that was dismissed since this was last asked."""
        said, self._said = self._said, None
        return self.dialog or said

    async def answer(self, accept: bool, text: str | None = None) -> None:
        """Closes the dialog that is open. Raises BrowserGone."""
        prompt = self._prompt if text is None else text
        self._answered.clear()
        leaves = self.dialog and self.dialog.kind == "beforeunload"
        await self._told("Page.handleJavaScriptDialog", accept=accept, promptText=prompt)
        await wait_for(self._answered, self._answer_s)
        if leaves and not accept:
            self.closing = False
            self.news.arrive()

    async def _dismiss(self) -> None:
        await self._told("Page.handleJavaScriptDialog", accept=False)

    def _dialog_opened(self, params: Json) -> None:
        if params["type"] == "alert":
            # There is nothing to decide.
            self._said = JsDialog("alert", params["message"])
            self._aside(self._dismiss())
            return
        self._prompt = params.get("defaultPrompt", "")
        self.dialog = JsDialog(params["type"], params["message"] or LEAVE, open=True)
        self._asked.set_result(self.dialog)

    def _dialog_closed(self) -> None:
        if self.dialog:
            self.dialog, self._asked = None, asyncio.get_running_loop().create_future()
        self._answered.set()

    # ------------------------------------------------------------ commands

    async def send(self, method: str, wait_s: float = 0, /, *, session: str = "", **params: Any) -> Json:
        """The result. Raises PageHung, DialogOpened, CdpError, BrowserGone."""
        timeout_s = self._answer_s + wait_s
        try:
            return await self._ask(timeout_s, method, session=session, **params)
        except TimeoutError:
            self.hung = self.hung or not session
            raise PageHung(
                f"{method} was not answered within {timeout_s:.0f} s: a script of the page does not end; "
                "look again, when it will have been stopped, or go elsewhere"
            ) from None

    async def call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        return await self.frames.main.call(function, *args, wait_s=wait_s)

    async def on(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Any:
        return await self.frames.on(ref, function, *args, wait_s=wait_s)

    async def node(self, ref: int, function: str) -> Json:
        return await self.frames.node(ref, function)

    async def leaves(self, ref: int | None) -> None:
        await self.news.leaves({self.news.main, self.frames.id_of(ref) if ref else ""})

    async def send_to(self, ref: int, method: str, wait_s: float = 0, /, **params: Any) -> Json:
        return await self.send(method, wait_s, session=self.frames.session_of(ref), **params)

    async def _ask(self, timeout_s: float, method: str, /, session: str = "", **params: Any) -> Json:
        """The result, unless a dialog comes up first. Raises TimeoutError, DialogOpened, CdpError, BrowserGone."""
        if self.dialog:
            raise DialogOpened(self.dialog)
        sending = asyncio.create_task(self.cdp.send(method, session=session, **params))
        try:
            asked = self._asked
            await asyncio.wait((sending, asked), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                return sending.result()
            if asked.done():
                raise DialogOpened(asked.result())
            raise TimeoutError
        finally:
            if not sending.done():
                sending.cancel()

    async def _told(self, method: str, most_s: float = STOP_S, /, **params: Any) -> Json | None:
        """The result of what the browser itself answers, whatever the page does; None when it refuses or is late."""
        try:
            async with asyncio.timeout(most_s):
                return await self.cdp.send(method, **params)
        except (TimeoutError, BrowserError):
            return None

    # ------------------------------------------------------------ listening

    async def _prepare(self, session: str) -> None:
        """Asks a target for its events, those of its inner targets included; and has its documents begin with our
        script, which knows then since when they have stood still."""
        begins = {"source": page.script(), "worldName": self._world, "runImmediately": True}
        commands: dict[str, Json] = {
            "Page.enable": {},
            **({"Page.addScriptToEvaluateOnNewDocument": begins} if self.looks_ahead else {}),
            # A tab in the background gets its focus events too.
            "Emulation.setFocusEmulationEnabled": {"enabled": True},
            "Network.enable": {"maxTotalBufferSize": 100_000, "maxResourceBufferSize": 10_000},
            "Target.setAutoAttach": {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True},
        }
        await asyncio.gather(*(self._told(method, session=session, **given) for method, given in commands.items()))

    async def _hear(self) -> None:
        async for method, params, session in self.cdp.events():
            self._hands.hear(method, params)
            match method:
                case "Page.javascriptDialogOpening" if not session:
                    self._dialog_opened(params)
                case "Page.javascriptDialogClosed" if not session:
                    self._dialog_closed()
                case "Target.attachedToTarget" if params["targetInfo"]["type"] == "iframe":
                    self.frames.attach(params["targetInfo"]["targetId"], params["sessionId"])
                    self._aside(self._prepare(params["sessionId"]))
                case "Inspector.targetCrashed" if not session:
                    self.crashed = True
                case "Runtime.executionContextCreated":
                    self.frames.context(session, params["context"])
                case "Target.detachedFromTarget":
                    self.frames.detach(params["sessionId"])
                case _:
                    pass
            self.news.hear(method, params, session)
            self.frames.main.id = self.news.main
            if method == "Page.frameStoppedLoading" and params["frameId"] == self.news.main:
                self._look_ahead()
        self.news.gone.set()
        self.news.changed.set()

    def _look_ahead(self) -> None:
        if self.looks_ahead and (not self._ahead or self._ahead.done()):
            self._ahead = self._aside(self._looking_ahead())

    async def _looking_ahead(self) -> None:
        with suppress(WorldLost, DialogOpened, BrowserError, Mistake, TimeoutError):
            async with asyncio.timeout(AHEAD_S):
                await self.frames.ahead()

    def _aside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Done while more events are heard."""
        task = asyncio.create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
        return task

    async def close(self) -> None:
        if self.dialog:
            await self.answer(accept=False)
        listening = [*self._asides, *([self._listening] if self._listening else [])]
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await self.cdp.close()
