"""The guard of another program, a process of its own: `python -I -S guard.py FOLDER BYTES ALL_BYTES ANSWER PROGRAM...`.

It imports nothing of the project and starts in hundredths of a second. Its stdin is a pipe from the driver, and every
way in which the driver can end closes that. Then, and whenever the program ends, the guard ends everything that the
program has started, also processes that have left its group (on Linux). If the driver is gone, it removes the folder.

The program's stderr and stdout keep only their beginning and their end, unless stdout is the answer (`ANSWER` is `-`).
An answer above `BYTES`, or a folder above `ALL_BYTES`, ends the program.

Messages to the driver, on stdout: `failed ERRNO`, `over answer`, `over folder`, `exit CODE`.
"""

from __future__ import annotations

import errno
import os
import select
import shutil
import signal
import sys
import time

READ = 4096
"""Bytes at each end of a stream that are kept."""
GRACE_S = 0.4
"""Seconds between asking the program to end and killing it."""
TICK_S = 0.1
"""Seconds between two measurements of the folder."""
_DRAIN_S = 0.5
"""Seconds for which the streams are read on after the end of the program."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stream:
    """A stream of the program: kept whole in a file up to a limit, or only its beginning and its end.

    Args:
        descriptor: The end of the pipe to read.
        path: The file.
        limit: Bytes of the file at most; None: keep only both ends.
    """

    def __init__(self, descriptor: int, path: str, limit: int | None) -> None:
        self.descriptor = descriptor
        self.is_over = False
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._limit = READ if limit is None else limit
        self._is_answer = limit is not None
        self._written = 0
        self._end = b""

    def take(self) -> bool:
        """Read what there is; return False at the end of the stream."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return True
        head = data[: self._limit - self._written]
        self._written += len(head)
        write_all(self._file, head)
        rest = data[len(head) :]
        if rest and self._is_answer:
            self.is_over = True
        elif rest:
            self._end = (self._end + rest)[-READ:]
        return bool(data)

    def close(self) -> None:
        write_all(self._file, self._end and b"\n" + self._end)
        os.close(self._file)


def write_all(descriptor: int, data: bytes) -> None:
    """Write data to a file; drop it if the disk is full."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        return


def main(folder: str, limit: int, whole: int, answer: str, arguments: list[str]) -> None:
    """Run a program and report how it ends."""
    ignored = {number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_IGN}
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    failure, failure_end = os.pipe()
    child = os.fork()
    if child == 0:
        be_the_program(folder, whole, arguments, ignored, (out_end, err_end), failure_end)
    for descriptor in (out_end, err_end, failure_end):
        os.close(descriptor)
    code = os.read(failure, 20)
    if code:
        os.waitpid(child, 0)
        tell(f"failed {code.decode()}")
        return
    for descriptor in (out, err):
        os.set_blocking(descriptor, False)
    streams = [
        Stream(out, os.path.join(folder, "stdout"), limit if answer == "-" else None),
        Stream(err, os.path.join(folder, "stderr"), None),
    ]
    message = watch(child, streams, folder, limit, whole, answer)
    if message is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        tell(message)


def be_the_program(
    folder: str, whole: int, arguments: list[str], ignored: set[signal.Signals], ends: tuple[int, int], failure: int
) -> None:
    """Become the program, in this process, which the guard has forked."""
    import resource  # Windows has none, and nothing there starts this

    try:
        os.setpgid(0, 0)
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        for number in (*_SIGNALS, signal.SIGPIPE, signal.SIGXFSZ):
            if number not in ignored:
                signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        least = whole if hard == resource.RLIM_INFINITY else min(whole, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, hard))
        os.chdir(folder)
        for descriptor, standard in zip((os.open(os.devnull, os.O_RDONLY), *ends), (0, 1, 2)):
            os.dup2(descriptor, standard)
        os.execvp(arguments[0], arguments)
    except OSError as error:
        write_all(failure, str(error.errno or errno.EINVAL).encode())
    finally:
        os._exit(127)


def watch(child: int, streams: list[Stream], folder: str, limit: int, whole: int, answer: str) -> str | None:
    """Wait until the program ends, exceeds a limit, or the driver wants it to end; return the message about it.

    None: the driver is gone.
    """
    status: int | None = None
    message: str | None = None
    deadline, measured = float("inf"), 0.0
    open_streams = {stream.descriptor: stream for stream in streams}
    is_gone = False
    listening = [0]
    woken, waker = os.pipe()
    for descriptor in (woken, waker):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    while status is None and message is None and not is_gone and time.monotonic() < deadline:
        ready, _, _ = select.select([*listening, woken, *open_streams], [], [], TICK_S)
        read(ready, open_streams, woken)
        if 0 in ready:
            listening = []
            if os.read(0, 1):  # asked to let it write its results and end
                deadline = time.monotonic() + GRACE_S
                kill(child, signal.SIGTERM)
            else:
                is_gone = True
        if time.monotonic() - measured >= TICK_S:
            measured = time.monotonic()
            message = excess(folder, limit, whole, answer, streams)
        pid, found = os.waitpid(child, os.WNOHANG)
        status = found if pid else None
        if not is_gone and not listening and has_closed():
            is_gone = True
    end_all(child)
    if is_gone:
        return None
    drain(open_streams)
    for stream in streams:
        stream.close()
    message = message or excess(folder, limit, whole, answer, streams)
    return message or f"exit {-signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)}"


def has_closed() -> bool:
    """Whether the driver has closed its end of the pipe, after its one message."""
    ready, _, _ = select.select([0], [], [], 0)
    return bool(ready) and not os.read(0, 1)


def read(ready: list[int], open_streams: dict[int, Stream], woken: int) -> None:
    for descriptor in ready:
        if descriptor == woken:
            os.read(woken, 4096)
        elif descriptor in open_streams and not open_streams[descriptor].take():
            del open_streams[descriptor]


def drain(open_streams: dict[int, Stream]) -> None:
    """Read what the streams still hold; a process that cannot be ended may keep them open."""
    deadline = time.monotonic() + _DRAIN_S
    while open_streams and time.monotonic() < deadline:
        ready, _, _ = select.select([*open_streams], [], [], _DRAIN_S)
        read(ready, open_streams, -1)


def excess(folder: str, limit: int, whole: int, answer: str, streams: list[Stream]) -> str | None:
    """Return the message about the limit that is exceeded; None if none is."""
    if any(stream.is_over for stream in streams):
        return "over answer"
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            try:
                size = os.lstat(path).st_size
            except OSError:
                continue  # the program has removed it
            if path == answer and size > limit:
                return "over answer"
            total += size
    return "over folder" if total >= whole else None


def end_all(child: int) -> None:
    """Kill the program's group, and every process of which this one is the ancestor, and wait for their ends."""
    kill(child, signal.SIGKILL)
    while True:
        for process in offspring(os.getpid()):
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue  # it has ended
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(0.005)


def offspring(process: int) -> list[int]:
    """Return the children of a process that are known to the system, and theirs; only Linux tells."""
    parents: dict[int, list[int]] = {}
    try:
        entries = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return []
    for entry in entries:
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    waiting = [process]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def kill(group: int, number: int) -> None:
    for send in (os.killpg, os.kill):
        try:
            send(group, number)
        except OSError:
            continue  # it has ended, or has not become a group yet


def tell(message: str) -> None:
    """Tell the driver, if it is still there."""
    write_all(1, f"{message}\n".encode())


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process that only Linux has."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
