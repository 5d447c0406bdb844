"""The procedural materials, by what they are made of."""
