"""Policy gradients on a chain: exact values beside estimates, and what a baseline is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import DecisionProcess, chain, exact_policy_gradient, play, policy_gradients
from course.plotting import loss_curves

WAYS: dict[str, dict[str, Any]] = {
    "whole return": {"reward_to_go": False},
    "reward to go": {},
    "reward to go, less the others' mean": {"baseline": "leave_one_out"},
    "reward to go, less the value": {"baseline": "value"},
}


def run(fast: bool, seed: int) -> Shown:
    """Variances at one policy, then learning curves by each way; the exact return is what is plotted."""
    rng = np.random.default_rng(seed)
    process = chain(5, slip=0.15)
    logits = rng.normal(0, 0.4, size=(5, 2))
    _, exact = exact_policy_gradient(process, logits)
    episodes = play(process, logits, 4000 if fast else 40_000, rng)
    variances, worst = {}, 0.0
    for name, options in WAYS.items():
        estimates = policy_gradients(process, logits, episodes, **options)
        variances[name] = float(np.sum(np.var(estimates, axis=0)))
        error = np.std(estimates, axis=0) / np.sqrt(len(estimates))
        worst = max(worst, float(np.max(np.abs(estimates.mean(axis=0) - exact) / np.maximum(error, 1e-12))))
    curves = {name: _learn(process, options, fast, rng) for name, options in WAYS.items()}
    best = max(_learn_exactly(process, 300))
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    loss_curves(
        curves,
        figure.subplots(),
        xlabel="steps of 10 episodes each",
        ylabel="exact expected return (mean of runs)",
    )
    reached = curves["reward to go, less the value"][-1]
    share = 0.7 if fast else 0.9
    ratio = variances["whole return"] / variances["reward to go, less the value"]
    return Shown(
        (
            Measure(
                "largest error of an estimate's mean, in its standard errors",
                worst,
                "exact gradient by dynamic programming; ≤ 5",
                worst <= 5,
            ),
            Measure("variance of the whole return ÷ with a value baseline", ratio, "> 2", ratio > 2),
            Measure(
                "return that learning with the value baseline reaches",
                reached,
                f"≥ {share:.0%} of {best:.3f}, which exact gradients reach",
                reached >= share * best,
            ),
        ),
        (
            Picture(
                "The same steps with four estimators: ten episodes a step are enough for each here.",
                figure,
            ),
        ),
    )


def _learn(
    process: DecisionProcess, options: dict[str, Any], fast: bool, rng: np.random.Generator
) -> np.ndarray:
    runs = []
    for _ in range(3 if fast else 10):
        logits, returns = np.zeros((5, 2)), []
        for _ in range(100 if fast else 200):
            returns.append(exact_policy_gradient(process, logits)[0])
            episodes = play(process, logits, 10, rng)
            logits = logits + 0.5 * policy_gradients(process, logits, episodes, **options).mean(axis=0)
        runs.append(returns)
    return np.mean(runs, axis=0)


def _learn_exactly(process: DecisionProcess, steps: int) -> list[float]:
    logits, returns = np.zeros((5, 2)), []
    for _ in range(steps):
        value, gradient = exact_policy_gradient(process, logits)
        returns.append(value)
        logits = logits + 0.5 * gradient
    return returns


EXHIBIT = Exhibit(
    name="policy",
    title="Policy gradients",
    module="course.models.policy",
    slides=(Slide("Batra", "Recall: Policy Gradients"), Slide("Ivanov", "REINFORCE")),
    problem_set="ps05_estimators",
    run=run,
    lecture="ps05_estimators",
)
