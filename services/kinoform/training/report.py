"""An evaluation's figures for people, from the JSON values that cards keep too."""

from typing import Any

Values = dict[str, Any]


def table(report: Values) -> str:
    """The figures of `Report.to_json()` in lines of plain text."""
    settings = report["settings"]
    head = (
        f"{settings['family']}: {settings['clips']} clips of {settings['triples']} held-out triples, "
        f"{settings['steps']} steps, guidance {settings['guidance']}"
    )
    parts = [_adherence(report), _ways(report["ways"]), _unseen(report["unseen"]), _others(report)]
    return "\n\n".join([head, *parts])


def _adherence(report: Values) -> str:
    columns = ("subject", "motion", "background", "all")
    rows = {
        "generated": report["generated"],
        "generated from picture": report["generated_from_picture"],
        "real clips": report["real"],
        "shuffled captions": report["shuffled"],
    }
    return _grid("adherence", columns, rows)


def _ways(ways: Values) -> str:
    return _grid("displacement (pixels)", ("error", "correlation", "travelled", "grown"), ways)


def _unseen(unseen: Values) -> str:
    columns = ("first_frame_psnr", "clip_psnr", "energy", "error", "travelled", "motion")
    rows = {name: unseen[name] for name in ("generated", "frozen", "real")}
    return _grid(f"{unseen['clips']} unseen pictures", columns, rows)


def _others(report: Values) -> str:
    frechet, diversity, pairs = report["frechet"], report["diversity"], report["pairs"]
    return "\n".join(
        [
            f"Frechet distance {frechet['generated']}, of real clips {frechet['floor']} "
            f"({frechet['pictures']} frames, {frechet['dimensions']} dimensions)",
            f"difference between seeds {diversity['generated']}, of real clips {diversity['real']} "
            f"({diversity['captions']} captions, {diversity['seeds']} seeds)",
            f"pairs: both seen {pairs['generated']['both']}, one {pairs['generated']['one']}; "
            f"in real clips {pairs['real']['both']}, {pairs['real']['one']} ({pairs['clips']} clips)",
        ]
    )


def _grid(title: str, columns: tuple[str, ...], rows: dict[str, Values]) -> str:
    widths = [max(len(column), 6) + 2 for column in columns]
    lines = [f"{title:<24}" + "".join(f"{column:>{width}}" for column, width in zip(columns, widths, strict=True))]
    for name, row in rows.items():
        cells = ["-" if row[column] is None else f"{row[column]:.3f}" for column in columns]
        lines.append(f"{name:<24}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)))
    return "\n".join(lines)
