"""The page of live campaigns in a real browser: on a phone, in the dark, with and without script, as axe-core judges it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scripts.browser import CHROMEDRIVER, CHROMIUM, Browser, driver
from tests.browser.axe import violations
from tests.views.live_pages import live_page
from tests.views.test_history_views import ZONE, history, launch

from mscode.app.live.address import Address
from mscode.app.live.server import serving
from mscode.app.live.site import Site
from mscode.views.history.history_html import history_html
from mscode.views.live import page as page_module
from mscode.views.live.page import live_html

pytestmark = pytest.mark.skipif(
    not (CHROMIUM.exists() and CHROMEDRIVER.exists()), reason="chromium and chromedriver are not installed"
)

TAB = "\ue004"
PHONE, DESKTOP = 360, 1280
SCREENS = [(PHONE, False), (PHONE, True), (DESKTOP, False), (DESKTOP, True)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with driver() as url:
        opened = Browser(url, tmp_path_factory.mktemp("profile"))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a job publishes it."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(live_html(live_page()), encoding="utf-8")
    return path


@contextmanager
def served() -> Iterator[tuple[Site, str]]:
    site, address = Site(60), Address("127.0.0.1", 0)
    site.show(live_page(), is_current=True)
    with serving([(site.app(address), address)]) as [url]:
        yield site, url
        site.close()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_nothing_keeps_anybody_from_reading_it(browser: Browser, file: Path, width: int, dark: bool) -> None:
    browser.open(file, width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert violations(browser) == []


def test_what_does_is_noticed(browser: Browser, tmp_path: Path) -> None:
    page = live_html(live_page()).replace("</main>", '<svg role="img"></svg><button></button></main>')
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    browser.open(tmp_path / "index.html", DESKTOP)
    assert {line.partition(":")[0] for line in violations(browser)} == {"svg-img-alt", "button-name"}


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_nothing_sticks_out_at_the_side(browser: Browser, file: Path, width: int) -> None:
    browser.open(file, width)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    cells = "[...document.querySelectorAll('td, th, code, svg')]"
    assert browser.ask(f"{cells}.every(each => each.getBoundingClientRect().right <= innerWidth + 1)") is True


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_long_name_sticks_out_of_the_page_of_launches(browser: Browser, tmp_path: Path, width: int) -> None:
    names = {"startedBy": f"{'a' * 60}@build-machine-{'7' * 30}", "approvedBy": "b" * 90, "what": "c" * 90}
    page = history_html(history(launch(**names), launch()), ZONE, "1.2.3")
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    browser.open(tmp_path / "index.html", width)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert violations(browser) == []


def test_the_file_breaks_no_rule_of_its_own_policy_and_follows_the_colours_of_the_system(
    browser: Browser, file: Path
) -> None:
    browser.complaints()
    colour = "getComputedStyle(document.body).backgroundColor"
    browser.open(file, DESKTOP)
    assert browser.ask(colour) == "rgb(255, 255, 255)"
    browser.open(file, DESKTOP, dark=True)
    assert browser.ask(colour) == "rgb(13, 17, 23)"
    assert browser.complaints() == []


def test_the_parts_of_a_row_are_named_on_a_phone(browser: Browser, file: Path) -> None:
    browser.open(file, PHONE)
    label = "[...document.querySelectorAll('.stack td:not(.empty) .label')]"
    assert browser.ask(f"{label}.every(each => each.getBoundingClientRect().height > 0)") is True
    browser.open(file, DESKTOP)
    assert browser.ask(f"{label}.every(each => each.getBoundingClientRect().height == 0)") is True


def test_the_served_page_follows_along_and_keeps_what_is_open_and_focused(browser: Browser) -> None:
    with served() as (site, url):
        browser.open(url, DESKTOP)
        until(lambda: "follows along" in browser.ask("document.getElementById('link').textContent"))
        browser.run("document.querySelector('details').open = true; document.querySelector('#now a').focus()")
        browser.complaints()
        page = live_page()
        changed = [page.campaigns[0], *page.campaigns[2:]]
        site.show(live_page(*changed, now=page.now.replace(minute=31)), is_current=True)
        until(lambda: "11:31" in browser.ask("document.getElementById('totals').textContent"))
        assert browser.ask("document.querySelectorAll('.stack tbody tr').length") == len(changed)
        assert browser.ask("document.querySelector('details').open") is True
        assert browser.ask("document.activeElement.textContent") == "rsvpCalls.invite"
        assert browser.ask("document.querySelector('#now .copy').ariaLabel") == "Copy mscode halt rsvpCalls.invite"
        assert violations(browser) == []
        assert browser.complaints() == []
    until(lambda: "does not answer" in browser.ask("document.getElementById('link').textContent"))


def test_without_a_script_it_loads_itself_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "RELOAD_SECONDS", 1)
    with served() as (site, url):
        browser.open(url, PHONE, runs_scripts=False)
        assert "mscode halt rsvpCalls.invite" in browser.ask("document.body.innerText")
        assert browser.ask("document.querySelectorAll('.copy').length") == 0
        site.show(live_page(now=live_page().now.replace(minute=31)), is_current=True)
        until(lambda: "11:31" in browser.ask("document.getElementById('totals').textContent"))


def test_the_keyboard_reaches_what_can_be_followed(browser: Browser, file: Path) -> None:
    browser.open(file, DESKTOP)
    browser.press(TAB)
    assert browser.ask("document.activeElement.className") == "skip"
    seen = []
    for _ in range(12):
        browser.press(TAB)
        seen.append(browser.ask("document.activeElement.tagName"))
    assert {"A", "SUMMARY"} <= set(seen)
