# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   expected_gradient:
#     problem_set: ps00_small
#     title: A linear classifier
#     points: 6
#     manual_points: 0
# ---

# %% [markdown]
# # A linear classifier
# A loss, its gradient from a tape, and a few steps downhill.

# %%
import tensorflow as tf

from autograder import public_checks

check = public_checks("ps00_small", globals())

# %% kind="solution" grade_id="cross_entropy"
def cross_entropy(logits, labels):
    """Mean over the rows of −log softmax(logits) at the labels.

    Args:
        logits: shape (N, K).
        labels: class of each row, shape (N,).
    """
    raise NotImplementedError("cross_entropy (ps00, part 1)")

# %% kind="check" points=2
check("cross_entropy")

# %% kind="solution" grade_id="slope"
def slope(w, x, y):
    """Gradient of the mean squared error of x @ w with respect to w, from a GradientTape.

    Args:
        w: weights, shape (D,).
        x: inputs, shape (N, D).
        y: targets, shape (N,).
    """
    raise NotImplementedError("slope (ps00, part 2)")

# %% kind="check" points=2
check("slope")

# %% kind="solution" grade_id="descend"
def descend(w, x, y, rate, steps):
    """The weights after some steps of gradient descent.

    Args:
        w: weights at the start, shape (D,).
        x: inputs, shape (N, D).
        y: targets, shape (N,).
        rate: factor of the gradient.
        steps: how many.
    """
    raise NotImplementedError("descend (ps00, part 3)")

# %% kind="check" points=2
check("descend")
