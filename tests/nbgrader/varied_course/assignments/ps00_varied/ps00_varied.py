# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps00_varied
#     points: 5
# ---

# %% [markdown]
# # A problem set with constants of each student's own

# %%
import numpy as np

from autograder import public_checks

check = public_checks("ps00_varied", globals())

# %% kind="constants" grade_id="constants"
# Yours alone.
RATE = 0.2  # per unit of x
SIZE = 4

# %% kind="solution" grade_id="step"
def step(x):
    """x moved against itself by RATE."""
    raise NotImplementedError("step (ps00, part 1)")

# %% kind="check" points=3
check("step")

# %% kind="solution" grade_id="head"
def head(x, size=SIZE):
    """The first size entries of x."""
    raise NotImplementedError("head (ps00, part 2)")

# %% kind="check" points=2
check("head")
