"""The parts that all models are made of: torch only."""

from kinoform.backbone.arithmetic import settle

settle()
