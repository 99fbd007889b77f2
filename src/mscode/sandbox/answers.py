"""Who answers, and what: what becomes of each dial follows from a seed and the rates, or from a list for one number.

The outcome of a dial depends on nothing but its campaign, its number and which dial it is, so it is the same however often and
in whatever order anybody asks.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

#: The share of those who answer that presses nothing, as long as no more than the rest accept.
SILENT = 0.1
_SCALE = 65_536


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one dial. A person may answer and still press nothing: ``noAnswer`` with ``answered`` 1."""

    answered: int
    reply: str
    duration: int


#: What a dial may be in a list for one number: (``answered``, ``reply``).
WORDS = {"noAnswer": (0, "noAnswer"), "accept": (1, "accept"), "decline": (1, "decline"), "nothing": (1, "noAnswer")}


@dataclass(frozen=True, slots=True)
class Rates:
    """``answer`` is the share of dials that are answered, ``accept`` the share of those answered that accept (0 to 1).

    A tenth of those answered presses nothing and the rest decline. Where more than nine tenths accept, nobody declines, and
    what is left over presses nothing.
    """

    answer: float = 0.6
    accept: float = 0.5

    def __post_init__(self) -> None:
        for name, share in (("answer", self.answer), ("accept", self.accept)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1")


@dataclass(frozen=True, slots=True)
class Answers:
    """How the people that an emulator dials behave.

    ``by_number`` has the outcomes (words of ``WORDS``) of the dials to a number in E.164, from each campaign's first dial on;
    the last holds for every later dial. ``by_campaign`` has rates of their own for campaigns, by kind and id. ValueError for a
    share that is none, and for a word that is none.
    """

    seed: int = 1
    answer: float = 0.6
    accept: float = 0.5
    by_number: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_campaign: Mapping[tuple[str, int], Rates] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Rates(self.answer, self.accept)
        for words in self.by_number.values():
            if not words:
                raise ValueError("a number needs at least one outcome")
            for word in words:
                if not isinstance(word, str) or word not in WORDS:
                    raise ValueError(unknown_word(word))

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "Answers":
        """From ``{seed: 7, answer: 0.7, accept: 0.3, people: {"+358401230001": ["noAnswer", "accept"]}}``, each of which may be
        left out. ValueError for anything else.
        """
        names = {"seed": "seed", "answer": "answer", "accept": "accept", "people": "by_number"}
        for name in settings:
            if name not in names:
                raise ValueError(f'there is no "{name}"; there are {", ".join(names)}')
        seed, people = settings.get("seed", 1), settings.get("people", {})
        if type(seed) is not int:
            raise ValueError("seed must be a whole number")
        if not isinstance(people, dict) or not all(isinstance(words, list) for words in people.values()):
            raise ValueError("people must be an object of number to an array of outcomes")
        shares = {name: settings[name] for name in ("answer", "accept") if name in settings}
        if any(type(share) not in (int, float) for share in shares.values()):
            raise ValueError("answer and accept must be shares from 0 to 1")
        return cls(seed=seed, by_number=people, **shares)  # type: ignore[arg-type]  # both are numbers

    def settings(self) -> dict[str, object]:
        """The same mapping, whole."""
        people = {number: list(words) for number, words in self.by_number.items()}
        return {"seed": self.seed, "answer": self.answer, "accept": self.accept, "people": people}

    def outcome(self, kind: str, campaign_id: int, phone: str, attempt: int) -> Outcome:
        """Of the dial number ``attempt``, from 1, of a campaign to a phone.

        Drawn by the number and not by the account's id: accounts that are created in parallel get their ids in any order, and
        the same people must answer the same in every run.
        """
        name = f"{phone}/{self.seed}/{campaign_id}/{kind}/{attempt}"
        chances = hashlib.blake2b(name.encode(), digest_size=8).digest()
        words = self.by_number.get(phone)
        if words:
            answered, reply = WORDS[words[min(attempt, len(words)) - 1]]
        else:
            answered, reply = self._by_chance(kind, campaign_id, chances)
        return Outcome(answered, reply, 15 + chances[4] % 46 if answered else 0)

    def _by_chance(self, kind: str, campaign_id: int, chances: bytes) -> tuple[int, str]:
        rates = self.by_campaign.get((kind, campaign_id)) or self
        answers, reply = chances[0] * 256 + chances[1], chances[2] * 256 + chances[3]
        if answers < (1 - rates.answer) * _SCALE:
            return WORDS["noAnswer"]
        if reply < rates.accept * _SCALE:
            return WORDS["accept"]
        return WORDS["decline" if reply < (1 - SILENT) * _SCALE else "nothing"]


def unknown_word(word: object) -> str:
    """What is wrong with a word that is no outcome, and what was probably meant."""
    close = get_close_matches(str(word), WORDS, 1, 0.6)
    hint = f'did you mean "{close[0]}"?' if close else f"there are {', '.join(WORDS)}"
    return f'"{word}" is no outcome of a dial; {hint}'
