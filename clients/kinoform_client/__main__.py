"""`python -m kinoform_client`: the command line, for where `kinoform` is not on the path."""

from kinoform_client.cli import main

main()
