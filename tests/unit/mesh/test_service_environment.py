import pytest

from mesh.parts.service_environment import INHERITED, own_settings

EVERYTHING = {
    "ARGUS_POSTGRES_URL": "postgresql://argus:secret@db/argus",
    "ARGUS_REDIS_URL": "redis://:secret@cache",
    "ARGUS_S3_SECRET_KEY": "secret",
    "ARGUS_QDRANT_API_KEY": "secret",
    "ARGUS_SERVICE_SECRET": "secret",
    "ARGUS_SMTP_PASSWORD": "secret",
}
SERVICES = ("auth", "storage", "embedder", "search", "inspection")


@pytest.mark.parametrize(
    ("secret", "holders"),
    [
        ("ARGUS_POSTGRES_URL", {"auth", "storage", "search", "inspection"}),
        ("ARGUS_REDIS_URL", {*SERVICES}),
        ("ARGUS_S3_SECRET_KEY", {"storage"}),
        ("ARGUS_QDRANT_API_KEY", {"search"}),
        ("ARGUS_SERVICE_SECRET", {*SERVICES}),
        ("ARGUS_SMTP_PASSWORD", {"auth"}),
    ],
)
@pytest.mark.parametrize("by", ["the mesh", "whoever starts it"])
def test_a_secret_goes_where_it_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, by: str, secret: str, holders: set[str]
) -> None:
    for name, value in EVERYTHING.items():
        if by == "the mesh":
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    offered = EVERYTHING if by == "the mesh" else {}
    assert {service for service in SERVICES if secret in own_settings(service, offered)} == holders


def test_what_the_mesh_sets_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUS_AUTH_URL", "elsewhere:1")
    monkeypatch.setenv("ARGUS_LOG_LEVEL", "DEBUG")
    assert own_settings("search", {"ARGUS_AUTH_URL": "here:1"}) == {
        "ARGUS_AUTH_URL": "here:1",
        "ARGUS_LOG_LEVEL": "DEBUG",
    }


def test_no_service_inherits_settings_by_a_pattern() -> None:
    assert set(INHERITED) == set(SERVICES)
    for patterns in INHERITED.values():
        assert not [pattern for pattern in patterns if pattern.startswith(("ARGUS", "*"))]
