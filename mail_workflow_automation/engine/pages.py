"""Addresses of a website's pages, as people write them and as a server sees them."""

from urllib.parse import unquote, urlsplit


def path_of(address: str) -> str:
    """Return the path of an address without host, query and closing slash."""
    path = unquote(urlsplit(address.strip()).path)
    return f"/{path.strip('/')}"


def is_at(wanted: str, path: str) -> bool:
    """Tell whether a page is the one that is wanted: exactly, or by what stands before a ``*``."""
    if wanted.strip().endswith("*"):
        start = path_of(wanted.strip()[:-1])
        ends_there = wanted.strip()[:-1].endswith("/")
        return (
            start == "/" or path == start or path.startswith(f"{start}/" if ends_there else start)
        )
    return path == path_of(wanted)
