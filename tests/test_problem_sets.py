from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import AuthoringError, ConfigurationError
from autograder.problem_sets import ROOT_VARIABLE, all_problem_sets, course_root, locate

TINY = Path(__file__).parent / "nbgrader" / "tiny_course"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return shutil.copytree(TINY, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def notebook_of(course: Path) -> Path:
    return course / "assignments" / "ps00_tiny" / "ps00_tiny.py"


def solution_of(course: Path, module: str) -> Path:
    return course / "solutions" / "ps00_tiny" / f"{module}.py"


def test_the_course_is_the_argument_then_the_variable_then_the_folders_above(course, tmp_path, monkeypatch):
    other = shutil.copytree(course, tmp_path / "other")
    third = shutil.copytree(course, tmp_path / "third")
    monkeypatch.setenv(ROOT_VARIABLE, str(other))
    monkeypatch.chdir(third / "solutions" / "ps00_tiny")
    assert course_root(course) == course
    assert course_root() == other
    monkeypatch.delenv(ROOT_VARIABLE)
    assert course_root() == third


def test_away_from_any_checkout_the_folder_above_the_package_is_the_course(tmp_path, monkeypatch):
    import autograder

    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert course_root() == Path(autograder.__file__).resolve().parents[1]


def test_a_named_place_that_is_no_course_is_an_error_and_nothing_else_is_tried(course, tmp_path, monkeypatch):
    monkeypatch.chdir(course)
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(
        ConfigurationError, match=r"AUTOGRADER_COURSE: a course is a folder that holds assign"
    ):
        course_root()


def test_an_unknown_name_lists_the_ones_there_are(course):
    with pytest.raises(
        ConfigurationError, match=r"no such problem set \(expected ps00_tiny, received 'ps99'\)"
    ):
        locate("ps99", course)


@pytest.mark.parametrize("name", ["../ps00_tiny", "", ".", "ps00_tiny/.."])
def test_a_name_is_never_a_path(course, name):
    with pytest.raises(ConfigurationError, match="no such problem set"):
        locate(name, course)


def test_missing_solutions_name_the_file(course):
    solution_of(course, "mistakes").unlink()
    with pytest.raises(ConfigurationError, match=r"received no mistakes\.py"):
        locate("ps00_tiny", course)


def test_all_problem_sets_are_listed_by_name(course):
    shutil.copytree(course / "assignments" / "ps00_tiny", course / "assignments" / "ps01_copy")
    (course / "assignments" / "ps01_copy" / "ps00_tiny.py").rename(
        course / "assignments" / "ps01_copy" / "ps01_copy.py"
    )
    (course / "assignments" / "drafts").mkdir()
    assert [found.name for found in all_problem_sets(course)] == ["ps00_tiny", "ps01_copy"]


def test_a_suite_is_loaded_with_its_relative_imports(course):
    suite = locate("ps00_tiny", course).suite
    assert list(suite.checks) == ["sum_of_squares", "scaled"]
    assert [mistake.name for mistake in suite.mistakes] == ["mean_of_squares", "unscaled"]
    assert suite.reference.scaled(3.0) == 6.0


def test_two_checkouts_of_one_problem_set_live_side_by_side(course, tmp_path):
    other = shutil.copytree(course, tmp_path / "other")
    edit(
        solution_of(other, "reference"), "np.asarray(x) * factor\n    return", "np.asarray(x) * 7\n    return"
    )
    first, second = locate("ps00_tiny", course).suite, locate("ps00_tiny", other).suite
    assert (first.reference.scaled(1.0), second.reference.scaled(1.0)) == (2.0, 7.0)
    assert first.reference.scaled(1.0) == 2.0


def test_loading_a_suite_without_tensorflow_imports_none(course):
    script = (
        "import sys; from autograder.problem_sets import locate; "
        f"locate('ps00_tiny', {str(course)!r}).verify(); "
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("module", "old", "new", "message"),
    [
        (
            "reference",
            "import numpy as np",
            "import nunpy",
            r"reference\.py:3: a file of the solutions cannot",
        ),
        ("mistakes", "import numpy as np", "x = (", r"solutions/ps00_tiny/mistakes\.py:3: a file of the sol"),
        ("checks", "suite = Suite", "1 / 0\nsuite = Suite", r"checks\.py:7: .*ZeroDivisionError"),
        ("checks", "suite = ", "suite = 7 or ", r"checks\.py: checks\.py defines a Suite .*received 7"),
        (
            "checks",
            '"ps00_tiny"',
            '"ps07"',
            r"a suite has its folder's name \(expected ps00_tiny, received ps07",
        ),
        (
            "mistakes",
            '"scaled"',
            '"scalde"',
            r"mistake 'unscaled' stands for a function that the reference does",
        ),
    ],
)
def test_a_file_of_the_solutions_that_does_not_load_is_named(course, module, old, new, message):
    edit(solution_of(course, module), old, new)
    if new == "suite = 7 or ":
        edit(solution_of(course, "checks"), "@suite.check", "#")
    with pytest.raises(AuthoringError, match=message):
        _ = locate("ps00_tiny", course).suite


def test_a_mended_file_loads_in_the_same_process(course):
    edit(solution_of(course, "reference"), "import numpy as np", "import numpy as np\n1 / 0")
    with pytest.raises(AuthoringError):
        _ = locate("ps00_tiny", course).suite
    edit(solution_of(course, "reference"), "\n1 / 0", "")
    assert locate("ps00_tiny", course).suite.name == "ps00_tiny"


def test_the_fingerprint_is_of_every_source_file_and_of_nothing_else(course):
    before = locate("ps00_tiny", course).fingerprint
    _ = locate("ps00_tiny", course).suite  # writes byte code
    (notebook_of(course).parent / ".ipynb_checkpoints").mkdir()
    (notebook_of(course).parent / ".ipynb_checkpoints" / "x.py").write_text("x")
    assert locate("ps00_tiny", course).fingerprint == before
    for module in ("reference", "checks", "mistakes", "variants"):
        path = solution_of(course, module)
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        changed = locate("ps00_tiny", course).fingerprint
        assert changed != before
        before = changed
    (notebook_of(course).parent / "data.csv").write_text("1")
    assert locate("ps00_tiny", course).fingerprint != before


def test_the_header_must_name_the_folder(course):
    edit(notebook_of(course), "problem_set: ps00_tiny", "problem_set: ps01")
    with pytest.raises(
        AuthoringError, match=r"names the folder's problem set .*expected ps00_tiny, received ps01"
    ):
        _ = locate("ps00_tiny", course).notebook


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'check("scaled")',
            'check("scale")',
            r"py:50: a check cell names a check of the suite .*received scale\)",
        ),
        (
            '\n# %% kind="check" points=2\ncheck("scaled")\n',
            "",
            r"check 'scaled' of the suite has no cell; add one with kind=\"check\" and check\(\"scaled\"\)",
        ),
        (
            '# %% kind="solution" grade_id="scaled"',
            "# %%",
            r"py:50: a check judges functions that have a solution cell \(received scaled\)",
        ),
    ],
)
def test_notebook_and_suite_are_held_against_each_other(course, old, new, message):
    edit(notebook_of(course), old, new)
    if not new:
        edit(notebook_of(course), "points: 5", "points: 3")
    with pytest.raises(AuthoringError, match=message):
        locate("ps00_tiny", course).verify()


def test_a_check_comes_after_its_function(course):
    text = notebook_of(course).read_text("utf-8")
    cell = '# %% kind="check" points=2\ncheck("scaled")\n'
    first = "# %% [markdown]\n# # A tiny"
    notebook_of(course).write_text(text.replace(cell, "").replace(first, f"{cell}\n{first}"), "utf-8")
    with pytest.raises(AuthoringError, match=r"py:18: a check comes after the functions .*scaled in line"):
        locate("ps00_tiny", course).verify()


def test_check_cells_and_points_are_what_a_grader_needs(course):
    problem_set = locate("ps00_tiny", course)
    assert {name: (cell.check, cell.points) for name, cell in problem_set.check_cells.items()} == {
        "check_sum_of_squares": ("sum_of_squares", 3.0),
        "check_scaled": ("scaled", 2.0),
    }
    assert problem_set.manual_points == 2.0


def test_files_beside_the_notebook_are_the_data_and_the_recorded_checks(course):
    (notebook_of(course).parent / "data.csv").write_text("1,2")
    files = locate("ps00_tiny", course).files
    assert set(files) == {"data.csv", "ps00_tiny.checks"}
    assert files["data.csv"] == b"1,2"


def test_a_data_file_in_a_folder_of_its_own_is_refused(course):
    (notebook_of(course).parent / "data").mkdir()
    (notebook_of(course).parent / "data" / "x.csv").write_text("1")
    with pytest.raises(
        AuthoringError, match=r"data/x\.csv: a problem set's files lie directly in its folder"
    ):
        _ = locate("ps00_tiny", course).files
