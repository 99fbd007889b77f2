"""Which stretches of a sentence are a phone number, in whatever form people write them, and which are not."""

from __future__ import annotations

import pytest

from mscode.model.privacy import Masker, mask_numbers

#: Sentences with the number of a person in them, and digits of it that may not be shown side by side.
NUMBERS = [
    "0401230001.",
    "phone:0401230001",
    "040 123 0001",
    "040-1230001",
    "(040) 1230001",
    "(040)1230001",
    "00358 40 1230001",
    "00358401230001",
    "358 40 1230001",
    "358401230001",
    "+358401230001",
    "+358 40 123 0001",
    "+358-40-123-0001",
    "+358/40/1230001",
    "+358 (0)40 123 0001",
    "+358(0)401230001",
    "358 (0)40 1230001",
    "+ 358 40 1230001",
    "+358.401230001",
    "358.401230001",
    "+1.4155550132",
    "415-555-0132",
    "(415) 555-0132",
    "1-415-555-0132",
    "1 (415) 555-0132",
    "+1 (415) 555-0132",
    "415.555.0132",
    "555-0132",
    "9123-4567",
    "22 33 44 55",
    "912 34 567",
    "01 23 45 67 89",
    "01.23.45.67.89",
    "04.01.23.00.01",
    "040.123.0001",
    "040/1230001",
    "0 4 0 1 2 3 0 0 0 1",
    "040 123\n0001",
    "040\u00a0123\u00a00001",
    "040\u2009123\u202f0001",
    "040–123–0001",
    "040‑123‑0001",
    "０４０１２３０００１",
    "＋３５８４０１２３０００１",
    "٠٤٠١٢٣٠٠٠١",
    "040\u200b123\u00ad0001",
    "tel:0401230001",
    "tel:+358-40-1230001;ext=1",
    '"0401230001"',
    "'0401230001'",
    "[0401230001]",
    "{phone=0401230001}",
    '{"phone":"0401230001"}',
    '{"phone":401230001}',
    r"{\"phone\":\"\u0030401230001\"}",
    "&#48;401230001",
    "040&nbsp;123&nbsp;0001",
    "<b>0401230001</b>",
    "https://x.example/find?phone=%2B358401230001&page=2",
    "https://x.example/find?q=040+123+0001",
    "https://x.example/find?q=040%20123%200001",
    "https://x.example/people/0401230001/calls",
    "0401230001@sms.example.com",
    "0401230001, 0401230002",
    "0401230001;0401230002",
    "0401230001/0401230002",
    "0401230001 0401230002",
    "040 123 0001 040 123 0002",
    "415-555-0132 415-555-0133",
    "12 0401230001",
    "2026-12-01 0401230001",
    "2026-12-01 09:00 040 123 0001",
    "1.12.2026 0401230001",
    "10:00 0401230001",
    "id 5: 0401230001",
    "id 0401230001",
    "id +358401230001",
    "row 12:0401230001",
    "0401230001-",
    "0401230001!",
    "0401230001?",
    "tel0401230001",
    "nro0401230001",
    "0401230001kpl",
    "x_0401230001",
    r"taken:\n0401230001\r",
    r"taken:\t358401230001",
    "phone: 22.33.44.55",
    "phone number 22334455 is taken",
    'phone "1234567"',
    "+3584012300",
    "The number 0401230001 was called on 1.12.2026 10:00",
]
#: The same the other way: nothing of it is anybody's number.
OTHERS = [
    "1.12.2026 10:00",
    "1.12.2026",
    "01.12.2026 10.00",
    "1. 12. 2026",
    "1.12.26 10:00",
    "2026-12-01",
    "2026-12-01 09:00",
    "2026-12-01 09:00:00",
    "2026-12-01T09:00:00+02:00",
    "2026-12-01T09:00:00Z",
    "2026-12-01T09:00:00.123456Z",
    "2026-12-01 11:00 Europe/Helsinki",
    "2026/12/01",
    "2026.12.01",
    "01/12/2026",
    "12/01/2026 10:00",
    "01-12-2026",
    "01 12 2026",
    "Tue, 01 Dec 2026 09:00:00 GMT",
    "1 December 2026 10:00",
    "20261201",
    "20261201T090000Z",
    "20261201-090000",
    "20261201090000",
    "2026-W49",
    "2025-2026",
    "2025/2026",
    "09:00-17:00",
    "09:00:00–17:00:00",
    "klo 10.00-17.00",
    "12:30:45.123456",
    "UTC+02:00",
    "2026-12-01–2026-12-04",
    "2026-12-01/2026-12-04",
    "1.12.–4.12.2026",
    "1.–4.12.2026",
    "1-4.12.2026",
    "1.12.2026 10:00 - 4.12.2026 17:00",
    "PT1H30M",
    "90 s, 3600s, 1234567890ms",
    "1,204 people",
    "at most 4,816 calls",
    "1,204,567",
    "1 204 567",
    "12 345 678",
    "1000000",
    "12345678",
    "48,044 bytes",
    "1204567 bytes",
    "+12 -3 (1,204 after)",
    "+1,204 -345 (12,345 after)",
    "€1 234 567,00",
    "1234567,89 EUR",
    "99.99 %",
    "3.14159265358",
    "0.30000000000000004",
    "60.1698557, 24.9383791",
    "1.2.3",
    "mscode 0.12.3",
    "v2.10.0",
    "Chrome/120.0.6099.109",
    "127.0.0.1:8443",
    "192.168.100.200",
    "10.0.0.0/8",
    "http://127.0.0.1:8080/v1/groups/12",
    "port 8080",
    "ports 8000-8999",
    "lines 1204-1210",
    "line 12, column 34",
    "campaigns/a.yaml:1204:11",
    "sha256 0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "123e4567-e89b-12d3-a456-426614174000",
    "00000000-0000-0000-0000-000000000000",
    "commit a1b2c3d",
    "request id 1234567890",
    "X-Request-Id: 1234567890",
    "req_8f3a12",
    "id=17",
    "desk: Creation complete after 1s [id=5000000000]",
    "exists already in the live account (id 5000000000)",
    "groupId 12345678",
    "ISBN 978-951-0-12345-6",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "HTTP/1.1 200 12345",
    "accept: 5, decline: 9",
    "+35840•••4567",
]


@pytest.mark.parametrize("sentence", NUMBERS)
def test_a_number_is_masked_in_any_form(sentence: str) -> None:
    shown = mask_numbers(sentence)
    assert "•••" in shown
    bare = "".join(char for char in shown if char.isdigit() or char == "•")
    assert not [
        secret for secret in ("1230001", "230001", "5550132", "1234567", "334455", "3344", "345678") if secret in bare
    ]


@pytest.mark.parametrize("sentence", OTHERS)
def test_what_is_no_number_is_shown_as_it_was_typed(sentence: str) -> None:
    assert mask_numbers(sentence) == sentence


@pytest.mark.parametrize("sentence", OTHERS)
def test_it_is_no_number_inside_of_a_sentence_either(sentence: str) -> None:
    assert mask_numbers(f"At ({sentence}), that is it.") == f"At ({sentence}), that is it."


@pytest.mark.parametrize(
    "sentence",
    [
        "x0401230001y",
        "deadbeef00401230001deadbeef",
        "99358401230001",
        "40 123 00 01",
        "4 0 1 2 3 0 0 0 1",
        "00 358 40 123 0001",
        "+358 (0) 40 123 0001",
        "request id 358401230001",
        "40.12.30.001",
        "%2B358%2040%201230001",
    ],
)
def test_a_number_that_is_known_is_found_wherever_it_stands(sentence: str) -> None:
    shown = Masker(["+358401230001"])(sentence)
    assert "•••" in shown
    assert "230001" not in "".join(char for char in shown if char.isdigit() or char == "•")


def test_short_national_numbers_of_known_people_are_found() -> None:
    mask = Masker(["+4791234567"])
    assert mask("91234567 is taken") == "912•••67 is taken"
    assert mask("91234568 is taken") == "91234568 is taken"
