"""Loaded by the interpreter itself, before mscode: counts points, and kills the process at one of them.

A point is: before and after each request, each write to a file of the state (and half-way through it), each fsync, each
rename, unlink and truncation. CRASH_LOG names a file to which every point is written as it is passed, a line each;
CRASH_AT is the number of the point, from 1, at which the process ends by SIGKILL, as if the power went. CRASH_JOURNAL=1 writes a
state on a server with a journal however short it is.
"""

import importlib.abc
import importlib.machinery
import itertools
import os
import signal
import sys
import threading
from pathlib import Path

_LOG = os.environ.get("CRASH_LOG", "")
_AT = int(os.environ.get("CRASH_AT", "0"))
_OURS = (".mscode",)
_lock = threading.Lock()
_passed = itertools.count(1)
_write, _open = os.write, os.open
_log = _open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if _LOG else -1


def point(label):
    with _lock:
        number = next(_passed)
        if _log >= 0:
            _write(_log, f"{label}\n".encode())
        if number == _AT:
            os.kill(os.getpid(), signal.SIGKILL)


def _name(target):
    """The path of a file of the state, "" for any other file."""
    try:
        path = Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else Path(os.fspath(target))
    except (OSError, TypeError):
        return ""
    return path.name if any(part in str(path) for part in _OURS) else ""


def _around(function, verb):
    def wrapped(target, *args, **more):
        name = _name(target)
        if name:
            point(f"before {verb} {name}")
        result = function(target, *args, **more)
        if name:
            point(f"after {verb} {name}")
        return result

    return wrapped


def _torn_write(descriptor, content):
    name = _name(descriptor)
    if not name:
        return _write(descriptor, content)
    point(f"before write {name}")
    half = _write(descriptor, bytes(content)[: len(content) // 2])
    point(f"half-way through write {name}")
    rest = _write(descriptor, bytes(content)[half:])
    point(f"after write {name}")
    return half + rest


os.write = _torn_write
for _verb in ("fsync", "replace", "rename", "unlink", "ftruncate", "link"):
    setattr(os, _verb, _around(getattr(os, _verb), _verb))


def _watch_requests(module):
    send = module._Network.handle_request

    def watched(self, request):
        what = f"{request.method} {request.url.path.removeprefix('/v1')}"
        point(f"before {what}")
        response = send(self, request)
        point(f"after {what}")
        return response

    module._Network.handle_request = watched


def _poll_quickly(module):
    module.POLL_SECONDS = 0.02


def _always_with_journal(module):
    if os.environ.get("CRASH_JOURNAL") == "1":
        module.SHORT = 0


_HOOKS = {
    "mscode.http.transport": _watch_requests,
    "mscode.engine.apply.executor": _poll_quickly,
    "mscode.state.remote.journal": _always_with_journal,
}


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name not in _HOOKS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, _HOOKS[name])
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, inner, hook):
        self._inner, self._hook = inner, hook

    def create_module(self, spec):
        return self._inner.create_module(spec)

    def exec_module(self, module):
        self._inner.exec_module(module)
        self._hook(module)


sys.meta_path.insert(0, _Finder())
