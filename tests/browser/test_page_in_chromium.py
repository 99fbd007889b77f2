"""The HTML plan in a real browser, where there is one: on a phone, in the dark, by keyboard."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import pytest
from scripts.browser import CHROMEDRIVER, CHROMIUM, Browser, driver
from tests.browser.axe import violations
from tests.views.forty import forty
from tests.views.hostile import NAMES
from tests.views.hostile_plan import data_of
from tests.views.plans import NOW
from tests.views.rehearsals import after, campaign, rehearsal, without_accepts
from tests.views.test_alike import IMPORTS
from tests.views.test_fleet_plan_views import _data as fleet_of
from tests.views.test_html import CAMPAIGN, DONORS, GREETING, data
from tests.views.test_walk_page import KEY, STEP, walk
from tests.views.test_walk_page import page as walk_page

from mscode.plan.change import Check
from mscode.views.fleet.plan_html import fleet_html
from mscode.views.html.page import POLICY, plan_html
from mscode.views.html.rehearsal import rehearsal_html
from mscode.views.plan.plan_json import plan_json

pytestmark = pytest.mark.skipif(
    not (CHROMIUM.exists() and CHROMEDRIVER.exists()), reason="chromium and chromedriver are not installed"
)

TAB, ENTER = "\ue004", "\ue007"
Open = Callable[..., Browser]
PHONE, DESKTOP = 360, 1100


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with driver() as url:
        opened = Browser(url, tmp_path_factory.mktemp("profile"))
        yield opened
        opened.close()


@pytest.fixture
def browse(browser: Browser, tmp_path: Path) -> Open:
    """Opens a page; `width` and `dark` are the reader's."""

    def start(page: str, width: int = DESKTOP, *, dark: bool = False) -> Browser:
        file = tmp_path / "plan.html"
        file.write_text(page, encoding="utf-8")
        browser.open(file, width, dark=dark)
        browser.complaints()
        return browser

    return start


FORTY = plan_html(plan_json(forty(), timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32))
THREE = plan_html(data(GREETING, DONORS, CAMPAIGN))
MANY = plan_html(data(*IMPORTS, CAMPAIGN, checks=(Check("maxPeople", "fail", "Too many."),)))


FLEET = fleet_html(fleet_of("clients/" + "long-name-" * 9))
WALK = walk_page(
    walk(
        {**STEP, "text": f"{'Hello there. ' * 30}{'x' * 200}", "keys": [KEY, {**KEY, "key": "4", "fits": False}]},
        {**STEP, "role": "accept", "after_reply": True, "text": "", "recording": {"path": "a/b.wav", "size": 3}},
    )
)


#: All hours of many days, the widest axis, and a name without a space.
REHEARSED = rehearsal_html(
    rehearsal(
        campaign("rsvpCalls." + "x" * 60, acceptsWanted=25_000, callsPerHour=[
            {"at": after(hour), "median": hour % 24} for hour in range(24 * 40)
        ]),
        campaign(),
        without_accepts(),
    ),
    policy=POLICY,
)  # fmt: skip


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_nothing_sticks_out_at_the_side(browse: Open, width: int) -> None:
    for page in (FORTY, THREE, MANY, WALK, REHEARSED):
        browser = browse(page, width)
        assert browser.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_word_in_the_table_of_a_fleet_is_broken(browse: Open, width: int) -> None:
    browser = browse(FLEET, width)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    lines = """[...document.querySelectorAll('.projects thead th, .projects td')].filter(cell => cell.innerText).map(cell => {
        const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length })"""
    seen = browser.ask(lines)
    assert len(seen) > 12 and set(seen) == {1}


def test_the_first_words_of_a_refused_plan_say_so(browse: Open) -> None:
    browser = browse(MANY)
    refused = "Refused: plan of blood-drive in sandbox"
    assert browser.ask("[document.title, document.body.innerText.split('\\n')[0]]") == [refused, refused]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_hours_on_the_axis_stand_apart(browse: Open, width: int) -> None:
    boxes = "[...document.querySelectorAll('.axis span')].map(s => s.getBoundingClientRect()).filter(r => r.width)"
    seen = browse(THREE, width).ask(f"{boxes}.map(r => [r.left, r.right])")
    assert len(seen) == (3 if width == PHONE else 5)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(seen))
    bar = "document.querySelector('.hours').getBoundingClientRect()"
    left, right = browse(THREE, width).ask(f"[{bar}.left, {bar}.right]")
    assert (seen[0][0], seen[-1][1]) == (pytest.approx(left, abs=1), pytest.approx(right, abs=1))


def test_a_picture_that_does_not_fit_scrolls_in_its_frame(browse: Open) -> None:
    browser = browse(THREE, PHONE)
    frame = "document.querySelector('.scroll')"
    assert browser.ask(f"{frame}.scrollWidth > {frame}.clientWidth") is True
    assert browser.ask(f"getComputedStyle({frame}).overflowX") == "auto"


def test_the_page_breaks_no_rule_of_its_own_policy(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "plan.html").write_text(THREE, encoding="utf-8")
    browser.complaints()
    browser.open(tmp_path / "plan.html", DESKTOP)
    assert browser.complaints() == []


def test_it_is_dark_where_the_system_is(browse: Open) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert browse(THREE).ask(colour) == "rgb(255, 255, 255)"
    assert browse(THREE, dark=True).ask(colour) == "rgb(13, 17, 23)"


def test_the_keyboard_reaches_everything_and_folds_a_change(browse: Open) -> None:
    browser = browse(THREE)
    browser.press(TAB)
    assert browser.ask("document.activeElement.className") == "skip"
    assert browser.ask("document.activeElement.getBoundingClientRect().left") >= 0, "seen while it has the focus"
    seen = []
    for _ in range(30):
        browser.press(TAB)
        seen.append(browser.ask("document.activeElement.tagName"))
        if seen[-1] == "SUMMARY":
            break
    folded = "document.activeElement.parentElement.open"
    assert browser.ask(folded) is True
    browser.press(ENTER)
    assert browser.ask(folded) is False


def test_a_walk_reads_from_the_first_words_to_the_keys_to_what_comes_after(browse: Open) -> None:
    browser = browse(WALK, PHONE)
    tops = browser.ask("[...document.querySelectorAll('.heard > li')].map(part => part.getBoundingClientRect().top)")
    assert len(tops) == 3
    assert tops == sorted(tops)
    inside = "[...document.querySelectorAll('.walk *')].every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert browser.ask(inside) is True
    key, wrong = browser.ask(
        "[...document.querySelectorAll('.keys tr')].filter(r => r.innerText.includes('Press 5')).map(r => r.innerText)"
    )
    assert ("does not fit" in key, "does not fit" in wrong) == (False, True)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_words_of_plots_are_as_large_as_text_and_stand_apart(browse: Open, width: int) -> None:
    browser = browse(REHEARSED, width)
    boxes_of = "[...p.querySelectorAll('text')].map(t => t.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
    inside = "[...document.querySelectorAll('svg.plot *')].every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert browser.ask(inside) is True
    for boxes in browser.ask(f"[...document.querySelectorAll('svg.plot')].map(p => {boxes_of})"):
        assert min(bottom - top for _, top, _, bottom in boxes) >= 12
        for (left, top, right, bottom), (left2, top2, right2, bottom2) in itertools.combinations(boxes, 2):
            assert right <= left2 or right2 <= left or bottom - 4 <= top2 or bottom2 - 4 <= top


def test_a_rehearsal_breaks_no_rule_of_its_policy_and_is_dark_in_the_dark(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "rehearsal.html").write_text(REHEARSED, encoding="utf-8")
    browser.complaints()
    browser.open(tmp_path / "rehearsal.html", DESKTOP, dark=True)
    assert browser.complaints() == []
    line = "getComputedStyle(document.querySelector('.plot .median')).stroke"
    assert browser.ask(line) == "rgb(240, 168, 230)"


def test_a_screen_reader_is_told_names_of_what_it_can_act_on(browse: Open) -> None:
    browser = browse(THREE)
    named = "every(a => a.textContent.trim() || a.ariaLabel)"
    assert browser.ask(f"[...document.querySelectorAll('a, summary, h2, h3, h4')].{named}") is True
    regions = "[...document.querySelectorAll('section, [role=region], nav, svg')]"
    assert browser.ask(f"{regions}.every(r => r.ariaLabel || r.hasAttribute('aria-labelledby'))") is True


def test_two_hundred_hostile_names_run_nothing_and_load_nothing_even_without_the_policy(browse: Open) -> None:
    pages = (plan_html(data_of(name)).replace("<!DOCTYPE html>", "").replace(escape(POLICY), "") for name in NAMES)
    browser = browse("<!DOCTYPE html>" + "".join(pages))
    assert browser.ask("document.querySelectorAll('details.change').length") == 4 * len(NAMES)
    assert browser.ask("performance.getEntriesByType('resource').length") == 0
    acting = (
        "script, img, iframe, object, embed, base, form, audio, link, [onload], [onerror], [onmouseover], [autofocus]"
    )
    assert browser.ask(f"document.querySelectorAll('{acting}').length") == 0
    assert browser.complaints() == []


@pytest.mark.parametrize(("width", "dark"), [(PHONE, False), (DESKTOP, True)])
def test_axe_finds_nothing_that_keeps_anybody_from_reading_it(browse: Open, width: int, dark: bool) -> None:
    for page in (FORTY, THREE, WALK, REHEARSED):
        assert violations(browse(page, width, dark=dark)) == []


def test_a_picture_can_be_taken(browse: Open) -> None:
    assert browse(THREE, PHONE).picture().startswith(b"\x89PNG")
