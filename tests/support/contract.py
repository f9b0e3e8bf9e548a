"""The contract's methods, as its descriptors have them."""

from importlib import import_module

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from mesh.parts.edge import descriptor_set


def methods() -> list[MethodDescriptor]:
    """Every method of every service, also of those for services only."""
    files = FileDescriptorSet.FromString(descriptor_set().read_bytes())
    modules = [
        import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
        for file in files.file
        if file.package.startswith("argus.")
    ]
    return [
        method
        for module in modules
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
