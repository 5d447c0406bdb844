"""One module for each kind of mesh file, and what they share. All but `detect` run in a worker."""
