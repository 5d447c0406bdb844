"""Messages of any type that nobody would send on purpose, by chance from a seed."""

import math
import string
import uuid
from random import Random

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

DEEPEST = 8
INTEGERS = (0, 1, -1, 7, 999, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63), 2**64 - 1)
DOUBLES = (0.0, -0.0, 1.0, 0.5, -3.0, 1e308, 5e-324, math.inf, -math.inf, math.nan)
BOUNDS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


class Maker:
    """Makes messages; names that it was told of turn up in them again."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.names = [
            "projects/default",
            "projects/p/jobs/j",
            "projects/p/assets/a",
            "projects/p/conditionings/" + "0" * 64,
        ]

    def message(self, descriptor: Descriptor, depth: int = 0) -> Message:
        """One of that type: every field by chance there, and by chance absurd."""
        made = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if self.rng.random() < (0.7 if depth < 3 else 0.3):
                self._fill(made, field, depth)
        return made

    def spoilt(self, good: Message) -> Message:
        """A message like that one, with one or two of its fields absurd: what a check behind another one sees."""
        made = type(good)()
        made.CopyFrom(good)
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self._spoil(made)
        return made

    def _spoil(self, made: Message) -> None:
        within = [value for _, value in made.ListFields() if isinstance(value, Message)]
        if within and self.rng.random() < 0.8:
            self._spoil(self.rng.choice(within))
        else:
            self._fill(made, self.rng.choice(made.DESCRIPTOR.fields), depth=3)

    def bytes(self, most: int) -> bytes:
        return self.rng.randbytes(self.rng.randrange(most))

    def _fill(self, made: Message, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            self._fill_map(made, field)
        elif field.is_repeated:
            for _ in range(self.rng.choice((0, 1, 2, 5, 100))):
                if field.message_type is not None:
                    if depth < DEEPEST:
                        getattr(made, field.name).append(self.message(field.message_type, depth + 1))
                else:
                    getattr(made, field.name).append(self._value(field))
        elif field.message_type is not None:
            if depth < DEEPEST:
                getattr(made, field.name).CopyFrom(self.message(field.message_type, depth + 1))
        else:
            setattr(made, field.name, self._value(field))

    def _fill_map(self, made: Message, field: FieldDescriptor) -> None:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for _ in range(self.rng.choice((0, 1, 3, 100))):
            if value.message_type is None:
                getattr(made, field.name)[self._value(key)] = self._value(value)

    def _value(self, field: FieldDescriptor) -> object:
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING:
                return self.bytes(2000) if field.type == FieldDescriptor.TYPE_BYTES else self._text()
            case FieldDescriptor.CPPTYPE_BOOL:
                return self.rng.random() < 0.5
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                return self.rng.choice(DOUBLES)
            case FieldDescriptor.CPPTYPE_ENUM:
                return self.rng.choice((0, 1, 2, 3, 99, -1))
        low, high = BOUNDS[field.cpp_type]
        return max(low, min(high, self.rng.choice(INTEGERS)))

    def _text(self) -> str:
        kind = self.rng.randrange(8)
        if kind < 3:
            return self.rng.choice(self.names)
        if kind == 3:
            return str(uuid.UUID(int=self.rng.getrandbits(128)))
        if kind == 4:
            return self.rng.choice(("", "\x00", "../../etc/passwd", "'; DROP TABLE jobs; --", "projects/" + "a" * 70))
        if kind == 5:
            return "".join(chr(self.rng.choice((self.rng.randrange(32, 0xD800), 0x1F600))) for _ in range(40))
        return "".join(self.rng.choices(string.ascii_lowercase + "-/", k=self.rng.choice((1, 20, 3000))))
