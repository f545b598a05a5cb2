"""The Python files of a problem set's solutions, imported as a package that no other checkout shares."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.errors import AuthoringError, AutograderError

CONSTANTS = "constants"
"""The module of a set whose constants differ by student."""


class SolutionModules:
    """The modules of one folder.

    Args:
        root: the checkout.
        folder: of the solutions, in it; named as the problem set is.
        identity: of the files and of what they are filled with. The package's name holds it: a changed
            problem set is a new package, never half of an old one.
    """

    def __init__(self, root: Path, folder: Path, identity: Sequence[str]) -> None:
        self._root, self._folder = root, folder
        digest = hashlib.sha256("\0".join((str(root), *identity)).encode()).hexdigest()[:16]
        self._package = f"_expected_gradient_{digest}_{folder.name}"

    def load(self, module: str, constants: Callable[[], Mapping[str, Any]] | None = None) -> ModuleType:
        """Imports one, unless it has been.

        Args:
            module: its name.
            constants: values for the module of constants, asked for before anything imports them from it.

        Raises:
            AuthoringError: it cannot be imported; names the file and the line.
        """
        package = self._package
        if package not in sys.modules:
            spec = importlib.machinery.ModuleSpec(package, None, is_package=True)
            spec.submodule_search_locations = [str(self._folder)]
            sys.modules[package] = importlib.util.module_from_spec(spec)
        try:
            with quiet_stderr():
                if constants is not None:
                    vars(importlib.import_module(f"{package}.{CONSTANTS}")).update(constants())
                return importlib.import_module(f"{package}.{module}")
        except Exception as error:
            self.unload()
            if isinstance(error, AutograderError):
                raise error.at(self._where(error, module)) from error
            raise AuthoringError(
                "a file of the solutions cannot be imported",
                where=self._where(error, module),
                received=f"{type(error).__name__}: {error}",
            ) from error

    def unload(self) -> None:
        """Forgets all of them."""
        package = self._package
        for loaded in [m for m in sys.modules if m == package or m.startswith(f"{package}.")]:
            del sys.modules[loaded]

    def _where(self, error: Exception, module: str) -> str:
        if isinstance(error, SyntaxError) and error.filename and self._has(error.filename):
            return f"{Path(error.filename).relative_to(self._root).as_posix()}:{error.lineno}"
        frames = [f for f in traceback.extract_tb(error.__traceback__) if self._has(f.filename)]
        if not frames:
            return f"solutions/{self._folder.name}/{module}.py"
        return f"{Path(frames[-1].filename).relative_to(self._root).as_posix()}:{frames[-1].lineno}"

    def _has(self, filename: str) -> bool:
        return Path(filename).is_relative_to(self._folder)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what TensorFlow's C++ prints while it is imported, before any log level of its own applies."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
