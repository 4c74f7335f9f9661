"""Building a net: from a model's layers to wired blobs, with every mistake located in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .blob import Blob
from .errors import ConfigError, Problem, PrototxtError, add_note, did_you_mean
from .layer import PHASE_NAMES, Layer, LayerContext
from .net_state import describe_state, is_included
from .parameters import Parameter, ParameterList
from .schema import Document, load_net
from .splits import insert_splits

_MOST_PROBLEMS = 200
_AUTOMATIC = "(automatic)"


@dataclass
class BuiltNet:
    """What the builder hands to the net; each list runs over the layers in file order."""

    name: str
    state: Any
    document: Document
    layer_params: list[Any] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    layer_names: list[str] = field(default_factory=list)
    blobs: dict[str, Blob] = field(default_factory=dict)
    bottoms: list[list[Blob]] = field(default_factory=list)
    tops: list[list[Blob]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    bottom_need_backward: list[list[bool]] = field(default_factory=list)
    layer_need_backward: list[bool] = field(default_factory=list)
    owners: list[Parameter] = field(default_factory=list)


class NetBuilder:
    """Builds one net; :meth:`build` raises PrototxtError with places where the model came from text."""

    def __init__(
        self,
        model: Any,
        context: LayerContext,
        level: int,
        stages: Sequence[str],
        state: Any = None,
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
        self.context.phase = self.state.phase
        self.force_backward = self.message.force_backward
        self.positions = [
            index
            for index, layer in enumerate(self.message.layer)
            if is_included(layer, self.state)
        ]
        self.parameters = ParameterList(schema)
        self.need: set[int] = set()
        self.built = BuiltNet(self.message.name, self.state, self.document)

    def build(self) -> BuiltNet:
        """Check the wiring, set up every layer and decide where gradients flow."""
        problems = self._problems()
        if problems:
            raise PrototxtError(problems)
        included = [self.message.layer[index] for index in self.positions]
        original = {
            layer.name: index for layer, index in zip(included, self.positions, strict=True)
        }
        new_layer = self.registry.schema.message_class("LayerParameter")
        built = self.built
        built.layer_params = insert_splits(
            [self._with_automatic_tops(p) for p in included], new_layer
        )
        for param in built.layer_params:
            self._add_layer(param, original.get(param.name))
        self._switch_off_backward()
        if self.force_backward:
            self._force_backward()
        built.outputs = self._outputs()
        built.owners = self.parameters.owners
        return built

    def _outputs(self) -> list[str]:
        """Return the tops that no layer reads, in alphabetical order; automatic ones do not count."""
        available: set[str] = set()
        for param in self.built.layer_params:
            available -= set(param.bottom)
            available |= set(param.top)
        return sorted(name for name in available if not name.startswith(_AUTOMATIC))

    # Checks that need no layer.

    def _problems(self) -> list[Problem]:
        problems: list[Problem] = []
        produced: dict[str, str] = {}
        names: dict[str, int] = {}
        included = set(self.positions)
        for index, layer in enumerate(self.message.layer):
            path = ("layer", index)
            if layer.include and layer.exclude:
                message = f'layer "{layer.name}" has both include and exclude rules'
                problems.append(self.document.problem((*path, "exclude"), message, code="E203"))
            if index not in included:
                continue
            if layer.name in names:
                message = f'two layers are named "{layer.name}"'
                hint = f"the first one is at {self.document.locate(('layer', names[layer.name], 'name'))}"
                problems.append(self.document.problem((*path, "name"), message, hint, code="E204"))
            names.setdefault(layer.name, index)
            problems += self._type_problems(layer, path)
            problems += self._wiring_problems(layer, path, produced)
            if len(problems) >= _MOST_PROBLEMS:
                break
        if not included:
            file = f"{self.document.filename}: " if self.document.filename != "<string>" else ""
            message = (
                f'{file}net "{self.message.name}" has no layers in {describe_state(self.state)}'
            )
            problems.append(Problem(message, code="E205"))
        return problems

    def _type_problems(self, layer: Any, path: tuple) -> list[Problem]:
        if not layer.type:
            return [self.document.problem(path, f'layer "{layer.name}" has no type', code="E201")]
        try:
            self.registry.layers.find(layer.type)
        except ConfigError as error:
            return [self.document.problem((*path, "type"), error.message, error.hint, code="E201")]
        return []

    def _wiring_problems(self, layer: Any, path: tuple, produced: dict[str, str]) -> list[Problem]:
        problems = []
        for position, name in enumerate(layer.bottom):
            if name not in produced:
                message = f'layer "{layer.name}" ({layer.type}): unknown bottom blob "{name}"'
                hint = self._missing_bottom_hint(name, produced)
                where = (*path, "bottom", position)
                problems.append(self.document.problem(where, message, hint, code="E206"))
        for position, name in enumerate(layer.top):
            in_place = position < len(layer.bottom) and layer.bottom[position] == name
            if name in produced and not in_place:
                message = (
                    f'top blob "{name}" of layer "{layer.name}" is already made by another layer'
                )
                hint = (
                    f'the first one is "{produced[name]}"; in-place operation needs the same blob as '
                    "bottom at the same position"
                )
                where = (*path, "top", position)
                problems.append(self.document.problem(where, message, hint, code="E207"))
            elif in_place and self._refuses_in_place(layer):
                message = f'layer "{layer.name}" ({layer.type}) cannot work in place'
                problems.append(
                    self.document.problem((*path, "top", position), message, code="E207")
                )
            produced[name] = layer.name
        return problems

    def _refuses_in_place(self, layer: Any) -> bool:
        types = self.registry.layers
        return layer.type in types and not types.find(layer.type).allows_in_place

    def _missing_bottom_hint(self, name: str, produced: dict[str, str]) -> str | None:
        for index, layer in enumerate(self.message.layer):
            if name in layer.top and index not in self.positions:
                return f'layer "{layer.name}" makes it, but is left out in {describe_state(self.state)}'
            if name in layer.top:
                return f'layer "{layer.name}" makes it, but stands further down'
        return did_you_mean(name, produced)

    # Layers.

    def _with_automatic_tops(self, param: Any) -> Any:
        """Give a loss layer without tops the anonymous one that Caffe gives it."""
        cls = self.registry.layers.find(param.type)
        wanted = cls.exact_num_top_blobs or cls.min_top_blobs or 0
        if cls.auto_top_blobs and len(param.top) < wanted:
            copy = type(param)()
            copy.CopyFrom(param)
            while len(copy.top) < wanted:
                copy.top.append(f"{_AUTOMATIC} {param.name} {len(copy.top)}")
            return copy
        return param

    def _add_layer(self, param: Any, position: int | None) -> None:
        built = self.built
        if not param.HasField("phase"):
            copy = type(param)()
            copy.CopyFrom(param)
            copy.phase = self.state.phase
            param = copy
        bottom = [built.blobs[name] for name in param.bottom]
        top = [self._top(param, index) for index in range(len(param.top))]
        needs = self._bottom_needs(param, bottom, position)
        try:
            layer = self.registry.layers.find(param.type)(param, self.context)
            layer.initialize(bottom, top)
            self.parameters.add_layer(layer)
        except ConfigError as error:
            located = self._located(error, param, position)
            if located is None:
                raise
            raise located from error
        except Exception as error:
            phase = PHASE_NAMES[self.context.phase]
            add_note(error, f'in layer "{param.name}" ({param.type}), setup, phase {phase}')
            raise
        # Caffe's propagate_down does not keep the layers above from computing their gradients.
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
        built.bottoms.append(bottom)
        built.tops.append(top)
        built.bottom_need_backward.append(needs)
        built.layer_need_backward.append(layer_needs)

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
            message = (
                f'layer "{param.name}": propagate_down must be given once for each bottom: '
                f"{len(overrides)} given, {len(bottom)} bottoms"
            )
            raise PrototxtError(
                [self.document.problem(("layer", position, "propagate_down"), message)]
            )
        return overrides or [id(blob) in self.need for blob in bottom]

    def _located(
        self, error: ConfigError, param: Any, position: int | None
    ) -> PrototxtError | None:
        """Return the error with its layer's place in the file; None if it has one, or there is none."""
        if position is None or error.location or isinstance(error, PrototxtError):
            return None
        message = error.message
        if f'layer "{param.name}"' not in message:
            message = f'layer "{param.name}" ({param.type}): {message}'
        steps = [int(s) if s.isdigit() else s for s in getattr(error, "field", "").split(".") if s]
        path = ("layer", position, *steps)
        return PrototxtError([self.document.problem(path, message, error.hint, code=error.code)])

    # Where gradients flow.

    def _switch_off_backward(self) -> None:
        """Caffe's reverse pass: no gradient where no loss lies above, or where all tops skip it."""
        built = self.built
        under_loss: set[int] = set()
        skipped: set[int] = set()
        for index in reversed(range(len(built.layers))):
            layer, bottom, top = built.layers[index], built.bottoms[index], built.tops[index]
            contributes = any(layer.loss_weights) or any(id(blob) in under_loss for blob in top)
            all_skipped = bool(top) and all(id(blob) in skipped for blob in top)
            needs = built.bottom_need_backward[index]
            if not contributes or all_skipped:
                built.layer_need_backward[index] = False
            if not built.layer_need_backward[index]:
                needs[:] = [False] * len(needs)
            for position, blob in enumerate(bottom):
                if contributes:
                    under_loss.add(id(blob))
                else:
                    needs[position] = False
                if not needs[position]:
                    skipped.add(id(blob))
                else:
                    skipped.discard(id(blob))

    def _force_backward(self) -> None:
        built = self.built
        for index, layer in enumerate(built.layers):
            built.layer_need_backward[index] = True
            needs = built.bottom_need_backward[index]
            needs[:] = [need or layer.allow_force_backward(j) for j, need in enumerate(needs)]
            layer.param_propagate_down = [True] * len(layer.blobs)


def _as_document(schema: Any, model: Any) -> Document:
    if isinstance(model, str | Path):
        from .resources import find_resource

        return load_net(schema, find_resource("models", model))
    if not hasattr(model, "DESCRIPTOR"):
        raise ConfigError(
            f"a net is built from a file name or a NetParameter, not {type(model).__name__}"
        )
    return Document(model)
