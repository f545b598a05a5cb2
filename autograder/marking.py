"""Grades one notebook: no classroom, no gradebook, no cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.settings import GradingSettings
    from autograder.results import Report


def mark(
    path: str | Path,
    problem_set: str,
    *,
    root: str | Path | None = None,
    settings: GradingSettings | None = None,
) -> Report:
    """Grades one notebook in the sandbox.

    Constants that differ by student have the author's own values here.

    Args:
        path: the ``.ipynb`` file.
        problem_set: name of the problem set, as its folder.
        root: the checkout with ``assignments`` and ``solutions``; by default it is looked for, as
            :func:`autograder.problem_sets.locate` says.
        settings: isolation, limits and the secret behind the hidden inputs; by default bubblewrap, the
            default limits and a fresh secret, so that two calls draw different inputs.

    Returns:
        The report. A file that is not a notebook gives a report with the reason and no score.

    Raises:
        ConfigurationError: there is no such file or problem set.
        AuthoringError: the problem set itself is wrong.
        SandboxError: there is no sandbox.
    """
    # Jupyter and the problem set's TensorFlow cost seconds: only when something is graded.
    from autograder.grading.settings import GradingSettings
    from autograder.grading.submission import grade_file
    from autograder.problem_sets import locate

    return grade_file(Path(path), locate(problem_set, root), settings or GradingSettings.fresh()).report
