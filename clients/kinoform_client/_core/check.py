"""Python values to protobuf's. The server judges them; here only what protobuf can't carry is refused."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from kinoform_client.errors import ErrorDetails, InvalidArgumentError, Violation
from kinoform_proto.type.v1 import type_pb2

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_TEXT_LIMIT = 1 << 20
_NTSC = {23.976: Fraction(24000, 1001), 29.97: Fraction(30000, 1001), 59.94: Fraction(60000, 1001)}


class Check:
    """Collects what protobuf can't carry, so that every bad field is named at once."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def whole(self, path: str, value: int, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> int:
        """The value; 0 for one outside."""
        if low <= value <= high:
            return value
        self.bad(path, f"must be between {low} and {high}, got {value}")
        return 0

    def maybe(self, path: str, value: int | None) -> int | None:
        """The value, if one is given."""
        return None if value is None else self.whole(path, value)

    def text(self, path: str, value: str) -> str:
        """The value; nothing for one that is too long."""
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > _TEXT_LIMIT:
            self.bad(path, f"holds {size} bytes, far more than a request can carry")
            return ""
        return value

    def size(self, path: str, width: int | None, height: int | None) -> type_pb2.Size:
        """Both together; one alone is refused."""
        if width is None or height is None:
            self.bad(path, "give width and height together")
            return type_pb2.Size()
        return type_pb2.Size(width=self.whole(f"{path}.width", width), height=self.whole(f"{path}.height", height))

    def rate(self, path: str, value: Fraction | str | int) -> type_pb2.FrameRate:
        """An exact rate; 23.976 and its kin are taken for the NTSC rates that they round."""
        try:
            rate = Fraction(value)
        except (ValueError, ZeroDivisionError):
            self.bad(path, f"must be frames per second as a number or a fraction, got {value!r}")
            return type_pb2.FrameRate()
        rate = _NTSC.get(float(rate), rate)
        if rate.denominator > 1001 or not 0 < rate.numerator <= 240000:
            self.bad(path, f"must be a fraction of at most 240000/1001, like 24 or 24000/1001; got {value}")
            return type_pb2.FrameRate()
        return type_pb2.FrameRate(numerator=rate.numerator, denominator=rate.denominator)

    def choice(self, path: str, options: Mapping[E, T], value: str) -> T:
        """What the value stands for; what the first option does, for one that isn't an option."""
        for option, meaning in options.items():
            if option == value:
                return meaning
        self.bad(path, f"must be one of {', '.join(options)}; got {value!r}")
        return next(iter(options.values()))

    def choices(self, path: str, options: Mapping[E, T], values: Iterable[str]) -> list[T]:
        """What each value stands for."""
        return [self.choice(f"{path}[{place}]", options, value) for place, value in enumerate(values)]

    def finish(self) -> None:
        """Raises InvalidArgumentError, with every violation, if there is one."""
        if self._violations:
            details = ErrorDetails(
                code="INVALID_ARGUMENT", reason="INVALID_REQUEST", violations=tuple(self._violations)
            )
            raise InvalidArgumentError("the request can't be sent", details)

    def bad(self, path: str, description: str) -> None:
        """Takes note of a violation."""
        self._violations.append(Violation(path, description))
