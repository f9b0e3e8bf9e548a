"""A protoc plugin around the gRPC generator that grpcio-tools carries.

`buf generate` talks to plugins over standard input and output (a
`CodeGeneratorRequest` in, a `CodeGeneratorResponse` out). The wheel has the
generator only inside its own protoc, so this hands the request over.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from grpc_tools import protoc


def generate(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Generates `*_pb2_grpc.py` for the files that define a service."""
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    has_services = {file.name for file in request.proto_file if file.service}
    names = [name for name in request.file_to_generate if name in has_services]
    if not names:
        return response
    with tempfile.TemporaryDirectory() as folder:
        descriptor_set = Path(folder, "set.binpb")
        descriptor_set.write_bytes(
            descriptor_pb2.FileDescriptorSet(file=request.proto_file).SerializeToString()
        )
        out = Path(folder, "out")
        out.mkdir()
        arguments = ["protoc", f"--descriptor_set_in={descriptor_set}", f"--grpc_python_out={out}"]
        if protoc.main([*arguments, *names]) != 0:
            response.error = "grpc_python: generation failed; its message is above"
            return response
        for path in sorted(out.rglob("*.py")):
            response.file.add(name=str(path.relative_to(out)), content=path.read_text())
    return response


if __name__ == "__main__":
    sent = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(sent).SerializeToString())
