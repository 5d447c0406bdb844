"""Items as form-mini is taught them: a solid, and what is known of it."""

from collections.abc import Iterable, Iterator

from kinoform.training.furniture.catalogue import Item
from kinoform.training.furniture.colours import colour_shares
from kinoform.training.furniture.names import caption, noun
from kinoform.training.furniture.solid import Furniture, solid

Known = dict[str, str | float]


def lessons(items: Iterable[Item]) -> Iterator[tuple[Furniture, Known]]:
    """Solids with facts as `save_shard` takes them, in order and one at a time; items whose names say nothing left out.

    The facts: `caption`; `size_m`, the longest side; `family`, the category; `colour`, the main one; `source`, the
    item's key. Raises BadModel, MediaError."""
    for item in items:
        name = noun(item.name)
        if name is None:
            continue
        field = solid(item)
        shares = colour_shares(field)
        yield (
            field,
            {
                "caption": caption(name, shares),
                "size_m": max(item.size_m),
                "family": item.category,
                "colour": next(iter(shares)),
                "source": item.key,
            },
        )


def unsaid(items: Iterable[Item]) -> list[Item]:
    """The items that `lessons` leaves out."""
    return [item for item in items if noun(item.name) is None]
