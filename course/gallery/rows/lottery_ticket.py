"""Winning tickets beside the same masks over other weights."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t

from course.data import Digits, digits
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import MLP
from course.plotting import seed_lines
from course.training import LotteryTicket

WIDTH = 100


def _network(seed: int) -> MLP:
    model = MLP([WIDTH], 10, seed=seed)
    model.build((None, 8, 8))
    return model


def _experiment(data: Digits, rounds: int, seed: int) -> tuple[list[float], list[float], list[float]]:
    """Remaining shares, and held-out accuracies of the ticket and of its masks over other weights."""
    model = _network(seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, jit_compile=False)
    ticket = LotteryTicket(model, fraction=0.5)

    def accuracy() -> float:
        model.fit(data.train_images, data.train_labels, epochs=3, batch_size=120, verbose=0)
        return float(np.mean(model.predict_on_batch(data.test_images).argmax(-1) == data.test_labels))

    shares, wins, others = [], [], []
    for place in range(rounds):
        ticket.reinitialize(_network(1000 * (seed + 1) + place))
        others.append(accuracy())
        ticket.rewind()
        wins.append(accuracy())
        shares.append(ticket.remaining)
        # The weights are those of the ticket's training: the last of the round.
        ticket.prune()
    return shares, wins, others


def run(fast: bool, seed: int) -> Shown:
    """Prunes by halves, trains the ticket and its masks over fresh weights in each round."""
    keras.utils.set_random_seed(seed)
    data, seeds = digits(), 1 if fast else 5
    runs = [_experiment(data, 4 if fast else 7, 100 * seed + place) for place in range(seeds)]
    shares = np.array(runs[0][0])
    wins, others = np.array([one[1] for one in runs]), np.array([one[2] for one in runs])
    # One round for all seeds, not the one with the largest lead.
    place = 3
    lead = wins[:, place] - others[:, place]
    share = f"at {100 * shares[place]:.0f} % of the weights"
    if fast:
        # Two accuracies of 360 digits, each with a std of at most √(¼/360).
        low, how = float(lead[0] - 3 * np.sqrt(2 * 0.25 / len(data.test_labels))), "3 standard errors below"
    else:
        low = float(lead.mean() - t.isf(0.025, seeds - 1) * lead.std(ddof=1) / np.sqrt(seeds))
        how = f"lower end of a 95 % interval over {seeds} seeds"
    whole = float(others[:, 0].mean())
    measures = (
        Measure(
            f"lead of the ticket over its masks with other weights, {share}, {how}",
            low,
            f"> 0 (mean lead {lead.mean():.3f})",
            low > 0,
            "of the held-out digits",
        ),
        Measure(
            f"held-out accuracy of the ticket {share}, mean",
            float(wins[:, place].mean()),
            f"{whole:.3f} for a whole network; above 0.5",
            bool(wins[:, place].mean() > 0.5),
        ),
    )
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = seed_lines(
        100 * shares,
        {"winning ticket": wins, "same masks, other weights": others},
        figure.subplots(),
        xlabel="weights that remain, %",
        ylabel="held-out accuracy after 3 epochs",
    )
    axes.set_xscale("log")
    axes.invert_xaxis()
    ticks = [float(f"{100 * share:.2g}") for share in shares]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    return Shown(
        measures, (Picture("The fewer weights remain, the more it matters which they were.", figure),)
    )


EXHIBIT = Exhibit(
    name="lottery_ticket",
    title="Lottery tickets",
    module="course.training.lottery_ticket",
    slides=(Slide("Damianou", "Lottery ticket hypothesis"),),
    problem_set="ps02_training",
    run=run,
)
