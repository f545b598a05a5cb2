"""Worked solutions of ps05_estimators: gradients of expectations, and how much they vary."""
