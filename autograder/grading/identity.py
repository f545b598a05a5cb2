"""What a verdict depends on beside the submission: the versions of all that judges it, by name."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from autograder.digests import folder_digest, sources
from autograder.errors import ConfigurationError
from autograder.grading.plain import PlainAssignment
from autograder.problem_sets import ProblemSet

LIBRARIES = ("numpy", "scipy", "tensorflow", "keras", "tensorflow-probability")
_DIGITS = 12


def versions_of(assignment: ProblemSet | PlainAssignment) -> dict[str, str]:
    """The versions that a verdict on a submission depends on.

    Returns:
        By name: the folders of the problem set, ``course`` and ``grader`` as SHA-256 of their files; Python
        and the libraries as they number themselves.
    """
    if isinstance(assignment, PlainAssignment):
        parts = {f"assignment {assignment.name}": assignment.fingerprint}
    else:
        parts = dict(assignment.parts)
    return {
        **parts,
        "course": course_digest(),
        "grader": grader_digest(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{library: _version(library) for library in LIBRARIES},
    }


def require_versions(asked: Mapping[str, str], own: Mapping[str, str], where: str) -> None:
    """Refuses to grade with other versions than those asked for.

    Args:
        asked: the coordinator's :func:`versions_of`.
        own: this worker's.
        where: what to call this worker.

    Raises:
        ConfigurationError: names every part that differs.
    """
    differing = [name for name in {**asked, **own} if asked.get(name) != own.get(name)]
    if differing:
        raise ConfigurationError(
            "a worker grades only with the versions that it is asked for",
            where=where,
            expected=", ".join(f"{name} {_short(asked.get(name))}" for name in differing),
            received=", ".join(f"{name} {_short(own.get(name))}" for name in differing),
            fix="bring its checkout and environment to the coordinator's state, and start the worker again",
        )


def digest_of(versions: Mapping[str, str]) -> str:
    """SHA-256 of versions, as hexadecimal digits."""
    return hashlib.sha256(repr(sorted(versions.items())).encode()).hexdigest()


@lru_cache(maxsize=1)  # of the code that this process runs, whatever becomes of its files
def grader_digest() -> str:
    """SHA-256 of this grader's source files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sources(package):
        if path.suffix != ".md":  # pages for people
            digest.update(hashlib.sha256(path.relative_to(package).as_posix().encode()).digest())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def course_digest() -> str:
    """SHA-256 of the library that notebooks import; ``none`` where it is not installed."""
    found = importlib.util.find_spec("course")
    if found is None or not found.submodule_search_locations:
        return "none"
    folder = Path(next(iter(found.submodule_search_locations)))
    return folder_digest(folder, folder)


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "none"


def _short(version: str | None) -> str:
    """A digest by its first digits; a number as it is."""
    if version is None:
        return "none"
    return version[:_DIGITS] if len(version) == 64 else version
