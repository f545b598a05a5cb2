"""What ``nbgrader_config.py`` of a classroom sets, and our own settings in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets import Dict, Enum, List, Unicode
from traitlets.config import Configurable

_HERE = "autograder.nbgrader"


class ExpectedGradient(Configurable):
    """Settings of this grader, beside nbgrader's own: ``c.ExpectedGradient.<name> = ...``."""

    course = Unicode(help="The checkout that holds assignments and solutions.").tag(config=True)
    isolation = Enum(
        ["bubblewrap", "none"],
        "bubblewrap",
        help="Where students' code runs; 'none' only for work that one trusts.",
    ).tag(config=True)
    limits = Dict(help="Limits other than the default ones, by name; seconds and bytes.").tag(config=True)
    late = Dict(
        help="What late work costs: grace_hours, percent_per_day of the score, most_percent; or nothing."
    ).tag(config=True)
    exclude = List(Unicode(), help="Students who are neither graded nor reported, by id.").tag(config=True)
    hidden_tests = Enum(
        ["full", "message", "verdict", "nothing"],
        "verdict",
        help="How much students see of hidden tests in ordinary assignments; 'full' shows their text.",
    ).tag(config=True)


def configure(c: Any, *, classroom: str | Path, course: str | Path | None) -> None:
    """Makes nbgrader's commands and formgrader release and grade with this grader.

    Args:
        c: traitlets' configuration, as ``nbgrader_config.py`` has it.
        classroom: nbgrader's course directory, the folder of the configuration file.
        course: the checkout that holds assignments and solutions; None in a classroom of ordinary nbgrader
            assignments only.

    Example:
        >>> from traitlets.config import Config
        >>> c = Config()
        >>> configure(c, classroom="/srv/dl101", course="/srv/expected-gradient")
        >>> c.CourseDirectory.root
        '/srv/dl101'
    """
    from nbgrader.converters import GenerateAssignment

    c.CourseDirectory.root = str(Path(classroom).absolute())
    c.ExpectedGradient.course = "" if course is None else str(course)
    # Names, not classes: formgrader shows its configuration as JSON.
    own = c.GenerateAssignment.get("preprocessors", [])
    steps = own if isinstance(own, list) and own else GenerateAssignment.preprocessors.default()
    c.GenerateAssignment.preprocessors = [_released_by(step) for step in steps]
    c.GenerateFeedback.preprocessors = [
        f"{_HERE}.hidden_tests.WithoutHiddenTests",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    if "plugin_class" not in c.AssignLatePenalties:
        c.AssignLatePenalties.plugin_class = f"{_HERE}.late.LatePenalty"
    # nbgrader's own checks of ids and metadata abort a whole batch over one odd file; the repair makes
    # them void.
    c.Autograde.pre_convert_hook = f"{_HERE}.preprocessors.remove_links"
    c.Autograde.exporter_class = f"{_HERE}.exporter.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [f"{_HERE}.preprocessors.RestoreRelease"]
    c.Autograde.autograde_preprocessors = [
        f"{_HERE}.preprocessors.GradeInSandbox",
        f"{_HERE}.preprocessors.SaveOutcomes",
        "nbgrader.preprocessors.AssignLatePenalties",
    ]


def _released_by(step: Any) -> str:
    name = step if isinstance(step, str) else f"{step.__module__}.{step.__name__}"
    stock = name.startswith("nbgrader.") and name.endswith(".ClearSolutions")
    return f"{_HERE}.stubs.ClearSolutionsToStub" if stock else name
