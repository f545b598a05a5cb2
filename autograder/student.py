"""What a student's notebook imports: the checks of its problem set, replayed from recorded arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.checks.recording import SUFFIX, Recording, load, replay
from autograder.errors import ConfigurationError
from autograder.reports.outcomes import to_html, to_text
from autograder.results import CheckResult


class Shown:
    """A check's result as a notebook or a terminal shows it.

    Args:
        result: the result.
    """

    def __init__(self, result: CheckResult) -> None:
        self.result = result

    def __repr__(self) -> str:
        return to_text(self.result)

    def _repr_html_(self) -> str:
        return to_html(self.result)


class PublicChecks:
    """The checks of a notebook: ``check("name")`` runs one and shows pass, or the sentence that helps.

    Args:
        recordings: the recorded checks.
        namespace: where the student's functions are.
    """

    def __init__(self, recordings: list[Recording], namespace: Mapping[str, Any]) -> None:
        self._recordings = {recording.check: recording for recording in recordings}
        self._namespace = namespace

    def __call__(self, name: str) -> Shown:
        """Runs one check on the public inputs.

        Args:
            name: the function or part that is checked.

        Raises:
            ConfigurationError: there is no such check; lists those there are.
        """
        if name not in self._recordings:
            raise ConfigurationError(
                "this notebook has no such check", expected=", ".join(self._recordings), received=repr(name)
            )
        return Shown(replay(self._recordings[name], self._namespace))


def public_checks(problem_set: str, namespace: Mapping[str, Any], folder: str | Path = ".") -> PublicChecks:
    """The recorded checks of a problem set, for use in its notebook.

    Args:
        problem_set: its name.
        namespace: the notebook's ``globals()``.
        folder: where the release's files are; the notebook's own folder by default.

    Returns:
        A function ``check(name)``.

    Raises:
        ConfigurationError: the recorded checks are missing or damaged.
    """
    return PublicChecks(load(Path(folder) / f"{problem_set}{SUFFIX}"), namespace)
