import pytest

from services.runtime.child_environment import MESH_MARK, without_settings


def test_who_computes_for_a_service_gets_neither_settings_nor_passwords(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ARGUS_SERVICE_SECRET", "ARGUS_LISTEN", "PGPASSWORD", "HF_HOME", MESH_MARK):
        monkeypatch.setenv(name, "set")
    kept = without_settings()
    assert {name for name, value in kept.items() if value == "set"} == {"HF_HOME", MESH_MARK}
    assert kept["PATH"]
