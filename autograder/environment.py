"""The environment of a release: a lock that travels with the notebook, and how a machine compares with it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.errors import ConfigurationError

LOCK = "requirements.lock"
"""Name of the lock, in the checkout and in a release."""

DISTRIBUTION = "expected-gradient"
"""Name of this package on an index."""

_HEADER = re.compile(r"# Graded with Python (?P<python>\S+) and expected-gradient (?P<version>\S+)\.")
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\\n]+))?")


@dataclass(frozen=True)
class Difference:
    """One package that is not as in the graders' environment.

    Args:
        package: its name, or ``python``.
        graders: the graders' version.
        here: the version on this machine; None when it is not installed.
        direct: whether the course itself imports it, so that results may differ.
    """

    package: str
    graders: str
    here: str | None
    direct: bool


@dataclass(frozen=True)
class Comparison:
    """This machine beside the graders' environment.

    Args:
        packages: how many packages were compared, Python included.
        differences: those that differ, the ones that the course imports first.
    """

    packages: int
    differences: tuple[Difference, ...]


def release_lock(root: Path) -> bytes | None:
    """The part of a checkout's lock that the course needs, hashes included; tools of development stay out.

    Args:
        root: the checkout.

    Returns:
        The text of ``requirements.lock`` for a release, or None if the checkout has no lock.
    """
    path = root / LOCK
    if not path.is_file():
        return None
    needed = _closure()
    # A package may stand there several times, for one Python each.
    kept = [
        text
        for match, text in _stanzas(path.read_text("utf-8"))
        if canonicalize_name(match["name"]) in needed
    ]
    header = (
        f"# Graded with Python {platform.python_version()} and {DISTRIBUTION}"
        f" {metadata.version(DISTRIBUTION)}.\n"
        "# In a fresh environment: pip install --require-hashes -r requirements.lock, then\n"
        "# pip install --no-deps expected_gradient-*.whl; check.doctor() in the notebook compares.\n"
    )
    return (header + "".join(kept)).encode()


def compare(folder: Path) -> Comparison:
    """Holds this machine against the lock of a release.

    Args:
        folder: where the release's files are.

    Raises:
        ConfigurationError: there is no lock of a release in it.
    """
    try:
        text = (folder / LOCK).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    header = _HEADER.match(text)
    if header is None:
        raise ConfigurationError(
            "the graders' environment is recorded beside the notebook",
            where=str(folder.resolve()),
            expected=LOCK,
            fix="take the file from the release again",
        )
    direct = {name for name, _ in _requirements(DISTRIBUTION)} | {DISTRIBUTION}
    graders = {DISTRIBUTION: header["version"]}
    for match, _ in _stanzas(text):
        if not match["marker"] or Marker(match["marker"].strip()).evaluate():
            graders[canonicalize_name(match["name"])] = match["version"]
    found = [
        Difference(name, version, here, name in direct)
        for name, version in graders.items()
        if (here := _version(name)) != version
    ]
    python = platform.python_version()
    if python.split(".")[:2] != header["python"].split(".")[:2]:
        found.append(Difference("python", header["python"], python, direct=True))
    return Comparison(
        len(graders) + 1, tuple(sorted(found, key=lambda item: (not item.direct, item.package)))
    )


def _stanzas(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each pinned package of a lock with its lines."""
    for stanza in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        if match := _PIN.match(stanza):
            yield match, stanza


def _closure() -> set[str]:
    """Every package that the course needs, on whatever platform."""
    waiting: list[tuple[str, frozenset[str]]] = [(DISTRIBUTION, frozenset())]
    seen = set(waiting)
    while waiting:
        found = set(_requirements(*waiting.pop())) - seen
        seen |= found
        waiting.extend(found)
    return {name for name, _ in seen}


def _requirements(name: str, extras: frozenset[str] = frozenset()) -> Iterator[tuple[str, frozenset[str]]]:
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # needed on another platform only
        return
    for line in lines:
        requirement = Requirement(line)
        # A marker about the platform is left to whoever installs; one about an extra is settled here.
        marker = requirement.marker
        if marker and "extra" in str(marker) and not any(marker.evaluate({"extra": e}) for e in extras):
            continue
        yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
