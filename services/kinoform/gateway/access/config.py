"""What a gateway is told about its callers."""

from dataclasses import dataclass
from pathlib import Path


class BadAccess(ValueError):
    """These settings don't go together."""

    def __init__(self, option: str, rule: str) -> None:
        super().__init__(option, rule)
        self.option = option
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.option} {self.rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessConfig:
    """Whom to trust besides the keys of the store and the key file."""

    jwks: str = ""
    """File or https address of the keys that sign tokens; empty: tokens are not taken."""
    issuer: str = ""
    """`iss` of tokens."""
    audience: str = ""
    """`aud` of tokens."""
    client_ca: Path | None = None
    """PEM of the authorities that sign clients' certificates; set, every client needs one."""
    recheck_s: float = 5.0
    """How often the caller of a stream is judged again."""
    fresh_s: float = 1.0
    """How old what is known of keys and limits may be: the delay of a revocation."""

    def __post_init__(self) -> None:
        if self.jwks and not (self.issuer and self.audience):
            raise BadAccess("--jwks", "needs --jwt-issuer and --jwt-audience: a token for another server is none here")
        if not self.jwks and (self.issuer or self.audience):
            raise BadAccess("--jwt-issuer and --jwt-audience", "need --jwks")
        if self.recheck_s <= 0:
            raise BadAccess("recheck_s", f"must be above 0, got {self.recheck_s}")
