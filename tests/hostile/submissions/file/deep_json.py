"""Nested a hundred thousand times."""

from __future__ import annotations

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "nested too deeply"


def submitted(right: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
