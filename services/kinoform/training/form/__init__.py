"""How form-mini is made: solids to grids, grids to latents, latents from text and pictures."""
