"""What a student's functions give back, and the objects that checks call them through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

from autograder import calling, wire
from autograder.checks.values import numeric, without_leading_axis
from autograder.errors import AuthoringError, ReplayError, StudentError

Call = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]
"""Runs one function by name on plain values; raises ``StudentError`` when there is no answer."""

Key = int | str | tuple[Literal["part", "column"], int, int]
"""One step from an answer to a part of it: an index, a key, or a part or column of so many."""


class Answer:
    """The result of one call, or the reason why there is none.

    Checks hand answers to outcomes and to further calls without looking inside, so that one check serves both
    a graded run and a replay from recorded arrays. ``answer[key]``, ``answer.parts(n)`` and
    ``answer.column(j, n)`` select from it.

    Args:
        resolve: returns the value or raises ``StudentError``.
        origin: the recorded call and path, when a recording is being made.
    """

    __slots__ = ("_resolve", "origin")

    def __init__(self, resolve: Callable[[], Any], origin: tuple[int, tuple[Key, ...]] | None = None) -> None:
        self._resolve, self.origin = resolve, origin

    def resolve(self) -> Any:
        """The value.

        Raises:
            StudentError: the call gave none.
        """
        return self._resolve()

    @property
    def value(self) -> Any:
        """The value, for checks that compute with it; such a check is graded only, never replayed.

        Raises:
            StudentError: the call gave none.
            ReplayError: a recording is being made.
        """
        if self.origin is not None:
            raise ReplayError(
                "the check computes with the student's answer, which recorded arrays cannot replay"
            )
        return self._resolve()

    def __getitem__(self, key: int | str) -> Answer:
        def select() -> Any:
            value = self._resolve()
            try:
                return value[key]
            except (IndexError, KeyError, TypeError):
                raise StudentError(f"the result has no part {key!r}") from None

        return Answer(select, self.origin and (self.origin[0], (*self.origin[1], key)))

    def parts(self, count: int) -> list[Answer]:
        """The answer's ``count`` parts, when several results are returned at once.

        Each part is an answer of its own; all of them fail, with the reason, when the number is another.
        """
        return [self.part(index, count) for index in range(count)]

    def part(self, index: int, count: int) -> Answer:
        """Part ``index`` of an answer that should have ``count``."""

        def select() -> Any:
            value = self._resolve()
            if not isinstance(value, (list, tuple)) or len(value) != count:
                got = f"{len(value)}" if isinstance(value, (list, tuple)) else "one"
                raise StudentError(f"{count} results should be returned, not {got}")
            return value[index]

        return Answer(select, self.origin and (self.origin[0], (*self.origin[1], ("part", index, count))))

    def column(self, index: int, count: int) -> Answer:
        """Column ``index`` of an answer with one row a draw and ``count`` columns, judged by itself.

        It fails, with the reason, when the answer is not a matrix of ``count`` columns.
        """

        def select() -> Any:
            matrix = numeric(self._resolve())
            if matrix.ndim == 3:
                matrix = without_leading_axis(matrix, (*matrix.shape[1:-1], count))
            if matrix.ndim != 2 or matrix.shape[1] != count:
                swapped = matrix.ndim == 2 and matrix.shape[0] == count
                raise StudentError(
                    f"the shape is {matrix.shape}, but {count} columns were asked for, one row a draw"
                    + ("; the axes are swapped" if swapped else "")
                )
            return matrix[:, index]

        return Answer(select, self.origin and (self.origin[0], (*self.origin[1], ("column", index, count))))

    def __iter__(self) -> Any:
        raise TypeError("use answer.parts(n) to take an answer apart")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy as np

        return np.asarray(self.value, dtype)


class Function:
    """One of the student's functions: called at once, or bound to its arguments for later.

    Args:
        student: whose function it is.
        name: its name.
    """

    __slots__ = ("_name", "_student")

    def __init__(self, student: Student, name: str) -> None:
        self._student, self._name = student, name

    def __call__(self, *args: Any, **kwargs: Any) -> Answer:
        """Calls it once."""
        return self._student.answer(self._name, args, kwargs, bound=False)

    def bind(self, *args: Any, **kwargs: Any) -> Answer:
        """An answer whose value is a function without arguments, to call the student's as often as needed."""
        return self._student.answer(self._name, args, kwargs, bound=True)


class Student:
    """The student's functions: ``student.f(x)`` calls ``f`` wherever it lives and returns an ``Answer``.

    Args:
        call: how a function is reached; across the trust boundary, or in a namespace.
        source: the text that defines a function, for ``student.source``. When student code is not trusted it
            has to come from the notebook's cells (:func:`autograder.checks.source.source_in_cells`), never
            from the process that runs them; by default it is asked for through ``call``.
    """

    def __init__(self, call: Call, source: Callable[[str], str] | None = None) -> None:
        self._call, self._source = call, source

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self, name)

    def gradient_of(self, function: str, *args: Any, wrt: Sequence[int | str], **kwargs: Any) -> Answer:
        """The gradients of a function's (summed) result, by a tape that runs where the function lives.

        Args:
            function: name of the function; it returns a tensor.
            *args: its positional arguments.
            wrt: positions or names of the arguments to differentiate by.
            **kwargs: its keyword arguments.

        Returns:
            A list with one gradient for each entry of ``wrt``; None where the result does not depend on the
            argument.
        """
        return self.answer(f"{calling.GRADIENT_OF}{function}", (list(wrt), *args), kwargs, bound=False)

    def predict(self, model: Answer, inputs: Any) -> Answer:
        """What a model that one of the functions returned makes of inputs, computed where the model lives.

        Args:
            model: the answer that is a model: a Keras model, something else that is called with inputs, or
                that has a method ``predict``.
            inputs: an array.
        """
        return self.answer(f"{calling.PREDICT_WITH}model", (model, inputs), {}, bound=False)

    def source(self, function: str) -> Answer:
        """The text that defines a function, with the imports and helpers that it uses."""
        return self.answer(f"{calling.SOURCE_OF}{function}", (), {}, bound=False)

    def answer(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], bound: bool) -> Answer:
        """What stands behind every way of asking: one call now, or a function for later calls."""

        def ask() -> Any:
            if self._source is not None and name.startswith(calling.SOURCE_OF):
                return self._source(name.removeprefix(calling.SOURCE_OF))
            return self._call(
                name, tuple(map(_unwrap, args)), {key: _unwrap(arg) for key, arg in kwargs.items()}
            )

        if bound:
            return Answer(lambda: ask)
        try:
            value = ask()
        except StudentError as error:
            return Answer(_raiser(error))
        return Answer(lambda: value)


class Expected:
    """A reference value together with the size of the terms that rounding acts on.

    Args:
        value: the reference's result, float64; or a list or dict of them.
        terms: the same formula on absolute values, Σ|terms|, in the same structure, or a function that
            returns it and is called when it is first needed; None when it is not known.
    """

    __slots__ = ("_terms", "value")

    def __init__(self, value: Any, terms: Any = None) -> None:
        self.value, self._terms = value, terms

    @property
    def terms(self) -> Any:
        """Σ|terms|, or None.

        Raises:
            AuthoringError: it is derived from the reference's code, and cannot be.
        """
        if callable(self._terms):
            self._terms = self._terms()
        return self._terms

    def __getitem__(self, key: Any) -> Expected:
        def select() -> Any:
            terms = self.terms
            return None if terms is None else terms[key]

        return Expected(self.value[key], select)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy as np

        return np.asarray(self.value, dtype)


class Reference:
    """The worked solutions: the functions of a module, called with plain values.

    ``reference.f(x)`` is an ``Expected``: its terms come from the module's ``f_terms``, a function of the
    same arguments, when there is one, and are derived from ``f`` itself
    (:func:`autograder.checks.terms.terms_of`) otherwise.

    Args:
        module: the problem set's ``reference``.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        target = getattr(self._module, name)
        written = getattr(self._module, f"{name}_terms", None)

        def function(*args: Any, **kwargs: Any) -> Expected:
            args = tuple(map(_plain_argument, args))
            kwargs = {key: _plain_argument(arg) for key, arg in kwargs.items()}

            def terms() -> Any:
                from autograder.checks.terms import terms_of

                return wire.plain(written(*args, **kwargs)) if written else terms_of(target, *args, **kwargs)

            return Expected(wire.plain(target(*args, **kwargs)), terms)

        return function

    def gradient_of(self, function: str, *args: Any, wrt: Sequence[int | str], **kwargs: Any) -> Expected:
        """The reference's gradients, as :meth:`Student.gradient_of`; zero where there is no dependence.

        Their terms come from the module's ``<function>_gradient_terms(*args, wrt=wrt, **kwargs)``, a list
        with one entry for each of ``wrt``.

        Raises:
            AuthoringError: the reference cannot be differentiated.
        """
        args = tuple(map(_plain_argument, args))
        kwargs = {key: _plain_argument(arg) for key, arg in kwargs.items()}
        written = getattr(self._module, f"{function}_gradient_terms", None)
        try:
            found = calling.call(
                vars(self._module), f"{calling.GRADIENT_OF}{function}", (list(wrt), *args), kwargs
            )
        except StudentError as error:
            raise AuthoringError("the reference cannot be differentiated", received=error) from None
        by = [args[key] if isinstance(key, int) else kwargs[key] for key in wrt]
        gradients = [_zeros(at) if g is None else g for g, at in zip(found, by, strict=True)]
        terms = (lambda: wire.plain(written(*args, wrt=wrt, **kwargs))) if written else None
        return Expected(gradients, terms)


def _zeros(like: Any) -> Any:
    import numpy as np

    return np.zeros(np.shape(like))


def in_namespace(namespace: Mapping[str, Any]) -> Call:
    """Reaches functions in a namespace of this process: the student's own notebook, or trusted code."""

    def call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return calling.call(namespace, name, args, kwargs)

    return call


def _plain_argument(argument: Any) -> Any:
    return argument.value if isinstance(argument, (Answer, Expected)) else argument


def _unwrap(argument: Any) -> Any:
    if isinstance(argument, Expected):
        return argument.value
    return argument.resolve() if isinstance(argument, Answer) else argument


def _raiser(error: StudentError) -> Callable[[], Any]:
    def resolve() -> Any:
        raise error

    return resolve
