"""The embedded mesh model: text or a picture to a solid, on latents of a distance and colour field."""
