"""What surfaces without maps look like in every format: neither shiny nor metal."""

from typing import Final

METALLIC: Final = 0.0
ROUGHNESS: Final = 0.8
