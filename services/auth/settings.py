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

    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """log2 of bcrypt's iterations; each step up doubles a login's cost."""
