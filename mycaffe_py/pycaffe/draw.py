"""pycaffe's ``caffe.draw``: pictures of nets.

SVG needs nothing else; PNG, PDF and JPEG need the extra ``plot``. Graphviz is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mycaffe_py.drawing.graph import Graph, Shapes, build_graph
from mycaffe_py.drawing.layout import lay_out
from mycaffe_py.drawing.svg import to_svg
from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.net.known_shapes import known_shapes
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.schema import Document, upgrade_net
from mycaffe_py.weights import atomic_write

from .bound_names import bound_names
from .draw_labels import (
    BLOB_STYLE as BLOB_STYLE,
    LAYER_STYLE_DEFAULT as LAYER_STYLE_DEFAULT,
    NEURON_LAYER_STYLE as NEURON_LAYER_STYLE,
    choose_color_by_layertype as choose_color_by_layertype,
    get_edge_label as get_edge_label,
    get_layer_label as get_layer_label,
    get_layer_lr_mult as get_layer_lr_mult,
    get_pooling_types_dict as get_pooling_types_dict,
)
from .proto import caffe_pb2 as caffe_pb2

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(__name__, pydot="pydot pydotplus")

RANKDIRS = ("LR", "TB", "BT", "RL")
FORMATS = ("svg", "png", "pdf", "jpg")


def draw_net(
    caffe_net: Any,
    rankdir: str = "LR",
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
    *,
    shapes: Shapes | None = None,
    notes: Mapping[int, str] | None = None,
) -> bytes:
    """Return a picture of a NetParameter in the format ``ext``: svg, png, pdf or jpg.

    ``rankdir`` is the direction of flow: LR, TB, BT or RL. ``phase`` TRAIN or TEST draws the net of that
    phase. ``display_lrm`` shows the learning-rate multipliers. Arrows carry the shapes of the
    blobs as far as the net can be built, or the ``shapes`` given. ``notes``: position of a layer -> a line in its box.
    """
    ext = {"jpeg": "jpg"}.get(ext.lower(), ext.lower())
    if ext not in FORMATS:
        raise ConfigError(
            f'a net cannot be drawn as "{ext}"', hint=f"formats: {', '.join(FORMATS)}"
        )
    _check_rankdir(rankdir)
    net = _upgraded(caffe_net)
    shapes = known_shapes(net, default_registry(), phase) if shapes is None else shapes
    graph = build_graph(
        net, rankdir, phase=phase, display_lrm=display_lrm, shapes=shapes, notes=notes
    )
    width, height = lay_out(graph, rankdir)
    if ext == "svg":
        return to_svg(graph, width, height).encode()
    from mycaffe_py.drawing.picture import to_picture

    return to_picture(graph, width, height, ext)


def draw_net_to_file(
    caffe_net: Any,
    filename: str | Path,
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
    **options: Any,
) -> None:
    """Write a picture of a NetParameter to a file, in the format of its extension (see :func:`draw_net`)."""
    ext = Path(filename).suffix.removeprefix(".")
    if not ext:
        raise ConfigError(
            f'the extension of "{filename}" must say the format of the picture',
            hint=f"formats: {', '.join(FORMATS)}",
        )
    atomic_write(filename, draw_net(caffe_net, rankdir, ext, phase, display_lrm, **options))


def get_pydot_graph(
    caffe_net: Any,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> Any:
    """Return a NetParameter as a ``pydot.Dot`` graph, for those who use Graphviz; needs pydot."""
    try:
        import pydot
    except ImportError as error:
        raise ConfigError(
            "get_pydot_graph needs the package pydot, which is not installed",
            hint="pip install pydot, or use draw_net_to_file(), which needs neither pydot nor Graphviz",
        ) from error
    _check_rankdir(rankdir)
    graph = build_graph(
        _upgraded(caffe_net), rankdir, phase=phase, display_lrm=display_lrm, label_edges=label_edges
    )
    return _to_pydot(pydot, graph, rankdir)


def _to_pydot(pydot: Any, graph: Graph, rankdir: str) -> Any:
    dot = pydot.Dot(_quoted(graph.name or "Net"), graph_type="digraph", rankdir=rankdir)
    names = {node: f"node{index}" for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        shape = "octagon" if node.is_blob else "box"
        style = {"shape": shape, "fillcolor": node.fill, "style": "filled"}
        dot.add_node(pydot.Node(names[node], label=_quoted("\n".join(node.lines)), **style))
    for edge in graph.edges:
        ends = names[edge.source], names[edge.target]
        dot.add_edge(pydot.Edge(*ends, label=_quoted(edge.label)))
    return dot


def _upgraded(net: Any) -> Any:
    """Return a copy of the net in the current format; nets in Caffe's old formats have no ``layer`` messages."""
    if not hasattr(net, "DESCRIPTOR") or net.DESCRIPTOR.name != "NetParameter":
        raise ConfigError(f"only a NetParameter message can be drawn, not {type(net).__name__}")
    schema = default_registry().schema
    document = Document(schema.parse_binary(net.SerializePartialToString(), "NetParameter"))
    problems = upgrade_net(document)
    if problems:
        raise PrototxtError(problems)
    return document.message


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _check_rankdir(rankdir: str) -> None:
    if rankdir not in RANKDIRS:
        raise ConfigError(f'rankdir must be {", ".join(RANKDIRS)}, got "{rankdir}"')
