"""What a mail must have to be readable in mail programs that have a dark screen, checked on the
HTML that goes out."""

import re

import lxml.html

COLOR = re.compile(r"(?:^|;)\s*color\s*:")
GROUND = re.compile(r"(?:^|;)\s*background(?:-color)?\s*:")
BORDER = re.compile(r"(?:^|;)\s*border\s*:\s*[1-9]")
HIDDEN = re.compile(r"display\s*:\s*none")
UNSEEN = ("style", "script", "title", "head")


def faults(body):
    """Return what is wrong in a mail, a list of str.

    A program that darkens mails changes grounds and words each by itself: words have a color of
    their own, given no further out than the ground they stand on. A button has an edge where its
    ground and that of the mail become the same. A picture says what it shows.
    """
    root = lxml.html.document_fromstring(body)
    found = []
    if not root.xpath("//meta[@name='color-scheme' and @content='light']"):
        found.append("no color scheme")
    for element in root.iter(lxml.etree.Element):
        if element.tag in UNSEEN:
            continue
        words = " ".join([element.text or "", *(child.tail or "" for child in element)]).split()
        if words and not _has_own_color(element):
            found.append(f"no color of its own: {' '.join(words)}")
        style = element.get("style", "")
        if element.tag == "a" and GROUND.search(style) and not BORDER.search(style):
            found.append(f"button without an edge: {element.text_content()}")
        if element.tag == "img" and "/mail/track/" not in element.get("src", ""):
            if not (element.get("alt") and element.get("width")):
                found.append(f"picture without words or width: {element.get('src')}")
    return found


def _has_own_color(element):
    for place in (element, *element.iterancestors()):
        style = place.get("style", "")
        if COLOR.search(style) or HIDDEN.search(style):
            return True
        if GROUND.search(style) or place.get("bgcolor"):
            return False
    return False
