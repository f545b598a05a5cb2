"""The sample class for otter-grader: an autograder configuration, and a program that grades one by one.

Started as a program by ``run.py``, in the class's folder: ``python otter_class.py PATH_OF_OTTER``.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

if __name__ != "__main__":
    import nbformat
    import sample

TEST = """OK_FORMAT = True

test = {{
    "name": {name!r},
    "points": {points},
    "suites": [{{"cases": [{{"code": {code!r}, "hidden": False, "locked": False}}], "type": "doctest"}}],
}}
"""


def prepare(folder: Path, count: int) -> None:
    """Writes ``autograder.zip`` and a notebook for each student."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        config = {"lang": "python", "autograder_dir": "./autograder", "print_summary": False}
        archive.writestr("otter_config.json", json.dumps(config))
        for function, tests in sample.ASSERTS.items():
            # Each test of otter's has names of its own: the later ones need the numbers of the slope's.
            before = sample.ASSERTS["slope"][0][0].splitlines()[:-1] if function == "descend" else []
            for source, points in tests:
                name = f"q{len(archive.namelist())}"
                code = "".join(
                    f">>> {line}\n" if not line.startswith(" ") else f"... {line}\n"
                    for line in (*before, *source.splitlines())
                )
                archive.writestr(f"tests/{name}.py", TEST.format(name=name, points=points, code=code))
    for student, notebook in sample.submissions(count).items():
        for cell in notebook.cells:
            if "public_checks" in cell.source:
                cell.source = (
                    "import numpy as np\nimport tensorflow as tf\nimport otter\ngrader = otter.Notebook()"
                )
        notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("check(")]
        nbformat.write(notebook, folder / f"{student}.ipynb")


def scores(folder: Path) -> dict[str, float]:
    """Points of every student."""
    with (folder / "scores.csv").open() as file:
        return {student: float(points) for student, points in csv.reader(file)}


def main() -> None:
    """Grades every notebook of the working directory."""
    with open("scores.csv", "w") as file:
        for path in sorted(Path().glob("s*.ipynb")):
            command = [sys.argv[1], "run", str(path), "-a", "autograder.zip", "-o", ".", "--no-logo"]
            subprocess.run(command, check=True)
            tests = json.loads(Path("results.json").read_text())["tests"]
            csv.writer(file).writerow([path.stem, sum(test.get("score") or 0.0 for test in tests)])


if __name__ == "__main__":
    main()
