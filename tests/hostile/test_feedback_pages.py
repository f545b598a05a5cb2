"""Feedback pages in a real browser: what students wrote runs nothing, hides nothing and loads nothing."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.feedback import generate
from autograder.problem_sets import ProblemSet

from .attack import attacks
from .conftest import NAME, Range, fresh_word, odd_classroom

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ATTACKS = [attack for attack in attacks() if attack.family == "feedback"]
SCRIPT = "<img src=x onerror='window.owned=1'>"
REASONS = {
    # Each is quoted in the reason, which nbgrader shows as Markdown.
    "reason-type": json.dumps({"nbformat": 4, "cells": [{"cell_type": SCRIPT}]}).encode(),
    "reason-format": json.dumps({"nbformat": SCRIPT, "cells": []}).encode(),
}


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[int, list[str]]]:
    """A server of the test's own: its port, and the paths it has been asked for."""
    paths: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromium-driver are installed in CI")
        pytest.skip("chromium or chromedriver is missing (Debian: chromium, chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium's own sandbox does not start as root; the pages come from this test
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1200,1600",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def pages(
    isolated: None,
    asked: tuple[int, list[str]],
    firing_range: Range,
    problem_set: ProblemSet,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    names = firing_range.names(fresh_word("ran"), fresh_word("flag"), "12345.0") | {"PORT": str(asked[0])}
    handed_in: dict[str, bytes | None] = {a.name: a.build(problem_set, names) for a in ATTACKS}
    room = odd_classroom(tmp_path_factory.mktemp("pages") / "room", problem_set, handed_in | REASONS)
    ClassRun(room, problem_set, workers=2).run()
    return {page.parents[1].name: page for page in generate(room, NAME)}


def owned(browser: Any) -> bool:
    from selenium.common.exceptions import NoAlertPresentException

    try:
        browser.switch_to.alert.dismiss()
    except NoAlertPresentException:
        return bool(browser.execute_script("return typeof window.owned !== 'undefined'"))
    return True


def test_the_test_would_see_a_script_and_a_request(
    browser: Any, asked: tuple[int, list[str]], tmp_path: Path
) -> None:
    port, paths = asked
    page = tmp_path / "page.html"
    page.write_text(f"<script>window.owned = 1</script><img src='http://127.0.0.1:{port}/control'>", "utf-8")
    browser.get(page.as_uri())
    assert owned(browser)
    assert "/control" in paths
    paths.clear()


@pytest.mark.parametrize("student", [*(attack.name for attack in ATTACKS), *REASONS])
def test_a_page_of_a_hostile_submission(
    student: str, browser: Any, pages: dict[str, Path], asked: tuple[int, list[str]]
) -> None:
    from selenium.webdriver.common.by import By

    browser.get(pages[student].as_uri())
    assert not owned(browser)
    assert asked[1] == []
    # All of it is there and to be seen, to the last check.
    shown = browser.find_elements(By.CSS_SELECTOR, "[role=status]")
    assert len(shown) == 3 and all(one.is_displayed() for one in shown)
    assert "scaled" in browser.find_element(By.TAG_NAME, "body").text
    # No element and no handler that the page's own template and our fragments do not have.
    assert (
        browser.execute_script(
            "return document.querySelectorAll('#notebook script, iframe, svg, base').length"
        )
        == 0
    )
    handlers = (
        "return [...document.querySelectorAll('*')].filter("
        "e => [...e.attributes].some(a => a.name.startsWith('on'))).length"
    )
    assert browser.execute_script(handlers) == 0
    links = "return [...document.links].filter(a => a.protocol === 'javascript:').length"
    assert browser.execute_script(links) == 0
