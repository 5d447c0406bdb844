"""Which projects a request speaks of, wherever in it: its parent, its name, inputs deep in a spec.

No list of fields that name things, which the next proto would outgrow: every text that looks like a name within a
project is one, unless its field is declared free text here.
"""

import re
from collections.abc import Iterator

from google.protobuf import any_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

FREE_TEXT = frozenset(
    {
        "kinoform.type.v1.Prompt.text",
        "kinoform.type.v1.Prompt.negative",
        "kinoform.asset.v1.CreateUploadRequest.display_name",
        "kinoform.job.v1.ForkChanges.prompt",
        "kinoform.job.v1.ForkChanges.prompt_tail",
    }
)
"""Fields in which people write what they like; so are labels. Nothing looks up what they say."""
FREE_MAPS = "labels"
_NAMED = re.compile(r"projects/([^/]*)")
_NAME = re.compile(r"projects/[a-z0-9-]{1,63}(/[a-z]{1,31}/[a-z0-9-]{1,64})?")


class Opaque(ValueError):
    """A request holds something that nobody can look into."""


def project_of(name: str) -> str | None:
    """The project of `projects/{p}/…`; None for anything else. Not checked any further."""
    found = _NAMED.match(name)
    return found[1] if found else None


def sound_name(name: str) -> str:
    """The name if it is written as names are, else nothing: what a stranger sends is not repeated elsewhere."""
    return name if _NAME.fullmatch(name) else ""


def projects_named(message: Message) -> frozenset[str]:
    """All projects that a message names. Raises Opaque."""
    return frozenset(_found(message))


def _found(message: Message) -> Iterator[str]:
    if isinstance(message, any_pb2.Any):
        raise Opaque(message.DESCRIPTOR.full_name)
    for field, value in message.ListFields():
        if field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE) or _is_free(field):
            continue
        for item in _items(field, value):
            if isinstance(item, Message):
                yield from _found(item)
            elif isinstance(item, str) and (project := project_of(item)) is not None:
                yield project


def _is_free(field: FieldDescriptor) -> bool:
    return field.full_name in FREE_TEXT or (_is_map(field) and field.name == FREE_MAPS)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _items(field: FieldDescriptor, value: object) -> Iterator[object]:
    if _is_map(field):
        for key, item in value.items():  # type: ignore[attr-defined]
            yield from (key, item)
    elif field.is_repeated:
        yield from value  # type: ignore[misc]
    else:
        yield value
