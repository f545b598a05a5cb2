"""Sinusoids from ten points: MAML, Reptile and LEO against a start that was trained on all of them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from course.data import sinusoids
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.plotting import interval_curves
from course.transfer import LEO, MAML, JointLearner, MetaLearner, Reptile


def run(fast: bool, seed: int) -> Shown:
    """10-shot error on new tasks over gradient steps."""
    learners: dict[str, MetaLearner | LEO] = {
        "joint training": JointLearner(seed=seed),
        "MAML": MAML(seed=seed),
        "MAML, first order": MAML(second_order=False, seed=seed),
        "Reptile": Reptile(inner_steps=5, seed=seed),
        "LEO": LEO(seed=seed),
    }
    if fast:
        learners = {name: learners[name] for name in ("joint training", "LEO")}
    tasks = sinusoids(200, 10, 20, seed=10_000 + seed)
    curves = {}
    for name, learner in learners.items():
        learner.fit(150 if fast else 1000, seed=seed)
        curves[name] = learner.error_curve(tasks, 10)
    base = curves["joint training"]
    measures = []
    for name, curve in curves.items():
        if name == "joint training":
            continue
        gain = base[:, -1] - curve[:, -1]
        low = float(gain.mean() - 1.96 * gain.std(ddof=1) / np.sqrt(len(gain)))
        measures.append(
            Measure(
                f"{name}: error saved after 10 steps, lower end of the 95 % interval",
                low,
                "> 0: ahead of joint training on the same tasks",
                low > 0,
                "squared units",
            )
        )
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = interval_curves(
        curves,
        figure.subplots(),
        at=range(11),
        xlabel="gradient steps on 10 points",
        ylabel="mean squared error on other points",
        log_y=True,
    )
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Shown(
        tuple(measures),
        (
            Picture("Error on 200 new sinusoids as each learner adapts, with 95 % intervals.", figure),
            Picture("One more sinusoid, as each learner sees it after ten steps.", _one(learners, seed)),
        ),
    )


def _one(learners: dict[str, MetaLearner | LEO], seed: int) -> Figure:
    task = sinusoids(1, 10, 10, seed=20_000 + seed)
    at = np.linspace(-5, 5, 100, dtype=np.float32)[None, :, None]
    figure = Figure(figsize=(7.5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(at[0, :, 0], task.amplitude[0] * np.sin(at[0, :, 0] - task.phase[0]), "k--", label="sinusoid")
    axes.plot(task.support_x[0, :, 0], task.support_y[0, :, 0], "ko", label="10 points")
    for index, (name, learner) in enumerate(learners.items()):
        after = learner.predict(task.support_x, task.support_y, at, 10)
        axes.plot(at[0, :, 0], after[0, :, 0], color=f"C{index}", linewidth=1.2, label=name)
    axes.set(xlabel="x", ylabel="y after 10 steps")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


EXHIBIT = Exhibit(
    name="meta_learning",
    title="Meta-learning",
    module="course.transfer.meta_learner",
    slides=(Slide("Damianou", "Meta-learning"),),
    problem_set="ps10_transfer",
    run=run,
)
