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
#     problem_set: ps00_guarded
#     title: A small problem set to attack
#     points: 7
#     manual_points: 2
# ---

# %% [markdown]
# # A small problem set to attack
# Three functions and a question.

# %%
import numpy as np

# %% kind="solution" grade_id="total"
def total(x):
    """The sum of x, shape (n,)."""
    raise NotImplementedError("total (ps00, part 1)")

# %% kind="check" points=3
check("total")

# %% kind="solution" grade_id="noise"
def noise(n):
    """n independent draws of the standard normal law."""
    raise NotImplementedError("noise (ps00, part 2)")

# %% kind="check" points=2
check("noise")

# %% [markdown] kind="manual" grade_id="why" points=2
# *Why independent? Two sentences.*

# %% kind="solution" grade_id="scaled"
def scaled(x, factor=2.0):
    """x times factor."""
    raise NotImplementedError("scaled (ps00, part 3)")

# %% kind="check" points=2
check("scaled")
