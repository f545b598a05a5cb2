from __future__ import annotations

import subprocess
import sys

PROBE = """
import importlib.util, sys
from autograder.light_imports import without_grammars
without_grammars()
without_grammars()
import nbformat
found = importlib.util.find_spec("rfc3987_syntax") is not None
print("jsonschema" in sys.modules, "rfc3987_syntax" in sys.modules, found)
nbformat.validate(nbformat.v4.new_notebook())
from jsonschema import Draft202012Validator, FormatChecker
checker = FormatChecker()
print("iri" in checker.checkers, "date" in checker.checkers)
"""


def test_a_grammar_that_no_notebook_needs_is_not_compiled_and_stays_importable() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False True", "False True"]
