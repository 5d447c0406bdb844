"""Prepares pictures that steer other jobs."""
