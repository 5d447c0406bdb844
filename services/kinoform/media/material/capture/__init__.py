"""Seamless materials from photographs of flat surfaces. Classical image processing; what it can't know, it guesses."""
