"""Numbers as people and systems write them: one answer at every entrance, and what is no number is none anywhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mscode.errors import ManifestError
from mscode.kinds.account_lists import parser
from mscode.kinds.accounts import AccountSpec
from mscode.kinds.fields.e164 import NotANumberError, e164, is_readable, is_valid, live_e164
from mscode.kinds.fields.receivers import Receiver
from mscode.kinds.filters import FilterSpec
from mscode.kinds.groups import MembersSpec
from mscode.manifest.contacts.do_not_call import do_not_call_file
from mscode.model.kind import registry
from mscode.model.values import Scalar
from mscode.model.world import SpecContext


class Written(NamedTuple):
    """A line of the table: `answer` is the number in E.164, None where the text is none."""

    region: str
    text: str
    answer: str | None
    source: str


def _table() -> list[Written]:
    path = Path(__file__).with_name("written_numbers.yaml")
    return [Written(*row) for row in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))]


TABLE = _table()
Entrance = Callable[[str, str], str | None]


def _of_manifest(read: Callable[[Any, SpecContext], str]) -> Entrance:
    def entrance(text: str, region: str) -> str | None:
        try:
            return read(Scalar(text), SpecContext(UTC, region))
        except ValueError:
            return None

    return entrance


def _in_filter(operator: str, value: Any, context: SpecContext) -> str:
    condition = {"field": "phone", "operator": operator, "value": value}
    found = FilterSpec.model_validate({"conditions": [condition]}, context=context).fields()["conditions"][0]["value"]
    return str(found[0]) if isinstance(found, list) else str(found)


def _in_list(text: str, region: str) -> str | None:
    read = parser("phone", region)
    assert read is not None
    try:
        return str(read(text.strip())) or None
    except ValueError:
        return None


ENTRANCES: dict[str, Entrance] = {
    "account": _of_manifest(lambda text, ctx: AccountSpec.model_validate({"phone": text}, context=ctx).phone or ""),
    "receiver": _of_manifest(lambda text, ctx: Receiver.model_validate({"phone": text}, context=ctx).phone or ""),
    "members": _of_manifest(
        lambda text, ctx: (MembersSpec.model_validate({"phones": [text]}, context=ctx).phones or [""])[0]
    ),
    "filter": _of_manifest(lambda text, ctx: _in_filter("!=", text, ctx)),
    "filter with a list": _of_manifest(lambda text, ctx: _in_filter("in", [text], ctx)),
    "row of a list": _in_list,
}


def test_the_table_is_wide() -> None:
    assert len(TABLE) >= 600 and len({one.region for one in TABLE}) > 45
    assert sum(one.answer is None for one in TABLE) > 100


@pytest.mark.parametrize("name", ENTRANCES)
def test_a_number_is_the_same_at_every_entrance_of_the_manifests(name: str) -> None:
    wrong = [(one, got) for one in TABLE if (got := ENTRANCES[name](one.text, one.region)) != one.answer]
    assert wrong == []


def test_a_number_is_the_same_in_a_do_not_call_file(tmp_path: Path) -> None:
    wrong = []
    for one in TABLE:
        if "\n" in one.text:
            continue  # two lines, each of them a number
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([one.text])
        (tmp_path / "never.csv").write_text(f"# never\n{line.getvalue()}\n", encoding="utf-8")
        try:
            found = list(do_not_call_file(tmp_path, "never.csv", one.region).lines)
        except ManifestError:
            found = []
        if found != ([one.answer] if one.answer else []):
            wrong.append((one, found))
    assert wrong == []


#: What the service may show without its plus sign, though no person may write it so where no region is set.
WITHOUT_PLUS = "358401230001"


def test_a_live_number_is_the_same_number() -> None:
    wrong = []
    for one in TABLE:
        accounts = registry()["accounts"]
        live = accounts.decode({"phone": one.text}, one.region)["phone"]
        right = "+358401230001" if (one.region, one.text) == ("", WITHOUT_PLUS) else one.answer or one.text
        if live != right or is_readable(live) != (right != one.text or one.answer is not None):
            wrong.append((one, live))
    assert wrong == []


def test_live_receivers_subusers_and_filters_are_read_in_the_same_way() -> None:
    kinds = registry()
    row = {"accountId": "7", "phone": "040-123 0001"}
    for section in ("rsvpCalls", "calls", "smses", "clickToCalls"):
        kind = kinds[section]
        assert kind.decode({"receivers": [row]}, "FI")["receivers"] == [{"accountId": "7", "phone": "+358401230001"}]
    assert kinds["subusers"].decode({"phone": "00358401230001"}, "FI")["phone"] == "+358401230001"
    conditions = [
        {"field": "phone", "operator": "in", "value": ["0401230002", "358401230001"]},
        {"field": "phone", "operator": "contains", "value": "0401"},
        {"field": "phone", "operator": ">=", "value": "0401230001"},
        {"field": "zip", "operator": "==", "value": "0401230001"},
    ]
    found = kinds["filters"].decode({"filters": conditions}, "FI")["conditions"]
    assert [one["value"] for one in found] == [
        ["+358401230002", "+358401230001"],
        "0401",
        "+358401230001",
        "0401230001",
    ]


def test_a_phone_in_a_filter_is_a_number_under_every_operator() -> None:
    """`>= 0401230002` compared with 401230002 would choose everybody, and a part with spaces in it nobody."""
    fi = SpecContext(UTC, "FI")
    for operator in ("==", "!=", ">", "<", ">=", "<="):
        assert _in_filter(operator, "040 123 0001", fi) == "+358401230001"
        with pytest.raises(ValueError, match="phone"):
            _in_filter(operator, "Helsinki", fi)
    parts = {"+358 40": "+35840", "0555010": "0555010", "123 0001": "1230001", "040": "040", "23": "23"}
    assert {typed: _in_filter("contains", typed, fi) for typed in parts} == parts
    with pytest.raises(ValueError, match="is no part of a phone number"):
        _in_filter("contains", "Helsinki", fi)


@pytest.mark.parametrize(
    ("text", "region", "live"),
    [
        ("358401230001", "", "+358401230001"),
        ("46701234567", "FI", "+46701234567"),  # no Finnish number, and a Swedish one
        ("0401230001", "", "0401230001"),
        ("491701234567", "DE", "+491701234567"),
        ("12015550123", "US", "+12015550123"),
        ("2015550123", "US", "+12015550123"),
        ("4740123456", "FI", "4740123456"),  # a Finn of Lahti who left the zero out, or a Norwegian
        ("", "FI", ""),
        ("\u200b ", "FI", ""),
    ],
)
def test_a_live_number_may_lack_its_plus_sign_where_that_is_sure(text: str, region: str, live: str) -> None:
    assert live_e164(text, region) == live


# ---- what is printed is read back ------------------------------------------------------------------------------------

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = phonenumbers.PhoneNumberFormat


@st.composite
def numbers(draw: st.DrawFn) -> phonenumbers.PhoneNumber:
    """A number in use somewhere, that has an E.164 form: near an example of its kind."""
    region = draw(st.sampled_from(REGIONS))
    kinds = [one for one in range(11) if phonenumbers.example_number_for_type(region, one)]
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(kinds)))
    digits = phonenumbers.national_significant_number(example)
    keep = draw(st.integers(1, len(digits)))
    rest = draw(st.text("0123456789", min_size=len(digits) - keep, max_size=len(digits) - keep + 1))
    number = phonenumbers.parse(f"+{example.country_code}{digits[:keep]}{rest}")
    if not _has_e164(number):
        number = example
    return number if _has_e164(number) else phonenumbers.parse("+358401230001")


def _has_e164(number: phonenumbers.PhoneNumber) -> bool:
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return (
        phonenumbers.is_valid_number(number)
        and possible
        and len(phonenumbers.format_number(number, FORMATS.E164)) <= 16
    )


@settings(max_examples=1000, deadline=None)
@given(number=numbers(), form=st.sampled_from([FORMATS.E164, FORMATS.INTERNATIONAL, FORMATS.NATIONAL, FORMATS.RFC3966]))
def test_what_is_printed_is_read_back(number: phonenumbers.PhoneNumber, form: int) -> None:
    region = phonenumbers.region_code_for_number(number) or ""
    wanted = phonenumbers.format_number(number, FORMATS.E164)
    assert e164(phonenumbers.format_number(number, form), region) == wanted
    assert live_e164(wanted, region) == live_e164(wanted[1:], "") == wanted


@settings(max_examples=500, deadline=None)
@given(
    text=st.text(st.sampled_from("0123456789+()-./ ;x\u00a0\u200b\uff10\u0660E,"), max_size=24),
    region=st.sampled_from(["", *REGIONS]),
)
def test_an_answer_is_e164_and_stays_the_same(text: str, region: str) -> None:
    try:
        found = e164(text, region)
    except NotANumberError as error:
        found = ""
        why = str(error)
    if not found:
        assert not any(char.isdigit() for char in why)
        return
    assert e164(found, region) == e164(found, "") == live_e164(found, "") == found


@settings(max_examples=1000, deadline=None)
@given(
    code=st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    digits=st.text("0123456789", min_size=4, max_size=12),
)
def test_the_quick_answer_whether_a_range_is_in_use_is_the_librarys(code: int, digits: str) -> None:
    text = f"+{code}{digits}"
    try:
        slow = phonenumbers.is_valid_number(phonenumbers.parse(text))
        found = e164(text, "")
    except (phonenumbers.NumberParseException, NotANumberError):
        return
    if found == text:
        assert is_valid(text) == slow


def test_a_text_of_any_length_is_judged_at_once() -> None:
    for text in ("0" * 1_000_000, "(" * 1_000_000, "1 " * 500_000, "+" + "1-" * 500_000):
        with pytest.raises(NotANumberError):
            e164(text, "FI")
        assert live_e164(text, "FI") == text
