"""Rules of the area `email`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscode.plan.change import Check
from tests.plan.checks.findings import findings


def _mail(folder: Path, rule: str, **fields: str | None) -> list[Check]:
    mail: dict[str, object] = {
        "subject": "The blood bus comes to town",
        "messageText": "We are at the market square.",
        "actionTime": "2026-12-04 17:00:00",
        "receivers": [{"email": "anna@example.org"}],
        **fields,
    }
    manifest = json.dumps({"emails": {"invitation": {k: v for k, v in mail.items() if v is not None}}}, indent=1)
    return findings(folder, manifest.strip()[1:-1], rule=rule)


def _messages(folder: Path, html: str) -> list[str]:
    return [check.message for check in _mail(folder, "email/body", messageHtml=html)]


@pytest.mark.parametrize(
    ("subject", "problem", "suggestion"),
    [
        ("   ", "is empty", ""),
        ("A" + "b" * 78, "has 79 characters", ""),
        ("THE BLOOD BUS COMES", "is in capitals alone", "The blood bus comes"),
        ("VERENLUOVUTUS ÄÄNEKOSKELLA 2026!", "is in capitals alone", "Verenluovutus äänekoskella 2026!"),
    ],
)
def test_a_subject_that_mail_programs_hide_or_cut_is_named(
    tmp_path: Path, subject: str, problem: str, suggestion: str
) -> None:
    (check,) = _mail(tmp_path, "email/subject", subject=subject)
    assert (check.status, check.suggestion) == ("warn", suggestion)
    assert check.message.startswith(f"The subject of emails.invitation {problem}")
    assert check.place is not None
    assert (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1].strip().startswith('"subject"')


@pytest.mark.parametrize("subject", ["A" + "b" * 77, "The BLOOD bus", "RSVP", "2026-12-01", "血液バス"])
def test_a_usual_subject_is_no_finding(tmp_path: Path, subject: str) -> None:
    assert _mail(tmp_path, "email/subject", subject=subject) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>We are <b>there.</p>", "does not parse: <b> is never closed"),
        ("<p>We are there.</p></div>", "does not parse: Unexpected </div> end tag"),
        ("<b><i>We are there</b></i>", "does not parse: Unexpected </i> end tag"),
        ("<div/>We are there", "does not parse: <div> is never closed"),
        ('<p>Here: <a href="https://example.org>x</a>', "does not parse: Unexpected end of file in tag"),
        ("<p>x</p><script>alert(1)</script>", "has a <script>"),
        ('<p onclick="go()">x</p>', "has a script in `onclick`"),
        ("<form><input name=a></form>", "has a <form>"),
        ('<img src="https://example.org/bus.png">', "has no `alt`"),
        ('<a href="http://example.org/x">x</a>', 'is no https: "http://example.org/x"'),
        ('<a href="/x">x</a>', 'is no https: "/x"'),
        ('<a href="javascript:alert(1)">x</a>', 'is no https: "javascript:alert(1)"'),
    ],
)
def test_what_is_wrong_with_html_is_named(tmp_path: Path, html: str, said: str) -> None:
    (message,) = _messages(tmp_path, html)
    assert said in message


@pytest.mark.parametrize(
    "html",
    [
        "<p>We are <b>there</b>.<p>And <br>there<ul><li>one<li>two</ul>",
        "<!DOCTYPE html><html><head><title>x</title><style>a{b:c}</style></head><body><p>x</p></body></html>",
        '<img src="https://example.org/bus.png" alt="The bus"><img src="https://example.org/line.png" alt="">',
        '<a href="https://example.org">x</a><a href="mailto:blood">x</a><a href="#top">x</a><a name="top">x</a>',
        "<table><tr><td>a<td>b</table><!-- </div> --><svg><path d='M0'/></svg>",
        "Tea &amp; coffee, 1 &lt; 2",
    ],
)
def test_usual_html_is_no_finding(tmp_path: Path, html: str) -> None:
    assert _messages(tmp_path, html) == []


def test_each_problem_has_its_place_and_a_link_a_suggestion(tmp_path: Path) -> None:
    html = '<p>See <a href="http://example.org/x">here</a></p>'
    (check,) = _mail(tmp_path, "email/body", messageHtml=html)
    assert (check.suggestion, check.region is not None) == ("https://example.org/x", True)
    assert check.region is not None
    line = (tmp_path / "all.yaml").read_text().splitlines()[check.region.place.line - 1]
    assert line[check.region.place.column - 1 : check.region.end_column - 1] == "http://example.org/x"


def test_a_place_in_a_file_with_line_ends_of_windows(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_bytes(b"<p>We are</p>\r\n\r\n  <img src='https://example.org/a.png'>\r\n")
    manifest = """\
        emails:
          invitation:
            subject: The bus
            messageText: We are there.
            messageHtml: {file: mail.html}
            actionTime: 2026-12-04 17:00:00
            receivers: [{email: anna@example.org}]
        """
    (check,) = findings(tmp_path, manifest, rule="email/body")
    assert check.place is not None
    assert (check.place.file, check.place.line, check.place.column) == ("mail.html", 3, 3)


def test_html_needs_a_text_beside_it(tmp_path: Path) -> None:
    (check,) = _mail(tmp_path, "email/body", messageText=None, messageHtml="<p>We are there.</p>")
    assert check.message == "emails.invitation has HTML and no text beside it."
    assert check.place is not None
    assert '"messageHtml"' in (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1]
    assert _mail(tmp_path, "email/body") == []


def test_links_of_the_text_are_looked_at_too(tmp_path: Path) -> None:
    (check,) = _mail(tmp_path, "email/body", messageText="See http://example.org/x")
    assert (check.message, check.suggestion) == ("A link of emails.invitation is no https.", "https://")
    assert _mail(tmp_path, "email/body", messageText="See https://example.org/x") == []


def test_a_large_body_is_named_and_not_parsed(tmp_path: Path) -> None:
    (check,) = _mail(tmp_path, "email/body", messageHtml="<b>" * 40_000)
    assert "has 120 KB" in check.message
    assert _mail(tmp_path, "email/body", messageText="x" * 99_000) == []


@pytest.mark.parametrize("part", ["<b>", "<b><i></b>", "<a href=http:", "<!--", "<img>", "</b>", "<svg>", "&", "<"])
def test_hostile_html_is_read_and_its_problems_are_few(tmp_path: Path, part: str) -> None:
    assert len(_messages(tmp_path, part * 2000)) <= 100


@pytest.mark.parametrize("subject", ["One\nBcc: all@example.org", "One\r", "One\u2028two", "|-\n  two\n  lines"])
def test_a_line_break_in_a_subject_is_an_error(tmp_path: Path, subject: str) -> None:
    from mscode.errors import ManifestError

    with pytest.raises(ManifestError, match="one line"):
        _mail(tmp_path, "email/subject", subject=subject)
