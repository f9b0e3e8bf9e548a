"""The account PostgreSQL runs as, since it refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from mesh.errors import MeshError
from mesh.supervision.part import User

SYSTEM_USER = "argus"
_OTHERS_MAY_PASS = stat.S_IXOTH


def postgres_account() -> User | None:
    """None for an ordinary user, who runs it himself; for root a system account, made if missing.

    Raises:
        MeshError: The account cannot be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_account()
        entry = pwd.getpwnam(SYSTEM_USER)
    return User(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    advice = "Run argus as an ordinary user, or set ARGUS_POSTGRES_URL to a PostgreSQL elsewhere."
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise MeshError(
            f"PostgreSQL does not run as root, and there is no useradd to make the account "
            f"`{SYSTEM_USER}` for it.",
            advice,
        )
    made = subprocess.run(  # noqa: S603 - fixed arguments
        [
            useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
            "--shell", "/usr/sbin/nologin", SYSTEM_USER,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    # 9: another mesh made it in the same moment.
    if made.returncode not in {0, 9}:
        raise MeshError(
            f"The account `{SYSTEM_USER}` for PostgreSQL could not be made: {made.stderr.strip()}",
            advice,
        )


def let_through(user: User, path: Path) -> list[Path]:
    """Lets the account reach a path; adds only `o+x` to parents that lack it.

    With `o+x` others may pass through a folder, but can neither list nor read it.

    Returns:
        The folders that were changed.
    """
    changed = []
    for folder in reversed(path.resolve().parents):
        found = folder.stat()
        if found.st_uid == user.uid or found.st_mode & _OTHERS_MAY_PASS:
            continue
        folder.chmod(stat.S_IMODE(found.st_mode) | _OTHERS_MAY_PASS)
        changed.append(folder)
    return changed


def give(user: User, folder: Path) -> None:
    """Makes the folder and what is in it the account's, also when its number changed."""
    if folder.stat().st_uid == user.uid:
        return
    for root, _, files in os.walk(folder):
        os.chown(root, user.uid, user.gid)
        for name in files:
            os.lchown(Path(root) / name, user.uid, user.gid)
