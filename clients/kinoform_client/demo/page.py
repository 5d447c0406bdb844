"""The demo's page: one file that plays the clips, without a server or a network."""

from base64 import b64encode
from html import escape
from pathlib import Path

from kinoform_client.demo.clips import Made
from kinoform_client.types import Model

_STYLE = """
:root { color-scheme: light dark; --ink: #202124; --soft: #6b6f76; --paper: #faf9f6; --card: #fff; --line: #e4e2dc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #9aa0a6; --paper: #17181a; --card: #202225; --line: #34363a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 40px 24px 64px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 30px; margin: 0; letter-spacing: -0.02em; }
h2 { font-size: 18px; margin: 40px 0 8px; }
p, li { color: var(--soft); margin: 4px 0; max-width: 75ch; }
.clips { display: grid; gap: 20px; margin-top: 28px; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
video { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; background: var(--line); }
figcaption { padding: 12px 16px 16px; }
figcaption strong { display: block; font-weight: 600; }
figcaption small { color: var(--soft); }
.origin { display: flex; align-items: center; gap: 8px; margin-top: 8px; }
.origin img { width: 44px; border-radius: 6px; }
.warning { color: #b3541e; display: block; }
code { font: 13px/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
img.sheet { width: 100%; border-radius: 12px; border: 1px solid var(--line); }
"""


def write_page(path: Path, model: Model, clips: list[Made], *, started_s: float, took_s: float, runtime: str) -> Path:
    """Writes the page beside the contact sheet; gives its path."""
    figures = "\n".join(_figure(clip) for clip in clips)
    limits = "\n".join(f"<li>{escape(limit)}</li>" for limit in model.limits) or "<li>The card names none.</li>"
    sheet = _inline(path.parent / "contact-sheet.png", "image/png")
    path.write_text(
        f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kinoform demo</title>
<style>{_STYLE}</style>
<h1>Kinoform</h1>
<p>{len(clips)} clips by <b>{escape(model.display_name or model.name)}</b> {escape(model.version)}, made on this machine
in {took_s:.0f} s; starting the suite ({escape(runtime)} runtime) took {started_s:.0f} s of it.</p>
<div class="clips">
{figures}
</div>
<h2>Contact sheet</h2>
<img class="sheet" src="{sheet}" alt="Frames of every clip, in order">
<h2>What the model can't do</h2>
<ul>
{limits}
</ul>
<p>{escape(model.description)} Licence of the weights: {escape(model.license)}.</p>
<h2>Make one again</h2>
<p>The same request and seed give the same clip{", byte for byte" if model.batch_exact else ""}:</p>
<p><code>{escape(_command(clips[0]))}</code></p>
</html>
""",
        encoding="utf-8",
    )
    return path


def _figure(clip: Made) -> str:
    poster = _inline(clip.file.with_suffix(".png"), "image/png")
    video = _inline(clip.file, "video/mp4")
    origin = ""
    if clip.image is not None:
        picture = _inline(clip.image, "image/png")
        origin = f'<span class="origin"><img src="{picture}" alt=""><small>began with this picture, a frame of '
        origin += "the first clip</small></span>"
    warnings = "".join(f'<small class="warning">{escape(warning)}</small>' for warning in clip.warnings)
    return f"""<figure>
<video src="{video}" poster="{poster}" autoplay loop muted playsinline controls></video>
<figcaption><strong>{escape(clip.wish.prompt)}</strong>
<small>seed {clip.wish.seed} · {clip.seconds:.1f} s from asking to having</small>{origin}{warnings}</figcaption>
</figure>"""


def _command(clip: Made) -> str:
    width, height = clip.view_size
    options = f"--seed {clip.wish.seed} --steps {clip.steps} --view-size {width}x{height} -o {clip.file.name}"
    return f'kinoform video generate "{clip.wish.prompt}" {options}'


def _inline(path: Path, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(path.read_bytes()).decode()}"
