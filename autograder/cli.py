"""The command line: thin commands over the modules that do the work."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from autograder import light_imports
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.sandbox.isolation import Isolation

EXIT_FAILED = 1
"""The command could not be carried out; nothing was lost."""
EXIT_SOME_UNGRADED = 3
"""The run succeeded, but some submissions have a reason in place of a grade."""

EXIT_NOT_CERTIFIED = 4
"""The measurement succeeded, and a problem set does not keep what it promises."""

EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C; the journal has what was graded."""

app = typer.Typer(
    help="Grade deep-learning notebooks: from numbers, in a sandbox, with the mistake named.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ClassroomOption = Annotated[Path, typer.Option("--classroom", "-c", help="The classroom's folder.")]
RootOption = Annotated[
    Path | None,
    typer.Option("--course", help="The checkout with assignments/ and solutions/; found if not given."),
]
WorkersOption = Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes that grade.")]


def main() -> None:
    """Runs a command; an error of ours is one line on standard error and exit code 1."""
    light_imports.without_grammars()
    # The trusted side computes on the CPU, and TensorFlow's greetings are no part of our output.
    os.environ.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
    try:
        app()
    except AutograderError as error:
        print(f"autograder: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(EXIT_FAILED) from None


def _console() -> Console:
    # Colours and bars switch off by themselves when the output is not a terminal; then lines may be long.
    return Console(width=None if sys.stdout.isatty() else 160)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")], course: RootOption = None
) -> None:
    """Make a classroom: nbgrader's course directory, set up for this grader."""
    from autograder.nbgrader import classroom
    from autograder.problem_sets import course_root

    made = classroom.init(directory, course_root(course))
    _console().print(
        f"classroom: {made.directory}\nnext: autograder release PROBLEM_SET --classroom {made.directory}"
    )


@app.command()
def release(
    problem_set: Annotated[str, typer.Argument(help="For example ps05_estimators.")],
    classroom: ClassroomOption = Path(),
) -> None:
    """Build a problem set and its release; what students get is in release/."""
    from autograder.nbgrader.release import release as build

    opened = _open(classroom)
    folder = build(opened, _problem_set(problem_set, opened.course))
    _console().print(f"released: {folder}")


@app.command()
def grade(
    problem_set: Annotated[str, typer.Argument(help="For example ps05_estimators.")],
    classroom: ClassroomOption = Path(),
    workers: WorkersOption = 2,
    force: Annotated[bool, typer.Option(help="Grade again what was graded before.")] = False,
    feedback: Annotated[bool, typer.Option(help="Write the feedback pages as well.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a submission, as it is done.")
    ] = False,
) -> None:
    """Grade everything that was handed in; a rerun grades only what is new.

    Exit code 0: every submission has a grade. 3: some have a named reason in its place. 1: the run failed.
    """
    from autograder.grading.classroom_run import ClassRun
    from autograder.reports.progress import class_progress
    from autograder.reports.tables import class_table

    opened = _open(classroom)
    _warn_without_sandbox(opened.settings.isolation)
    run = ClassRun(opened, _problem_set(problem_set, opened.course), workers, force)
    # Whoever reads lines by machine reads nothing else on standard output.
    console = Console(stderr=True) if json_lines else _console()
    try:
        with class_progress(console, len(run.students())) as advance:
            lines = run.run(_json_line if json_lines else advance)
    except KeyboardInterrupt:
        console.print("interrupted; what was graded is kept, and the same command goes on from here")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not json_lines:
        console.print(class_table(problem_set, [(line.student, line.report, line.cached) for line in lines]))
    if feedback:
        _feedback(opened, problem_set, console)
    if any(line.report.not_gradable for line in lines):
        raise typer.Exit(EXIT_SOME_UNGRADED)


@app.command()
def feedback(
    problem_set: Annotated[str, typer.Argument(help="For example ps05_estimators.")],
    classroom: ClassroomOption = Path(),
) -> None:
    """Write a feedback page for every graded submission."""
    _feedback(_open(classroom), problem_set, _console())


@app.command()
def report(
    problem_set: Annotated[str, typer.Argument(help="For example ps05_estimators.")],
    classroom: ClassroomOption = Path(),
) -> None:
    """Write the class page: scores, hard and telling checks, misconceptions, nearly identical work."""
    from autograder.grading.graded import graded_class
    from autograder.grading.journal import write_atomically
    from autograder.reports.class_figures import class_figures
    from autograder.reports.class_page import class_page

    opened = _open(classroom)
    found = _problem_set(problem_set, opened.course)
    graded = graded_class(opened, found)
    figures = class_figures(
        problem_set,
        {student: one.report for student, one in graded.items()},
        {mistake.name: mistake.clause for mistake in found.suite.mistakes},
        {student: one.solutions for student, one in graded.items()},
    )
    page = opened.directory / "reports" / f"{problem_set}.html"
    page.parent.mkdir(exist_ok=True)
    write_atomically(page, class_page(figures).encode())
    _console().print(f"report: {page}", highlight=False, soft_wrap=True)


@app.command()
def mark(
    notebook: Annotated[Path, typer.Argument(help="A student's .ipynb file.")],
    problem_set: Annotated[str, typer.Option("--problem-set", "-p", help="What it is a submission to.")],
    course: RootOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON (report.schema.json).")
    ] = False,
    sandbox: Annotated[
        str, typer.Option(help="'bubblewrap', or 'none' for work that you trust.")
    ] = "bubblewrap",
) -> None:
    """Grade one notebook; no classroom and no gradebook."""
    from autograder.grading.settings import GradingSettings
    from autograder.marking import mark as grade_one
    from autograder.reports.tables import remarks, report_table

    settings = GradingSettings.fresh(_isolation(sandbox))
    _warn_without_sandbox(settings.isolation)
    report = grade_one(notebook, problem_set, root=course, settings=settings)
    if json:
        print(report.to_json(indent=2))
    else:
        console = _console()
        console.print(report_table(report))
        console.print(
            remarks(report) if report.not_gradable else f"score: {report.score:g} of {report.points:g}"
        )
    if report.not_gradable:
        raise typer.Exit(EXIT_SOME_UNGRADED)


@app.command()
def certify(
    problem_set: Annotated[str | None, typer.Argument(help="By default every one of the checkout.")] = None,
    course: RootOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for <name>.certificate.json and .html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON: a list of certificates.")] = False,
    repetitions: Annotated[
        int, typer.Option(min=2, help="Hidden inputs that every mistake and correct route meets.")
    ] = 25,
    trials: Annotated[
        int, typer.Option(min=0, help="Statistical decisions about every route, at alpha 1e-3.")
    ] = 10_000,
) -> None:
    """Prove a problem set: the stub scores 0, every route passes, every mistake fails and is named.

    Exit code 0: certified. 4: measured, and not certified; says where. 1: it could not be measured.
    """
    from autograder.certify.certificate import Settings
    from autograder.certify.certify import certify as measure
    from autograder.problem_sets import all_problem_sets, locate
    from autograder.reports.certificate import to_terminal, write
    from autograder.reports.progress import step_progress

    found = [locate(problem_set, course)] if problem_set else all_problem_sets(course)
    console = Console(stderr=True) if json else _console()
    settings = Settings(repetitions=repetitions, trials=trials)
    certificates = []
    try:
        for chosen in found:
            with step_progress(console, chosen.name) as begin:
                certificates.append(measure(chosen, settings, begin))
            if not json:
                console.print(to_terminal(certificates[-1]))
            if output is not None:
                for path in write(certificates[-1], output):
                    console.print(f"written: {path}", highlight=False, soft_wrap=True)
    except KeyboardInterrupt:
        console.print("interrupted; certificates that were finished are kept, others are not written")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if json:
        print("[" + ",\n".join(certificate.to_json() for certificate in certificates) + "]")
    if not all(certificate.certified for certificate in certificates):
        raise typer.Exit(EXIT_NOT_CERTIFIED)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="Where the sample classroom is made.")] = Path(
        "build/demo"
    ),
    workers: WorkersOption = 2,
    course: RootOption = None,
) -> None:
    """Grade a sample class end to end: release, grade, gradebook, feedback."""
    from autograder.demo import make_class
    from autograder.grading.classroom_run import ClassRun
    from autograder.nbgrader.release import release as build
    from autograder.problem_sets import course_root
    from autograder.reports.progress import class_progress
    from autograder.reports.tables import class_table

    console = _console()
    name = "ps05_estimators"
    problem_set = _problem_set(name, course_root(course))
    opened = make_class(directory, problem_set)
    console.print(f"classroom: {opened.directory}")
    build(opened, problem_set)
    run = ClassRun(opened, problem_set, workers)
    with class_progress(console, len(run.students())) as advance:
        lines = run.run(advance)
    console.print(class_table(name, [(line.student, line.report, line.cached) for line in lines]))
    _feedback(opened, name, console)
    console.print(
        f"gradebook: {opened.directory / 'gradebook.db'}\n"
        f"released:  {opened.directory / 'release' / name / f'{name}.ipynb'}\n"
        f"formgrader: cd {opened.directory} && jupyter lab, then the menu Nbgrader → Formgrader"
    )


@app.command()
def doctor(
    release: Annotated[
        Path | None,
        typer.Option(help="A released problem set: compare this environment with the graders' instead."),
    ] = None,
) -> None:
    """Say which layers of isolation this machine has, and what to do about the others.

    With --release, for students: whether this environment is the one that work is graded in. Exit code 0:
    nothing is missing, or nothing that the course uses differs.
    """
    if release is not None:
        _compare(release)
        return
    from rich.table import Table

    from autograder.sandbox.isolation import doctor as examine

    table = Table(header_style="bold")
    for column in ("layer", "state", "what it means"):
        table.add_column(column, overflow="fold")
    layers = examine()
    for layer in layers:
        table.add_row(layer.name, layer.status.value, layer.detail)
    _console().print(table)
    if any(layer.status.value == "missing" for layer in layers):
        raise typer.Exit(EXIT_FAILED)


def _json_line(line: Any) -> None:
    from json import dumps

    about = {"student": line.student, "cached": line.cached, "report": line.report.to_dict()}
    print(dumps(about, allow_nan=False), flush=True)


def _compare(release: Path) -> None:
    from autograder.environment import compare
    from autograder.reports.environment import to_text

    comparison = compare(release)
    _console().print(to_text(comparison), markup=False, highlight=False, soft_wrap=True)
    if any(difference.direct for difference in comparison.differences):
        raise typer.Exit(EXIT_FAILED)


def _open(directory: Path) -> Any:
    from autograder.nbgrader.classroom import Classroom

    return Classroom.open(directory)


def _problem_set(name: str, root: Path | None) -> Any:
    from autograder.problem_sets import locate

    return locate(name, root)


def _feedback(classroom: Any, problem_set: str, console: Console) -> None:
    from autograder.nbgrader.feedback import generate

    pages = generate(classroom, problem_set)
    console.print(f"feedback:  {len(pages)} pages in {classroom.directory / 'feedback'}")
    for page in pages:
        console.print(f"  {page}", highlight=False, soft_wrap=True)


def _isolation(name: str) -> Isolation:
    from autograder.errors import ConfigurationError
    from autograder.sandbox.isolation import Isolation

    try:
        return Isolation(name)
    except ValueError:
        raise ConfigurationError(
            "unknown sandbox", expected=" or ".join(i.value for i in Isolation), received=repr(name)
        ) from None


def _warn_without_sandbox(isolation: Isolation) -> None:
    if isolation.value == "none":
        Console(stderr=True).print(
            "[bold red]NO SANDBOX:[/] the notebook runs as you, with your files and your network."
            " Only for work that you trust."
        )
