from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import NotebookError
from autograder.notebook import MAX_BYTES, MAX_CELLS, read_submission


def data(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": list(cells)} | more).encode()


def code(source: Any = "", **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source} | more


def reason(submitted: bytes) -> str:
    with pytest.raises(NotebookError) as caught:
        read_submission(submitted)
    return str(caught.value)


def test_missing_parts_are_filled_in_and_the_result_is_valid():
    notebook = read_submission(
        data(code(["x = 1\n", "y = 2"]), {"cell_type": "markdown"}, {"cell_type": "raw"})
    )
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["x = 1\ny = 2", "", ""]
    assert notebook.cells[0].outputs == []
    assert notebook.nbformat_minor == 5


def test_outputs_and_foreign_metadata_are_dropped_and_the_claim_to_a_cell_is_kept():
    claim = {"grade_id": "f", "points": 1e9, "grade": "yes", "nested": [1]}
    cell = code(
        "1", outputs=[{"output_type": "bogus"}], execution_count="x", metadata={"nbgrader": claim, "tags": 7}
    )
    notebook = read_submission(data(cell, metadata={"kernelspec": "evil"}))
    nbformat.validate(notebook)
    assert notebook.cells[0].metadata == {"nbgrader": {"grade_id": "f", "points": 1e9, "grade": "yes"}}
    assert notebook.metadata == {}


def test_ids_of_the_file_are_not_kept_so_none_meets_an_id_of_the_release():
    notebook = read_submission(data(code(id="check_f"), code(id="check_f"), code(id=3), code(id="")))
    assert [cell.id for cell in notebook.cells] == [f"submitted-{i}" for i in range(1, 5)]


def test_half_a_surrogate_pair_becomes_a_replacement_character_and_a_whole_one_stays():
    notebook = read_submission(
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800 \\ud83d\\ude00"}]}'
    )
    assert notebook.cells[0].source == "\ufffd 😀"
    nbformat.writes(notebook).encode("utf-8")


def test_a_notebook_of_format_3_is_read():
    old = {
        "nbformat": 3,
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["x"]}, {"cell_type": "heading", "source": "T"}]}
        ],
    }
    notebook = read_submission(json.dumps(old).encode())
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [("code", "x"), ("markdown", "T")]


def test_a_byte_order_mark_and_nan_in_outputs_do_no_harm():
    cell = b'{"cell_type": "code", "source": "1", "outputs": [{"data": NaN}]}'
    assert len(read_submission(b'\xef\xbb\xbf{"nbformat": 4, "cells": [' + cell + b"]}").cells) == 1


@pytest.mark.parametrize(
    ("submitted", "message"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"\xff\xfe\x00", "the file is not UTF-8 text, so it is not a notebook"),
        (b"%PDF-1.7", "the file is not JSON, so it is not a notebook"),
        (b'{"nbformat": 4, "cells": [', "the file is not JSON, so it is not a notebook"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "the file is not JSON, so it is not a notebook"),
        (b"[]", "a notebook is a JSON object (received a JSON list)"),
        (b"{}", "a notebook states its format as a number (received nbformat None)"),
        (b'{"nbformat": true}', "a notebook states its format as a number (received nbformat True)"),
        (
            b'{"nbformat": 2}',
            "the notebook's format is not supported (expected nbformat 4 or 3, received nbformat 2)",
        ),
        (b'{"nbformat": 99}', "open it in a current Jupyter and save it again"),
        (b'{"nbformat": 4}', "a notebook has a list of cells (received NoneType as cells)"),
        (b'{"nbformat": 4, "cells": {}}', "a notebook has a list of cells (received dict as cells)"),
        (b'{"nbformat": 3, "worksheets": [7]}', "a notebook has a list of cells"),
        (data(7), "cell 1 is not a JSON object (received int)"),
        (data(code(), {"cell_type": "applet"}), "cell 2 has no known cell_type"),
        (data({"cell_type": []}), "cell 1 has no known cell_type"),
        (data(code(7)), "the source of cell 1 is not text"),
        (data(code(["x", 7])), "the source of cell 1 is not text"),
        (
            data(*[code()] * (MAX_CELLS + 1)),
            "the notebook has too many cells (expected at most 2000, received 2001)",
        ),
        (b" " * MAX_BYTES + b"{}", "the file is too large (expected at most 20000000 bytes"),
        (b'{"a":' * 100_000, "the file is nested too deeply to be a notebook"),
        (b"[" * 100_000, "the file is nested too deeply to be a notebook"),
        (
            b"[" + b"{}," * 1_000_001 + b"{}]",
            "the file has too many parts (expected at most 1000000 brackets)",
        ),
    ],
)
def test_a_file_that_cannot_be_graded_has_a_named_reason(submitted: bytes, message: str):
    assert message in reason(submitted)


def test_images_of_an_answer_are_kept_and_other_attachments_are_not():
    attachments = {
        "a.png": {"image/png": "aGk="},
        "b.svg": {"image/svg+xml": "PHN2Zz4="},
        "c.png": {"image/png": ["aG", "k="]},
        "d": 7,
        "e.png": {"image/png": {"x": 1}},
    }
    cell = {"cell_type": "markdown", "source": "see", "attachments": attachments}
    notebook = read_submission(data(cell))
    nbformat.validate(notebook)
    assert notebook.cells[0].attachments == {"a.png": {"image/png": "aGk="}, "c.png": {"image/png": "aGk="}}
    assert notebook.cells[0].source == "see"


def test_images_beyond_the_limit_are_left_out_and_the_cell_says_so():
    cell = {
        "cell_type": "markdown",
        "source": "see",
        "attachments": {"a.png": {"image/png": "a" * 6_000_000}},
    }
    first, second = read_submission(data(cell, cell)).cells
    assert "attachments" in first and "attachments" not in second
    assert second.source == "see\n\n*(images were left out: a notebook may carry at most 10 MB of them)*"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
        "source": st.text() | st.lists(st.text(), max_size=3) | JSON,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": JSON}) | JSON,
        "attachments": st.dictionaries(
            st.text(),
            st.dictionaries(st.sampled_from(["image/png", "text/html"]), JSON, max_size=2),
            max_size=2,
        )
        | JSON,
        "id": JSON,
        "outputs": JSON,
        "input": JSON,
    },
)


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {"nbformat": st.sampled_from([3, 4])},
        optional={
            "cells": st.lists(CELL, max_size=4) | JSON,
            "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(CELL, max_size=3)}), max_size=2)
            | JSON,
            "metadata": JSON,
        },
    )
)
def test_whatever_json_arrives_the_result_is_a_valid_notebook_or_a_named_reason(value: dict[str, Any]):
    try:
        notebook = read_submission(json.dumps(value).encode())
    except NotebookError as error:
        assert "could not be read" not in str(error)  # the reader foresaw it
    else:
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_notebook_raise_nothing_but_a_notebook_error(value: bytes):
    with pytest.raises(NotebookError):
        read_submission(value)
