"""Makes what students wrote safe to show: to a browser in feedback and formgrader, and to a terminal.

nbconvert renders Markdown with raw HTML in it, raw cells as they are, Mermaid diagrams unescaped, and gives
formulas to MathJax, which can make links to script. An allow-list behind the renderer would be a second
parser that has to agree with the first. Here no parser is needed: in a student's text no ``<`` stands before
a letter, ``/``, ``!`` or ``?``, and a browser starts a tag nowhere else (HTML standard, 13.2.5.6).
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import unquote

from nbformat import NotebookNode
from nbformat.v4 import new_output

MAX_IMAGE_BYTES = 5_000_000
"""One picture, decoded."""
MAX_IMAGE_SIDE = 10_000
"""Pixels: a small file can name a picture that takes gigabytes to draw."""
MAX_PICTURES = 200
"""Pictures of all outputs of a notebook."""

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # C0 without tab and newline, DEL, C1
    r"|[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]"  # what turns the direction of text
    r"|[\u2028\u2029]"
    r"|[\ud800-\udfff]"  # half a pair: no file and no database takes it
)
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
    # Titles and links; what could begin another ends the search: no text takes the square of its length.
    r"|(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x9c|\x1b\\)"
    r"|\x1b[ -/]*[0-~]?"
)
_BYTE = r"(?:1?\d?\d|2[0-4]\d|25[0-5])"
_CODE = rf"(?:0{{0,2}}|0?1|0?4|22|24|39|[39][0-7]|38;5;{_BYTE}|38;2;{_BYTE};{_BYTE};{_BYTE})"
_COLOUR = re.compile(rf"\x1b\[{_CODE}(?:;{_CODE})*m")
"""Foreground colours, bold and underline. Backgrounds and hidden text could cover what stands there."""

_TAG = re.compile(r"<(?=[A-Za-z/!?\x01])")
_PLAIN_TAG = re.compile(r"<(?:br|hr) ?/?>|<(b|i|em|strong|code|kbd|sub|sup|u|s)>[^<>]*</\1>", re.I)
"""Tags without attributes that many write in Markdown; pairs close within themselves."""
_AUTOLINK = re.compile(r"<(https?://[^\s<>\"'`]+)>", re.I)
_IMAGE = re.compile(r"!(?=\[)")
_ATTACHED = re.compile(r"!\[([^\[\]\n<>`!\\]*)\]\(attachment:([^\s()<>\"'\\&]+)\)")
_LINK = re.compile(r"\](?=[(:]\s*(?P<address><[^>\n]*|[^\s)]*))")
_SAFE_ADDRESS = re.compile(r"<?(?:https?://|mailto:|#|attachment:picture-\d+$).*|<?[^:&\\%\t]*", re.I)
"""Addresses that begin with a scheme that runs nothing, or that can hold no scheme, however it is spelt."""
_FENCE = re.compile(r"(`{3,}|~{3,})([^\n`]*)")
_LANGUAGE = re.compile(r"\s*(?!mermaid)[\w+#.-]{1,30}\s*", re.I)
_ACTIVE_TEX = re.compile(
    r"\\(?=(?:href|url|style|class|cssId|bbox|require|unicode|mmlToken|data|html\w*|includegraphics)(?![a-z]))",
    re.I,
)
"""Commands of MathJax that make links, styles, elements with names, or load more of it."""


def text(said: str) -> str:
    """A student's words without control characters, escape sequences and turned directions.

    Example:
        >>> text("right\\x1b[2J\\x1b]0;title\\x07 \\u202eway")
        'right way'
    """
    return _CONTROL.sub("", _ESCAPE.sub("", said))


def coloured(said: str) -> str:
    """The same, but for ANSI colours of the foreground, bold and underline, which nbconvert turns into spans.

    Example:
        >>> coloured("\\x1b[31mred\\x1b[0m \\x1b[8mhidden\\x1b[2K")
        '\\x1b[31mred\\x1b[0m hidden'
    """
    # A carriage return goes back to the start of a line: of a progress bar, its last state is what is seen.
    said = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in said.split("\n"))
    parts = []
    end = 0
    for colour in _COLOUR.finditer(said):
        parts += [text(said[end : colour.start()]), colour[0]]
        end = colour.end()
    return "".join([*parts, text(said[end:])])


def markdown(source: str, attached: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    """Markdown of a student's that renders no HTML, no picture from elsewhere and no active formula.

    Args:
        source: what was written.
        attached: names of the cell's attachments that may be shown.

    Returns:
        The text, and the new name of each attachment that it shows by its old one.

    Example:
        >>> markdown("$a<b$ **and** <script>alert(1)</script> x<br>y")[0]
        '$a< b$ **and** < script>alert(1)< /script> x<br>y'
    """
    shown: dict[str, str] = {}

    def picture(match: re.Match[str]) -> str:
        name = next((n for n in (match[2], unquote(match[2])) if n in attached), None)
        if name is None:
            return f"(a picture that is not there: {match[1]})"
        # Names of our own: nbconvert refuses a whole notebook over one that it does not find.
        shown.setdefault(name, f"picture-{len(shown) + 1}")
        return f"\x01[{match[1]}](attachment:{shown[name]})"

    def fence(match: re.Match[str]) -> str:
        # nbconvert puts the text of Mermaid diagrams into the page as it is.
        return match[0] if not match[2].strip() or _LANGUAGE.fullmatch(match[2]) else match[1]

    made = _ATTACHED.sub(picture, text(source))
    made = _FENCE.sub(fence, made)
    made = _ACTIVE_TEX.sub(r"\\ ", made)
    made = _AUTOLINK.sub(r"\1", made)
    # nbconvert lets `javascript:` through, and formgrader's pages have the rights of the whole server.
    made = _LINK.sub(lambda m: "]" if _SAFE_ADDRESS.fullmatch(m["address"]) else "] ", made)
    pieces, end = [], 0
    for plain in _PLAIN_TAG.finditer(made):
        pieces += [_TAG.sub("< ", made[end : plain.start()]), plain[0]]
        end = plain.end()
    made = "".join([*pieces, _TAG.sub("< ", made[end:])])
    return _IMAGE.sub("! ", made).replace("\x01", "!"), shown


def cells(notebook: NotebookNode, released: Iterable[str]) -> None:
    """Makes the Markdown and raw cells of an executed notebook safe to show, in place.

    Args:
        notebook: the notebook.
        released: sources of the release's cells, which stay as their author wrote them.
    """
    authored = set(released)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = _no_halves(cell.source)
            continue
        attachments = cell.pop("attachments", {})
        if cell.source in authored:
            continue
        good = {name: bundle for name, bundle in attachments.items() if _all_images(bundle)}
        cell.source, shown = markdown(cell.source, good)
        if shown:
            cell.attachments = NotebookNode({new: good[old] for old, new in shown.items()})


def outputs(found: Iterable[Any], pictures: int = MAX_PICTURES) -> list[NotebookNode]:
    """Outputs of a student's code that can be shown: words, colours and true pictures.

    Args:
        found: nbformat 4 outputs.
        pictures: the most that are kept.

    Returns:
        New outputs; those of which nothing is left are dropped.
    """
    kept = []
    for output in found:
        made = _output(output, pictures)
        if made is not None:
            pictures -= made.output_type == "display_data" and len(made.data.keys() - {"text/plain"})
            kept.append(made)
    return kept


def _output(output: Any, pictures: int) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=coloured(_joined(output.get("text"))))
    if kind == "error":
        traceback = output.get("traceback")
        lines = traceback if isinstance(traceback, list) else []
        return new_output(
            "error",
            ename=text(_joined(output.get("ename"))),
            evalue=text(_joined(output.get("evalue"))),
            traceback=[coloured(_joined(line)) for line in lines],
        )
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    made: dict[str, str] = {}
    if "text/plain" in data:
        made["text/plain"] = coloured(_joined(data["text/plain"]))
    for mime in ("image/png", "image/jpeg"):
        body = image(mime, data[mime]) if mime in data and pictures > 0 else None
        if body is not None:
            made[mime] = body
    return new_output("display_data", data=made, metadata={}) if made else None


def image(mime: str, body: Any) -> str | None:
    """A picture as base64 that decodes to what it says it is; None when it is not, or too large.

    Args:
        mime: ``image/png``, ``image/jpeg``, ``image/gif`` or ``image/webp``.
        body: base64 text, or a list of its lines.

    Example:
        >>> image("image/png", "PHNjcmlwdD4=") is None
        True
    """
    try:
        data = base64.b64decode("".join(_joined(body).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    side = _side(mime, data)
    if side is None or not 0 < side <= MAX_IMAGE_SIDE or len(data) > MAX_IMAGE_BYTES:
        return None
    return base64.b64encode(data).decode("ascii")


def _side(mime: str, data: bytes) -> int | None:
    """The longer side in pixels, from the first bytes; None when they are not a picture's."""
    # Not an image library: its decoders, in C, would meet hostile bytes on the trusted side.
    if mime == "image/png" and data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR" and len(data) > 24:
        return max(struct.unpack(">II", data[16:24]))
    if mime == "image/gif" and data[:6] in (b"GIF87a", b"GIF89a") and len(data) > 10:
        return max(struct.unpack("<HH", data[6:10]))
    if mime == "image/webp" and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 1  # its format bounds a side at 16383
    if mime == "image/jpeg" and data[:3] == b"\xff\xd8\xff":
        return _jpeg_side(data)
    return None


def _jpeg_side(data: bytes) -> int | None:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):  # the frame's header: precision, height, width
            return max(struct.unpack(">HH", data[place + 5 : place + 9]))
        place += 2 + max(length, 2)
    return None


def _all_images(bundle: Any) -> bool:
    return bool(bundle) and all(image(mime, body) is not None for mime, body in bundle.items())


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _no_halves(source: str) -> str:
    return re.sub(r"[\ud800-\udfff\x00]", "\ufffd", source)
