"""What a verdict depends on has a name each, and a worker of another version says which part it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.errors import ConfigurationError
from autograder.grading import remote
from autograder.grading.cluster import Cluster
from autograder.grading.identity import digest_of, require_versions, versions_of
from autograder.grading.plain import PlainAssignment
from autograder.grading.settings import GradingSettings
from autograder.problem_sets import ProblemSet, locate
from autograder.sandbox.isolation import Isolation

from .conftest import NAME, TINY


def test_every_part_is_named(tiny: ProblemSet) -> None:
    versions = versions_of(tiny)
    assert set(versions) == {
        *(f"assignments/{NAME}", f"solutions/{NAME}", "course", "grader", "python"),
        *("numpy", "scipy", "tensorflow", "keras", "tensorflow-probability"),
    }
    assert all(len(versions[name]) == 64 for name in ("course", "grader", f"solutions/{NAME}"))
    plain = versions_of(PlainAssignment("essay", ()))
    assert len(plain["assignment essay"]) == 64 and plain["grader"] == versions["grader"]


def test_one_changed_file_changes_one_part(tmp_path: Path, tiny: ProblemSet) -> None:
    other = shutil.copytree(TINY, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    same = versions_of(locate(NAME, other))
    assert same == versions_of(tiny) and digest_of(same) == digest_of(versions_of(tiny))
    with (other / "solutions" / NAME / "reference.py").open("a") as file:
        file.write("# better\n")
    changed = versions_of(locate(NAME, other))
    assert {name for name in changed if changed[name] != same[name]} == {f"solutions/{NAME}"}
    assert digest_of(changed) != digest_of(same)


def test_what_differs_is_named_and_nothing_else() -> None:
    own = {"course": "a" * 64, "grader": "b" * 64, "keras": "3.15.1"}
    require_versions(own, own, "worker one")
    with pytest.raises(ConfigurationError) as error:
        require_versions(own | {"course": "c" * 64, "keras": "3.14.0", "python": "3.12"}, own, "worker one")
    assert str(error.value) == (
        "worker one: a worker grades only with the versions that it is asked for"
        f" (expected course {'c' * 12}, keras 3.14.0, python 3.12,"
        f" received course {'a' * 12}, keras 3.15.1, python none);"
        " bring its checkout and environment to the coordinator's state, and start the worker again"
    )


def test_a_request_shows_nothing_of_what_is_in_it() -> None:
    secret = GradingSettings.fresh().secret
    request = remote.Request("run", 1, NAME, {}, b"the student's work", secret, "none", {})
    shown = repr(request) + str(request)
    assert "student" not in shown and repr(secret) not in shown


def test_a_worker_without_a_checkout_or_with_another_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: ProblemSet
) -> None:
    monkeypatch.setattr(remote, "ENVIRONMENT", {})  # this process is no worker
    monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"^worker .*: AUTOGRADER_COURSE: a course is a folder that"):
        remote.examine("first", NAME, versions_of(tiny), Isolation.NONE)
    monkeypatch.setenv("AUTOGRADER_COURSE", str(TINY))
    remote.examine("second", NAME, versions_of(tiny), Isolation.NONE)
    with pytest.raises(
        ConfigurationError, match=r"^worker .*expected grader x{12}, received grader \w{12}\)"
    ):
        remote.examine("third", NAME, versions_of(tiny) | {"grader": "x" * 64}, Isolation.NONE)


def test_resources_belong_to_a_cluster() -> None:
    with pytest.raises(ConfigurationError, match=r"--resources: resources are those of a cluster's workers"):
        Cluster(2, resources={"GPU": 1})


def test_a_scheduler_that_is_not_there_is_named(tiny: ProblemSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grading.cluster._CONNECT_SECONDS", 1)
    with (
        pytest.raises(ConfigurationError, match=r"^tcp://127.0.0.1:1: a Dask scheduler must answer"),
        Cluster(address="tcp://127.0.0.1:1").client(tiny, Isolation.NONE, 1),
    ):
        pass
