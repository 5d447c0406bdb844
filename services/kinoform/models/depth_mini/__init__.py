"""depth-mini: one picture -> relative inverse depth, and which way its surfaces face."""
