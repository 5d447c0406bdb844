"""Depth models of others, in folders as transformers saves them."""
