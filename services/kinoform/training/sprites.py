"""Sprites: key frames of animated emoji, decoded once from the npm packages' tarballs into one uint8 RGBA cache."""

import io
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, WebPImagePlugin

from kinoform.training.cast import CAST

PACKAGES = tuple(f"@lobehub/fluent-emoji-anim-{n}" for n in (1, 2, 3, 4))
SPRITE_SIZE = 96
"""Side of a cached sprite in pixels: about twice what the 64-pixel frame shows."""
KEY_FRAMES = 16
SOURCE_STRIDE = 3
"""24 frames a second in the source, 8 in our clips."""

Sprites = npt.NDArray[np.uint8]


def fetch(folder: Path) -> None:
    """Download the four packages' tarballs into folder with `npm pack`; raises CalledProcessError when npm fails."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "pack", *PACKAGES], cwd=folder, check=True)


def decode_all(folder: Path) -> Sprites:
    """The cast in order: (n, KEY_FRAMES, size, size, 4) straight-alpha RGBA, from the tarballs in folder.

    FileNotFoundError names the code points that no tarball holds.
    """
    wanted = list(CAST.values())
    found: dict[str, Sprites] = {}
    for archive in sorted(folder.glob("*fluent-emoji-anim-*.tgz")):
        with tarfile.open(archive) as tar:
            for member in tar:
                code = Path(member.name).stem.removesuffix("-fe0f")
                if code in wanted and member.name.endswith(".webp"):
                    stream = tar.extractfile(member)
                    assert stream is not None
                    found[code] = decode_sprite(stream.read())
    if missing := [code for code in wanted if code not in found]:
        raise FileNotFoundError(f"no emoji {', '.join(missing)} in the tarballs of {folder}")
    return np.stack([found[code] for code in wanted])


def decode_sprite(webp: bytes) -> Sprites:
    """(KEY_FRAMES, size, size, 4) RGBA of one animation: every SOURCE_STRIDE-th frame; a still is repeated."""
    with Image.open(io.BytesIO(webp)) as image:
        if not isinstance(image, WebPImagePlugin.WebPImageFile):
            raise TypeError(f"a sprite is a webp, not {image.format}")
        frames = []
        for k in range(KEY_FRAMES):
            image.seek(k * SOURCE_STRIDE % image.n_frames)
            frames.append(_shrink(image.convert("RGBA")))
    return np.stack(frames)


def save(path: Path, sprites: Sprites) -> None:
    """Write the cache."""
    np.savez_compressed(path, rgba=sprites)


def load(path: Path) -> Sprites:
    """Read the cache: (n, KEY_FRAMES, size, size, 4) uint8, in the order of CAST."""
    with np.load(path) as archive:
        sprites: Sprites = archive["rgba"]
    return sprites


def _shrink(image: Image.Image) -> Sprites:
    """Scale in premultiplied alpha ("RGBa"), so that hidden colours never bleed into the edge."""
    small = image.convert("RGBa").resize((SPRITE_SIZE, SPRITE_SIZE), Image.Resampling.BOX).convert("RGBA")
    return np.asarray(small)
