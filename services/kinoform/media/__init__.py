"""Readers and writers of pictures and moving pictures."""
