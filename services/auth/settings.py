"""What auth reads when it starts."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class AuthSettings(RuntimeSettings):
    """Settings of the auth service."""

    listen: str = Field(default="127.0.0.1:50051", pattern=r"^.+:\d{1,5}$")
    """`host:port` that auth listens on."""

    postgres_url: str = Field(pattern=r"^postgres(ql)?://")
    """PostgreSQL; auth owns the schema `auth`."""

    access_token_ttl_s: int = Field(default=900, ge=60, le=86_400)
    """Seconds that an access token is good for."""

    refresh_token_ttl_s: int = Field(default=30 * 86_400, ge=3_600)
    """Seconds that a session lives without being refreshed."""

    refresh_reuse_s: int = Field(default=30, ge=0, le=300)
    """Seconds in which a refresh token that was just used may be used again, by a second tab or
    after an answer was lost; 0 closes the session at any second use."""

    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """log2 of bcrypt's iterations; each step up doubles a login's cost."""
