"""What mscode.yaml says of one guard: its limit, its level, its reason; and the verdict that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mscode.plan.change import Check, CheckStatus

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

DEFAULTS: Mapping[str, Any] = {"maxDeletes": 10, "maxMemberRemovals": "20%", "maxRedials": 5}
#: What a guard does where mscode.yaml gives it no level, if not `deny`: whether a country's hours hold depends on what is
#: called for, and that a program cannot know.
LEVELS: Mapping[str, str] = {"countryHours": "warn"}


class Setting:
    """A guard's setting: its limit, level and reason, as its file says them (`raw`, None: it does not) or by default."""

    def __init__(self, name: str, raw: Any, *, overridden: bool) -> None:
        self.name, self.overridden = name, overridden
        self.value = getattr(raw, "value", raw) if raw is not None else DEFAULTS.get(name)
        self.level = str(getattr(raw, "level", None) or LEVELS.get(name, "deny"))
        self.reason = str(getattr(raw, "reason", None) or "")

    def verdict(
        self,
        holds: bool,
        message: str,
        *addresses: str,
        reasons: Sequence[str] = (),
        head: str = "",
        allowed: str = "",
        flag: str = "",
    ) -> Check:
        """The check's outcome; where it does not hold, by the guard's level, with `message` and the addresses concerned.

        `reasons`, `head`, `allowed` and `flag` are the check's own. Without a flag of its own a guard is overridden by its name.
        """
        if holds:
            return Check(self.name, "pass", "", self.reason)
        status: CheckStatus = "overridden" if self.overridden else "warn" if self.level == "warn" else "fail"
        return Check(
            self.name,
            status,
            message,
            self.reason,
            addresses,
            head=head,
            reasons=tuple(reasons),
            allowed=allowed,
            flag=flag or f"--override {self.name}",
        )

    def verdict_on(self, findings: Iterable[tuple[str, str]], *, head: str = "", allowed: str = "") -> Check:
        """The outcome where it is judged campaign by campaign: pairs of an address and what stands behind it in the sentence."""
        texts: dict[str, dict[str, None]] = {}
        for address, text in findings:
            texts.setdefault(address, {})[text] = None
        message = "; ".join(f"{address} {text}" for address, several in texts.items() for text in several)
        return self.verdict(
            not texts,
            f"{head}{': ' if head else ''}{message}.",
            *texts,
            reasons=[f"{address} {'; '.join(several)}" for address, several in texts.items()],
            head=head,
            allowed=allowed,
        )

    def limit(self, whole: int) -> int | None:
        """The limit as a number; a percentage is of `whole`."""
        if self.value is None:
            return None
        text = str(self.value)
        return whole * int(float(text[:-1]) * 1000) // 100_000 if text.endswith("%") else int(text)


class GuardSetting(Setting):
    """The setting of a project's guard, from mscode.yaml."""

    def __init__(self, builder: PlanBuilder, name: str) -> None:
        inputs = builder.inputs
        super().__init__(name, inputs.desired.project.guards.get(name), overridden=name in inputs.options.override)
