"""One module for each kind of mesh file; each returns the whole file as bytes."""
