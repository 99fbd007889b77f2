"""The person whom a question to the records is about: a number or an e-mail address, which no message repeats."""

from __future__ import annotations

from collections.abc import Iterable

from mscode.app.environment import Environment
from mscode.errors import MscodeError, UsageError


def person_of(text: str | None, environment: Environment) -> str:
    """The number in E.164, or the e-mail address, that somebody typed; MscodeError where it is neither, or nothing."""
    from mscode.kinds.fields.e164 import NotANumberError, e164

    written = (text or "").strip()
    if not written:
        raise MscodeError(
            "No number or e-mail address was given",
            detail="It is read from the terminal or from a pipe, so that it stays in no history of a shell.",
            hint="Type it at the prompt, or pipe one line with it into the command.",
            code="no-person",
        )
    if "@" in written:
        return _email_of(written)
    try:
        return e164(written, environment.project.region or "")
    except NotANumberError as error:
        raise MscodeError(
            f"What was given {error}",
            hint="Write a phone number with + and the country code, or an e-mail address.",
            code="no-person",
        ) from None


def refuse_people(arguments: Iterable[str]) -> None:
    """UsageError where an argument of the command line looks like a person; it is not repeated."""
    from mscode.model.privacy import mask_numbers

    if any("@" in argument or mask_numbers(argument, strict=True) != argument for argument in arguments):
        raise UsageError(
            "An argument looks like a person's number or e-mail address",
            detail="As an argument it stays in the shell's history, and others on this machine see it.",
            hint="`mscode history person` asks for it.",
        )


def _email_of(written: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise MscodeError(
            "What was given is no e-mail address",
            hint="Write one like anna@example.com, or a phone number with + and the country code.",
            code="no-person",
        ) from None
    return written
