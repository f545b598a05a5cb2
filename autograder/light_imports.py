"""Spares every process of the grader a second and a half of processor time that an import would cost."""

from __future__ import annotations

import sys


def without_grammars() -> None:
    """Imports jsonschema, which reads notebooks for nbformat, without what it would do for web addresses.

    For its formats ``iri`` and ``iri-reference``, which no schema of Jupyter's names, it imports rfc3987_syntax
    where that is installed; and that compiles a grammar of 1.4 s of processor time at import. Afterwards the
    module can be imported as ever.
    """
    name = "rfc3987_syntax"
    if "jsonschema" in sys.modules or name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment] # how Python says that there is no such module
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        pass  # whoever needs it says so
    finally:
        del sys.modules[name]
