"""Searching for a probable sentence, one token after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course.data.vocabulary import END, PAD, START
from course.errors import ArgumentError, ShapeError
from course.validation import positive_int

Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]
"""(last tokens (n,), states) to (log probabilities (n, vocabulary) of the next token, new states)."""

Choose = Callable[[Any, np.ndarray], Any]
"""(states of n hypotheses, indices) to the states of those hypotheses."""


class Found(NamedTuple):
    """What a search found, best first.

    Args:
        tokens: shape (sentences, length), int32: start, words, end, padding.
        log_prob: of each, nats, shape (sentences,), float64, the end included where it was reached.
    """

    tokens: np.ndarray
    log_prob: np.ndarray


def beam_search(step: Step, choose: Choose, states: Any, *, width: int, length: int) -> Found:
    """Keeps the ``width`` most probable beginnings at each step.

    Width 1 is greedy search. A width of all sentences is exhaustive. Between the two, more width is usually,
    not always, a more probable sentence: a beginning that is dropped could have ended well. Here the greedy
    sentence stays in the race, so that what is found is never less probable than it.

    Args:
        step: the model, for one token of each hypothesis.
        choose: picks hypotheses' states by index.
        states: of one hypothesis that has read nothing.
        width: beginnings kept, ≥ 1.
        length: tokens of a row, start included, ≥ 2: a sentence that has not ended there is cut.

    Returns:
        At most ``width`` sentences.

    Raises:
        ArgumentError: ``width`` or ``length`` is too small.
        ShapeError: the model's answer is not one row of log probabilities a hypothesis.

    Source:
        Sutskever, Vinyals & Le 2014, section 3.2.
    """
    positive_int(width, "width")
    if positive_int(length, "length") < 2:
        raise ArgumentError("there is place for the end", expected="length ≥ 2", received=f"length={length}")
    rows = np.full((1, length), PAD, np.int32)
    rows[0, 0] = START
    totals, greedy = np.zeros(1), 0
    for time in range(1, length):
        running = ~np.any(rows == END, axis=1)
        if not running.any():
            break
        nats, states = step(rows[:, time - 1], states)
        nats = np.array(nats, np.float64)
        if nats.ndim != 2 or len(nats) != len(rows):
            raise ShapeError(
                "a model answers with a row a hypothesis",
                expected=(len(rows), "vocabulary"),
                received=nats.shape,
            )
        # Padding and start are no words; an ended sentence goes on with padding only, at no cost.
        nats[:, [PAD, START]] = -np.inf
        nats[~running] = -np.inf
        nats[~running, PAD] = 0.0
        scores = totals[:, None] + nats
        flat = scores.ravel()
        followed = greedy * nats.shape[1] + int(np.argmax(nats[greedy]))
        best = np.argsort(-flat, kind="stable")[:width]
        best = best[flat[best] > -np.inf]
        if followed not in best:
            best[-1] = followed
        greedy = int(np.flatnonzero(best == followed)[0])
        parents, tokens = np.divmod(best, nats.shape[1])
        rows = rows[parents]
        rows[:, time] = tokens
        totals, states = flat[best], choose(states, parents)
    order = np.argsort(-totals, kind="stable")
    return Found(rows[order], totals[order])
