"""How depth-mini is made: rendered scenes with true depth and normals, and a small network that learns to see them."""
