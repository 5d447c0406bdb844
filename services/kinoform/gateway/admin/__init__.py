"""`kinoform admin`: an operator's work on a job store, done in its database itself. Needs no running gateway."""
