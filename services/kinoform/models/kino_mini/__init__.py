"""The kino-mini family: text to first frame to clip, and picture to clip, with the project's own latent diffusion."""
