"""A student's first hour: the released folder, JupyterLab in a real browser, a slip, its name, all green."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.nbgrader.build import submission_notebook, to_bytes, write_source
from autograder.percent import Kind
from autograder.problem_sets import ProblemSet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

SLIP = "baseline_own_value_included"
FUNCTION = "leave_one_out_baseline"

FIND = """
const cell = [...document.querySelectorAll('.jp-CodeCell')].find(
    c => c.querySelector('.cm-content')?.innerText.trimStart().startsWith(arguments[0]));
if (cell) cell.scrollIntoView({block: 'center'});
return cell ?? null;
"""
PASTE = """
const data = new DataTransfer();
data.setData('text/plain', arguments[1]);
const event = {clipboardData: data, bubbles: true, cancelable: true};
arguments[0].dispatchEvent(new ClipboardEvent('paste', event));
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, problem_set: ProblemSet) -> Path:
    folder = write_source(problem_set, tmp_path_factory.mktemp("student"))
    (folder / f"{problem_set.name}.ipynb").write_bytes(to_bytes(problem_set.release_notebook))
    return folder


class Page:
    """A notebook in JupyterLab, used through its page alone."""

    def __init__(self, driver: Any, problem_set: ProblemSet) -> None:
        self.driver = driver
        self.problem_set = problem_set

    def cell(self, beginning: str) -> Any:
        """The code cell whose text begins so, scrolled into view."""
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.driver, 90)
        return waiting.until(
            lambda driver: driver.execute_script(FIND, beginning), f"there is no cell {beginning!r}"
        )

    def write(self, beginning: str, text: str) -> None:
        """Replaces the text of a cell, as paste does."""
        from selenium.webdriver import ActionChains, Keys
        from selenium.webdriver.common.by import By

        editor = self.cell(beginning).find_element(By.CSS_SELECTOR, ".cm-content")
        editor.click()
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()
        self.driver.execute_script(PASTE, editor, text)

    def run(self, beginning: str) -> None:
        """Shift and Enter."""
        from selenium.webdriver import ActionChains, Keys
        from selenium.webdriver.common.by import By

        self.cell(beginning).find_element(By.CSS_SELECTOR, ".cm-content").click()
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()

    def output(self, beginning: str, *texts: str) -> str:
        """What a cell printed, as soon as it shows one of the texts."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import WebDriverWait

        def there(driver: Any) -> str | bool:
            areas = self.cell(beginning).find_elements(By.CSS_SELECTOR, ".jp-OutputArea")
            said = " ".join(area.text for area in areas)
            return said if any(text in said for text in texts) else False

        return WebDriverWait(self.driver, 120).until(there)


def test_a_slip_is_named_and_mended_and_everything_is_green(
    browser: Any,
    jupyterlab: Callable[[Path], str],
    release: Path,
    problem_set: ProblemSet,
    wait_for: Callable[[str], str],
    picture: Callable[[str], None],
) -> None:
    name = problem_set.name
    address = jupyterlab(release)
    browser.set_window_size(1300, 1000)
    browser.get(address.format(f"lab/tree/{name}.ipynb"))
    wait_for("Gradients of expectations")
    page = Page(browser, problem_set)

    page.run("import matplotlib")
    suite = problem_set.suite
    slip = next(mistake for mistake in suite.mistakes if mistake.name == SLIP)
    wrong = submission_notebook(problem_set, {FUNCTION: slip})
    right = submission_notebook(problem_set)

    def text(notebook: Any, function: str) -> str:
        return next(c.source for c in notebook.cells if c.get("id") == function)

    # A stub says that it waits to be written.
    page.run(f'check("{FUNCTION}")')
    assert "not yet, 0 of" in page.output(f'check("{FUNCTION}")', "not yet")

    page.write(f"def {FUNCTION}", text(wrong, FUNCTION))
    page.run(f"def {FUNCTION}")
    page.run(f'check("{FUNCTION}")')
    said = page.output(f'check("{FUNCTION}")', "Your result equals")
    assert slip.hint in said
    picture("student-slip")

    for cell in problem_set.notebook.of(Kind.SOLUTION):
        page.write(f"def {cell.grade_id}", text(right, cell.grade_id))
        page.run(f"def {cell.grade_id}")
        page.run(f'check("{cell.grade_id}")')
        assert "passed" in page.output(f'check("{cell.grade_id}")', "passed", "not yet")
    picture("student-passed")

    page.write("import matplotlib", "display(check.all(), check.doctor())")
    page.run("display(")
    points = sum(cell.points for cell in problem_set.notebook.of(Kind.CHECK))
    said = page.output("display(", "This environment")
    assert f"So far {points:g} of {points:g} points" in said
    assert "This environment is the graders'" in said
    page.cell("display(")
    picture("student-all")
