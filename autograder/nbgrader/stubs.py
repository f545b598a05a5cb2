"""The step of nbgrader's release that takes worked solutions out."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.nbgrader.build import METADATA_KEY


class ClearSolutionsToStub(ClearSolutions):
    """Puts the author's own stub back in place of a worked solution.

    Cells without one, as of a course that is not built here, get nbgrader's generic stub.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        """Clears one cell.

        Args:
            cell: a cell of a source notebook.
            resources: nbconvert's.
            cell_index: its place.

        Returns:
            The cell as students get it, and the resources.
        """
        own = cell.metadata.pop(METADATA_KEY, {})
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "stub" in own:
            cell.source = own["stub"]
        return cell, resources
