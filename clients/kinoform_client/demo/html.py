"""Pieces of the demo's page. Everything shown is inside it; only downloads lie beside it."""

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from pathlib import Path

_TYPES = {".png": "image/png", ".mp4": "video/mp4"}


def inline(path: Path) -> str:
    """The file as a URL that holds it."""
    return _held(path.read_bytes(), _TYPES[path.suffix])


def video(path: Path, poster: Path) -> str:
    """A clip that plays by itself, over and over."""
    return f'<video src="{inline(path)}" poster="{inline(poster)}" autoplay loop muted playsinline controls></video>'


def image(path: Path, alt: str) -> str:
    """A picture."""
    return f'<img src="{inline(path)}" alt="{escape(alt)}">'


def picture(data: bytes, alt: str) -> str:
    """A PNG picture that is no file."""
    return f'<img src="{_held(data, _TYPES[".png"])}" alt="{escape(alt)}">'


def figure(media: str, title: str, *lines: str, warnings: Iterable[str] = (), wide: bool = False) -> str:
    """Media, a title, and lines of HTML below it."""
    notes = [f"<small>{line}</small>" for line in lines if line]
    notes += [f'<small class="warning">{escape(warning)}</small>' for warning in warnings]
    kind = ' class="wide"' if wide else ""
    caption = f"<figcaption><strong>{escape(title)}</strong>\n{''.join(notes)}</figcaption>"
    return f"<figure{kind}>\n{media}\n{caption}\n</figure>"


def origin(picture: Path, text: str) -> str:
    """The picture that something was made from, small, and a word on it."""
    return f'<span class="origin">{image(picture, "")}<span>{escape(text)}</span></span>'


def downloads(files: Iterable[Path], root: Path) -> str:
    """Links to files beside the page."""
    links = []
    for file in files:
        place = escape(file.relative_to(root).as_posix())
        links.append(f'<a href="{place}" download>{escape(file.suffix[1:].upper())} {_size(file.stat().st_size)}</a>')
    return " ".join(links)


def _held(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.0f} kB"
