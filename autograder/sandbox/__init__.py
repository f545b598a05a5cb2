"""Runs a notebook's kernel where it can hurt nobody, and calls the functions defined in it."""
