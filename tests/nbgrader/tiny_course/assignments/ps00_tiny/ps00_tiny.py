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
#     problem_set: ps00_tiny
#     title: A tiny problem set
#     points: 5
#     manual_points: 2
# ---

# %% [markdown]
# # A tiny problem set
# Two functions and a question.

# %%
# %matplotlib inline
import numpy as np

from autograder import public_checks

check = public_checks("ps00_tiny", globals())

# %% kind="solution" grade_id="sum_of_squares"
def sum_of_squares(x):
    """The sum of the squares of x.

    Args:
        x: shape (n,).
    """
    raise NotImplementedError("sum_of_squares (ps00, part 1)")

# %% kind="check" points=3
check("sum_of_squares")

# %% [markdown] kind="manual" grade_id="why_squares" points=2
# *Why squares? Two sentences.*

# %% kind="solution" grade_id="scaled"
def scaled(x, factor=2.0):
    """x times factor."""
    raise NotImplementedError("scaled (ps00, part 2)")

# %% kind="check" points=2
check("scaled")
