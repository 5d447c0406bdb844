"""Training of kino-mini's control branches: clips that move as no words say, and the maps that say how."""
