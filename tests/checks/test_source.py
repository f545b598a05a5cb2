"""``uses`` and ``avoids``: what a function's text says, through aliases and helpers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.checks import Answer, Student, Suite, avoids, close, uses
from autograder.checks.answers import in_namespace
from autograder.checks.recording import load, record, replay, save
from autograder.checks.run import run_check
from autograder.checks.source import source_in_cells, uses_name
from autograder.errors import AuthoringError, StudentError

TAPE = "tf.GradientTape"


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    with tf.GradientTape() as tape:\n        pass",
        "import tensorflow as anything\ndef f(x):\n    anything.GradientTape()",
        "import tensorflow\ndef f(x):\n    return tensorflow.GradientTape",
        "from tensorflow import GradientTape\ndef f(x):\n    GradientTape()",
        "from tensorflow import GradientTape as T\ndef f(x):\n    T()",
        "def f(x):\n    from tensorflow import GradientTape as T\n    T()",
        "import tensorflow as t\nu = t\nv = u.GradientTape\ndef f(x):\n    v()",
        "def f(x):\n    T = tf.GradientTape\n    T()",
        "def helper(x):\n    tf.GradientTape()\ndef f(x):\n    return helper(x)",
        "def deep():\n    tf.GradientTape()\ndef helper():\n    deep()\ndef f(x):\n    return helper()",
        "class Helper:\n    def go(self):\n        tf.GradientTape()\ndef f(x):\n    return Helper().go()",
        'def f(x):\n    getattr(tf, "GradientTape")()',
        "def f(x):\n    return [tf.GradientTape for _ in x]",
        "f = lambda x: tf.GradientTape()",
        "def g(x):\n    tf.GradientTape()\nf = g",
        "def f(x):\n    tf.GradientTape()\nf = tf.function(f)",
        "if True:\n    def f(x):\n        tf.GradientTape()",
    ],
)
def test_a_name_is_found_however_it_is_spelt(text: str) -> None:
    assert uses_name(text, "f", TAPE)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x  # tf.GradientTape",
        'def f(x):\n    """Without tf.GradientTape."""\n    return x',
        "def other(x):\n    tf.GradientTape()\ndef f(x):\n    return x",
        "def f(x):\n    return x.GradientTape",
        "import numpy as tf\ndef f(x):\n    return tf.GradientTape",
        "def f(x):\n    tf.GradientTape()\ndef f(x):\n    return x",
        "def f(x):\n    return tf.GradientTapeLike",
    ],
)
def test_what_only_looks_like_it_is_not_found(text: str) -> None:
    assert not uses_name(text, "f", TAPE)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("for", "def f(x):\n    for i in x:\n        pass", True),
        ("for", "def f(x):\n    return [i for i in x]", False),
        ("comprehension", "def f(x):\n    return [i for i in x]", True),
        ("while", "def f(x):\n    while x:\n        x -= 1", True),
        (".numpy", "def f(x):\n    return x.numpy()", True),
        (".numpy", "def f(x):\n    return numpy(x)", False),
        ("np.random", "from numpy.random import normal\ndef f(n):\n    return normal(size=n)", True),
        ("np.random", "def f(n):\n    return np.random.default_rng(0).normal(size=n)", True),
        ("np.random", "def f(n):\n    return np.randomly(n)", False),
    ],
)
def test_forms_attributes_and_modules_can_be_asked_for(name: str, text: str, found: bool) -> None:
    assert uses_name(text, "f", name) == found


CELLS = [
    "%matplotlib inline\nimport tensorflow as tf\n!ls",
    "%%time\nthis is not python",
    "a cell that does not parse",
    "def f(x):\n    return x",
    "def f(x):\n    with tf.GradientTape():\n        return x",
]


def test_cells_are_read_without_commands_and_without_what_does_not_parse() -> None:
    text = source_in_cells(CELLS, "f")
    assert uses_name(text, "f", TAPE)
    assert not uses_name(source_in_cells(CELLS[:4], "f"), "f", TAPE)


def test_a_function_that_no_cell_defines_is_told_so() -> None:
    with pytest.raises(StudentError, match="no cell defines `g`"):
        source_in_cells(CELLS, "g")


@pytest.mark.parametrize("text", ["def f(:", "x = " + "(" * 3000, "\0", "def g(x):\n    pass"])
def test_hostile_text_is_a_failed_outcome_and_nothing_worse(text: str) -> None:
    outcome = avoids(Answer(lambda: text), "f", TAPE).outcome()
    assert not outcome.passed


def test_messages_say_what_is_wanted() -> None:
    by_hand = Answer(lambda: "def f(x):\n    return 2 * x")
    taped = Answer(lambda: "def f(x):\n    return tf.GradientTape()")
    assert (
        avoids(by_hand, "f", TAPE, "for").outcome().message == "`f` does without `tf.GradientTape` or `for`"
    )
    assert avoids(taped, "f", TAPE, "for").outcome().message == "`f` should do without `tf.GradientTape`"
    assert uses(by_hand, "f", TAPE).outcome().message == "`f` should use `tf.GradientTape`"
    assert uses(taped, "f", TAPE).outcome().message == "`f` uses `tf.GradientTape`"
    assert not uses(Answer(lambda: None), "f", TAPE).outcome().passed


def test_text_weighs_little() -> None:
    with pytest.raises(AuthoringError, match="take names and a small weight"):
        uses(Answer(lambda: ""), "f", TAPE, weight=1.0)
    with pytest.raises(AuthoringError, match="take names"):
        uses(Answer(lambda: ""), "f")


@pytest.fixture
def by_hand(suite: Suite) -> Suite:
    @suite.check("by_hand", grades=("center",))
    def by_hand(student: Any, reference: Any, rng: Any) -> Any:
        x = rng.normal(size=(4, 2))
        yield close(student.center(x), reference.center(x))
        yield avoids(student.source("center"), "center", "for", TAPE)

    return suite


def looped(x: Any) -> Any:
    out = x.copy()
    for j in range(x.shape[1]):
        out[:, j] -= x[:, j].mean()
    return out


def test_a_right_answer_in_the_wrong_way_keeps_most_points(by_hand: Suite) -> None:
    # The reference is read from its module; a student's text from the cells that are handed in.
    namespace = by_hand.namespace() | {"center": looped}
    for cells, score in (
        (["def center(x):\n    for j in x: pass"], 0.8),
        (["def center(x):\n    return x"], 1.0),
    ):
        student = Student(
            in_namespace(namespace), source=lambda name, cells=cells: source_in_cells(cells, name)
        )
        result = run_check(by_hand, by_hand.checks["by_hand"], student, seed=1, grade_id="c", points=1.0)
        assert result.score == score


def test_a_text_earns_nothing_beside_a_function_without_an_answer() -> None:
    text = Answer(lambda: "def f(x):\n    raise NotImplementedError")
    given = Student(in_namespace({"f": lambda x: x}))
    missing = Student(in_namespace({}))
    assert avoids(text, "f", "for", answer=given.f(1.0)).outcome().passed
    outcome = avoids(text, "f", "for", answer=missing.f(1.0)).outcome()
    assert not outcome.passed and outcome.message.startswith("`f` is not defined")
    assert not uses(text, "f", "raise", answer=missing.f(1.0)).outcome().passed


def test_a_cell_that_does_not_parse_leaves_the_others_readable(by_hand: Suite) -> None:
    recording = record(by_hand, by_hand.checks["by_hand"], 1.0)
    namespace = by_hand.namespace() | {"In": ["", "def oops(:", "def center(x):\n    return x"]}
    assert replay(recording, namespace).score == 1.0


def test_the_notebook_reads_the_cells_that_were_run(by_hand: Suite, tmp_path: Path) -> None:
    # The recording runs the reference, whose module is this folder's conftest: its text is found by inspect.
    recording = record(by_hand, by_hand.checks["by_hand"], 1.0)
    save([recording], tmp_path / "x")
    (recording,) = load(tmp_path / "x")
    for cell, score in (("def center(x):\n    for j in x: pass", 0.8), ("def center(x):\n    return x", 1.0)):
        namespace = by_hand.namespace() | {"In": ["", "%time 1", cell]}
        assert replay(recording, namespace).score == score


def test_a_function_defined_outside_a_notebook_is_found_by_its_file() -> None:
    text = Student(in_namespace({"f": looped})).source("f").value
    assert uses_name(text, "f", "for") and not uses_name(text, "f", "while")
    missing = Student(in_namespace({"f": len})).source("f")
    assert avoids(missing, "f", "for").outcome().passed is False


def test_a_check_of_text_alone_is_refused(suite: Suite) -> None:
    @suite.check("text", grades=("center",))
    def text(student: Any, reference: Any, rng: Any) -> Any:
        yield avoids(student.source("center"), "center", "for")

    with pytest.raises(AuthoringError, match="also looks at numbers"):
        record(suite, suite.checks["text"], 1.0)
    with pytest.raises(AuthoringError, match="also looks at numbers"):
        run_check(
            suite,
            suite.checks["text"],
            Student(in_namespace(suite.namespace())),
            seed=1,
            grade_id="c",
            points=1.0,
        )
