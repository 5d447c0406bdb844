"""Wan 2.1 (and 2.2) text to video, from a folder or hub id in diffusers' layout."""
