"""A problem set's checks, with the mistakes that they can name and the routes that they must accept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from autograder.checks.answers import Reference, Student
from autograder.checks.claim import Claim
from autograder.errors import AuthoringError
from autograder.results import Show

CheckFunction = Callable[[Any, Any, Any], Iterator[Claim]]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mistake:
    """A wrong variant of a function that somebody is known to write.

    Args:
        name: name of the wrong function.
        function: name of the function that it stands for.
        run: the wrong function itself.
        clause: what it does, to follow "Your result equals what you would get if ".
        hint: a sentence that a tutor would add.
        lecture: where the idea is taught.
    """

    name: str
    function: str
    run: Callable[..., Any]
    clause: str
    hint: str = ""
    lecture: str = ""


@dataclass(frozen=True)
class Variant:
    """A correct function that takes another route than the reference.

    Args:
        name: name of the variant.
        function: name of the function that it stands for.
        run: the function itself.
    """

    name: str
    function: str
    run: Callable[..., Any]


@dataclass(frozen=True)
class Check:
    """One check of a suite.

    Args:
        name: its name, as in ``check("name")``.
        function: the generator of claims.
        grades: the functions that it judges.
        show: how much of its outcomes students see.
        graded_only: whether it can only run after hand-in.
    """

    name: str
    function: CheckFunction
    grades: tuple[str, ...]
    show: Show = Show.FULL
    graded_only: bool = False


def mistake(function: str, clause: str, *, hint: str = "", lecture: str = "") -> Callable[[F], F]:
    """Registers the decorated function as a wrong variant of ``function``.

    Args:
        function: the function it stands for.
        clause: completes "Your result equals what you would get if ..."; no capital, no full stop.
        hint: a sentence that points to the idea, not to the answer.
        lecture: where the idea is taught.
    """
    return _tag("_mistake_of", (function, clause, hint, lecture))


def variant(function: str) -> Callable[[F], F]:
    """Registers the decorated function as another correct route to ``function``."""
    return _tag("_variant_of", (function,))


def _tag(attribute: str, value: tuple[str, ...]) -> Callable[[F], F]:
    def decorate(target: F) -> F:
        setattr(target, attribute, value)
        return target

    return decorate


class Suite:
    """The checks of one problem set.

    Args:
        name: the problem set's name, as its folder.
        reference: module with the worked solutions.
        mistakes: module with functions marked by :func:`mistake`.
        variants: module with functions marked by :func:`variant`.

    Raises:
        AuthoringError: a mistake or variant stands for a function that the reference lacks.

    Example:
        .. code-block:: python

            suite = Suite("ps07_vae", reference=reference, mistakes=mistakes, variants=variants)

            @suite.check("gaussian_kl")
            def gaussian_kl(student, reference, rng):
                mean, log_var = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
                yield close(student.gaussian_kl(mean, log_var), reference.gaussian_kl(mean, log_var))
    """

    def __init__(
        self, name: str, *, reference: ModuleType, mistakes: ModuleType, variants: ModuleType
    ) -> None:
        self.name = name
        self.reference = reference
        self.checks: dict[str, Check] = {}
        self.mistakes = [
            Mistake(label, tag[0], run, tag[1], tag[2], tag[3])
            for label, run, tag in _tagged(mistakes, "_mistake_of")
        ]
        self.variants = [Variant(label, tag[0], run) for label, run, tag in _tagged(variants, "_variant_of")]
        for kind, module, entries in (
            ("mistake", mistakes, self.mistakes),
            ("variant", variants, self.variants),
        ):
            for entry in entries:
                if not callable(getattr(reference, entry.function, None)):
                    raise AuthoringError(
                        f"{kind} {entry.name!r} stands for a function that the reference does not define",
                        where=str(module.__file__),
                        received=entry.function,
                    )

    def check(
        self,
        name: str,
        *,
        grades: tuple[str, ...] | None = None,
        show: Show = Show.FULL,
        graded_only: bool = False,
    ) -> Callable[[CheckFunction], CheckFunction]:
        """Registers a generator of claims as the check ``name``.

        Args:
            name: unique within the suite.
            grades: the functions that it judges, whose mistakes it can name; ``(name,)`` by default.
            show: how much of its outcomes students see.
            graded_only: the check looks inside the student's answers and cannot be replayed in the notebook.

        Raises:
            AuthoringError: the name is taken, or the reference lacks a judged function.
        """
        grades = grades or (name,)

        def register(function: CheckFunction) -> CheckFunction:
            where = f"{self.name}/checks.py"
            if name in self.checks:
                raise AuthoringError(
                    "a check's name is unique in its suite", where=where, received=repr(name)
                )
            for graded in grades:
                if not callable(getattr(self.reference, graded, None)):
                    raise AuthoringError(
                        f"check {name!r} judges a function that reference.py does not define",
                        where=where,
                        received=graded,
                    )
            self.checks[name] = Check(name, function, grades, show, graded_only)
            return function

        return register

    def mistakes_of(self, check: Check) -> list[Mistake]:
        """The registered mistakes that the check can name."""
        return [m for m in self.mistakes if m.function in check.grades]

    def variants_of(self, check: Check) -> list[Variant]:
        """The registered correct variants that the check must accept."""
        return [v for v in self.variants if v.function in check.grades]

    def namespace(self, replacement: Mistake | Variant | None = None) -> dict[str, Any]:
        """The reference's functions as a student's namespace, one of them replaced if asked."""
        names = {k: v for k, v in vars(self.reference).items() if not k.startswith("_")}
        if replacement is not None:
            names[replacement.function] = replacement.run
        return names

    def claims(self, check: Check, student: Student, rng: Any) -> Iterator[Claim]:
        """Runs a check's generator against a student's functions."""
        return check.function(student, Reference(self.reference), rng)


def _tagged(module: ModuleType, attribute: str) -> list[tuple[str, Callable[..., Any], tuple[str, ...]]]:
    return [(name, v, getattr(v, attribute)) for name, v in vars(module).items() if hasattr(v, attribute)]
