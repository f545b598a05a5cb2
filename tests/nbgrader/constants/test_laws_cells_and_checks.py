"""Constants that differ by student: their laws, their cell in the notebook, and what checks see of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.certify.certificate import Settings, schema
from autograder.certify.certify import certify
from autograder.checks import Choice, Integers, Uniform
from autograder.checks.constants import drawn, require_laws
from autograder.errors import AuthoringError, ConfigurationError
from autograder.nbgrader.build import source_notebook
from autograder.nbgrader.constants_cell import defaults, filled
from autograder.problem_sets import ProblemSet, locate

from .varied import ADA, BEN, NAME, OWN_SECRET, cell, constants_of, edit

# nbgrader adds submissions in a way that SQLAlchemy 2 warns of; what it writes is right.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type .* not in session")


# --- laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "values"),
    [
        (Choice(0.05, "relu", 3), [0.05, "relu", 3]),
        (Integers(-1, 2), [-1, 0, 1, 2]),
        (Uniform(0.5, 0.57, digits=2), [0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57]),
        (Uniform(-1, 1, digits=0), [-1.0, 0.0, 1.0]),
    ],
)
def test_a_law_has_each_of_its_values_equally_often_and_no_other(law: Any, values: list[Any]) -> None:
    # Every residue is one value, so that all are equally likely; the floats are those that a person writes.
    assert [law.draw(number) for number in range(2 * len(values))] == values * 2
    assert all(law.admits(value) for value in values)
    others = [0.505, 99, "tanh", None, float("nan"), True, [0.05]]
    assert not any(law.admits(value) for value in others)


def test_a_students_constants_are_hmac_of_secret_set_student_and_name(varied: ProblemSet) -> None:
    for student in ("ada", "ben", "zoë", "a b"):
        assert dict(varied.of(student, OWN_SECRET).constants) == constants_of(student)
    assert constants_of(ADA)["RATE"] != constants_of(BEN)["RATE"]
    assert constants_of(ADA)["SIZE"] != constants_of(BEN)["SIZE"]
    many = {tuple(varied.of(f"s{n}", OWN_SECRET).constants.items()) for n in range(200)}
    # All 18 of them: 200 fair draws miss one with probability below 18·(17/18)^200 = 2e-4; they are fixed.
    assert len(many) == 18


def test_a_constant_that_is_added_leaves_the_others_as_they_were() -> None:
    one = {"RATE": Choice(0.1, 0.2, 0.4)}
    both = {"NEW": Integers(1, 9), **one}
    for student in map(str, range(20)):
        before = drawn(one, OWN_SECRET, NAME, student)
        assert before["RATE"] == drawn(both, OWN_SECRET, NAME, student)["RATE"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Choice(1), "Choice() has two or more values, all different (received Choice(1,))"),
        (lambda: Choice(1, 2, 1), "Choice() has two or more values, all different"),
        (lambda: Choice(1, None), "Choice() has numbers and texts (received None)"),
        (lambda: Choice(1.0, float("inf")), "Choice() has numbers and texts (received inf)"),
        (lambda: Integers(3, 3), "Integers(least, most) are integers with least < most (received 3 and 3)"),
        (lambda: Integers(1.0, 3), "Integers(least, most) are integers with least < most"),
        (lambda: Uniform(0.5, 2.0, digits=-1), "Uniform() has 0 to 12 digits (received -1)"),
        (lambda: Uniform(0.555, 2.0, digits=2), "the ends of Uniform() are numbers of 2 digits"),
        (lambda: Uniform(2, 1, digits=2), "Uniform(least, most) has least < most (received 2 and 1)"),
        (lambda: require_laws({}), "constants.py defines CONSTANTS, the law of each constant by its name"),
        (lambda: require_laws({"rate": Choice(1, 2)}), "a constant is spelt in capitals (expected RATE"),
        (lambda: require_laws({"RATE": 0.1}), "the law of RATE is a Choice, Integers or Uniform (received"),
    ],
)  # fmt: skip
def test_a_law_that_is_none_is_refused(make: Any, text: str) -> None:
    with pytest.raises(AuthoringError) as caught:
        make()
    assert text in str(caught.value)


# --- the notebook -------------------------------------------------------------------------------------------


def test_the_cell_keeps_its_comments_and_other_cells_stay(varied: ProblemSet) -> None:
    assert defaults(varied.notebook) == {"RATE": 0.2, "SIZE": 4} == dict(varied.constants)
    own = varied.with_constants({"RATE": 0.4, "SIZE": 8})
    released, ordinary = own.release_notebook, varied.release_notebook
    assert cell(released, "constants").source == "# Yours alone.\nRATE = 0.4  # per unit of x\nSIZE = 8"
    assert cell(released, "constants").metadata.editable is False
    assert cell(released, "constants").metadata.nbgrader.locked is True
    for theirs, everybodys in zip(released.cells, ordinary.cells, strict=True):
        if theirs.id != "constants":
            assert theirs == everybodys
    assert "RATE = 0.2  # per" in cell(source_notebook(varied), "constants").source


def test_texts_and_negative_numbers_are_put_in_by_bytes_of_their_line(varied: ProblemSet) -> None:
    (author,) = [c for c in varied.notebook.cells if c.grade_id == "constants"]
    changed = replace(author, source="NAME = 'größe'; RATE = -0.5  # π")
    cells = tuple(changed if c is author else c for c in varied.notebook.cells)
    notebook = replace(varied.notebook, cells=cells)
    assert defaults(notebook) == {"NAME": "größe", "RATE": -0.5}
    made = filled(notebook, {"NAME": "maß", "RATE": 3})
    assert [c.source for c in made.cells if c.grade_id == "constants"] == ["NAME = 'maß'; RATE = 3  # π"]


_PLAIN = "a constants cell holds plain assignments of a number or a text to a name in capitals"


_BOTH = "constants.py has the law of every constant in the notebook's constants cell, and no other"
_TEXT = f"{NAME}.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        (_TEXT, "SIZE = 4", "SIZE = 2 + 2", f"py:18: {_PLAIN} (expected RATE = 0.1, received SIZE = 2 + 2)"),
        (_TEXT, "SIZE = 4", "size = 4", _PLAIN),
        (_TEXT, "SIZE = 4", "SIZE = True", _PLAIN),
        (_TEXT, "SIZE = 4", "SIZE: int = 4", _PLAIN),
        (_TEXT, "SIZE = 4", "SIZE = 4\nSIZE = 5", "a constant is assigned once (received SIZE)"),
        (_TEXT, "SIZE = 4", "SIZE = 4 4", "py:18: a code cell is Python (received invalid syntax"),
        (
            _TEXT,
            "RATE = 0.2  # per unit of x\nSIZE = 4",
            "",
            "py:18: a constants cell holds constants (received none)",
        ),
        (_TEXT, 'grade_id="constants"', 'grade_id="mine"', "its grade_id says so (expected grade_id="),
        (_TEXT, ' grade_id="constants"', "", "a constants cell has a grade_id (received none)"),
        (
            _TEXT,
            "SIZE = 4",
            "SIZE = 9",
            "constants.py: the notebook's own SIZE is a value of its law"
            " (expected Integers(least=3, most=8), received 9)",
        ),
        (_TEXT, "SIZE = 4", "N = 4", f"/constants.py: {_BOTH} (expected RATE, N, received RATE, SIZE)"),
        (
            _TEXT,
            ' kind="constants" grade_id="constants"',
            "",
            f"{_BOTH} (expected no such file: the notebook has no constants cell, received RATE, SIZE)",
        ),
        (
            "constants.py",
            "Integers(3, 8)",
            "Integers(8, 3)",
            f"solutions/{NAME}/constants.py:8: Integers(least, most) are integers with least < most",
        ),
        (
            "constants.py",
            "CONSTANTS = ",
            "LAWS = ",
            f"solutions/{NAME}/constants.py: constants.py defines CONSTANTS, the law of each constant",
        ),
        (
            "checks.py",
            'constants["SIZE"]',
            'constants["SITE"]',
            "a check names constants of its problem set (expected RATE or SIZE, received 'SITE')",
        ),
    ],
)
def test_what_breaks_the_form_is_named(course: Path, file: str, old: str, new: str, text: str) -> None:
    edit(course, file, old, new)
    with pytest.raises(AuthoringError) as caught:
        dict(locate(NAME, course).files)
    assert text in str(caught.value)


def test_a_cell_that_comes_late_or_has_no_laws_is_named(course: Path) -> None:
    path = course / "assignments" / NAME / f"{NAME}.py"
    text = path.read_text("utf-8")
    start, end = text.index('# %% kind="constants"'), text.index('# %% kind="solution"')
    path.write_text(text[:start] + text[end:] + "\n" + text[start:end], "utf-8")
    with pytest.raises(
        AuthoringError, match=r"before every cell that is written in or graded .*step in line"
    ):
        locate(NAME, course).verify()
    path.write_text(text, "utf-8")
    (course / "solutions" / NAME / "constants.py").unlink()
    for module in ("reference", "mistakes", "variants"):
        edit(course, f"{module}.py", "from .constants import", "RATE, SIZE = 0.2, 4  #")
    with pytest.raises(AuthoringError, match=r"and no other \(expected RATE, SIZE, received no such file\)"):
        locate(NAME, course).verify()


def test_a_check_without_constants_to_ask_for_is_named(course: Path) -> None:
    edit(course, f"{NAME}.py", ' kind="constants" grade_id="constants"', "")
    (course / "solutions" / NAME / "constants.py").unlink()
    for module in ("reference", "mistakes", "variants"):
        edit(course, f"{module}.py", "from .constants import", "RATE, SIZE = 0.2, 4  #")
    with pytest.raises(AuthoringError, match="only a problem set with a constants cell has constants"):
        dict(locate(NAME, course).files)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"RATE": 0.3, "SIZE": 4}, "(expected RATE of Choice(values=(0.1, 0.2, 0.4)), received RATE = 0.3)"),
        ({"RATE": 0.1}, "(expected SIZE of Integers(least=3, most=8), received no SIZE)"),
        ({"RATE": 0.1, "SIZE": 4, "NEW": 1}, "(expected no NEW, received NEW = 1)"),
    ],
)
def test_values_that_no_draw_gives_are_refused(varied: ProblemSet, values: Any, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        varied.with_constants(values)
    assert text in str(caught.value)


# --- checks -------------------------------------------------------------------------------------------------


def test_reference_mistakes_and_checks_of_a_variant_see_its_constants(varied: ProblemSet) -> None:
    variants = [varied.with_constants({"RATE": rate, "SIZE": 3}) for rate in (0.1, 0.2, 0.4)]
    for variant, rate in zip(variants, (0.1, 0.2, 0.4), strict=True):
        suite = variant.suite
        names = suite.namespace()
        assert names["step"](10.0) == 10.0 - rate * 10.0 and len(names["head"](np.arange(9))) == 3
        assert suite.namespace(suite.mistakes[0])["step"](10.0) == 10.0 + rate * 10.0
        with pytest.raises(TypeError):
            suite.constants["RATE"] = 1.0  # type: ignore[index]
    assert varied.suite.namespace()["step"](10.0) == 8.0  # the author's own, still


def test_no_more_variants_stay_loaded_than_are_kept(varied: ProblemSet) -> None:
    import sys

    before = len(sys.modules)
    for size in range(3, 9):
        assert len(varied.with_constants({"RATE": 0.1, "SIZE": size}).suite.checks) == 2
    packages = {m.partition(".")[0] for m in sys.modules if m.startswith("_expected") and NAME in m}
    assert len(sys.modules) > before and len(packages) <= 4 + 1 + _of_other_tests(varied)


def _of_other_tests(varied: ProblemSet) -> int:
    """Packages of this name that stand for folders of other tests."""
    import sys

    roots = [m.__path__[0] for n, m in list(sys.modules.items()) if n.startswith("_exp") and n.endswith(NAME)]
    return sum(not root.startswith(str(varied.root)) for root in roots)


def test_a_certificate_tries_other_draws_and_says_with_which_one_it_fails(course: Path) -> None:
    import jsonschema

    few = Settings(repetitions=8, trials=0, mistakes=1, variants=0)
    good = certify(locate(NAME, course), few)
    assert good.certified, good.all_problems
    assert len(good.constants) >= 2 and {"RATE": 0.2, "SIZE": 4} not in good.constants
    jsonschema.validate(json.loads(good.to_json()), schema())
    # Wrong at the author's own RATE, and right at one of the others.
    edit(course, "mistakes.py", "np.asarray(x) + RATE *", "np.asarray(x) - 0.4 *")
    bad = certify(locate(NAME, course), few)
    assert bad.problems and all(text.startswith("with RATE = 0.4, SIZE = ") for text in bad.all_problems)
    assert any("check 'step' fails every mistake" in text for text in bad.problems)
