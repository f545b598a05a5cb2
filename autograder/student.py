"""What a student's notebook imports: the checks of its problem set, replayed from recorded arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.checks.recording import SUFFIX, Recording, load, replay
from autograder.errors import ConfigurationError
from autograder.reports import environment, outcomes, overview


class Shown:
    """Something that a notebook shows as HTML and a terminal as text.

    Args:
        what: a check's result, the rows of an overview or a comparison of environments.
        to_text: its plain lines.
        to_html: the same as a self-contained fragment.
    """

    def __init__(self, what: Any, to_text: Callable[[Any], str], to_html: Callable[[Any], str]) -> None:
        self.result = what
        self._to_text, self._to_html = to_text, to_html

    def __repr__(self) -> str:
        return self._to_text(self.result)

    def _repr_html_(self) -> str:
        return self._to_html(self.result)


class PublicChecks:
    """The checks of a notebook: ``check("name")`` runs one and shows pass, or the sentence that helps.

    Args:
        recordings: the recorded checks.
        namespace: where the student's functions are.
        folder: where the release's files are.
    """

    def __init__(
        self, recordings: list[Recording], namespace: Mapping[str, Any], folder: str | Path = "."
    ) -> None:
        self._parts = recordings
        self._recordings = {recording.check: recording for recording in recordings if not recording.by_hand}
        self._namespace = namespace
        self._folder = Path(folder)

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
        result = replay(self._recordings[name], self._namespace)
        return Shown(result, outcomes.to_text, outcomes.to_html)

    def all(self) -> Shown:
        """Runs every check: points so far, and what is graded unseen or by a person."""
        rows = [
            overview.Row(replay(recording, self._namespace), recording.by_hand) for recording in self._parts
        ]
        return Shown(rows, overview.to_text, overview.to_html)

    def doctor(self) -> Shown:
        """Says whether this environment is the one that work is graded in.

        Raises:
            ConfigurationError: the lock of the release is not beside the notebook.
        """
        # Imported late: reading the versions of installed packages is of no use to checks.
        from autograder.environment import compare

        return Shown(compare(self._folder), environment.to_text, environment.to_html)


def public_checks(problem_set: str, namespace: Mapping[str, Any], folder: str | Path = ".") -> PublicChecks:
    """The recorded checks of a problem set, for use in its notebook.

    Args:
        problem_set: its name.
        namespace: the notebook's ``globals()``.
        folder: where the release's files are; the notebook's own folder by default.

    Returns:
        A function ``check(name)``; ``check.all()`` runs them all, ``check.doctor()`` compares environments.

    Raises:
        ConfigurationError: the recorded checks are missing or damaged.
    """
    return PublicChecks(load(Path(folder) / f"{problem_set}{SUFFIX}"), namespace, folder)
