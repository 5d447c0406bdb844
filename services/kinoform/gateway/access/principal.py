"""Who calls, and what he may do."""

from dataclasses import dataclass, replace
from typing import Self

from kinoform.store.keys import EVERY_PROJECT, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller who was recognised."""

    name: str
    """`key:ID`, `file:DIGEST`, `jwt:SUBJECT`, `certificate:NAME`; `anyone` where nobody is asked who he is."""
    key_id: str = ""
    """Of a key in the store."""
    projects: frozenset[str]
    """Project ids; `*` stands for all."""
    role: Role

    def may_enter(self, project: str) -> bool:
        """Whether a project is his."""
        return EVERY_PROJECT in self.projects or project in self.projects

    def within(self, other: "Principal") -> Self:
        """He, where the other one may be, too, and as no more than the other one is."""
        if EVERY_PROJECT in other.projects:
            projects = self.projects
        else:
            projects = other.projects if EVERY_PROJECT in self.projects else self.projects & other.projects
        role = min(self.role, other.role, key=lambda role: role.rank)
        return replace(self, name=f"{self.name} by {other.name}", projects=projects, role=role)


ANYONE = Principal(name="anyone", projects=frozenset({EVERY_PROJECT}), role=Role.ADMIN)
"""Whoever calls a gateway that asks for no key."""
