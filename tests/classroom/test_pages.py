"""The pages that people look at, in a real browser: feedback, and nbgrader's formgrader on our gradebook."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.demo import hand_in, sample_class
from autograder.grading.classroom_run import ClassRun
from autograder.nbgrader.classroom import Classroom, init
from autograder.nbgrader.feedback import generate
from autograder.nbgrader.release import release
from autograder.problem_sets import ProblemSet

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

NAME = "ps05_estimators"
WRONG = "mistake-path-columns-exchanged"
STUDENTS = ("perfect", WRONG, "not-a-notebook")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
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
        "--no-sandbox",  # Chromium's own sandbox does not start as root
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1200,1600",
        # Nothing outside this machine is there to be asked.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Classroom:
    """A graded class of three: the pages do not care how many there are."""
    made = init(tmp_path_factory.mktemp("small") / "room", problem_set.root)
    class_ = sample_class(problem_set)
    for student in STUDENTS:
        hand_in(made, NAME, student, class_[student])
    release(made, problem_set)
    ClassRun(made, problem_set, workers=2).run()
    return made


@pytest.fixture(scope="module")
def pages(small: Classroom) -> dict[str, Path]:
    return {page.parents[1].name: page for page in generate(small, NAME)}


@pytest.fixture(scope="module")
def server(small: Classroom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab in the classroom, as an instructor starts it; its address ends with the token."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    bin_folder = Path(sys.executable).parent
    process = subprocess.Popen(
        [
            bin_folder / "jupyter-lab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={small.directory}",
        ],
        cwd=small.directory,
        env={"HOME": str(home), "PATH": f"{bin_folder}:{os.environ['PATH']}", "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=5)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        yield f"{address}/{{}}?token={token}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(browser: object, text: str) -> str:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def there(driver: object) -> str | bool:
        body = driver.find_element(By.TAG_NAME, "body").text  # type: ignore[attr-defined]
        return body if text in body else False

    return WebDriverWait(browser, 60).until(there)  # type: ignore[no-any-return, arg-type]


def picture(browser: object, name: str) -> None:
    """Keeps a screenshot where the environment asks for it, to be looked at."""
    if folder := os.environ.get("AUTOGRADER_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(folder, f"{name}.png")))  # type: ignore[attr-defined]


def test_a_feedback_page_names_the_mistake(browser: object, pages: dict[str, Path]) -> None:
    browser.get(pages[WRONG].as_uri())  # type: ignore[attr-defined]
    text = wait_for(browser, "Your result equals what you would get if")
    assert "9.0 / 14.0" in text
    browser.execute_script(  # type: ignore[attr-defined]
        "[...document.querySelectorAll('[role=status]')].find(e => e.textContent.includes('Your result'))"
        ".scrollIntoView({block: 'center'})"
    )
    picture(browser, "feedback")


def test_everybody_gets_a_page_and_an_unreadable_file_one_with_the_reason(
    browser: object, pages: dict[str, Path]
) -> None:
    assert set(pages) == set(STUDENTS)
    browser.get(pages["not-a-notebook"].as_uri())  # type: ignore[attr-defined]
    assert "JSON" in wait_for(browser, "not graded")
    picture(browser, "feedback-not-graded")


def test_formgrader_shows_our_scores(browser: object, server: str) -> None:
    browser.get(server.format("formgrader"))  # type: ignore[attr-defined]
    wait_for(browser, NAME)
    picture(browser, "formgrader")
    browser.get(server.format(f"formgrader/manage_submissions/{NAME}"))  # type: ignore[attr-defined]
    wait_for(browser, WRONG)
    picture(browser, "formgrader-submissions")
    browser.get(server.format(f"formgrader/gradebook/{NAME}/{NAME}"))  # type: ignore[attr-defined]
    wait_for(browser, "Submission #")
    picture(browser, "formgrader-gradebook")


def test_formgrader_opens_a_submission_with_its_outcomes(
    browser: object, server: str, small: Classroom
) -> None:
    with small.gradebook(NAME) as gradebook:
        submission = gradebook.find_submission_notebook(NAME, NAME, WRONG).id
    browser.get(server.format(f"formgrader/submissions/{submission}/"))  # type: ignore[attr-defined]
    wait_for(browser, "Your result equals what you would get if")
    picture(browser, "formgrader-submission")
