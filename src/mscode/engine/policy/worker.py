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
    for resource_id, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        _, hard_limit = resource.getrlimit(resource_id)
        resource.setrlimit(
            resource_id, (limit if hard_limit == resource.RLIM_INFINITY else min(limit, hard_limit), hard_limit)
        )


def _compiled(environment: Any, text: str) -> tuple[Any, str | None]:
    try:
        return environment.compile(text), None
    except Exception as error:
        return None, str(error)


def _verdict(cel: Any, program: Any, plan: Any) -> dict[str, Any]:
    try:
        value = program.eval(data={"plan": plan})
    except Exception as error:
        return {"error": str(error)}
    if value.type() == cel.Type.BOOL:
        return {"holds": bool(value.value())}
    if value.type() == cel.Type.ERROR:
        return {"error": str(value.value())}
    return {"type": str(value.type().name())}


def _say(document: Any) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
