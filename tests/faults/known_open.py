"""Cells that end otherwise than the undisturbed run, and why."""

KNOWN_OPEN: dict[str, str] = {
    "resend-DELETE-replaced-429-after": "a service that says 429 and deletes all the same cannot be told from a person who "
    "deletes it: nothing is sent in its place without --replace",
}
