"""How grain-mini is made: procedural materials, their captions, the codec and the denoiser."""
