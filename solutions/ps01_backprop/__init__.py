"""Worked solutions of ps01_backprop: a network, its gradients by hand, and a loop that trains it."""
