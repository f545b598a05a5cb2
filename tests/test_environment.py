"""The lock of a release and the comparison of an environment with it."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.environment import LOCK, Difference, compare, release_lock
from autograder.errors import ConfigurationError
from autograder.reports.environment import to_html, to_text

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    lock = release_lock(ROOT)
    assert lock is not None
    (tmp_path / LOCK).write_bytes(lock)
    return tmp_path


def change(release: Path, package: str, version: str) -> None:
    text = (release / LOCK).read_text("utf-8")
    old = f"\n{package}=={metadata.version(package)}"
    assert old in text
    (release / LOCK).write_text(text.replace(old, f"\n{package}=={version}"), "utf-8")


def pinned(release: Path) -> set[str]:
    """Packages that pip installs here from the lock of a release."""
    lines = (release / LOCK).read_text("utf-8").replace("\\\n", "").splitlines()
    pins = [Requirement(line.split("--hash")[0].strip()) for line in lines if line and line[0] not in "# "]
    return {pin.name for pin in pins if pin.marker is None or pin.marker.evaluate()}


def test_the_lock_of_a_release_holds_the_course_and_no_tool_of_development(release: Path) -> None:
    found = pinned(release)
    assert {"tensorflow", "keras", "numpy", "nbgrader", "jupyterlab"} <= found
    assert not {"pytest", "ruff", "mypy", "selenium"} & found
    text = (release / LOCK).read_text("utf-8")
    assert text.count("==") <= text.count("--hash=sha256:")


def test_every_requirement_of_a_pinned_package_is_pinned_too(release: Path) -> None:
    found = pinned(release)
    for name in found:
        for requirement in map(Requirement, metadata.requires(name) or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in found, f"{requirement} of {name}"


def test_the_environment_that_graded_is_the_graders(release: Path) -> None:
    comparison = compare(release)
    assert comparison.differences == ()
    assert to_text(comparison) == (
        f"This environment is the graders': all {comparison.packages} versions agree."
    )


def test_another_version_of_a_package_of_the_course_is_said_first(release: Path) -> None:
    change(release, "keras", "3.0.1")
    change(release, "absl-py", "1.0")
    keras, absl = compare(release).differences
    assert keras == Difference("keras", "3.0.1", metadata.version("keras"), direct=True)
    assert absl == Difference("absl-py", "1.0", metadata.version("absl-py"), direct=False)
    text = to_text(compare(release))
    assert text.startswith("This environment is not the graders'")
    assert f"keras: {metadata.version('keras')} here, 3.0.1 where work is graded" in text
    assert "keras" in to_html(compare(release))


def test_a_package_that_only_others_use_is_no_reason_to_worry(release: Path) -> None:
    change(release, "absl-py", "1.0")
    assert to_text(compare(release)).startswith("This environment is as good as the graders': 1 of ")


def test_a_missing_package_and_another_python_are_differences(release: Path) -> None:
    text = (release / LOCK).read_text("utf-8")
    text = text.replace(f"Python {platform.python_version()}", "Python 3.99.1") + "no-such-package==1.0\n"
    (release / LOCK).write_text(text, "utf-8")
    assert compare(release).differences == (
        Difference("python", "3.99.1", platform.python_version(), direct=True),
        Difference("no-such-package", "1.0", None, direct=False),
    )
    assert "no-such-package: missing, 1.0 where work is graded" in to_text(compare(release))


def test_a_package_of_another_platform_is_not_missed(release: Path) -> None:
    text = (release / LOCK).read_text("utf-8") + "only-there==1.0 ; sys_platform == 'nowhere'\n"
    (release / LOCK).write_text(text, "utf-8")
    assert compare(release).differences == ()


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"numpy==1.0\n"], ids=["no", "empty", "bytes", "lock"]
)
def test_without_the_lock_of_a_release_the_fix_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / LOCK).write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"expected requirements\.lock.*from the release again"):
        compare(tmp_path)


def test_a_course_without_a_lock_releases_none(tmp_path: Path) -> None:
    assert release_lock(tmp_path) is None
