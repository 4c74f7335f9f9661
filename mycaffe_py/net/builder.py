"""Building a net from a model's layers, with every mistake located in the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.memory_limits import out_of_memory
from mycaffe_py.errors import MyCaffeError, Problem, PrototxtError
from mycaffe_py.layer.layer import Layer, LayerContext
from mycaffe_py.layer.state_rules import is_included, phase_of_layers
from mycaffe_py.plugins.idle import idle_settings
from mycaffe_py.resources import find_resource
from mycaffe_py.schema import Document, load_net
from mycaffe_py.schema.given import net_document
from mycaffe_py.wording import counted

from .built_net import BuiltNet, force_backward, switch_off_backward
from .parameters import ParameterList, freeze
from .problems import LayerProblems, note_layer, path_of
from .splits import insert_splits
from .topology import FieldMistakes, WiringCheck

_AUTOMATIC = "(automatic)"


class NetBuilder:
    """Builds one net; :meth:`build` raises PrototxtError, with locations if the model came from text."""

    def __init__(
        self,
        model: Any,
        context: LayerContext,
        level: int,
        stages: Sequence[str],
        state: Any = None,
        mistakes: FieldMistakes | None = None,
    ):
        self.context, self.registry = context, context.registry
        schema = self.registry.schema
        self.document = model if isinstance(model, Document) else _as_document(schema, model)
        self.message = self.document.message
        self.state = schema.new("NetState")
        self.state.CopyFrom(state if state is not None else self.message.state)
        if state is None:
            self.state.phase, self.state.level = context.phase, level
            self.state.stage.extend(stages)
        self.context.phase = phase_of_layers(self.state.phase)
        if self.context.base_dir is None and self.document.text:
            self.context.base_dir = Path(self.document.filename).resolve().parent
        self.positions = [
            index
            for index, layer in enumerate(self.message.layer)
            if is_included(layer, self.state)
        ]
        self.mistakes = mistakes or FieldMistakes()
        self.problems = LayerProblems(self.document)
        self.parameters = ParameterList(schema)
        self.need: set[int] = set()
        self._with_weights: dict[str, int | None] = {}
        self.built = BuiltNet(self.message.name, self.state, self.document)

    def build(self) -> BuiltNet:
        """Set up every layer and decide where gradients flow; all problems are raised together."""
        self._set_up_layers()
        if self.problems:
            self.problems.raise_all()
        built = self.built
        switch_off_backward(built)
        if self.message.force_backward:
            force_backward(built)
        built.outputs = self._outputs()
        built.owners = self.parameters.owners
        return built

    def check(self) -> list[Problem]:
        """Set up the layers and return the problems, in file order."""
        self._set_up_layers()
        return self.problems.in_order()

    def _outputs(self) -> list[str]:
        """Return the tops that no layer reads, in alphabetical order, except automatic ones."""
        available: set[str] = set()
        for param in self.built.layer_params:
            available -= set(param.bottom)
            available |= set(param.top)
        return sorted(name for name in available if not name.startswith(_AUTOMATIC))

    # Layers.

    def _set_up_layers(self) -> None:
        """Set up the layers whose bottoms are known, and record all problems."""
        check = WiringCheck(self.document, self.registry, self.state, self.positions, self.mistakes)
        check.run()
        self.problems.add(check.found)
        if self.problems.are_many:
            return  # not every layer was checked
        positions = check.sound_layers()
        new_layer = self.registry.schema.message_class("LayerParameter")
        copies = [self._own_copy(self.message.layer[index]) for index in positions]
        layers = insert_splits(copies, new_layer)
        self.built.layer_params = [param for param, _ in layers]
        self.context.names_in_file |= {
            top: param.bottom[0] for param, index in layers if index is None for top in param.top
        }
        unknown: set[str] = set()
        for param, index in layers:
            if self.problems.are_many:
                return
            position = None if index is None else positions[index]
            given = param.phase if param.HasField("phase") else self.state.phase
            param.phase = phase_of_layers(given)
            if not unknown.isdisjoint(param.bottom):
                unknown.update(param.top)
                continue
            try:
                if position is not None:
                    self._report_idle_settings(param.type, position)
                self._add_layer(param, position)
            except Exception as error:
                note_layer(error, param, "setup", self.context.phase)
                if isinstance(error, MemoryError) and not isinstance(error, MyCaffeError):
                    error = out_of_memory(str(error))
                if not isinstance(error, MyCaffeError):
                    raise
                self.problems.add_error(error, param, position)
                unknown.update(param.top)

    def _report_idle_settings(self, type_name: str, position: int) -> None:
        """Warn of a layer's settings that have no effect, unless the layer will refuse them."""
        cls, message = self.registry.layers.find(type_name), self.message.layer[position]
        for idle in idle_settings(self.registry, "layers", cls, message):
            if idle.refused:
                continue
            path = path_of(position, *idle.paths[0])
            text = f'layer "{message.name}" ({cls.type}): {idle.message}'
            self.context.warn(self.document.warning(path, text, idle.hint))

    def _own_copy(self, param: Any) -> Any:
        """Return a copy of a LayerParameter, which the layer may complete without changing the model.

        A loss layer without tops gets the anonymous one that Caffe gives it.
        """
        own = type(param)()
        own.CopyFrom(param)
        cls = self.registry.layers.find(param.type)
        wanted = cls.exact_num_top_blobs or cls.min_top_blobs or 0
        while cls.auto_top_blobs and len(own.top) < wanted:
            own.top.append(f"{_AUTOMATIC} {param.name} {len(own.top)}")
        return own

    def _add_layer(self, param: Any, position: int | None) -> None:
        built = self.built
        bottom = [built.blobs[name] for name in param.bottom]
        top = [self._top(param, index) for index in range(len(param.top))]
        needs = self._bottom_needs(param, bottom, position)
        layer = self.registry.layers.find(param.type)(param, self.context)
        layer.initialize(bottom, top)
        layer.require_forward()
        self._count_memory(layer, bottom, top)
        if param.freeze_learning:
            freeze(layer)
        self.parameters.add_layer(layer)
        self._check_name(layer, position)
        # Caffe's propagate_down does not prevent the layers above from computing their gradients.
        layer_needs = any(needs) or any(id(blob) in self.need for blob in bottom)
        for index in range(len(layer.blobs)):
            spec = param.param[index] if index < len(param.param) else None
            learns = spec is None or not spec.HasField("lr_mult") or spec.lr_mult != 0
            layer.param_propagate_down[index] = learns
            layer_needs |= learns
        for blob in top:
            if layer_needs:
                self.need.add(id(blob))
            else:
                self.need.discard(id(blob))
        if param.type.lower() == "input":
            built.inputs += [blob.name for blob in top]
        built.layers.append(layer)
        built.layer_names.append(param.name)
        built.positions.append(position)
        built.bottoms.append(bottom)
        built.tops.append(top)
        built.bottom_need_backward.append(needs)
        built.layer_need_backward.append(layer_needs)

    def _count_memory(self, layer: Layer, bottom: list[Blob], top: list[Blob]) -> None:
        """Count what the tops will take; those that share the data of a bottom or of a learnable blob take nothing."""
        known = {id(blob.storage_of_data) for blob in (*bottom, *layer.blobs)}
        for blob in top:
            if id(blob.storage_of_data) not in known:
                self.context.count_memory(blob)

    def _check_name(self, layer: Layer, position: int | None) -> None:
        """Reject a second layer of the same name with its own weights: files store weights by layer name."""
        owners = self.parameters.owners
        if not owners or owners[-1].layer is not layer:
            return
        first = self._with_weights.setdefault(layer.name, position)
        if first == position or self.mistakes.elsewhere:
            return  # a rule that could not be read may exclude one of the two
        problem = self.document.problem(
            path_of(position, "name"),
            f'two layers with weights are named "{layer.name}"',
            f"the first one is at {self.document.locate(path_of(first, 'name'))}",
            "E204",
        )
        self.problems.add([(position, problem)])

    def _top(self, param: Any, index: int) -> Blob:
        name = param.top[index]
        if index < len(param.bottom) and param.bottom[index] == name:
            return self.built.blobs[name]
        blob = Blob(device=self.context.device, dtype=self.context.dtype, name=name)
        self.built.blobs[name] = blob
        return blob

    def _bottom_needs(self, param: Any, bottom: list[Blob], position: int | None) -> list[bool]:
        overrides = list(param.propagate_down)
        if overrides and len(overrides) != len(bottom):
            text = (
                "propagate_down must be given once for each bottom: "
                f"{len(overrides)} given, {counted(len(bottom), 'bottom')}"
            )
            message = f'layer "{param.name}" ({param.type}): {text}'
            path = path_of(position, "propagate_down")
            raise PrototxtError([self.document.problem(path, message, text=text)])
        return overrides or [id(blob) in self.need for blob in bottom]


def _as_document(schema: Any, model: Any) -> Document:
    def read(path: Any) -> Document:
        return load_net(schema, find_resource("models", path))

    return net_document(schema, model, read)
