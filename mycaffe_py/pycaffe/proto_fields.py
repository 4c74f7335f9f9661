"""How pycaffe's ``net_spec`` writes settings into messages: for scripts that build messages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycaffe_py.errors import did_you_mean
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.schema.assigning import assign

_FIELD, _MESSAGE = "_param", "Parameter"

if TYPE_CHECKING:
    param_names: dict[str, str]
else:

    def __getattr__(name: str) -> Any:
        if name == "param_names":  # what the plugins in use have now
            return param_name_dict()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def param_name_dict() -> dict[str, str]:
    """Return, for each message of settings in LayerParameter, its type without "Parameter": its field without "_param".

    ``{"Convolution": "convolution", "InnerProduct": "inner_product", ...}``.
    """
    fields = default_registry().schema.message_class("LayerParameter").DESCRIPTOR.fields
    return {
        field.message_type.name.removesuffix(_MESSAGE): field.name.removesuffix(_FIELD)
        for field in fields
        if field.name.endswith(_FIELD) and field.message_type is not None
    }


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Set a field of a message: a dict fills a message, a list a repeated field; a single value is a list of one.

    Raises AttributeError if there is no such field, ConfigError for a value that does not fit.
    """
    descriptor = proto.DESCRIPTOR
    if name not in descriptor.fields_by_name:
        near = did_you_mean(name, list(descriptor.fields_by_name.keys()))
        raise AttributeError(
            f'{descriptor.name} has no field "{name}"' + (f"; {near}" if near else "")
        )
    schema = default_registry().schema
    assign(schema, proto, descriptor.full_name, name, val, descriptor.name)
