"""How channels are set up, for both faces of gRPC."""

from collections.abc import Sequence

OPTIONS: Sequence[tuple[str, int | str]] = (
    # Retries are ours (see retry.py): two layers of them would multiply.
    ("grpc.enable_retries", 0),
    # A gateway that was restarted is found again within seconds, not minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # A watch may be silent for long; this is how a vanished server is noticed.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.primary_user_agent", "kinoform-python"),
)

HEALTH_METHOD = "/grpc.health.v1.Health/Check"
# HealthCheckRequest of the whole server, and the HealthCheckResponse that says SERVING: too small for a dependency.
HEALTH_REQUEST = b""
HEALTH_SERVING = b"\x08\x01"


def key_metadata(api_key: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata that carry the API key."""
    return (("authorization", f"Bearer {api_key}"),) if api_key else ()
