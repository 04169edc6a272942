"""What can go wrong, in words for the person or the client. Knows neither torch nor HTTP.

BackendError            the command cannot go on: printed, exit 2
  CheckpointError       the model's files: absent, broken, or of a kind this engine does not run
RequestError            this request cannot be served: an HTTP status and OpenAI's error shape
"""

from __future__ import annotations


class BackendError(Exception):
    """What happened, why, what to do next."""


class CheckpointError(BackendError):
    """The model's files cannot be served."""


class RequestError(Exception):
    """One request is refused; the server goes on."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param
        self.code = code
        self.retry_after_s = retry_after_s

    @property
    def type(self) -> str:
        return "invalid_request_error" if self.status < 500 else "server_error"
