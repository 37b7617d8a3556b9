"""Html of a mail as plain text: a line for each row, a link with its address. Pure."""

import re

import lxml.html

HIDDEN = {"head", "img", "script", "style", "title"}
LINES = {"div", "li", "p", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
PARAGRAPHS = {"p", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
# ends a cell, until the line is known
CELL = "\x1f"


def in_words(html):
    """Return what a reader without html sees of a mail, or of a part of it."""
    if not html.strip():
        return ""
    pieces = []
    _collect(lxml.html.fromstring(f"<div>{html}</div>" if "<html" not in html else html), pieces)
    text = re.sub(r"[ \t\r\f\v]+", " ", "".join(pieces))
    lines = [re.sub(rf" *{CELL}[{CELL} ]*", "  ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def _collect(element, pieces):
    tag = element.tag if isinstance(element.tag, str) else None
    if tag is None or tag in HIDDEN or _is_hidden(element):
        return
    if tag == "br":
        pieces.append("\n")
    if tag in LINES:
        pieces.append("\n\n" if tag in PARAGRAPHS else "\n")
    start = len(pieces)
    pieces.append(_flat(element.text))
    for child in element:
        _collect(child, pieces)
        pieces.append(_flat(child.tail))
    href = (element.get("href") or "").strip() if tag == "a" else ""
    if href and not href.startswith("#"):
        words = "".join(pieces[start:]).strip()
        if not words:
            # what a picture leads to is told by its name
            words = next((img.get("alt") or "" for img in element.iter("img")), "")
            pieces.append(words)
        if words and words != href:
            pieces.append(f" ({href})")
    if tag in ("td", "th"):
        pieces.append(CELL)
    if tag in LINES:
        pieces.append("\n\n" if tag in PARAGRAPHS else "\n")


def _is_hidden(element):
    return "display:none" in (element.get("style") or "").replace(" ", "")


def _flat(text):
    return re.sub(r"\s+", " ", text or "")
