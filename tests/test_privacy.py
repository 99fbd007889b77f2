"""A secret in another spelling is the secret still; and what is masked is found in every spelling too."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.model import secret_spellings
from mscode.model.privacy import Masker, _Finder, _lower, hide_secrets, mask_numbers
from mscode.model.secret_spellings import reading_texts, readings

TOKEN = "sk_live-AbC/123+xyz=Q9<7"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON with its slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON, every character": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "JSON, upper case digits": lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text.replace("/", "\\/"))),
    "hexadecimal escapes": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "octal escapes": lambda text: "".join(f"\\{ord(char):03o}" for char in text),
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").lower(),
    "percent, every character": lambda text: "".join(f"%{ord(char):02x}" for char in text),
    "percent, every other character": lambda text: "".join(
        f"%{ord(char):02X}" if at % 2 else char for at, char in enumerate(text)
    ),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "HTML, without semicolons": lambda text: "".join(f"&#{ord(char)}" for char in text).replace("&", " &").strip(),
    "HTML, by name": lambda text: (
        text.replace("_", "&lowbar;").replace("/", "&sol;").replace("+", "&plus;").replace("=", "&equals;")
    ),
    "HTML in JSON": lambda text: json.dumps("".join(f"&#{ord(char)};" for char in text)),
    "Markdown": lambda text: "".join(char if char.isalnum() else f"\\{char}" for char in text),
    "upper case": str.upper,
    "lower case": str.lower,
    "wrapped": lambda text: "\n    ".join(text[at : at + 5] for at in range(0, len(text), 5)),
    "wrapped in a string": lambda text: "\\n".join(text[at : at + 5] for at in range(0, len(text), 5)),
    "with soft hyphens": "\u00ad".join,
    "with zero-width spaces": "\u200b".join,
    "with their escapes": "\\u200b".join,
    "with their entities": "&#8203;".join,
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) for char in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind a name": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "base64 behind a longer name": lambda text: base64.b64encode(f"anna:{text}:x".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "its first eight": lambda text: f"{text[:8]}…",
    "its last eight": lambda text: f"…{text[-8:]}",
    "all but its ends": lambda text: text[2:-2],
    "its first half in percent": lambda text: quote(text[: len(text) // 2], safe=""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", ["{}", "token={}&x=1", '{{"message": "bad token {}"}}', "<p>{}</p>"])
def test_a_secret_in_another_spelling_is_hidden(spelling: str, around: str) -> None:
    written = SPELLINGS[spelling](TOKEN)
    shown = hide_secrets(around.format(written), [TOKEN])
    assert "(secret)" in shown
    # Of base64 a few characters at the ends belong to what stands around the secret.
    pieces = {written[at : at + 6] for at in range(2, len(written) - 9)} - {"&#8203", "\\u200b"}
    assert not [piece for piece in pieces if piece in shown.replace("(secret)", "|")]


@pytest.mark.parametrize(
    "text", ["Donors of Helsinki", "https://hooks.example.com/other", "Europe/Helsinki", "hooks.example.com"]
)
@pytest.mark.parametrize(
    "secret", ["Helsinki-2026-key", "https://hooks.example.com/r?key=correct-horse", "helsinkians4711"]
)
def test_words_and_hosts_that_a_secret_begins_with_are_shown(text: str, secret: str) -> None:
    assert hide_secrets(text, [secret]) == text


def test_of_a_secret_url_what_comes_after_its_host_is_hidden() -> None:
    assert hide_secrets("GET /r?key=correct", ["https://hooks.example.com/r?key=correct-horse"]) == "GET (secret)"


def test_overlapping_secrets_are_hidden_as_one() -> None:
    assert hide_secrets("x abcdefgh1234 y", ["abcdefgh12", "efgh1234"]) == "x (secret) y"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@hooks.example.com/x", "https://(secret)@hooks.example.com/x"),
        ("https://hooks.example.com/x?token=abc&id=5", "https://hooks.example.com/x?token=(secret)&id=5"),
        ("https://hooks.example.com/x?id=5&access_token=abc", "https://hooks.example.com/x?id=5&access_token=(secret)"),
        ("https://hooks.example.com/x?id=5", "https://hooks.example.com/x?id=5"),
    ],
)
def test_the_credentials_of_a_url_are_hidden(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown
    assert Masker(show_people=True)(text) == shown


@pytest.mark.parametrize("write", [json.dumps, html.escape, lambda text: quote(text, safe="")])
def test_known_names_and_addresses_are_masked_in_any_spelling(write: Callable[[str], str]) -> None:
    shown = Masker(["Järvinen & Pojat", "Äijö"])(write("Järvinen & Pojat, Äijö, anna@example.com"))
    assert not [word for word in ("rvinen", "Pojat", "ij", "example") if word in shown]


@given(st.text("ab%\\&#;u0029dxé\u200b12 /{}U", max_size=40))
def test_a_reading_knows_where_its_characters_stand(text: str) -> None:
    for reading in readings(text):
        last = 0
        for at in range(len(reading.text)):
            start, stop = reading.span(at, at + 1)
            assert last <= start < stop <= len(text)
            last = start


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60), st.data())
def test_any_mixture_of_escapes_is_undone(secret: str, data: st.DataObject) -> None:
    ways = (
        str,
        lambda c: f"\\u{ord(c):04x}",
        lambda c: f"%{ord(c):02X}",
        lambda c: f"&#{ord(c)};",
        lambda c: f"&#x{ord(c):x};",
    )
    plain = set("\\%&#;")
    written = "".join(data.draw(st.sampled_from(ways if char not in plain else ways[1:]))(char) for char in secret)
    assert hide_secrets(f"x {written} y", [secret]) == "x (secret) y"


def test_what_is_learned_later_is_masked_in_texts_that_were_masked_before() -> None:
    mask = Masker(["Anna"])
    assert mask("Anna and Matti") == "A••• and Matti"
    mask.learn(["Matti"])
    assert mask("Anna and Matti") == "A••• and M•••"


@given(st.text(st.sampled_from("\\u0041%41&#65;\u200b\u00adaÄK…")))
def test_escapes_are_the_same_wherever_one_may_begin(text: str) -> None:
    """A search for characters with which an escape begins, and one for escapes, read a text alike."""
    assert [m.span() for m in secret_spellings._escapes(text)] == [
        m.span() for m in secret_spellings._ESCAPE.finditer(text)
    ]


# ---- the quick look at a whole document ------------------------------------------------------------------------------

#: Beginnings, ends and forms of secrets, escapes, and white space of every kind.
_ESCAPED = (
    "\\",
    "\\\\",
    "\\n",
    "\\u0073",
    "%73",
    "%",
    "&",
    "&#115;",
    "&quot;",
    '"',
    '", "',
    "{",
    "a,b",
    "ä",
    "\uff53",
    "\ud800",
)
_SPACES = (" ", "\n", "\x1f", "\x85", "\u2003", "\u3000", "\u200b")
_OF_SECRETS = (TOKEN, TOKEN[:9], TOKEN[-9:], "sk_live-", "k_live-AbC", "pin 42", "pin", "42", TOKEN.encode().hex())
_PIECES = st.sampled_from((*_OF_SECRETS, base64.b64encode(TOKEN.encode()).decode(), *_ESCAPED, *_SPACES))
_TEXTS = st.lists(_PIECES, max_size=12).map("".join)
_SECRETS = st.sampled_from(
    [(TOKEN,), ("pin 42",), ("42", TOKEN), ("pin",), ('a", "b',), ("https://user:sk_live-AbC@host.example/a", "a,b")]
)


@given(_TEXTS, _SECRETS)
def test_a_quick_look_sees_what_a_close_one_finds(text: str, secrets: tuple[str, ...]) -> None:
    finder = _Finder(frozenset(secrets))
    places = [place for reading in readings(text) for place in finder._places_in(_lower(reading.text))]
    assert finder._is_in_any(text) == bool(places)


@given(_TEXTS)
def test_the_texts_of_readings_are_the_same_without_their_places(text: str) -> None:
    assert list(reading_texts(text)) == [reading.text for reading in readings(text)]


_DATA = st.recursive(_TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner))


@given(_DATA, _SECRETS)
def test_secrets_in_json_are_found_line_by_line(data: object, secrets: tuple[str, ...]) -> None:
    for text in (json.dumps(data, indent=2), json.dumps([data, data, list(secrets)], indent=2)):
        assert hide_secrets(text, secrets, cut_at="\n") == hide_secrets(text, secrets)
        compact = json.dumps(json.loads(text), separators=(",", ":"))
        assert hide_secrets(text, secrets, cut_at=",", compact=compact) == hide_secrets(text, secrets)


@given(st.lists(_TEXTS), _SECRETS)
def test_secrets_in_a_page_are_found_tag_by_tag(texts: list[str], secrets: tuple[str, ...]) -> None:
    for page in (
        f"<p>{'</p><p>'.join(texts)}",
        "".join(f'<a href="{html.escape(text)}"\n> {text}</a>' for text in texts),
    ):
        assert hide_secrets(page, secrets, cut_at=">") == hide_secrets(page, secrets)
