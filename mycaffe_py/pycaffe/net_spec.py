"""NetSpec: nets written as Python code, as in pycaffe.

::

    from mycaffe_py import layers as L, params as P, NetSpec

    n = NetSpec()
    n.data = L.Input(shape=dict(dim=[64, 1, 28, 28]))
    n.pool = L.Pooling(n.data, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    net_parameter = n.to_proto()
"""

from __future__ import annotations

from collections import Counter, OrderedDict as OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mycaffe_py.errors import ConfigError, did_you_mean
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.plugins.type_fields import default_parameter_field, own_fields
from mycaffe_py.schema.assigning import assign

from .bound_names import bound_names
from .layer_help import documentation_of, signature_of
from .proto import caffe_pb2 as caffe_pb2
from .proto_fields import assign_proto as assign_proto, param_name_dict as param_name_dict

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(
        __name__,
        _param_names="mycaffe_py.pycaffe.proto_fields:param_names",
        protobuf="google.protobuf",
        six="six",
    )


class Top:
    """One blob that a :class:`Function` produces: its top number ``n``."""

    def __init__(self, fn: Function, n: int):
        self.fn, self.n = fn, n

    def __repr__(self) -> str:
        return f"Top({self.fn.type_name}, {self.n})"

    def to_proto(self) -> Any:
        """Return a NetParameter with this blob's layer and everything it needs, named automatically."""
        return to_proto(self)


class Function:
    """One layer: ``type_name``, the Tops it reads, and its settings, which are checked at once.

    ``ntop`` (1) is the number of its ``tops``; with ``in_place`` the layer writes the blobs that it reads.
    """

    def __init__(self, type_name: str, inputs: tuple[Top, ...], params: dict[str, Any]):
        for index, given in enumerate(inputs):
            if not isinstance(given, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(given)})")
        self.type_name, self.inputs = type_name, inputs
        self.ntop = params.pop("ntop", 1)
        self.in_place = params.pop("in_place", False)
        self.params = params
        if self.in_place and not inputs:
            raise ConfigError(f"L.{type_name}: in_place needs an input to write into")
        self.tops = tuple(Top(self, n) for n in range(self.ntop))
        self.layer_parameter()

    def __repr__(self) -> str:
        return f"Function({self.type_name}, {len(self.inputs)} inputs, {self.ntop} tops)"

    def update(self, settings: Mapping[str, Any]) -> None:
        """Add settings, or replace them; raises ConfigError as creating the layer does, and then changes none."""
        before = self.params
        self.params = {**before, **settings}
        try:
            self.layer_parameter()
        except BaseException:
            self.params = before
            raise

    def layer_parameter(self) -> Any:
        """Return a new LayerParameter with type and settings, without name, bottoms and tops.

        A setting whose name ends in ``param`` is a field of LayerParameter. Any other setting belongs to the
        first of the type's own messages that has such a field, in the order in which ``mycaffe layers
        TYPE`` lists them, else to LayerParameter. Raises ConfigError that names the nearest field.
        """
        schema = default_registry().schema
        layer = schema.new("LayerParameter", type=self.type_name)
        known = schema.message_info("LayerParameter").fields
        own: list[Any] = [known[name] for name in _own_messages(self.type_name, known)]
        for name, value in self.params.items():
            holder = next((info for info in own if name in info.message.fields), None)
            where = f"L.{self.type_name}"
            if name.endswith("param") or holder is None:
                if name not in known:
                    raise _unknown(self.type_name, name, own, known)
                assign(schema, layer, "LayerParameter", name, value, where)
            else:
                message, where = getattr(layer, holder.name), f"{where}: {holder.name}"
                assign(schema, message, holder.message.name, name, value, where)
        return layer


def _own_messages(type_name: str, known: Mapping[str, Any]) -> list[str]:
    """Return the fields of LayerParameter that hold a type's own messages; an unknown type may have one."""
    layers = default_registry().layers
    if type_name in layers:
        names = own_fields(layers.find(type_name), "layers", known)
    else:
        names = [default_parameter_field(type_name)]
    return [name for name in names if name in known and known[name].message]


def _unknown(type_name: str, name: str, own: list[Any], known: Mapping[str, Any]) -> ConfigError:
    holders = " and ".join(info.name for info in own) or "the type's own message"
    fields = dict.fromkeys(field for info in own for field in info.message.fields)
    hint = did_you_mean(name, [*fields, *known]) or (
        f"fields: {', '.join(fields)}" if fields else None
    )
    if type_name not in default_registry().layers:
        no_type = f'no plugin in use offers the layer type "{type_name}"'
        near = did_you_mean(type_name, default_registry().layers.types())
        hint = "; ".join(filter(None, (hint, no_type, near)))
    return ConfigError(
        f'L.{type_name}: no field "{name}" in {holders} or LayerParameter', hint=hint
    )


class NetSpec:
    """A net under construction: assigned Tops are its blobs, named after the attribute.

    ``n.name = L.Type(...)`` and ``n["name"]`` mean the same. A layer is named after its first top.
    """

    tops: dict[str, Top | Function]

    def __init__(self) -> None:
        super().__setattr__("tops", {})

    def __setattr__(self, name: str, value: Top | Function) -> None:
        if not isinstance(value, Top | Function):
            hint = "a layer with several tops needs as many names: n.a, n.b = L.Type(..., ntop=2)"
            raise TypeError(
                f"n.{name} must be what L.Type(...) returns, not {type(value).__name__}"
                + (f" ({hint})" if isinstance(value, tuple) else "")
            )
        self.tops[name] = value

    def __getattr__(self, name: str) -> Top | Function:
        tops = self.__dict__.get("tops", {})
        if name not in tops:
            near = did_you_mean(name, tops)
            raise AttributeError(f'the NetSpec has no "{name}"{f"; {near}" if near else ""}')
        return tops[name]

    def __delattr__(self, name: str) -> None:
        self.__getattr__(name)
        del self.tops[name]

    def __setitem__(self, name: str, value: Top | Function) -> None:
        self.__setattr__(name, value)

    def __getitem__(self, name: str) -> Top | Function:
        try:
            return self.__getattr__(name)
        except AttributeError as error:
            raise KeyError(str(error)) from None

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def __contains__(self, name: str) -> bool:
        return name in self.tops

    def __iter__(self) -> Iterator[str]:
        return iter(self.tops)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tops]

    def keys(self) -> list[str]:
        """Return the names given so far."""
        return list(self.tops)

    def vals(self) -> list[Top | Function]:
        """Return the values of those names: tops and functions, in the same order."""
        return list(self.tops.values())

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Assign several names, as ``dict.update`` does; or, as in SSD's fork, ``update(name, settings)`` of a layer.

        KeyError if nothing has that name.
        """
        if len(args) == 2 and isinstance(args[0], str):
            found = self[args[0]]
            (found.fn if isinstance(found, Top) else found).update(args[1])
            return
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def to_proto(self) -> Any:
        """Return a NetParameter message with every layer that the assigned Tops need."""
        writer = _Writer({top: name for name, top in self.tops.items()})
        for top in self.tops.values():
            writer.add(top if isinstance(top, Function) else top.fn)
        return writer.net_parameter()


def to_proto(*tops: Top) -> Any:
    """Return a NetParameter with the layers of these Tops and everything they need, named automatically."""
    writer = _Writer({})
    for top in tops:
        writer.add(top.fn)
    return writer.net_parameter()


class _Writer:
    """Converts Functions into LayerParameters, inputs first, each once."""

    def __init__(self, names: dict[Any, str]):
        self.names = names
        self.taken = set(names.values())
        self.counts: Counter[str] = Counter()
        self.layers: dict[Function, Any] = {}

    def add(self, fn: Function) -> None:
        """Add a layer after those that it reads; no recursion, so that nets may be deep."""
        waiting = [fn]
        while waiting:
            fn = waiting[-1]
            below = next((top.fn for top in fn.inputs if top.fn not in self.layers), None)
            if fn not in self.layers and below is not None:
                waiting.append(below)
                continue
            if fn not in self.layers:
                self.layers[fn] = self._layer(fn)
            waiting.pop()

    def _layer(self, fn: Function) -> Any:
        layer = fn.layer_parameter()
        layer.bottom.extend(self.layers[top.fn].top[top.n] for top in fn.inputs)
        layer.top.extend(layer.bottom if fn.in_place else map(self._name, fn.tops))
        if not layer.HasField("name"):
            layer.name = self._name(fn.tops[0] if fn.tops and fn not in self.names else fn)
        return layer

    def _name(self, named: Top | Function) -> str:
        """Return the name of a Top or Function; by default its type and the next free number."""
        if named not in self.names:
            type_name = (named.fn if isinstance(named, Top) else named).type_name
            while True:
                self.counts[type_name] += 1
                name = f"{type_name}{self.counts[type_name]}"
                if name not in self.taken:
                    break
            self.names[named] = name
        return self.names[named]

    def net_parameter(self) -> Any:
        return default_registry().schema.new("NetParameter", layer=self.layers.values())


class Layers:
    """``layers`` of pycaffe, usually ``L``: ``L.Type(bottom, ..., ntop=1, in_place=False, **settings)``.

    Returns the Top, a tuple of Tops for ``ntop`` > 1, or the Function for ``ntop=0``. See
    :meth:`Function.layer_parameter` for which field a setting means. ``help(L.Type)`` shows the type's settings.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._registry: Any = None

    def __reduce__(self) -> str:
        return "layers"

    def __getattr__(self, type_name: str) -> Any:
        if type_name.startswith("_"):
            raise AttributeError(type_name)
        registry = default_registry()
        if registry is not self._registry:  # plugins were added
            self._made, self._registry = {}, registry
        if type_name not in self._made:
            self._made[type_name] = self._maker(type_name, registry)
        return self._made[type_name]

    def _maker(self, type_name: str, registry: Any) -> Any:
        def make(*inputs: Top, **params: Any) -> Any:
            fn = Function(type_name, inputs, params)
            if not fn.tops:
                return fn
            return fn.tops[0] if len(fn.tops) == 1 else fn.tops

        make.__name__ = type_name
        make.__qualname__ = f"L.{type_name}"
        if type_name in registry.layers:
            make.__doc__ = documentation_of(registry, type_name)
            make.__signature__ = signature_of(registry, type_name)  # type: ignore[attr-defined]
        else:
            make.__doc__ = f'No plugin in use offers the layer type "{type_name}".'
        return make

    def __dir__(self) -> list[str]:
        return [name for name in default_registry().layers.types() if name.isidentifier()]


class Parameters:
    """``params`` of pycaffe, usually ``P``: ``P.Pooling.MAX`` is PoolingParameter's value MAX."""

    def __getattr__(self, name: str) -> Any:
        messages = default_registry().schema.catalog.messages
        if f"{name}Parameter" not in messages:
            near = did_you_mean(name, dir(self))
            raise AttributeError(f"no message {name}Parameter{f'; {near}' if near else ''}")
        return _Values(f"{name}Parameter")

    def __dir__(self) -> list[str]:
        names = default_registry().schema.message_names()
        return [name.removesuffix("Parameter") for name in names if name.endswith("Parameter")]


class _Values:
    """The enum values of one message."""

    def __init__(self, message: str):
        self._message = message

    def __getattr__(self, name: str) -> int:
        values = self._values()
        if name not in values:
            hint = did_you_mean(name, values) or f"values: {', '.join(values) or 'none'}"
            raise AttributeError(f"{self._message} has no value {name}; {hint}")
        return values[name]

    def __dir__(self) -> list[str]:
        return list(self._values())

    def _values(self) -> dict[str, int]:
        enums = default_registry().schema.catalog.enums.values()
        return {
            value: number
            for enum in enums
            if enum.name.rpartition(".")[0] == self._message
            for value, number in enum.numbers.items()
        }


if TYPE_CHECKING:
    # What tools/typed_layers.py writes for editors and type checkers.
    from .typed_layers import TypedLayers, TypedParams

    layers: TypedLayers
    params: TypedParams
else:
    layers = Layers()
    params = Parameters()
