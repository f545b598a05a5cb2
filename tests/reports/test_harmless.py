"""Nothing that a student writes runs, hides or loads where it is read; ordinary Markdown and colours stay."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters import ansi2html, markdown2html
from nbformat.v4 import new_markdown_cell, new_notebook, new_output
from PIL import Image

from autograder.reports import harmless

TAG = re.compile(r"<[A-Za-z/!?]")


def picture(kind: str, size: tuple[int, int] = (3, 2)) -> str:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def elements(page: str) -> list[tuple[str, dict[str, str]]]:
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

        def handle_comment(self, data: str) -> None:
            found.append(("!--", {}))

        def unknown_decl(self, data: str) -> None:
            found.append(("![", {}))

        def handle_pi(self, data: str) -> None:
            found.append(("?", {}))

    Reader().feed(page)
    return found


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<b onclick=alert(1)>x</b>",
    "<b><img src=x></b>",
    "<br onclick=alert(1)>",
    "<style>*{display:none}</style>",
    "<!-- open",
    "</div></body>",
    "<?php ?>",
    "<![CDATA[x",
    "<\x00script>alert(1)</script>",
    "<https://x onclick=alert(1)>",
    "<https://onclick=alert(1)>",
    "`<script>`",
    "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "~~~ &#109;ermaid\n<img src=x onerror=alert(1)>\n~~~",
    "$<img src=x onerror=alert(1)>$",
    "<![x](attachment:a.png)",
    "    <script>indented</script>",
    "> - <iframe src=javascript:alert(1)>",
    "[x]: <javascript:alert(1)>\n\n[x]",
    "[x](javascript:alert(1))",
    "[x](  <JavaScript:alert(1)>)",
    "[x](java&#115;cript:alert(1))",
    "[x](java\\script:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](javascript&colon;alert(1))",
    "[x](\n javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "[x][1]\n\n[1]:\n  vbscript:alert(1)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[![x](attachment:a.png)](javascript:alert(1))",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_no_tag_of_a_students_is_left_in_the_source_or_on_the_page(source: str) -> None:
    safe, _ = harmless.markdown(source, {"a.png"})
    assert not TAG.search(re.sub(r"<(br|hr) ?/?>|</?(b|i|em|strong|code|kbd|sub|sup|u|s)>", "", safe))
    # The page as a browser reads it, by another parser than ours.
    for tag, attributes in elements(markdown2html(harmless.markdown(source)[0])):
        assert tag in {"p", "a", "b", "br", "pre", "code", "blockquote", "ul", "li", "div", "span"}, tag
        assert not [name for name in attributes if name.startswith("on")]
        # An address is script's only where it begins with its scheme; "%20javascript:" is a file's name.
        address = re.sub(r"[\x00-\x20]", "", attributes.get("href", "")).lower()
        assert not address.startswith(("javascript", "vbscript", "data"))


@given(st.lists(st.sampled_from([*HOSTILE, "<", "!", "[", "](", "a", "/", "\x01", "\\", "`", "\n", "$"])))
def test_no_tag_comes_out_of_any_mixture(parts: list[str]) -> None:
    safe, _ = harmless.markdown("".join(parts), {"a.png"})
    left = TAG.sub("", re.sub(r"<(br|hr) ?/?>|</?(b|i|em|strong|code|kbd|sub|sup|u|s)>", "", safe))
    assert left == re.sub(r"<(br|hr) ?/?>|</?(b|i|em|strong|code|kbd|sub|sup|u|s)>", "", safe)
    assert "![" not in safe.replace("![x](attachment:picture-1)", "")


@pytest.mark.parametrize(
    "source",
    [
        "# Title\n\n*Because* the **mean** of $x_i$ is $\\frac{1}{n}\\sum_i x_i$, see [here](https://x.org).",
        "$$\\begin{aligned} a &= b \\\\ c &> d \\end{aligned}$$",
        "| a | b |\n|---|---|\n| 1 | 2<br>3 |",
        "```python\nx = [1, 2]\n```\n\n- one\n- two: `a > b` and 1 < 2",
        '[a](https://x.org/a_(b)?c=d#e) [b](#part) [c](data/a.csv "title") [d](mailto:a@b.org)\n'
        "\n[x][1]: yes, [x]: no (a): b\n\n[1]: https://x.org",
        "H<sub>2</sub>O, <b>bold</b>, x ≤ y, `!x`, ä 😀",
        "$\\displaystyle \\text{a}$ and $a < b$",
    ],
)
def test_ordinary_markdown_and_formulas_stay_as_they_are(source: str) -> None:
    assert harmless.markdown(source) == (source, {})


def test_a_comparison_in_a_formula_stays_the_same_formula() -> None:
    assert harmless.markdown("$a<b$")[0] == "$a< b$"


@pytest.mark.parametrize("name", ["href", "style", "class", "cssId", "bbox", "require", "Href"])
def test_commands_that_make_links_or_styles_are_taken_out_of_formulas(name: str) -> None:
    safe, _ = harmless.markdown(f"$\\{name}{{javascript:alert(1)}}{{x}}$")
    assert f"\\{name}" not in safe


def test_pictures_of_an_answer_stay_and_all_others_load_nothing() -> None:
    cell = new_markdown_cell(
        "![a](attachment:a%20b.png) ![b](attachment:none.png) ![c](https://x.org/c.png) ![d][e] "
        "![f](attachment:svg.svg) ![g](attachment:false.png)\n\n[e]: https://x.org/e.png",
        attachments={
            "a b.png": {"image/png": picture("PNG")},
            "svg.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
            "false.png": {"image/png": base64.b64encode(b"<script>").decode()},
            "unused.png": {"image/png": picture("PNG")},
        },
    )
    notebook = new_notebook(cells=[cell])
    harmless.cells(notebook, [])
    nbformat.validate(notebook)
    assert list(cell.attachments) == ["picture-1"]
    page = markdown2html(cell.source.replace("attachment:picture-1", "#here"))
    assert re.findall(r'<img src="([^"]*)"', page) == ["#here"]


def test_cells_of_the_release_stay_as_their_author_wrote_them() -> None:
    source = "<details>ours</details>"
    notebook = new_notebook(cells=[new_markdown_cell(source), new_markdown_cell(f"{source} and theirs")])
    harmless.cells(notebook, [source])
    assert notebook.cells[0].source == source
    assert notebook.cells[1].source == "< details>ours< /details> and theirs"


@pytest.mark.parametrize(
    ("mime", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/gif", "GIF")]
)
def test_true_pictures_are_kept(mime: str, kind: str) -> None:
    assert harmless.image(mime, picture(kind)) == picture(kind)
    assert harmless.image(mime, [picture(kind)[:8] + "\n", picture(kind)[8:]]) == picture(kind)


@pytest.mark.parametrize(
    "body",
    [
        '"><script>alert(1)</script>',
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        picture("JPEG"),
        picture("PNG", (harmless.MAX_IMAGE_SIDE + 1, 1)),
        base64.b64encode(base64.b64decode(picture("PNG")) + bytes(harmless.MAX_IMAGE_BYTES)).decode(),
        "",
        None,
        7,
        ["a", 7],
        "é",
    ],
)
def test_what_is_not_the_picture_it_says_is_dropped(body: object) -> None:
    assert harmless.image("image/png", body) is None


def test_outputs_keep_words_and_pictures_and_nothing_that_runs() -> None:
    data = {
        "text/plain": "<Figure>",
        "text/html": "<script>alert(1)</script>",
        "image/svg+xml": "<svg onload='alert(1)'/>",
        "application/javascript": "alert(1)",
        "image/png": picture("PNG"),
    }
    found = harmless.outputs(
        [
            new_output("display_data", data=data, metadata={"image/png": {"width": '"><script>'}}),
            new_output("display_data", data={"text/html": "<b>x</b>"}),
            {"output_type": "stream", "name": '"><script>', "text": ["a", "b"]},
            {"output_type": "error", "ename": ["x"], "evalue": "\x1b[2Jy", "traceback": "no list"},
            {"output_type": "update_display_data"},
        ]
    )
    assert found == [
        {
            "output_type": "display_data",
            "data": {"text/plain": "<Figure>", "image/png": picture("PNG")},
            "metadata": {},
        },
        {"output_type": "stream", "name": "stdout", "text": "ab"},
        {"output_type": "error", "ename": "x", "evalue": "y", "traceback": []},
    ]


def test_pictures_of_a_notebook_are_counted() -> None:
    shown = new_output("display_data", data={"image/png": picture("PNG"), "text/plain": "x"})
    kept = harmless.outputs([shown] * 3, pictures=2)
    assert ["image/png" in output.data for output in kept] == [True, True, False]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[38;5;28;01mdef\x1b[39;00m", "\x1b[38;5;28;01mdef\x1b[39;00m"),
        ("\x1b[38;5;999mx", "x"),
        ("\x1b[8mhidden\x1b[30;40mblack", "hiddenblack"),
        ("a\x1b[2J\x1b[Hb\x1b]0;title\x07c\x9b2Kd\x90q\x9ce", "abcde"),
        ("10%\r20%\r30%\nend\r\n", "30%\nend\n"),
        ("tab\tline\n\x00\x08\x7f\u202e\u2066\ud800", "tab\tline\n"),
        ("\x1b", ""),
    ],
)
def test_colours_stay_and_every_other_sequence_goes(said: str, left: str) -> None:
    assert harmless.coloured(said) == left
    assert "\x1b" not in ansi2html(harmless.coloured(said))


@given(st.text(alphabet="\x1b[]0123;mJK\x07\x90\x9b\x9c\\ \r\nab\u202e", max_size=60))
def test_no_sequence_but_colours_is_left_in_any_text(said: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", harmless.text(said))
    left = harmless._COLOUR.sub("", harmless.coloured(said))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", left)


@pytest.mark.parametrize(
    "unit", ["\x1b", "\x90", "\x1b]0;", "\x1b[31", "<b>", "![", "```", "\\", "<https://", "\r"]
)
@pytest.mark.timeout(30)  # a pattern that took the square of its text would take hours
def test_a_megabyte_of_anything_is_read_in_time_proportional_to_it(unit: str) -> None:
    said = unit * (1_000_000 // len(unit))
    harmless.markdown(said)
    harmless.coloured(said)
