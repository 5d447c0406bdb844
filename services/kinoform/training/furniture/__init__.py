"""Things of a house as solids: the models of Sweet Home 3D, as Debian packs them."""
