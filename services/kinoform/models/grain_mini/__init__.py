"""grain-mini: text to seamless material, by diffusion on latents that wrap around."""
