"""The step of nbgrader's feedback that keeps hidden tests hidden."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import List
from traitlets.config import Config

from autograder.grading.plain_submission import KEY
from autograder.nbgrader.configuration import ExpectedGradient
from autograder.results import Show


class WithoutHiddenTests(NbGraderPreprocessor):
    """Takes hidden tests, and what they printed and raised, out of a feedback page.

    Of a test cell that has any, the author's visible lines stay, and the verdict with as many words as
    ``c.ExpectedGradient.hidden_tests`` allows; with ``full`` the page is nbgrader's own. It serves pages that
    nbgrader graded before as well.
    """

    display_data_priority: Any = List(help="Not used; HTMLExporter sets it for all steps.").tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        """Clears one cell.

        Args:
            cell: a cell of an executed notebook.
            resources: nbconvert's.
            cell_index: its place.

        Returns:
            The cell as its student sees it, and the resources.
        """
        shown = Show(ExpectedGradient(config=self.config).hidden_tests)
        if shown is Show.FULL or not is_grade(cell) or is_solution(cell):
            return cell, resources
        before = cell.source
        step = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
        cell, resources = step.preprocess_cell(cell, resources, cell_index)
        if cell.source != before and cell.cell_type == "code":
            # A traceback quotes the lines around the one that failed.
            cell.outputs = [o for o in cell.outputs if o.get("metadata", {}).get(KEY, {}).get("outcome")]
        return cell, resources
