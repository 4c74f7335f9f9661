"""A message of a text while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.schema.proto.catalog import MessageInfo

from .entries import Nodes
from .tokens import Token


@dataclass(eq=False)
class Block:
    """One message being read: the name that opened it, its bracket and the block around it."""

    info: MessageInfo
    message: Any
    nodes: Nodes
    name: Token = Token("symbol", "", 0)
    bracket: Token = Token("symbol", "", 0)
    parent: Block | None = None
    kind: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.depth: int = self.parent.depth + 1 if self.parent else 0
