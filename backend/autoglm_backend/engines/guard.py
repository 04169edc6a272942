"""Runs one program in a group of its own and sees that the whole group ends. Knows nothing of engines; imports no more
than it must, since it stays for as long as the program runs.

`python -I guard.py PROGRAM ARGUMENT…` with a pipe as stdin. The group is stopped when the pipe
closes, as it does when the process that holds its other end dies, in whatever way. Exits as the program did.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

GRACE_S = 10.0  # from the polite signal to the other one; vLLM on two CPU cores took 2 to 4 s
ORPHANS_S = 1.0  # for those whose program died: vLLM's engine does not end without its server
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def main(command: list[str]) -> int:
    """The program's exit code, 128 + N for a signal N."""
    tell_kernel(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the group become ours, to be reaped: PID 1 may not care
    # There is one thread yet, so preexec_fn is safe.
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509
    )
    stopped = threading.Event()

    def wait_for_owner() -> None:
        while os.read(0, 4096):
            pass
        stopped.set()

    threading.Thread(target=wait_for_owner, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while program.poll() is None and not stopped.wait(0.1):
        pass
    end_group(program)
    code = program.wait()
    return 128 - code if code < 0 else code


def end_group(program: subprocess.Popen[bytes]) -> None:
    """Nobody of the program's group is left: asked first, then killed. What outlived it has nothing to save."""
    grace_s = GRACE_S if program.poll() is None else ORPHANS_S
    for asking, within_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(program.pid, asking)
        until = time.monotonic() + within_s
        while group_lives(program) and time.monotonic() < until:
            time.sleep(0.05)


def group_lives(program: subprocess.Popen[bytes]) -> bool:
    if program.poll() is not None:  # zombies would count
        with suppress(ChildProcessError):
            while os.waitpid(-program.pid, os.WNOHANG)[0]:
                pass
    try:
        os.killpg(program.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def die_with_parent() -> None:
    """The program is told to end should this very process be killed. Linux only; elsewhere the pipe has to do."""
    tell_kernel(PR_SET_PDEATHSIG, signal.SIGTERM)


def tell_kernel(option: int, value: int) -> None:
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(option, value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
