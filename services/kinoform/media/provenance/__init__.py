"""Content Credentials (C2PA): who made a file and how, signed, and read back."""
