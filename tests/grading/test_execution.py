"""After a death the rest counts: a fresh kernel replays what was there, boundedly and within the time."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.errors import KernelDied, StudentError
from autograder.grading.execution import MAX_RESTARTS, Execution
from autograder.grading.settings import GradingSettings
from autograder.sandbox.isolation import Isolation, Status, doctor
from autograder.sandbox.limits import Limits

pytestmark = pytest.mark.sandbox

EXIT = "import os\nos._exit(3)"


@pytest.fixture(autouse=True, scope="module")
def isolated() -> None:
    missing = [layer for layer in doctor() if layer.status is Status.MISSING]
    if missing:
        pytest.skip(f"no sandbox on this machine: {missing[0].name}: {missing[0].detail}")


def execution(**limits: float) -> Execution:
    return Execution({}, GradingSettings(bytes(32), limits=Limits(**limits)))  # type: ignore[arg-type]


def cell(source: str) -> NotebookNode:
    return new_code_cell(source)


def test_after_a_cell_that_kills_the_rest_runs_in_the_state_that_it_expects() -> None:
    with execution() as run:
        assert run.run(cell("a = 1"), 1).status == "ok"
        assert run.run(cell(EXIT), 2).status == "died"
        after = cell("print(a)")
        assert run.run(after, 3).status == "ok"
        assert after.outputs[0].text == "1\n"
        assert run.notes == [
            "code cell 2 ended the kernel: the kernel ended: exit status 3; the rest ran without it"
        ]


def test_the_layers_of_the_kernel_that_ran_are_recorded() -> None:
    with execution() as run:
        assert run.layers == {}
        run.run(cell("a = 1"), 1)
        warm = run.isolation == "bubblewrap (warm)"
        assert run.layers["bubblewrap"] == run.layers["uid"] == run.layers["user namespaces"] == "present"
        assert run.layers["warm kernels"] == ("present" if warm else "degraded")
        assert set(run.layers) == {layer.name for layer in doctor()}
    none = Execution({}, GradingSettings(bytes(32), Isolation.NONE))
    with none as run:
        run.run(cell("a = 1"), 1)
        assert (run.isolation, run.layers) == ("none", {})


def test_after_a_call_that_kills_the_next_check_has_a_kernel_with_all_cells() -> None:
    with execution() as run:
        run.run(cell(f"def f():\n    {EXIT.replace(chr(10), '; ')}\ndef g(): return 7"), 1)
        run.begin_check(1)
        with pytest.raises(KernelDied, match="`f` ended the notebook's kernel before it answered"):
            run.call("f", (), {})
        with pytest.raises(KernelDied, match="`g` was not called: `f` ended the notebook's kernel"):
            run.call("g", (), {})
        run.begin_check(2)
        assert run.call("g", (), {}) == 7


def test_a_cell_that_kills_only_when_it_runs_again_is_left_out_then() -> None:
    # The third cell kills in a kernel whose first cell ran late: only when it is run again.
    began = "import time\nbegan = time.time()"
    with execution() as run:
        run.run(cell(began), 1)
        deadline = float(run_and_read(run, "print(time.time() + 1.0)", 2))
        assert run.run(cell(f"import os\nif began > {deadline}: os._exit(5)"), 3).status == "ok"
        assert run.run(cell(f"time.sleep(1.2)\n{EXIT}"), 4).status == "died"
        assert run_and_read(run, "print(began > 0)", 5) == "True\n"
        assert run.notes[1:] == [
            "a cell that had run before ended the kernel when run again; it was left out"
        ]


def run_and_read(run: Execution, source: str, number: int) -> str:
    made = cell(source)
    assert run.run(made, number).status == "ok"
    return str(made.outputs[0].text)


def test_a_notebook_that_kills_every_kernel_is_given_up_after_a_stated_number() -> None:
    with execution() as run:
        statuses = []
        with pytest.raises(StudentError, match=rf"had ended its kernel {MAX_RESTARTS + 1} times before this"):
            for number in range(1, 20):
                statuses.append(run.run(cell(EXIT), number).status)
        assert statuses == ["died"] * (MAX_RESTARTS + 1)


@pytest.mark.slow
def test_restarts_share_the_time_of_the_notebook() -> None:
    # The first cell runs twice, which leaves 1 s; a busy machine may take 3 s more for the first kernel.
    with execution(notebook_seconds=6.0, cell_seconds=5.0) as run:
        run.run(cell("import time\ntime.sleep(2.5)"), 1)
        assert run.run(cell(EXIT), 2).status == "died"
        with pytest.raises(StudentError, match="the notebook's 6 s were used up before this"):
            for number in range(3, 9):
                run.run(cell("time.sleep(0.4)"), number)
