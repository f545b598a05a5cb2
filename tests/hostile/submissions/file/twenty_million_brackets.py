"""JSON that takes a hundred times its size once it is read."""

from __future__ import annotations

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "too many parts"


def submitted(right: NotebookNode) -> bytes:
    return b'{"nbformat": 4, "cells": [' + b"[]," * 3_000_000 + b"[]]}"
