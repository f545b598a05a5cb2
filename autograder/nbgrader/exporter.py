"""Reads submitted files for nbgrader, so that none of them stops a batch or grades as nothing at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.errors import AutograderError
from autograder.nbgrader.build import METADATA_KEY


class SubmissionExporter(NotebookExporter):
    """nbconvert's notebook exporter with a bounded reader for what students handed in.

    nbgrader parses a submitted file before any preprocessor sees it; one that does not parse would end
    there, and an earlier score would stay as if it were new. Here such a file becomes an empty notebook
    that carries the reason.
    """

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Reads a file and runs nbgrader's preprocessors on it.

        Args:
            filename: the notebook's path.
            resources: nbgrader's.
            kw: passed on.

        Returns:
            The notebook's text and the resources.
        """
        if not getattr(self.parent, "_sanitizing", True):
            # The second pass reads what the first one wrote.
            return super().from_filename(filename, resources, **kw)
        resources = {} if resources is None else resources
        resources.setdefault("metadata", {})["name"] = Path(filename).stem
        return self.from_notebook_node(_read(Path(filename)), resources, **kw)


def _read(path: Path) -> NotebookNode:
    from autograder.grading.incoming import SUBMISSION_FOLDERS, read_file
    from autograder.notebook import read_submission

    try:
        return read_submission(read_file(path, SUBMISSION_FOLDERS))
    except AutograderError as error:
        notebook = new_notebook()
        notebook.metadata[METADATA_KEY] = {"not_gradable": str(error)}
        return notebook
