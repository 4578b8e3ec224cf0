"""What clients get: a wheel without the server, whose example in the README runs as printed, and the protos as a
bundle."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from profile_service.play.local import local_service

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's wheel, unpacked."""
    folder = tmp_path_factory.mktemp("client")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "clients",
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def run(wheel: Path, folder: Path, text: str) -> str:
    """Run a program that sees the wheel and what it depends on, and not this checkout."""
    path = f"import sys; sys.path[:0] = [{str(wheel)!r}]; sys.path.append({sysconfig.get_path('purelib')!r})\n"
    command = [sys.executable, "-I", "-S", "-c", path + text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_no_server(wheel: Path, tmp_path: Path) -> None:
    """And is typed."""
    run(
        wheel,
        tmp_path,
        "import profile_client, importlib.util as u; assert u.find_spec('profile_service.engine') is None",
    )
    assert {path.name for path in wheel.iterdir() if path.is_dir()} - {"profile_client", "profile_service"} == {
        next(path.name for path in wheel.iterdir() if path.name.endswith("dist-info"))
    }
    assert (wheel / "profile_client/py.typed").exists()


def test_the_example_of_the_readme_runs_as_printed(wheel: Path, tmp_path: Path) -> None:
    """But for the port."""
    readme = (ROOT / "README.md").read_text()
    example = re.search(r"((?:    .*\n)+)", readme[readme.index("From Python") :])
    assert example is not None
    text = re.sub(r"^    ", "", example[1], flags=re.MULTILINE)
    with local_service(tenants=("demo",)) as service:
        (tmp_path / ".data").mkdir()
        (tmp_path / ".data/token").write_text(service.tokens["service"])
        patient = "ProfileClient(start_deadline_s=20, target=Target"
        text = text.replace("127.0.0.1:50051", service.address).replace("ProfileClient(Target", patient)
        printed = run(wheel, tmp_path, text)
    assert re.fullmatch(r"conversations/[0-9a-f-]{36} nothing shows who this is\n", printed)


def test_the_bundle_is_enough_for_protoc(tmp_path: Path) -> None:
    """Python from the descriptor set alone."""
    subprocess.run([sys.executable, str(ROOT / "protos/bundle.py")], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(ROOT / "build/profile-service-protos.zip") as bundle:
        bundle.extractall(tmp_path)
    own = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "profile_service/v1").glob("*.proto"))
    assert {"README.md", "descriptors.binpb", "google/api/http.proto"} <= set(bundle.namelist())
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "--descriptor_set_in=descriptors.binpb"]
    subprocess.run([*protoc, "--python_out=.", "--grpc_python_out=.", *own], cwd=tmp_path, check=True)
    assert len(list((tmp_path / "profile_service/v1").glob("*_pb2.py"))) == len(own)
