"""The kino-mini family: text to clip and picture to clip with the project's own latent video diffusion."""
