from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import course.layers as cl

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 5, 4)).astype("float32")


def _twin(**kwargs: object) -> tuple[keras.layers.Layer, keras.layers.Layer]:
    theirs = keras.layers.LSTM(2, **kwargs)
    ours = cl.LSTMReparameterization(2, dataset_size=1, **kwargs)
    theirs.build(X.shape)
    ours.build(X.shape)
    for weight, value in zip((ours._kernel, ours._recurrent, ours._bias), theirs.get_weights(), strict=False):
        weight._variables["mean"].assign(value)
    return ours, theirs


@pytest.mark.parametrize(
    "kwargs", [{}, {"return_sequences": True}, {"go_backwards": True, "activation": "relu"}]
)
def test_without_noise_it_is_keras_lstm(kwargs: dict[str, object]) -> None:
    ours, theirs = _twin(**kwargs)
    np.testing.assert_allclose(ours(X, sample=False), theirs(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("backwards", [False, True])
def test_masked_steps_leave_the_state_alone(backwards: bool) -> None:
    ours, theirs = _twin(return_sequences=True, go_backwards=backwards)
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], bool)
    a, b = np.asarray(ours(X, mask=mask, sample=False)), np.asarray(theirs(X, mask=mask))
    # Where masked, Keras repeats the output before (or zero at the start), as we do.
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_states_go_in_and_come_out_as_in_keras_lstm(
    sequences: bool, backwards: bool, rng: np.random.Generator
) -> None:
    ours, theirs = _twin(return_sequences=sequences, return_state=True, go_backwards=backwards)
    state = [tf.constant(value, tf.float32) for value in rng.normal(size=(2, 3, 2))]
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], bool)
    answer = ours(X, initial_state=state, mask=mask, sample=False)
    expected = theirs(X, initial_state=state, mask=mask)
    assert len(answer) == len(expected) == 3
    # Every step of the last row counts; where masked, a first output is the initial state in ours and zero in
    # Keras, so outputs are compared where they are not masked.
    kept = np.flip(mask, axis=1) if backwards else mask
    if sequences:
        np.testing.assert_allclose(np.asarray(answer[0])[kept], np.asarray(expected[0])[kept], rtol=1e-5)
    for mine, keras_state in zip(answer[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, keras_state, rtol=1e-5, atol=1e-6)


def test_a_sequence_in_two_halves_is_the_whole_sequence() -> None:
    ours, _ = _twin(return_sequences=True, return_state=True)
    whole = ours(X, sample=False)
    first = ours(X[:, :2], sample=False)
    second = ours(X[:, 2:], initial_state=list(first[1:]), sample=False)
    np.testing.assert_allclose(tf.concat([first[0], second[0]], axis=1), whole[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second[2], whole[2], rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 and NumPy 2.4
def test_an_encoder_hands_its_state_to_a_decoder_in_a_saved_model(tmp_path: Path) -> None:
    source, target = keras.Input((None, 4)), keras.Input((None, 4))
    encoder = cl.LSTMReparameterization(3, return_state=True, dataset_size=1)
    decoder = cl.LSTMReparameterization(3, return_sequences=True, dataset_size=1)
    _, *state = encoder(source)
    model = keras.Model([source, target], decoder(target, initial_state=state))
    assert model.output_shape == (None, None, 3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    answers = []
    for one in (model, loaded):
        for layer in one.layers:
            if isinstance(layer, cl.LSTMReparameterization):
                layer.seed_generator.state.assign([7, 0])
        answers.append(one([X, X]))
    np.testing.assert_array_equal(*answers)
    other = loaded([X[::-1], X])
    # The state reaches the decoder: another source, another answer in the first step (equal noise or not).
    assert np.ptp(np.asarray(other)[:, 0] - np.asarray(answers[0])[:, 0]) > 0
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch([X, X], np.ones((3, 5, 3), "float32")))


@pytest.mark.parametrize(
    "state", [[np.zeros((3, 2))], [np.zeros((3, 2)), np.zeros((3, 4))], np.zeros((3, 2))]
)
def test_a_wrong_initial_state_is_named(state: object) -> None:
    layer = cl.LSTMReparameterization(2, dataset_size=1, name="reader")
    state = tf.nest.map_structure(lambda value: tf.constant(value, tf.float32), state)
    with pytest.raises(
        ValueError, match=r"reader: .initial_state. is a list of .*expected two tensors of shape \(batch, 2\)"
    ):
        layer(X, initial_state=state)


def test_the_forget_gate_starts_open() -> None:
    layer = cl.LSTMReparameterization(2, dataset_size=1)
    layer.build((None, 5, 4))
    assert layer.bias_distribution().mean().numpy().tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_weights_are_drawn_once_a_sequence() -> None:
    layer = cl.LSTMReparameterization(2, return_sequences=True, dataset_size=1, seed=9)
    layer.build(X.shape)
    layer.seed_generator.state.assign([9, 0])
    ours = layer(X)
    # The pure recurrence with the two draws that the generator gives next, each used for all steps.
    layer.seed_generator.state.assign([9, 0])
    kernel, recurrent = (weight.draw(True) for weight in (layer._kernel, layer._recurrent))
    expected, _ = cl.lstm_sequence(tf.constant(X), kernel, recurrent, layer._bias.draw(False))
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


def test_the_pure_function_adds_the_noise_once(rng: np.random.Generator) -> None:
    mean = rng.normal(size=(4, 8)), rng.normal(size=(2, 8))
    std = rng.gamma(1.0, size=(4, 8)), rng.gamma(1.0, size=(2, 8))
    eps = rng.normal(size=(4, 8)), rng.normal(size=(2, 8))
    ours, cells = cl.lstm_reparameterization(tf.constant(X, tf.float64), mean, std, eps)

    def sigmoid(v: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-v))

    w, u = (m + s * e for m, s, e in zip(mean, std, eps, strict=True))
    h = c = np.zeros((3, 2))
    for t in range(5):
        i, f, g, o = np.split(X[:, t].astype("float64") @ w + h @ u, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(ours[:, t], h, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(cells[:, t], c, rtol=1e-10, atol=1e-12)


def test_an_embedding_gives_equal_indices_equal_rows() -> None:
    layer = cl.EmbeddingReparameterization(5, 3, dataset_size=1)
    rows = layer(tf.constant([[1, 2, 1], [1, 0, 2]])).numpy()
    np.testing.assert_array_equal(rows[0, 0], rows[0, 2])
    np.testing.assert_array_equal(rows[0, 0], rows[1, 0])
    assert not np.array_equal(rows[0, 0], rows[0, 1])


def test_an_embeddings_pure_function_takes_rows_of_the_drawn_table(rng: np.random.Generator) -> None:
    mean, eps = rng.normal(size=(2, 5, 3))
    std = rng.gamma(2.0, size=(5, 3))
    ours = cl.embedding_reparameterization(tf.constant([4, 0, 4]), mean, std, eps)
    np.testing.assert_allclose(ours, (mean + std * eps)[[4, 0, 4]], rtol=1e-12)


def test_masks_pass_from_embedding_to_lstm() -> None:
    model = keras.Sequential(
        [
            cl.EmbeddingReparameterization(5, 3, mask_zero=True, dataset_size=1),
            cl.LSTMReparameterization(2, dataset_size=1),
        ]
    )
    short, long = np.array([[1, 2, 0, 0]]), np.array([[1, 2]])
    embedding, lstm = model.layers
    answers = []
    for tokens in (short, long):
        vectors = embedding(tokens, sample=False)
        answers.append(lstm(vectors, mask=embedding.compute_mask(tokens), sample=False))
    np.testing.assert_allclose(*answers, rtol=1e-6)
    assert model(short).shape == (1, 2)


def test_large_indices_survive_a_half_precision_policy() -> None:
    layer = cl.EmbeddingReparameterization(1000, 2, dataset_size=1, dtype="mixed_bfloat16")
    rows = layer(tf.constant([[999.0, 998.0]]), sample=False)
    assert not np.array_equal(tf.cast(rows[0, 0], tf.float32), tf.cast(rows[0, 1], tf.float32))
