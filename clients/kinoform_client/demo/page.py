"""The demo's page: one file that shows everything, without a server or a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kinoform_client.demo.html import image
from kinoform_client.demo.studio import Chapter
from kinoform_client.types import Model

_STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the demo was made."""

    runtime: str
    started_s: float
    """From the command to a suite that answers."""
    took_s: float
    """In all."""
    left_out: tuple[str, ...]
    """Kinds of models that the server does not offer."""


def write_page(path: Path, chapters: Sequence[Chapter], run: Run) -> Path:
    """Writes the page beside the contact sheet; gives its path."""
    titles = [chapter.title for chapter in chapters if chapter.model is not None]
    path.write_text(
        f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kinoform demo</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
<h1>Kinoform</h1>
<p>{_listed(titles)}, made on this machine in {run.took_s:.0f} s; starting the suite
({escape(run.runtime)} runtime) took {run.started_s:.0f} s of it.</p>
{_left_out(run)}{"".join(_chapter(chapter) for chapter in chapters)}
{_sheet(path.parent / "contact-sheet.png")}
<h2>Make them again</h2>
<p>The same request and seed give the same file, byte for byte where the model is batch exact.</p>
{"".join(f"<p><code>{escape(chapter.command)}</code></p>" for chapter in chapters)}
<h2>What the models can't do</h2>
{"".join(_limits(chapter.model) for chapter in chapters if chapter.model is not None)}
</html>
""",
        encoding="utf-8",
    )
    return path


def _chapter(chapter: Chapter) -> str:
    model = chapter.model
    figures = "\n".join(chapter.figures)
    by = "" if model is None else _maker(model)
    return f"""<h2>{chapter.title[0].upper()}{chapter.title[1:]}</h2>
{by}<div class="figures">
{figures}
</div>
"""


def _maker(model: Model) -> str:
    name = escape(model.display_name or model.name)
    return f"<p>By <b>{name}</b> {escape(model.version)}. {escape(model.description)}</p>\n"


def _left_out(run: Run) -> str:
    line = "<p>This server offers no {} model, so nothing of that kind is shown.</p>\n"
    return "".join(line.format(escape(kind)) for kind in run.left_out)


def _sheet(sheet: Path) -> str:
    if not sheet.exists():
        return ""
    shown = image(sheet, "Frames of every clip and turntable, in order")
    return f'<h2>Contact sheet</h2>\n<div class="sheet">{shown}</div>'


def _limits(model: Model) -> str:
    limits = "\n".join(f"<li>{escape(limit)}</li>" for limit in model.limits) or "<li>The card names nothing.</li>"
    name = escape(model.display_name or model.name)
    return f"<h3>{name}</h3>\n<ul>\n{limits}\n<li>Licence of the weights: {escape(model.license)}.</li>\n</ul>\n"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
