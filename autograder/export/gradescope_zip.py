"""A zip that Gradescope takes as an autograder, and that grades there with this grader."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.digests import sources
from autograder.environment import LOCK, release_lock
from autograder.errors import ConfigurationError

if TYPE_CHECKING:
    from autograder.nbgrader.classroom import Classroom
    from autograder.problem_sets import ProblemSet

SETTINGS = "settings.json"
"""What the grader is told there: name, secret, limits, whether the container may do without bubblewrap."""

PYTHON_VARIABLE = "EXPECTED_GRADIENT_PYTHON"
"""Environment variable that names another Python than the one of ``setup.sh``."""

_ENVIRONMENT = "/opt/expected-gradient"

_SETUP = f"""\
#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /autograder/source
chmod -R go-rwx .
apt-get update
apt-get install -y --no-install-recommends bubblewrap util-linux ca-certificates
find_python() {{
  for name in python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$name"; return
    fi
  done
}}
python="$(find_python)"
if [ -z "$python" ]; then
  apt-get install -y --no-install-recommends python3.12 python3.12-venv || {{
    apt-get install -y --no-install-recommends software-properties-common
    add-apt-repository -y ppa:deadsnakes/ppa
    apt-get install -y --no-install-recommends python3.12 python3.12-venv
  }}
  python="$(find_python)"
fi
"$python" -m venv {_ENVIRONMENT}
{_ENVIRONMENT}/bin/pip install --no-cache-dir --require-hashes -r {LOCK}
{_ENVIRONMENT}/bin/pip install --no-cache-dir --no-deps ./*.whl
{_ENVIRONMENT}/bin/autograder doctor || echo "bubblewrap cannot run here; see the reasons above"
"""

_RUN = f"""\
#!/usr/bin/env bash
# Runs for every submission; Gradescope gives no argument.
python="${{{PYTHON_VARIABLE}:-{_ENVIRONMENT}/bin/python}}"
exec "$python" -P -m autograder.export.gradescope_run "${{1:-/autograder}}"
"""


def gradescope_zip(
    classroom: Classroom, problem_set: ProblemSet, wheel: Path | None = None, *, container_only: bool = False
) -> bytes:
    """The zip: scripts, our wheel, the lock, and the problem set with its solutions.

    It holds answers: only instructors may have it. Its secret is derived from the classroom's, which does not
    leave.

    Args:
        classroom: whose limits and secret.
        problem_set: what is handed in there.
        wheel: this grader; built from the checkout by default.
        container_only: grade as another user of the container where bubblewrap cannot run.

    Returns:
        The same bytes for the same files.

    Raises:
        ConfigurationError: there is no lock, or no wheel and none can be built; or constants of the problem
            set differ by student.
        AuthoringError: the problem set breaks a rule.
    """
    problem_set.verify()
    if problem_set.has_constants:
        raise ConfigurationError(
            "constants that differ by student are graded in their classroom",
            where=problem_set.name,
            received="an export to Gradescope, which does not know the classroom's ids",
            fix=f"autograder grade {problem_set.name}",
        )
    lock = release_lock(problem_set.root)
    if lock is None:
        raise ConfigurationError(
            "the environment on Gradescope comes from a lock",
            where=str(problem_set.root),
            expected=LOCK,
            received="no such file",
        )
    name, data = _wheel(wheel)
    key = f"gradescope\0{problem_set.name}".encode()
    settings = {
        "problem_set": problem_set.name,
        "secret": hmac.new(classroom.settings.secret, key, hashlib.sha256).hexdigest(),
        "limits": classroom.settings.limits.to_mapping(),
        "container_only": container_only,
    }
    files = {
        "setup.sh": _SETUP.encode(),
        "run_autograder": _RUN.encode(),
        SETTINGS: json.dumps(settings, indent=2, sort_keys=True).encode() + b"\n",
        LOCK: lock,
        name: data,
    }
    for folder in (problem_set.assignment, problem_set.solutions):
        for path in sources(folder):
            files[f"course/{path.relative_to(problem_set.root).as_posix()}"] = path.read_bytes()
    return _zipped(files)


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o755 if name in ("setup.sh", "run_autograder") else 0o600
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _wheel(path: Path | None) -> tuple[str, bytes]:
    if path is not None:
        try:
            return path.name, path.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                "the wheel is a file", where=str(path), received=error.strerror
            ) from None
    checkout = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        if (checkout / "pyproject.toml").is_file():
            subprocess.run(command, cwd=checkout, check=False, capture_output=True)
        found = sorted(Path(folder).glob("*.whl"))
        if not found:
            raise ConfigurationError(
                "the grader goes to Gradescope as a wheel, and none can be built here",
                where=str(checkout),
                expected="the project's checkout and hatchling",
                fix="name the wheel that you installed: --wheel expected_gradient-*.whl",
            )
        return found[0].name, found[0].read_bytes()
