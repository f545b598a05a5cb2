from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.errors import AuthoringError
from autograder.nbgrader.build import (
    recorded_checks,
    release_notebook,
    source_notebook,
    submission_notebook,
    to_bytes,
    write_source,
)
from autograder.problem_sets import locate


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def notebook_of(course: Path) -> Path:
    return course / "assignments" / "ps00_tiny" / "ps00_tiny.py"


def reference_of(course: Path) -> Path:
    return course / "solutions" / "ps00_tiny" / "reference.py"


def cell(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


def run(source: str) -> dict[str, object]:
    import numpy as np

    namespace: dict[str, object] = {"np": np}
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace


def refusal(course: Path) -> str:
    with pytest.raises(AuthoringError) as caught:
        source_notebook(locate("ps00_tiny", course))
    return str(caught.value)


def test_a_source_notebook_joins_the_stub_with_the_worked_body_and_keeps_its_comments(problem_set):
    notebook = source_notebook(problem_set)
    nbformat.validate(notebook)
    assert (
        cell(notebook, "sum_of_squares").source
        == '''\
def sum_of_squares(x):
    """The sum of the squares of x.

    Args:
        x: shape (n,).
    """
    ### BEGIN SOLUTION
    # A worked solution's comment explains the secret trick.
    worked_secret_array = np.asarray(x, dtype=np.float64)
    message = """a text over two lines
  whose indentation is its own"""
    assert message
    return np.sum(worked_secret_array**2)
    # Nothing is left to do after the worked solution.
    ### END SOLUTION'''
    )


def test_cells_carry_the_metadata_of_nbgrader(problem_set):
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = source_notebook(problem_set)
    MetadataValidator().validate_nb(notebook)
    flags = {
        c.id: tuple(c.metadata.nbgrader.get(key) for key in ("grade", "solution", "locked", "points"))
        for c in notebook.cells
        if "nbgrader" in c.metadata
    }
    assert flags == {
        "sum_of_squares": (False, True, False, None),
        "check_sum_of_squares": (True, False, True, 3.0),
        "why_squares": (True, True, False, 2.0),
        "scaled": (False, True, False, None),
        "check_scaled": (True, False, True, 2.0),
    }
    assert [c.id for c in notebook.cells if "nbgrader" not in c.metadata] == ["cell-001", "cell-002"]


@pytest.mark.slow
def test_two_builds_in_two_processes_are_the_same_bytes(course, tmp_path):
    # Separate processes: hash randomisation orders sets of strings differently in each.
    script = (
        "import sys; from pathlib import Path\n"
        "from autograder.nbgrader.build import write_source\n"
        "from autograder.problem_sets import locate\n"
        f"write_source(locate('ps00_tiny', {str(course)!r}), Path(sys.argv[1]))"
    )
    built = []
    for seed in ("1", "2"):
        target = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", script, str(target)],
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin"},
        )
        built.append({path.name: path.read_bytes() for path in (target / "ps00_tiny").iterdir()})
    assert built[0] == built[1]
    assert set(built[0]) == {"ps00_tiny.ipynb", "ps00_tiny.checks"}


def test_the_worked_cells_compute_what_the_reference_computes(problem_set):
    notebook = source_notebook(problem_set)
    assert run(cell(notebook, "sum_of_squares").source)["sum_of_squares"]([1.0, 2.0]) == 5.0
    assert run(cell(notebook, "scaled").source)["scaled"](3.0) == 6.0


def test_a_release_holds_the_authors_stubs_to_the_letter(problem_set):
    notebook = release_notebook(problem_set)
    for author in problem_set.notebook.cells:
        if author.grade_id:
            assert cell(notebook, author.grade_id).source == author.source
    assert "expected_gradient" not in json.dumps(notebook)


def test_a_submission_is_the_release_with_the_given_functions_in_its_solution_cells(problem_set):
    mistakes = {mistake.name: mistake for mistake in problem_set.suite.mistakes}
    notebook = submission_notebook(
        problem_set, {"sum_of_squares": mistakes["mean_of_squares"], "scaled": None}
    )
    assert run(cell(notebook, "sum_of_squares").source)["sum_of_squares"]([1.0, 3.0]) == 5.0
    assert "mean_of_squares(" not in cell(notebook, "sum_of_squares").source
    release = problem_set.release_notebook
    for made, released in zip(notebook.cells, release.cells, strict=True):
        assert made.id == released.id and made.metadata == released.metadata
        if made.id != "sum_of_squares":
            assert made == released


def test_a_submission_can_hold_variants_functions_and_text(problem_set):
    def scaled(x, factor=2.0):
        return factor * x  # another way round

    variants = {variant.name: variant for variant in problem_set.suite.variants}
    by_function = submission_notebook(problem_set, {"scaled": scaled})
    by_variant = submission_notebook(problem_set, {"scaled": variants["by_addition"]})
    by_text = submission_notebook(
        problem_set, {"scaled": "def g(x, factor):\n  if x:\n    return 7\n  return 8\n"}
    )
    assert "return factor * x  # another way round" in cell(by_function, "scaled").source
    assert run(cell(by_variant, "scaled").source)["scaled"](3.0) == 6.0
    assert run(cell(by_text, "scaled").source)["scaled"](3.0) == 7
    worked = run(cell(by_function, "sum_of_squares").source)["sum_of_squares"]
    assert worked([2.0]) == 4.0


def test_decorators_of_a_variant_travel_and_its_registration_does_not(course):
    edit(notebook_of(course), "import numpy as np", "import functools\n\nimport numpy as np")
    problem_set = locate("ps00_tiny", course)
    (variant,) = [v for v in problem_set.suite.variants if v.name == "by_inner_product"]
    source = cell(submission_notebook(problem_set, {"sum_of_squares": variant}), "sum_of_squares").source
    (function,) = ast.parse(source).body
    assert [ast.unparse(decorator) for decorator in function.decorator_list] == ["functools.cache"]


@pytest.mark.parametrize(
    "work",
    [
        "def f(x):\n    return 1",
        "def f(x):\n\n\n    # first\n    return 1",
        "def f(\n    x,\n):  # a comment: with a colon\n    return 1",
        "def f(x: dict[str, int] = {1: 2}) -> dict[str, int]:\n    return 1",
        'def f(x):\n  """Doc."""\n  y = """\nflush left"""\n  return len(y) - 10',
        "def f(x):\n        if x:\n            return 1\n        return 1",
        "def f(x):\n    return (\n        1\n        # inside\n    )\n    # after",
    ],
)
def test_work_is_pasted_whatever_its_layout(course, work):
    text = notebook_of(course).read_text("utf-8").replace("def scaled(x, factor=2.0)", "def scaled(x)")
    notebook_of(course).write_text(text, "utf-8")
    source = cell(
        submission_notebook(locate("ps00_tiny", course), {"scaled": work, "sum_of_squares": None}), "scaled"
    ).source
    assert run(source)["scaled"](5) == 1
    for comment in ("# first", "# inside", "# after"):
        assert (comment in work) == (comment in source)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "def scaled(x, factor=2.0)",
            "def scale(x, factor=2.0)",
            "assignments/ps00_tiny/ps00_tiny.py:45: a solution cell's grade_id is the name of its function "
            "(expected scaled, received scale)",
        ),
        (
            '    """x times factor."""\n    raise',
            "    raise",
            "py:45: a stub's docstring is its specification (received no docstring)",
        ),
        (
            'raise NotImplementedError("scaled (ps00, part 2)")',
            "return x",
            'py:45: a stub\'s only statement raises (expected raise NotImplementedError("..."), '
            "received return x)",
        ),
        (
            "def scaled(x",
            "import os\n\n\ndef scaled(x",
            "py:45: a solution cell holds one function and nothing else",
        ),
        ("def scaled(x", "@staticmethod\ndef scaled(x", "py:45: a stub has no decorators"),
        ("def scaled(x", "def scaled(x,,", "py:45: a code cell is Python (received invalid syntax in"),
        ("import numpy as np", "from numpy import *", "py:22: a notebook imports names, never *"),
    ],
)  # fmt: skip
def test_a_stub_that_is_no_specification_is_named_with_its_line(course, old, new, message):
    edit(notebook_of(course), old, new)
    assert message in refusal(course)


def test_a_reference_without_a_function_of_the_notebook_is_named(course):
    edit(reference_of(course), "def scaled(x", "scaled = lambda x, factor=2.0: x\n\n\ndef unused(x")
    assert (
        refusal(course)
        == "solutions/ps00_tiny/reference.py: 'scaled' is a function that the module defines with def"
    )


@pytest.mark.parametrize(
    "new", ["def scaled(x, factor=3.0)", "def scaled(x, by=2.0)", "def scaled(x, *, factor=2.0)"]
)
def test_a_reference_with_another_signature_is_named(course, new):
    edit(reference_of(course), "def scaled(x, factor=2.0)", new)
    edit(reference_of(course), " * factor\n    return", "\n    return")
    message = refusal(course)
    assert "'scaled' has the signature of its stub in assignments/ps00_tiny/ps00_tiny.py:45" in message
    assert f"(expected (x, factor=2.0), received {new.removeprefix('def scaled')})" in message


def test_annotations_are_no_difference_of_signature(course):
    edit(
        reference_of(course),
        "def scaled(x, factor=2.0)",
        "def scaled(x: float, factor: float = 2.0) -> float",
    )
    assert "float" not in cell(source_notebook(locate("ps00_tiny", course)), "scaled").source


@pytest.mark.parametrize(
    ("work", "missing"),
    [
        ("_helper(x)", "_helper"),
        ("[_inner(y) for y in x]", "_inner"),
        ("(lambda y: _deep(y))(x)", "_deep"),
        ("scaled(x)", "scaled"),  # its cell comes later
    ],
)
def test_work_that_needs_a_name_the_notebook_lacks_is_named(course, work, missing):
    edit(reference_of(course), "return np.sum(worked_secret_array**2)", f"return {work}")
    message = refusal(course)
    assert message.startswith(
        "solutions/ps00_tiny/reference.py:6: 'sum_of_squares' uses names that the notebook"
    )
    assert f"before line 30 (received {missing})" in message


@pytest.mark.parametrize("work", ["sum(x) + len([y for y in x])", "sum_of_squares(x)", "np.sum(x)"])
def test_builtins_own_names_and_names_of_earlier_cells_are_there(course, work):
    edit(reference_of(course), "return np.sum(worked_secret_array**2)", f"return {work}")
    source_notebook(locate("ps00_tiny", course))


def test_a_decorated_reference_is_refused(course):
    edit(reference_of(course), "def scaled(x", "@np.vectorize\ndef scaled(x")
    assert "a worked function has no decorators" in refusal(course)


def test_a_replacement_for_no_function_of_the_notebook_is_refused(problem_set):
    with pytest.raises(AuthoringError, match=r"expected sum_of_squares or scaled, received scale\)"):
        submission_notebook(problem_set, {"scale": None})


def test_a_source_folder_holds_notebook_recording_and_data_only(course, tmp_path):
    (notebook_of(course).parent / "data.csv").write_text("1,2")
    folder = write_source(locate("ps00_tiny", course), tmp_path / "source")
    assert sorted(path.name for path in folder.iterdir()) == [
        "data.csv",
        "ps00_tiny.checks",
        "ps00_tiny.ipynb",
    ]
    problem_set = locate("ps00_tiny", course)
    assert (folder / "ps00_tiny.ipynb").read_bytes() == to_bytes(source_notebook(problem_set))


def test_a_build_that_fails_leaves_the_last_one_whole(course, tmp_path):
    folder = write_source(locate("ps00_tiny", course), tmp_path / "source")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    edit(reference_of(course), "np.asarray(x) * factor\n", "np.asarray(x) * unknown_name\n")
    with pytest.raises(AuthoringError):
        write_source(locate("ps00_tiny", course), tmp_path / "source")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_recordings_replay_in_a_notebook_with_the_points_of_their_cells(problem_set, tmp_path):
    from autograder.checks.recording import load, replay

    ((name, data),) = recorded_checks(problem_set).items()
    (tmp_path / name).write_bytes(data)
    recordings = load(tmp_path / name)
    assert [(recording.check, recording.points) for recording in recordings] == [
        ("sum_of_squares", 3.0),
        ("scaled", 2.0),
        ("why_squares", 2.0),
    ]
    assert [recording.by_hand for recording in recordings] == [False, False, True]
    namespace = run(cell(source_notebook(problem_set), "scaled").source)
    assert replay(recordings[1], namespace).score == 2.0
    assert replay(recordings[1], {"scaled": lambda x, factor=2.0: x * 1.0}).outcomes[0].mistakes == (
        "unscaled",
    )


def test_a_function_whose_text_is_nowhere_is_refused(problem_set):
    namespace: dict = {}
    exec("def scaled(x, factor=2.0):\n    return x", namespace)
    with pytest.raises(AuthoringError, match="the source of 'scaled' cannot be found; give its text instead"):
        submission_notebook(problem_set, {"scaled": namespace["scaled"]})


@pytest.mark.parametrize(
    ("work", "message"),
    [
        ("def f(x, factor): return x", "a function's work begins on a line of its own"),
        ("x = 1", "a replacement is the definition of one function"),
        ("def f(x, factor:", "a replacement is Python"),
        (
            "def f(x):\n    return x",
            r"'f' has the signature of its stub .*expected \(x, factor\), received \(x\)",
        ),
    ],
)
def test_a_replacement_that_cannot_be_pasted_is_named(problem_set, work, message):
    with pytest.raises(AuthoringError, match=message):
        submission_notebook(problem_set, {"scaled": work})


def test_checksums_are_nbgraders_own(problem_set):
    from nbgrader.utils import compute_checksum

    cells = [cell for cell in release_notebook(problem_set).cells if "nbgrader" in cell.metadata]
    assert len(cells) == 5  # solutions, checks and a written answer
    for released in cells:
        assert released.metadata.nbgrader.checksum == compute_checksum(released)
