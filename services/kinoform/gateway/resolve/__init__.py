"""From requests as they were sent to requests as they will be carried out: defaults filled in, limits checked."""
