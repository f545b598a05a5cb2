"""Recurrent networks: gradients through time, the deck's LSTM, and a language model of a known grammar."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from course.data import END, Grammar, english_grammar
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import LanguageModel, MemoryCell, gradient_norms_through_time, recurrent_cell
from course.plotting import gradients_through_time, loss_curves


def _distance_to_keras(rng: np.random.Generator) -> float:
    """Largest difference between Keras's LSTM and ours of the same weights, over all steps."""
    theirs = keras.layers.LSTM(8, return_sequences=True)
    ours = keras.layers.RNN(MemoryCell(8), return_sequences=True)
    x = tf.constant(rng.normal(size=(4, 12, 5)), tf.float32)
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    return float(np.abs(ours(x).numpy() - theirs(x).numpy()).max())


def _gradients(rng: np.random.Generator, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Norms through 30 steps by network, and the largest relative error against powers of the matrix."""
    units, steps = 16, 30
    x = rng.normal(size=(8, steps, units))
    direction = rng.normal(size=units)
    norms, worst = {}, 0.0
    for scale in (0.9, 1.1):
        orthogonal = keras.initializers.Orthogonal(gain=scale, seed=seed)
        cell = keras.layers.SimpleRNNCell(
            units, activation="linear", recurrent_initializer=orthogonal, dtype="float64"
        )
        values = gradient_norms_through_time(cell, x, direction)
        # An orthogonal matrix times s stretches every vector s-fold, so that the norm after n steps is sⁿ‖a‖.
        exact = np.linalg.norm(direction) * scale ** np.arange(steps, -1, -1.0)
        worst = max(worst, float(np.abs(values / exact[:, None] - 1).max()))
        norms[f"linear, W = {scale}·orthogonal"] = values
    for name, kind in (("tanh, orthogonal W", "rnn"), ("LSTM of the deck", "deck_lstm"), ("LSTM", "lstm")):
        cell = recurrent_cell(kind, units, seed=seed, dtype="float64")
        norms[name] = gradient_norms_through_time(cell, x, direction)
    return norms, worst


def _grammatical(tokens: np.ndarray, grammar: Grammar) -> float:
    """Share of rows that the grammar can write."""
    ended = tokens[np.any(tokens == END, axis=1)]
    return float(np.isfinite(grammar.log_prob(ended)).sum() / len(tokens))


def run(fast: bool, seed: int) -> Shown:
    """Follows gradients, trains a plain network and the deck's LSTM on sentences, and measures their KL."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    distance = _distance_to_keras(rng)
    norms, error = _gradients(rng, seed)
    grammar = english_grammar(1 if fast else 4)
    train, test = (grammar.sample_tokens(count, rng) for count in ((4000 if fast else 40_000), 4000))
    everything, probabilities = grammar.sentences()
    divergences: dict[str, list[float]] = {}
    models = {}
    epochs = 2 if fast else 5
    for name, cell in (("plain RNN", "rnn"), ("LSTM of the deck", "deck_lstm"))[1 if fast else 0 :]:
        model = LanguageModel(len(grammar.vocabulary), embedding_size=24, units=48, cell=cell, seed=seed)
        steps = epochs * len(train) // 80
        rate = keras.optimizers.schedules.CosineDecay(0.02 if fast else 0.01, steps, alpha=0.02)
        model.compile(keras.optimizers.Adam(rate), jit_compile=False)
        divergences[name] = []
        for _ in range(epochs):
            model.fit(train, batch_size=80, epochs=1, verbose=0)
            cross_entropy = -probabilities @ model.log_prob(everything)
            divergences[name].append(float(cross_entropy - grammar.entropy()))
        models[name] = model
    model, divergence = models["LSTM of the deck"], divergences["LSTM of the deck"][-1]
    perplexity, least = model.perplexity(test), float(np.exp(grammar.entropy_per_token()))
    share = _grammatical(model.sample(1000, everything.shape[1]), grammar)
    most, few, good = (0.25, 1.1, 0.9) if fast else (0.05, 1.02, 0.97)
    figure = Figure(figsize=(6, 4), layout="constrained")
    gradients_through_time(norms, figure.subplots())
    learning = Figure(figsize=(5, 3.5), layout="constrained")
    loss_curves(divergences, learning.subplots(), ylabel="KL(grammar ‖ model), nats a sentence").set_yscale(
        "log"
    )
    return Shown(
        (
            Measure(
                "LSTM with tanh of c, largest distance to Keras's own", distance, "≤ 1e-6", distance <= 1e-6
            ),
            Measure(
                "gradient norm of a linear cell, largest relative error over 30 steps",
                error,
                "≤ 1e-10 of ‖Wⁿa‖",
                error <= 1e-10,
            ),
            Measure(
                "KL(grammar ‖ model) over all sentences",
                divergence,
                f"between 0 and {most}; {len(probabilities)} sentences of entropy {grammar.entropy():.3f}",
                0 <= divergence <= most,
                "nats a sentence",
            ),
            Measure(
                "held-out perplexity",
                perplexity,
                f"at most {few}·{least:.3f}, of the exact entropy",
                perplexity <= few * least,
            ),
            Measure("sampled sentences that the grammar can write", share, f"≥ {good}", share >= good),
        ),
        (
            Picture(
                "Plain cells lose or blow up a gradient step by step; an LSTM's memory keeps more of it.",
                figure,
            ),
            Picture("How far the model's law of sentences is from the true one, by enumeration.", learning),
        ),
    )


EXHIBIT = Exhibit(
    name="recurrent",
    title="Recurrent networks and language models",
    module="course.models.recurrent",
    slides=(
        Slide("Ivanov", "Recurrent neural nets"),
        Slide("Ivanov", "Gradients problem"),
        Slide("Ivanov", "LSTM: full scheme"),
        Slide("Damianou", "Recurrent Neural Network"),
    ),
    problem_set="ps04_sequences",
    run=run,
)
