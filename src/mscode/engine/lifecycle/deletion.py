"""What is deleted is gone: the answer to a DELETE alone proves nothing, as some that were never carried out say 200.

A second of patience belongs to it: what is read may lag behind what was done.
"""

from __future__ import annotations

from mscode.engine.account.read import read_list
from mscode.engine.apply.run import Run
from mscode.engine.create.settle import wait_until
from mscode.errors import ApiError, StaleError
from mscode.model.kind import Kind


def delete_and_confirm(run: Run, kind: Kind, live_id: str, label: str) -> bool:
    """Delete one object and see that it is gone. StaleError where it stays; ApiErrors of the requests. False where somebody
    else had deleted it already.

    A DELETE that says "done" is believed when a GET says 404, one that says 404 when a list that answers lacks the id.
    """
    path = run.target.item(kind.collection, live_id)

    def is_gone() -> bool:
        try:
            return run.client.find(path, what=label) is None
        except ApiError as error:
            if not 400 <= error.status < 500:
                raise
            return is_unlisted()  # the service has other words for what is not there

    def is_unlisted() -> bool:
        return live_id not in read_list(run.account, kind)

    outcome = run.client.delete_and_tell(path, what=label)
    was_done = outcome == "done"
    if wait_until(run, is_gone if was_done else is_unlisted):
        return outcome != "missing"
    statement = "The service said that it was" if was_done else "The service says that it knows no such id"
    raise StaleError(
        f"{label} is not deleted",
        detail=f"{statement}, and shows id {live_id} all the same.",
        hint="Apply again; if it stays so, look at it in the web interface.",
        code="not-gone",
    )
