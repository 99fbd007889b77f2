"""The process in which expressions run: it can be stopped, whatever they do, and holds no token.

One JSON document on stdin, `{expressions, plans, cases}`; one JSON line on stdout for each expression (its error, or
null) and then for each case, a pair of an expression's and a plan's index: `{"holds": true}`, `{"type": …}` or
`{"error": …}`. It imports nothing of mscode and is run by its path.
"""

from __future__ import annotations

import json
import sys
from typing import Any

#: Bytes of memory that it may take, seconds of the processor.
MEMORY = 2 * 1024**3
SECONDS = 15


def main() -> None:
    _limit()
    from cel_expr_python import cel

    work = json.load(sys.stdin)
    environment = cel.NewEnv(variables={"plan": cel.Type.DYN})
    compiled = [_compiled(environment, text) for text in work["expressions"]]
    for _, error in compiled:
        _say(error)
    for expression, plan in work["cases"]:
        program = compiled[expression][0]
        _say(None if program is None else _verdict(cel, program, work["plans"][plan]))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on every system; the time limit holds all the same
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _compiled(environment: Any, text: str) -> tuple[Any, str | None]:
    try:
        return environment.compile(text), None
    except Exception as error:
        return None, str(error)


def _verdict(cel: Any, program: Any, plan: Any) -> dict[str, Any]:
    try:
        found = program.eval(data={"plan": plan})
    except Exception as error:
        return {"error": str(error)}
    if found.type() == cel.Type.BOOL:
        return {"holds": bool(found.value())}
    if found.type() == cel.Type.ERROR:
        return {"error": str(found.value())}
    return {"type": str(found.type().name())}


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
