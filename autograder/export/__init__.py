"""Grades for learning platforms, and this grader for Gradescope."""
