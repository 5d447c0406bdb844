"""`kinoform mesh`."""

from dataclasses import replace
from typing import Annotated

import typer

from kinoform_client._core.requests import CONDITIONING_NAME
from kinoform_client.cli import options
from kinoform_client.cli.clip_place import clip_place
from kinoform_client.cli.finish import follow
from kinoform_client.cli.job_picture import Condition, JobPicture, job_picture
from kinoform_client.cli.mesh_place import mesh_place
from kinoform_client.cli.places import slug, stem_of
from kinoform_client.cli.reach import parse_view
from kinoform_client.cli.session import session
from kinoform_client.conditions import ConditionKind
from kinoform_client.errors import invalid
from kinoform_client.types import VideoFormat

app = typer.Typer(help="Make, change, texture and show 3D meshes.", no_args_is_help=True)

File = Annotated[
    str, typer.Argument(help="GLB, USD, OBJ, PLY, STL or 3MF file, or an asset's name.", show_default=False)
]
Triangles = Annotated[int | None, typer.Option(help="At the most, in the finest level of detail.")]
Lods = Annotated[int | None, typer.Option(help="Levels of detail, each with a quarter of the triangles.")]
TextureSize = Annotated[int | None, typer.Option(help="Edge of the textures: 256, 512, 1024 or 2048 pixels.")]
Height = Annotated[float | None, typer.Option("--height-m", help="Height of the object in metres.")]
Format = Annotated[
    str | None, typer.Option("--format", metavar="LIST", help="glb,usdz,usdc,obj,ply,stl,3mf; glb if left out.")
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE|STEM|FOLDER/", help="A file's suffix chooses its format."),
]


@app.command()
def generate(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Argument(help="What to make.", show_default=False)] = None,
    image: Annotated[str | None, typer.Option(help="Picture of it: PNG, JPEG, WebP, or an asset's name.")] = None,
    condition: Condition = None,
    view: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE[:STRENGTH[:FROM-TO]]", help="More pictures of it, from other sides; repeatable."),
    ] = None,
    sketch: Annotated[
        bool, typer.Option("--sketch", help="The pictures are line drawings, each with a closed outline.")
    ] = False,
    triangles: Triangles = None,
    height_m: Height = None,
    lods: Lods = None,
    texture_size: TextureSize = None,
    resolution: Annotated[int | None, typer.Option(help="Samples along a side of the surface's grid.")] = None,
    format: Format = None,  # noqa: A002 - the option's name
    model: options.Model = "",
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    seed: options.Seed = None,
    negative: options.Negative = "",
    reproducible: options.Reproducible = False,
    pause_at: options.PauseAt = None,
    keep_step: options.KeepSteps = None,
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Output = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Make a mesh from a PROMPT, from a picture, or from both."""
    picture = job_picture(image, condition)
    views = [replace(parse_view("--view", each), sketch=sketch) for each in view or []]
    if prompt is None and picture is None and not views:
        raise invalid("PROMPT", "say what to make, or give pictures of it with --image, --condition or --view")
    place = mesh_place(output, slug(prompt or ("" if picture is None else picture.stem("mesh")), "mesh"))
    with session(context).client() as client:
        job = client.meshes.generate(
            prompt,
            image_strength=None if picture is None else picture.strength,
            image_steps=None if picture is None else picture.steps,
            image_sketch=sketch and picture is not None,
            views=views,
            model=model,
            steps=steps,
            guidance=guidance,
            seed=seed,
            negative_prompt=negative,
            reproducible=reproducible,
            pause_at=pause_at,
            keep_steps=keep_step or (),
            resolution=resolution,
            triangles=triangles,
            lods=lods,
            texture_size=texture_size,
            height_m=height_m,
            formats=place.formats(format, lods),
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
            # last, when every other option is known to be right: it has the picture prepared
            image=None if picture is None else picture.given(client, priority),
        )
        follow(job, place, wait=wait, previews=previews, as_json=as_json)


@app.command()
def relief(
    context: typer.Context,
    picture: Annotated[
        str, typer.Argument(help="PNG, JPEG, WebP, or a stored picture's name: a photo.", show_default=False)
    ],
    is_depth: Annotated[bool, typer.Option("--is-depth", help="PICTURE shows depths itself: white is near.")] = False,
    colour: Annotated[
        str | None, typer.Option(help="Picture to colour it with; of a photo, the photo itself if left out.")
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without colours.")] = False,
    width_m: Annotated[float | None, typer.Option("--width-m", help="Width in metres.")] = None,
    rise_m: Annotated[float | None, typer.Option("--rise-m", help="From the farthest to the nearest, metres.")] = None,
    plate_m: Annotated[float | None, typer.Option("--plate-m", help="Thickness beneath the farthest, metres.")] = None,
    resolution: Annotated[int | None, typer.Option(help="Samples along the longer side: at most 512.")] = None,
    texture_size: TextureSize = None,
    format: Format = None,  # noqa: A002 - the option's name
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Output = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Make a PICTURE a plate with a relief, closed and exact. The depths of a photo are estimated first."""
    if bare and colour is not None:
        raise invalid("--bare", f"leaves out the colours of {colour}")
    prepared = CONDITIONING_NAME.fullmatch(picture) is not None
    photo = None if is_depth or prepared or bare else picture
    place = mesh_place(output, "relief" if prepared else stem_of(picture, "relief"))
    with session(context).client() as client:
        depth = JobPicture(picture, None if is_depth or prepared else ConditionKind.DEPTH, prepared)
        job = client.meshes.relief(
            colour=photo if colour is None else colour,
            width_m=width_m,
            rise_m=rise_m,
            plate_m=plate_m,
            resolution=resolution,
            texture_size=texture_size,
            formats=place.formats(format, None),
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
            # last, when every other option is known to be right: it has the picture prepared
            depth=depth.given(client, priority),
        )
        follow(job, place, wait=wait, previews=None, as_json=as_json)


@app.command()
def process(
    context: typer.Context,
    file: File,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    close: Annotated[bool, typer.Option("--close", help="Close it, whatever it takes.")] = False,
    height_m: Height = None,
    triangles: Triangles = None,
    unwrap: Annotated[bool, typer.Option("--unwrap", help="Make new UVs and bake the colours.")] = False,
    texture_size: TextureSize = None,
    lods: Lods = None,
    format: Format = None,  # noqa: A002 - the option's name
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Output = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Repair, scale, decimate or unwrap a mesh FILE, or write it in other formats."""
    place = mesh_place(output, stem_of(file, "mesh"))
    with session(context).client() as client:
        job = client.meshes.process(
            file,
            repair=repair,
            close=close,
            height_m=height_m,
            triangles=triangles,
            unwrap=unwrap,
            texture_size=texture_size,
            lods=lods,
            formats=place.formats(format, lods),
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
        )
        follow(job, place, wait=wait, previews=None, as_json=as_json)


@app.command()
def texture(
    context: typer.Context,
    file: File,
    prompt: Annotated[str | None, typer.Argument(help="The material in words.", show_default=False)] = None,
    material: Annotated[
        str | None, typer.Option(help="ZIP file from `kinoform material generate -o FILE.zip`, or an asset's name.")
    ] = None,
    tile_m: Annotated[float | None, typer.Option(help="Edge of a tile on the mesh in metres.")] = None,
    texture_size: TextureSize = None,
    format: Format = None,  # noqa: A002 - the option's name
    model: options.Model = "",
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    seed: options.Seed = None,
    negative: options.Negative = "",
    reproducible: options.Reproducible = False,
    pause_at: options.PauseAt = None,
    keep_step: options.KeepSteps = None,
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Output = None,
    previews: options.Previews = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Give a mesh FILE a material, from a PROMPT or from a material made before."""
    if prompt is None and material is None:
        raise invalid("PROMPT", "say which material, or give one with --material")
    place = mesh_place(output, stem_of(file, "mesh"))
    with session(context).client() as client:
        job = client.meshes.texture(
            file,
            prompt=prompt,
            material=material,
            model=model,
            steps=steps,
            guidance=guidance,
            seed=seed,
            negative_prompt=negative,
            reproducible=reproducible,
            pause_at=pause_at,
            keep_steps=keep_step or (),
            tile_m=tile_m,
            texture_size=texture_size,
            formats=place.formats(format, None),
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
        )
        follow(job, place, wait=wait, previews=previews, as_json=as_json)


@app.command()
def turntable(
    context: typer.Context,
    file: File,
    frames: Annotated[int | None, typer.Option(help="Frames of one turn.")] = None,
    size: Annotated[int | None, typer.Option(help="Edge of the square pictures in pixels.")] = None,
    fps: options.Fps = None,
    elevation_deg: Annotated[float | None, typer.Option(help="Camera above the horizon, in degrees.")] = None,
    transparent: Annotated[bool, typer.Option("--transparent", help="No backdrop; WebM or PNG frames.")] = False,
    priority: options.Priority = 0,
    deadline: options.Deadline = None,
    label: options.Labels = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE|FOLDER/", help=".mp4, .webm, or a folder for PNG frames."),
    ] = None,
    as_json: options.AsJson = False,
    wait: options.Wait = True,
) -> None:
    """Show a mesh FILE from all sides, in a clip of one turn."""
    default = VideoFormat.WEBM if transparent else VideoFormat.MP4
    place = clip_place(output, stem_of(file, "mesh"), default)
    with session(context).client() as client:
        job = client.meshes.turntable(
            file,
            frames=frames,
            size=size,
            fps=fps,
            elevation_deg=elevation_deg,
            transparent=transparent,
            format=place.format,
            priority=priority,
            deadline=options.parse_deadline(deadline),
            labels=options.parse_labels(label),
        )
        follow(job, place, wait=wait, previews=None, as_json=as_json)
