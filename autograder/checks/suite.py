"""A problem set's checks, with the mistakes that they can name and the routes that they must accept."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

from autograder.checks.answers import Reference, Student
from autograder.checks.claim import Claim
from autograder.checks.constants import Value
from autograder.errors import AuthoringError, ReplayError
from autograder.results import Show

CheckFunction = Callable[..., Iterator[Claim]]
"""Takes the student, the reference, a generator of random numbers, and ``constants`` if it asks for them."""
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
        module: name of the module that it stands in, beside ``checks``.
        twins: names of other mistakes that give the same result, so that no check can tell them apart.
    """

    name: str
    function: str
    run: Callable[..., Any]
    clause: str
    hint: str = ""
    lecture: str = ""
    module: str = "mistakes"
    twins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A correct function that takes another route than the reference.

    Args:
        name: name of the variant.
        function: name of the function that it stands for.
        run: the function itself.
        module: name of the module that it stands in, beside ``checks``.
    """

    name: str
    function: str
    run: Callable[..., Any]
    module: str = "variants"


@dataclass(frozen=True)
class Check:
    """One check of a suite.

    Args:
        name: its name, as in ``check("name")``.
        function: the generator of claims.
        grades: the functions that it judges.
        show: how much of its outcomes students see.
        graded_only: whether it can only run after hand-in.
        meant: reasons for points that look degenerate, by the argument's name.
    """

    name: str
    function: CheckFunction
    grades: tuple[str, ...]
    show: Show = Show.FULL
    graded_only: bool = False
    meant: Mapping[str, str] = field(default_factory=dict)


def mistake(
    function: str, clause: str, *, hint: str = "", lecture: str = "", twins: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Registers the decorated function as a wrong variant of ``function``.

    Args:
        function: the function it stands for.
        clause: completes "Your result equals what you would get if ..."; no capital, no full stop.
        hint: a sentence that points to the idea, not to the answer.
        lecture: where the idea is taught.
        twins: mistakes of the same function with the same result, by name; stated once, at either of them.
            The certificate holds an unstated twin against the problem set.

    Raises:
        AuthoringError: the file has another mistake of this name.
    """
    return _tag("_mistake_of", (function, clause, hint, lecture, tuple(twins)))


def variant(function: str) -> Callable[[F], F]:
    """Registers the decorated function as another correct route to ``function``.

    Raises:
        AuthoringError: the file has another variant of this name.
    """
    return _tag("_variant_of", (function,))


def _tag(attribute: str, value: tuple[Any, ...]) -> Callable[[F], F]:
    def decorate(target: F) -> F:
        _refuse_second(target, attribute)
        setattr(target, attribute, value)
        return target

    return decorate


def _refuse_second(target: Callable[..., Any], attribute: str) -> None:
    """A second function of a name replaces the first without a word: the bank would be one short."""
    first = getattr(target, "__globals__", {}).get(getattr(target, "__name__", ""))
    if first is None or not hasattr(first, attribute):
        return
    one, two = first.__code__, target.__code__
    # A module that is loaded again defines the same lines again.
    if (one.co_filename, one.co_firstlineno) != (two.co_filename, two.co_firstlineno):
        raise AuthoringError(
            f"a {attribute.strip('_').removesuffix('_of')}'s name is unique in its file",
            where=f"{two.co_filename}:{two.co_firstlineno}",
            received=f"{target.__name__!r}, as in line {one.co_firstlineno}",
        )


class Suite:
    """The checks of one problem set.

    Args:
        name: the problem set's name, as its folder.
        reference: module with the worked solutions.
        mistakes: module with functions marked by :func:`mistake`, or several.
        variants: module with functions marked by :func:`variant`, or several.

    Raises:
        AuthoringError: a mistake or variant stands for a function that the reference lacks, or a mistake
            has the name of another or states a twin that is none.

    Example:
        .. code-block:: python

            suite = Suite("ps07_vae", reference=reference, mistakes=mistakes, variants=variants)

            @suite.check("gaussian_kl")
            def gaussian_kl(student, reference, rng):
                mean, log_var = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
                yield close(student.gaussian_kl(mean, log_var), reference.gaussian_kl(mean, log_var))
    """

    def __init__(
        self,
        name: str,
        *,
        reference: ModuleType,
        mistakes: ModuleType | Iterable[ModuleType],
        variants: ModuleType | Iterable[ModuleType],
    ) -> None:
        self.name = name
        self.reference = reference
        self.constants: Mapping[str, Value] = MappingProxyType({})
        """Values of the constants that differ by student, where the problem set has any."""
        self.checks: dict[str, Check] = {}
        self.mistakes = [
            Mistake(label, tag[0], run, tag[1], tag[2], tag[3], module, tag[4])
            for module, label, run, tag in _tagged(mistakes, "_mistake_of")
        ]
        self.variants = [
            Variant(label, tag[0], run, module)
            for module, label, run, tag in _tagged(variants, "_variant_of")
        ]
        bank: list[Mistake | Variant] = [*self.mistakes, *self.variants]
        for entry in bank:
            if not callable(getattr(reference, entry.function, None)):
                kind = "mistake" if isinstance(entry, Mistake) else "variant"
                raise AuthoringError(
                    f"{kind} {entry.name!r} stands for a function that the reference does not define",
                    where=f"{name}/{entry.module}.py",
                    received=entry.function,
                )
        functions: dict[str, str] = {}
        for m in self.mistakes:
            if m.name in functions:
                raise AuthoringError(
                    "a mistake's name is unique in its problem set",
                    where=f"{name}/{m.module}.py",
                    received=repr(m.name),
                )
            functions[m.name] = m.function
        for m in self.mistakes:
            for other in m.twins:
                if other == m.name or functions.get(other) != m.function:
                    raise AuthoringError(
                        f"mistake {m.name!r} states a twin that is no other mistake of {m.function}",
                        where=f"{name}/{m.module}.py",
                        received=repr(other),
                    )

    def check(
        self,
        name: str,
        *,
        grades: tuple[str, ...] | None = None,
        show: Show = Show.FULL,
        graded_only: bool = False,
        meant: Mapping[str, str] | None = None,
    ) -> Callable[[CheckFunction], CheckFunction]:
        """Registers a generator of claims as the check ``name``.

        Args:
            name: unique within the suite.
            grades: the functions that it judges, whose mistakes it can name; ``(name,)`` by default.
            show: how much of its outcomes students see.
            graded_only: the check looks inside the student's answers and cannot be replayed in the notebook.
            meant: why a point that looks degenerate is chosen on purpose, by the argument's name, as
                ``{"image": "a batch of one is what the exercise is about"}``; the certificate then shows the
                reason and lets it be.

        Raises:
            AuthoringError: the name is taken, the reference lacks a judged function, or a reason is empty.
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
            for argument, reason in (meant or {}).items():
                if not reason.strip():
                    raise AuthoringError(
                        f"check {name!r}: a degenerate point that is meant has a reason",
                        where=where,
                        received=repr(argument),
                    )
            self.checks[name] = Check(name, function, grades, show, graded_only, dict(meant or {}))
            return function

        return register

    def mistakes_of(self, check: Check) -> list[Mistake]:
        """The registered mistakes that the check can name."""
        return [m for m in self.mistakes if m.function in check.grades]

    def variants_of(self, check: Check) -> list[Variant]:
        """The registered correct variants that the check must accept."""
        return [v for v in self.variants if v.function in check.grades]

    def twins_of(self, mistake: Mistake) -> frozenset[str]:
        """The mistake and all whose result is stated to be the same, whichever of them states it."""
        group = {mistake.name}
        while more := {
            name
            for m in self.mistakes
            for name in (m.name, *m.twins)
            if not group.isdisjoint((m.name, *m.twins)) and name not in group
        }:
            group |= more
        return frozenset(group)

    def namespace(self, replacement: Mistake | Variant | None = None) -> dict[str, Any]:
        """The reference's functions as a student's namespace, one of them replaced if asked."""
        names = {k: v for k, v in vars(self.reference).items() if not k.startswith("_")}
        if replacement is not None:
            names[replacement.function] = replacement.run
        return names

    def claims(
        self, check: Check, student: Student, rng: Any, reference: Reference | None = None
    ) -> Iterator[Claim]:
        """Runs a check's generator against a student's functions.

        Args:
            check: the check.
            student: the functions under judgement.
            rng: what the hidden inputs are drawn with.
            reference: the worked solutions, if not the suite's own as they are.

        Raises:
            AuthoringError: a claim was made from numbers that cannot be; names the line of the check.
        """
        arguments = [student, reference or Reference(self.reference), rng]
        try:
            if "constants" in inspect.signature(check.function).parameters:
                arguments.append(self._own_constants())
            yield from check.function(*arguments)
        except AuthoringError as error:
            if error.where is not None or isinstance(error, ReplayError):
                raise
            raise AuthoringError(
                f"check {check.name!r}: {error.rule}",
                where=_line(check, error) or f"{self.name}/checks.py",
                expected=error.expected,
                received=error.received,
                fix=error.fix,
            ) from error

    def _own_constants(self) -> Mapping[str, Value]:
        if not self.constants:
            raise AuthoringError(
                "only a problem set with a constants cell has constants",
                received="none",
                fix="drop the fourth parameter, or add the cell and constants.py",
            )
        return self.constants


def _line(check: Check, error: BaseException) -> str:
    """Folder, file and line in which a check's generator was when an error left it."""
    code = getattr(check.function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if code is not None and f.filename == code.co_filename]
    if code is None or not lines:
        return ""
    path = Path(code.co_filename)
    return f"{path.parent.name}/{path.name}:{lines[-1]}"


def _tagged(
    modules: ModuleType | Iterable[ModuleType], attribute: str
) -> Iterator[tuple[str, str, Callable[..., Any], tuple[Any, ...]]]:
    several = (modules,) if isinstance(modules, ModuleType) else tuple(modules)
    for module in several:
        for name, entry in vars(module).items():
            if hasattr(entry, attribute):
                yield module.__name__.rpartition(".")[2], name, entry, getattr(entry, attribute)
