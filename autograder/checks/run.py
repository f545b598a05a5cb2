"""Runs one check against one student's functions, on the trusted side."""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from autograder.checks.answers import Reference, Student, in_namespace
from autograder.checks.claim import Claim
from autograder.checks.diagnose import Observations, diagnose, diagnose_pair
from autograder.checks.remembered import RememberedReference, Shelf
from autograder.checks.suite import Check, Mistake, Suite
from autograder.errors import AuthoringError, StudentError
from autograder.results import CheckResult, Outcome


def seed_for(secret: bytes, submission: str, check: str) -> int:
    """The seed of a check's hidden inputs: 128 bits of SHA-256(secret, submission, check).

    The same submission always meets the same inputs; without the secret nobody can tell them in advance.
    """
    digest = hashlib.sha256(b"\0".join([secret, submission.encode(), check.encode()])).digest()
    return int.from_bytes(digest[:16], "little")


def run_check(
    suite: Suite,
    check: Check,
    student: Student,
    *,
    seed: int,
    grade_id: str,
    points: float,
    observed: Mapping[str, Observations] | None = None,
) -> CheckResult:
    """Decides every claim of a check, and names the mistake when one fails.

    Args:
        suite: the problem set's suite.
        check: which of its checks.
        student: the functions under judgement.
        seed: seed of the inputs.
        grade_id: name of the graded cell.
        points: its points.
        observed: what the check sees of each mistake at this seed, when that is known already; empty names
            nobody.

    Returns:
        The result. A student's error is a failed outcome; the claims that a check could not reach for want of
        an answer count as failed, so that raising early never pays.

    Raises:
        AuthoringError: the check yields nothing, or fails by itself.
    """
    started = time.perf_counter()
    claims, interrupted = collect(suite, check, student, seed)
    require_numbers(suite, check, claims, complete=interrupted is None)
    outcomes = [claim.outcome() for claim in claims]
    if interrupted is not None:
        outcomes.append(_unreached(suite, check, seed, claims, interrupted))
    if not outcomes:
        raise AuthoringError(
            "a check yields at least one outcome", where=f"{suite.name}/checks.py", received=check.name
        )
    if not all(outcome.passed for outcome in outcomes):
        bank = observe_bank(suite, check, seed) if observed is None else observed
        outcomes = name_mistakes(outcomes, claims, bank, {m.name: m for m in suite.mistakes_of(check)})
    return CheckResult(
        grade_id=grade_id,
        check=check.name,
        points=points,
        outcomes=tuple(outcomes),
        show=check.show,
        seconds=time.perf_counter() - started,
    )


def require_numbers(suite: Suite, check: Check, claims: Sequence[Claim], complete: bool) -> None:
    """Refuses a check that only reads the student's text.

    Args:
        suite: the problem set's suite.
        check: the check.
        claims: what it yielded.
        complete: whether these are all.

    Raises:
        AuthoringError: every claim is about the text; what a parser thinks of a spelling is never the only
            evidence for zero.
    """
    if complete and claims and all(claim.kind in ("uses", "avoids") for claim in claims):
        raise AuthoringError(
            "a check with uses() or avoids() also looks at numbers",
            where=f"{suite.name}/checks.py",
            received=check.name,
        )


def observe_bank(suite: Suite, check: Check, seed: int) -> dict[str, Observations]:
    """What the check would see of each registered mistake, by name, on the inputs of ``seed``."""
    shelf: Shelf = {}
    return {m.name: _observe(suite, check, m, seed, shelf) for m in suite.mistakes_of(check)}


def _observe(suite: Suite, check: Check, mistake: Mistake, seed: int, shelf: Shelf) -> Observations:
    student = Student(in_namespace(suite.namespace(mistake)))
    # A bank that draws noise must draw the same noise at every build and at every grading.
    with fixed_noise(seed):
        claims, _ = collect(suite, check, student, seed, RememberedReference(suite.reference, shelf))
        return [claim.observation() for claim in claims]


@contextmanager
def fixed_noise(seed: int) -> Iterator[None]:
    """Seeds the global generators (Python, NumPy, imported TensorFlow and Keras), and unseeds them after.

    Never put it around a student's calls: while TensorFlow's global seed is set, a ``tf.function`` (or
    ``tf.vectorized_map``, or a ``tf.data`` map) that is built anew at each call draws the same numbers each
    time.
    """
    small = seed % 2**32
    python, numpy = random.getstate(), np.random.get_state()
    tensorflow, keras = sys.modules.get("tensorflow"), sys.modules.get("keras")
    random.seed(small)
    np.random.seed(small)
    if keras is not None:
        keras.utils.set_random_seed(small)
    elif tensorflow is not None:
        tensorflow.random.set_seed(small)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if tensorflow is not None:
            tensorflow.random.set_seed(None)


def name_mistakes(
    outcomes: Sequence[Outcome],
    claims: Sequence[Claim],
    observations: Mapping[str, Observations],
    bank: Mapping[str, Mistake],
) -> list[Outcome]:
    """The outcomes, the failed ones with the registered mistake that explains them.

    One mistake for all of them comes first, then two that explain different outcomes.

    Args:
        outcomes: one for each claim, and at the end perhaps one more for the claims that were not reached.
        claims: the claims.
        observations: what the check sees of each mistake on the same inputs.
        bank: the mistakes by name.
    """
    student = [claim.observation() for claim in claims]
    names = diagnose(student, observations)
    if names or len(outcomes) != len(claims):
        return explain(outcomes, [names] * len(outcomes), bank)
    pair = diagnose_pair(student, [not outcome.passed for outcome in outcomes], observations)
    return explain(outcomes, pair or [()] * len(outcomes), bank)


def explain(
    outcomes: Sequence[Outcome], names: Sequence[tuple[str, ...]], bank: Mapping[str, Mistake]
) -> list[Outcome]:
    """The outcomes with the diagnosis put before the message of the failed ones.

    A mistake is explained at the first outcome that it explains; the others say which that is.
    """
    explained: list[Outcome] = []
    first: dict[tuple[str, ...], str] = {}
    for outcome, mistakes in zip(outcomes, names, strict=True):
        if not outcome.passed and mistakes:
            if mistakes in first:
                message = f"{outcome.message}: the same mistake as at {first[mistakes]}"
            else:
                message = f"{_sentences([bank[name] for name in mistakes])} ({outcome.message})"
                first[mistakes] = f"“{outcome.label or outcome.kind}”"
            outcome = replace(outcome, message=message, mistakes=mistakes)
        explained.append(outcome)
    return explained


def _sentences(mistakes: Sequence[Mistake]) -> str:
    clauses = " — or if ".join(mistake.clause for mistake in mistakes)
    hints = [mistake.hint for mistake in mistakes if mistake.hint]
    lectures = [f"See {mistake.lecture}." for mistake in mistakes if mistake.lecture]
    text = [f"Your result equals what you would get if {clauses}."]
    return " ".join(dict.fromkeys([*text, *hints, *lectures]))


def collect(
    suite: Suite, check: Check, student: Student, seed: int, reference: Reference | None = None
) -> tuple[list[Claim], StudentError | None]:
    """The claims of one run, and the error of the student's that ended it early, if one did."""
    claims: list[Claim] = []
    try:
        for claim in suite.claims(check, student, np.random.default_rng(seed), reference):
            claims.append(claim)  # one by one: what came before an error still counts
    except StudentError as error:
        # The check looked inside an answer that is not there.
        return claims, error
    except AuthoringError:
        raise
    except Exception as error:
        # It looked inside an answer of a form that it did not expect. If the author is to blame, the
        # reference fails too.
        return claims, StudentError(f"the result could not be used: {type(error).__name__}: {error}")
    return claims, None


def _unreached(suite: Suite, check: Check, seed: int, reached: list[Claim], error: StudentError) -> Outcome:
    whole, own = collect(suite, check, Student(in_namespace(suite.namespace())), seed)
    if own is not None:
        raise AuthoringError(
            f"check {check.name!r} fails on the reference itself",
            where=f"{suite.name}/checks.py",
            received=own,
        )
    weight = sum(claim.weight for claim in whole) - sum(claim.weight for claim in reached)
    return Outcome("answer", False, str(error), weight=max(weight, 1e-9))
