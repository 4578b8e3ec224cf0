"""Pack the protos for clients in other languages: build/profile-service-protos.zip.

It holds the protos as they are, those of google.api that they import, the descriptor set with all imports (also
buf/validate, whose rules ride along as options), and how to load it.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import google.api.annotations_pb2

PROTOS = Path(__file__).resolve().parent
sys.path.insert(0, str(PROTOS))

from generate import build_image  # noqa: E402 # beside this file, which is a script

README = """# Protos of profile-service

- `descriptors.binpb`: a FileDescriptorSet of everything, imports included.
- `profile_service/v1/`: the protos, with comments; `google/api/`: what they import beside google.protobuf.

Python, with protoc alone:

    protoc --descriptor_set_in=descriptors.binpb --python_out=. profile_service/v1/contact_service.proto

Node, with @grpc/grpc-js and @grpc/proto-loader, nothing generated:

    const loader = require('@grpc/proto-loader'), grpc = require('@grpc/grpc-js')
    const set = require('fs').readFileSync('descriptors.binpb')
    const v1 = grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(set)).profile_service.v1
    const client = new v1.ContactService('127.0.0.1:50051', grpc.credentials.createInsecure())
    // fields are called as in the protos: {source_key: {source: 'bot', id: '1'}, channel: 'webchat', ...}

Other languages, with buf and the plugin of the language:

    buf generate descriptors.binpb --template '{"version": "v2", "plugins": [{"local": "protoc-gen-go", "out": "."}]}'

Every call carries the metadata `authorization: Bearer <token>`.
"""


def main() -> None:
    """Write the bundle."""
    build = PROTOS.parent / "build"
    build.mkdir(exist_ok=True)
    own = sorted(path.relative_to(PROTOS) for path in (PROTOS / "profile_service").rglob("*.proto"))
    image = build / "bundle.binpb"
    build_image(image, [str(path) for path in own])
    google = Path(google_api()).parent
    with zipfile.ZipFile(build / "profile-service-protos.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.md", README)
        bundle.write(image, "descriptors.binpb")
        for path in own:
            bundle.write(PROTOS / path, str(path))
        for name in ("annotations.proto", "http.proto"):
            bundle.write(google / name, f"google/api/{name}")
    sys.stdout.write(f"build/profile-service-protos.zip: {len(own)} protos and their descriptor set\n")


def google_api() -> str:
    """Where the protos of google.api are installed."""
    return str(google.api.annotations_pb2.__file__)


if __name__ == "__main__":
    main()
