"""The worked solutions, asked once for what the same check asks again of every mistake of a bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from types import ModuleType
from typing import Any

from autograder import wire
from autograder.checks.answers import Expected, Reference
from autograder.errors import WireError

Shelf = dict[tuple[bytes, int], Expected]
"""What the reference gave, by call, and by how often the same call had been made before in that run."""


class RememberedReference(Reference):
    """The reference in one run of a check, which answers from a shelf what another run has asked before.

    A bank is observed by running a check once for each mistake, on the same inputs. The reference's results
    and, dearer, their terms are the same in all of these runs. The n-th of equal calls gets the n-th result:
    a reference that draws noise gives new noise within a run.

    Args:
        module: the problem set's ``reference``.
        shelf: shared by the runs on one set of inputs, and by no others.
    """

    def __init__(self, module: ModuleType, shelf: Shelf) -> None:
        super().__init__(module)
        self._shelf = shelf
        self._asked: Counter[bytes] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ask = super().__getattr__(name)
        return lambda *args, **kwargs: self._remembered(name, ask, args, kwargs)

    def gradient_of(self, function: str, *args: Any, **kwargs: Any) -> Expected:
        """As :meth:`Reference.gradient_of`."""
        return self._remembered(f"gradient_of:{function}", super().gradient_of, (function, *args), kwargs)

    def _remembered(
        self, name: str, ask: Callable[..., Expected], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Expected:
        try:
            call = wire.dumps([name, list(args), kwargs])
        except WireError:
            # An argument that is no plain data, such as a student's answer: no two runs share it.
            return ask(*args, **kwargs)
        key = call, self._asked[call]
        self._asked[call] += 1
        if key not in self._shelf:
            self._shelf[key] = ask(*args, **kwargs)
        kept = self._shelf[key]
        # Mistakes may be handed a reference's result, and may work in place.
        return Expected(deepcopy(kept.value), lambda: kept.terms)
