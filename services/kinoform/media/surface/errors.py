"""Why there is no surface to give."""

from kinoform.media.errors import MediaError


class NoSurface(MediaError):
    """Nothing there: a field that is empty, solid or not finite, or a mesh without a usable triangle."""


class NotClosed(MediaError):
    """No closed mesh can be made of this one; repair it with `close` first."""


class BadWish(MediaError):
    """A wish that cannot be met: the reason names its field and value."""
