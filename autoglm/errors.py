"""Every error this package raises on purpose.

    AutoGLMError
    ├── Mistake             the model's own: told to it in the next prompt, the run goes on
    │   ├── PageHung        the page did not answer within its deadline; there are other pages
    │   └── InDoubt         a command was perhaps carried out; told to it too, for only a look can say
    ├── BrowserError
    │   ├── BrowserMissing  no Chrome or Chromium on this machine
    │   ├── BrowserGone     the browser, its tab or its pipe closed under us
    │   │   └── TakenAway   by the person: the tab closed, Chrome's bar cancelled, the extension gone
    │   └── CdpError        the browser refused a command of the DevTools protocol
    ├── ModelError
    │   ├── ModelUnavailable  no server, a dead server, or one that stopped answering
    │   └── ModelRefused      the server answered with an error of its own
    ├── SchemaInvalid       the data that were asked for cannot be described so
    ├── ExportError         the run cannot become what was asked for
    └── StoreError          the recording cannot be read or written

A message has three parts: what happened, with the values; why; what to do next.
"""


class AutoGLMError(Exception):
    pass


class Mistake(AutoGLMError):
    pass


class PageHung(Mistake):
    pass


class InDoubt(Mistake):
    pass


class BrowserError(AutoGLMError):
    pass


class BrowserMissing(BrowserError):
    pass


class BrowserGone(BrowserError):
    pass


class TakenAway(BrowserGone):
    pass


class CdpError(BrowserError):
    def __init__(self, method: str, message: str) -> None:
        super().__init__(f"{method}: {message}")
        self.method = method
        self.message = message


class ModelError(AutoGLMError):
    pass


class ModelUnavailable(ModelError):
    pass


class ModelRefused(ModelError):
    pass


class SchemaInvalid(AutoGLMError):
    pass


class StoreError(AutoGLMError):
    pass


class ExportError(AutoGLMError):
    pass
