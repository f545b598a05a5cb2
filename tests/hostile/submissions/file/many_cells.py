"""Five thousand cells."""

from __future__ import annotations

import json

from nbformat import NotebookNode

SCORE: float | None = None
SEES = "too many cells"


def submitted(right: NotebookNode) -> bytes:
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": ""}] * 5000}).encode()
