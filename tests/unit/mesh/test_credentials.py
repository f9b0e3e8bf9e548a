import pytest

from mesh.credentials import load_credentials
from mesh.errors import MeshError
from mesh.layout import Layout


def test_secrets_are_made_once_and_closed(layout: Layout) -> None:
    first = load_credentials(layout)
    assert load_credentials(layout) == first
    assert len(first.service_secret) >= 32
    (file,) = layout.secrets.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_damaged_secrets_are_an_error_and_stay_as_they_are(layout: Layout) -> None:
    secret = load_credentials(layout).s3_secret_key
    file = layout.secrets / "credentials.json"
    file.write_text(file.read_text()[:-40])
    before = file.read_text()
    with pytest.raises(MeshError, match="damaged") as caught:
        load_credentials(layout)
    assert secret not in str(caught.value.__cause__)
    assert file.read_text() == before
