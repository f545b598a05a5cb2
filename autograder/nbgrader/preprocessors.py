"""nbgrader's steps of autograding, each of which calls the grader that ``autograder grade`` calls."""

from __future__ import annotations

import copy
import dataclasses
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.plain import PlainAssignment
from autograder.nbgrader.build import METADATA_KEY

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom
    from autograder.problem_sets import ProblemSet
    from autograder.results import Report

_REPORT = "expected_gradient_report"
_MAX_REASON = 500


class _Step(NbGraderPreprocessor):
    """A step that takes an earlier score back when it fails.

    nbgrader reports the failure and goes on; the gradebook must not go on showing an old score as if it
    were new.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Runs the step on one notebook.

        Args:
            nb: the notebook.
            resources: nbgrader's.

        Returns:
            The notebook and the resources for the next step.
        """
        try:
            return self.step(nb, resources), resources
        except Exception as error:
            from autograder.reports.harmless import markdown
            from autograder.results import Report

            reason, _ = markdown(f"the grader failed on it: {type(error).__name__}: {error}"[:_MAX_REASON])
            _save(Report(resources["nbgrader"]["notebook"], not_gradable=reason), nb, resources)
            raise

    def step(self, nb: NotebookNode, resources: Any) -> NotebookNode:
        """What the step does; returns the notebook for the next one."""
        raise NotImplementedError

    def classroom(self) -> Classroom:
        """The classroom that nbgrader was started in."""
        from autograder.nbgrader.classroom import Classroom

        return Classroom.from_config(self.config)

    def assignment(self, resources: Any) -> ProblemSet | PlainAssignment:
        """What the notebook at hand is a submission to."""
        from autograder.nbgrader import assignments, plain

        classroom, name = self.classroom(), resources["nbgrader"]["assignment"]
        if assignments.problem_set(classroom, name) is None:
            return plain.load(classroom, name)
        student = resources["nbgrader"]["student"]
        return _problem_set(name, classroom.course).of(student, classroom.settings.secret)


class RestoreRelease(_Step):
    """Puts a submission back into the form of its release; in place of nbgrader's sanitizing steps."""

    def step(self, nb: NotebookNode, resources: Any) -> NotebookNode:
        """A notebook with every cell of the release; its metadata holds notes, or why it has no grade."""
        from autograder.grading.repair import repair

        assignment, name = self.assignment(resources), resources["nbgrader"]["notebook"]
        if isinstance(assignment, PlainAssignment):
            release = assignment.notebook(name).handed_out
        else:
            release = assignment.release_notebook
        reason = nb.metadata.get(METADATA_KEY, {}).get("not_gradable", "")
        notes: tuple[str, ...] = ()
        if reason:
            nb = copy.deepcopy(release)
        else:
            repaired = repair(nb, release)
            nb, notes = repaired.notebook, repaired.notes
        nb.metadata[METADATA_KEY] = {"notes": list(notes), "not_gradable": reason}
        return nb


class GradeInSandbox(_Step):
    """Executes a notebook in the sandbox and judges its cells; in place of nbgrader's ``Execute``."""

    def step(self, nb: NotebookNode, resources: Any) -> NotebookNode:
        """The executed notebook; the report is left in the resources for :class:`SaveOutcomes`."""
        said = nb.metadata.get(METADATA_KEY, {})
        assignment = self.assignment(resources)
        if isinstance(assignment, PlainAssignment):
            report, made = self._tests(nb, assignment, said.get("not_gradable"), resources["nbgrader"])
        else:
            report, made = self._checks(nb, assignment, said.get("not_gradable"))
        notes = (*said.get("notes", ()), *report.notes)
        resources[_REPORT] = dataclasses.replace(report, notes=notes)
        return made

    def _checks(
        self, nb: NotebookNode, problem_set: ProblemSet, reason: str | None
    ) -> tuple[Report, NotebookNode]:
        from autograder.grading.submission import grade_cells, not_gradable

        if reason:
            graded = not_gradable(problem_set, reason)
        else:
            graded = grade_cells(nb, problem_set, self.classroom().settings)
        return graded.report, graded.notebook

    def _tests(
        self, nb: NotebookNode, assignment: PlainAssignment, reason: str | None, said: Any
    ) -> tuple[Report, NotebookNode]:
        from autograder.grading.bundle import files_beside
        from autograder.grading.plain_submission import grade_notebook, not_gradable_page, report_of

        classroom, notebook = self.classroom(), assignment.notebook(said["notebook"])
        if reason:
            page = not_gradable_page(assignment, notebook, reason)
        else:
            folder = classroom.submitted / said["student"] / assignment.name
            files, _ = files_beside(folder, assignment.ignored)
            page = grade_notebook(nb, assignment, notebook, files, classroom.settings)
        return report_of({notebook.name: page}, assignment), page.notebook


class SaveOutcomes(_Step):
    """Writes a report into nbgrader's gradebook; in place of nbgrader's ``SaveAutoGrades``."""

    def step(self, nb: NotebookNode, resources: Any) -> NotebookNode:
        """The notebook, unchanged."""
        _save(resources[_REPORT], nb, resources)
        # nbgrader has copied what the student handed in; its release of feedback would end at an odd file.
        said, classroom = resources["nbgrader"], self.classroom()
        student, assignment = said["student"], said["assignment"]
        classroom.keep_for_exchange(student, assignment, classroom.timestamp(student, assignment))
        return nb


def _save(report: Report, notebook: NotebookNode, resources: Any) -> None:
    from nbgrader.api import Gradebook

    from autograder.nbgrader import gradebook

    said = resources["nbgrader"]
    assignment, student, name = said["assignment"], said["student"], said["notebook"]
    with Gradebook(said["db_url"]) as gb:
        if report.not_gradable:
            gradebook.save_not_gradable(gb, report, assignment, student, name)
        else:
            gradebook.save_report(gb, report, notebook, assignment, student, name)


@lru_cache(maxsize=4)
def _problem_set(name: str, course: Path) -> ProblemSet:
    # nbgrader makes new preprocessors for every submission; a problem set's TensorFlow should load once.
    from autograder.problem_sets import locate

    return locate(name, course)


def remove_links(assignment: str, student: str, notebooks: list[str]) -> None:
    """Takes links and devices out of a submission before nbgrader copies what lies beside its notebook.

    nbgrader would follow them: a link to the gradebook would end in the feedback folder, and one to a device
    would never end. A link in a notebook's own place stays and becomes its student's reason. One in place of
    a whole folder is renamed to ``.link-<name>``, and links to its notebooks take its place.

    Args:
        assignment: nbgrader's pattern of the assignment; not needed.
        student: nbgrader's pattern of the student; not needed.
        notebooks: paths of the submission's notebooks.
    """
    _set_links_aside([Path(notebook) for notebook in notebooks])
    for folder in {Path(notebook).parent for notebook in notebooks}:
        for here, folders, files in os.walk(folder):
            for name in (*folders, *files):
                path = Path(here, name)
                kind = path.lstat().st_mode
                odd = not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))
                if odd and path.suffix != ".ipynb":
                    path.unlink()


def _set_links_aside(notebooks: list[Path]) -> None:
    """Makes the students' folders folders: what lies behind a link is neither read nor changed."""
    behind = {}
    for notebook in notebooks:
        # The outer one first: to look at the inner one through it would be to follow it.
        link = next((f for f in (notebook.parents[1], notebook.parent) if f.is_symlink()), None)
        if link is not None:
            behind[notebook] = link, link.with_name(f".link-{link.name}")
    for link, aside in set(behind.values()):
        link.replace(aside)
        link.mkdir()
    for notebook, (link, aside) in behind.items():
        notebook.parent.mkdir(exist_ok=True)
        notebook.symlink_to(aside / notebook.relative_to(link))
