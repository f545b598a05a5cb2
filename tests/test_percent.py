from __future__ import annotations

import pytest

from autograder.errors import AuthoringError
from autograder.percent import Kind, read_assignment

HEADER = """\
# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps00
#     points: 3
#     manual_points: 2
# ---
"""
STUB = """
# %% kind="solution" grade_id="f"
def f(x):
    \"\"\"A docstring.

    # %% kind="check" points=100
    \"\"\"
    raise NotImplementedError("f")
"""
CHECK = '\n# %% kind="check" points=3\ncheck("f")\n'
MANUAL = '\n# %% [markdown] kind="manual" grade_id="why" points=2\n# Why?\n'


def refusal(text: str) -> str:
    with pytest.raises(AuthoringError) as caught:
        read_assignment(text, "ps00.py")
    return str(caught.value)


def test_cells_carry_their_kind_id_points_and_line():
    text = HEADER + "\n# %% [markdown]\n# Prose\n" + STUB + CHECK + MANUAL
    assignment = read_assignment(text, "ps00.py")

    assert [cell.kind for cell in assignment.cells] == [Kind.PLAIN, Kind.SOLUTION, Kind.CHECK, Kind.MANUAL]
    assert [cell.grade_id for cell in assignment.cells] == ["", "f", "check_f", "why"]
    assert [cell.points for cell in assignment.cells] == [0, 0, 3, 2]
    assert assignment.of(Kind.CHECK)[0].check == "f"
    assert (assignment.points, assignment.manual_points) == (3, 2)
    lines = text.splitlines()
    assert all(lines[cell.line - 1].startswith("# %%") for cell in assignment.cells)
    assert 'kind="check"' in lines[assignment.of(Kind.CHECK)[0].line - 1]


def test_a_marker_inside_a_docstring_is_not_a_cell():
    assignment = read_assignment(HEADER + STUB + CHECK + MANUAL, "ps00.py")
    assert 'kind="check" points=100' in assignment.of(Kind.SOLUTION)[0].source


def test_text_before_the_first_marker_is_a_cell_and_lines_still_agree():
    text = HEADER + "x = 1\n" + STUB + CHECK + MANUAL
    assignment = read_assignment(text, "ps00.py")
    assert assignment.cells[0].source == "x = 1"
    assert text.splitlines()[assignment.of(Kind.CHECK)[0].line - 1] == '# %% kind="check" points=3'


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            '# %% kind="exam" points=3',
            "ps00.py:9: a cell's kind is one of solution, check, manual and constants (received 'exam')",
        ),
        (
            '# %% grade_id="g"',
            "a cell's kind is one of solution, check, manual and constants (received no kind)",
        ),
        ('# %% knd="check"', "a cell's metadata has the keys kind, grade_id and points only (received knd)"),
        ('# %% kind="solution"', "a solution cell has a grade_id (received none)"),
        ('# %% kind="check"\ncheck("g")', "a check cell has points (received none)"),
        ('# %% [markdown] kind="manual" grade_id="g"', "a manual cell has points (received none)"),
        (
            '# %% kind="solution" grade_id="g" points=3',
            "a solution cell has no other key than grade_id (received points)",
        ),
        (
            '# %% kind="check" points=1 grade_id="g"\ncheck("g")',
            "a check cell has no other key than points (received grade_id)",
        ),
        ('# %% kind="check" points=1 hidden=true\ncheck("g")', "no other key than points (received hidden)"),
        ("# %% kind=check points=x", "a cell's metadata cannot be read"),
        ('# %% kind="check" points=-1\ncheck("g")', "points are a number above 0 (received -1)"),
        ('# %% kind="check" points=true\ncheck("g")', "points are a number above 0 (received True)"),
        ('# %% kind="check" points="3"\ncheck("g")', "points are a number above 0 (received '3')"),
        ('# %% kind="check" points=1\ncheck("g")\nx = 1', 'a check cell is one line (expected check("name")'),
        ('# %% kind="check" points=1\ncheck(name)', "a check cell is one line"),
        (
            '# %% [markdown] kind="solution" grade_id="g"\n# text',
            "a solution cell is a code cell (received a markdown cell)",
        ),
        (
            '# %% kind="manual" grade_id="g" points=1\n1',
            "a manual cell is a markdown cell (received a code cell)",
        ),
        (
            '# %% kind="solution" grade_id="a b"',
            "a grade_id is 1 to 64 letters, digits, _ and - (received 'a b')",
        ),
        ('# %% kind="solution" grade_id=7', "a grade_id is 1 to 64 letters, digits, _ and - (received 7)"),
    ],
)
def test_a_broken_rule_of_the_form_is_named_with_its_line(cell: str, message: str):
    text = refusal(HEADER + "\n" + cell + "\n" + STUB + CHECK + MANUAL)
    assert text.startswith("ps00.py:9: ")
    assert message in text


def test_a_duplicate_grade_id_names_both_lines():
    text = refusal(HEADER + STUB + STUB + CHECK + MANUAL)
    assert text == "ps00.py:17: a grade_id is unique in its notebook (received 'f', also in line 9)"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "points: 3",
            "points: 4",
            "the points of the check cells add up to the header's points (expected 4, received 3)",
        ),
        (
            "#     manual_points: 2\n",
            "",
            "the points of the manual cells add up to the header's manual_points (expected 0, received 2)",
        ),
        ("points: 3", "points: many", "the header's points are a number (received 'many')"),
        ("problem_set", "name", "the header names the problem set"),
        (
            "points: 3",
            "points: 3\n#     weight: 1",
            "has the keys manual_points, points, problem_set, title only (received weight)",
        ),
        (HEADER, "", "the header names the problem set"),
    ],
)
def test_the_header_is_held_to_its_form_and_its_sums(old: str, new: str, message: str):
    assert message in refusal((HEADER + STUB + CHECK + MANUAL).replace(old, new))


def test_fractions_of_points_add_up_in_spite_of_rounding():
    # 0.1 + 0.2 is not 0.3 in binary.
    header = HEADER.replace("points: 3\n", "points: 0.3\n", 1)
    cells = (
        STUB
        + CHECK.replace("3", "0.1")
        + STUB.replace('"f"', '"g"')
        + '\n# %% kind="check" points=0.2\ncheck("g")\n'
    )
    assert read_assignment(header + cells + MANUAL, "ps00.py").points == pytest.approx(0.3)


def test_text_that_is_not_python_is_named():
    assert "the notebook's text is not Python" in refusal(HEADER + '\n# %%\nx = """never closed\n')
