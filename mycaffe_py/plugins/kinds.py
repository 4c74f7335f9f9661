"""The kinds of types that plugins offer, and how each is called."""

from __future__ import annotations

KINDS = ("layers", "solvers", "fillers", "gyms", "trainers", "lr_policies", "observers")
"""The kinds in the plural, as hooks (``mycaffe_layers``) and the registry's catalogs are called."""


def singular(kind: str) -> str:
    """Return what ``kind`` is of a class: ``layers`` -> ``layer``, ``lr_policies`` -> ``lr_policy``."""
    return f"{kind[:-3]}y" if kind.endswith("ies") else kind.removesuffix("s")


def base_name(kind: str) -> str:
    """Return the name of a kind's base class: ``layers`` -> ``Layer``, ``lr_policies`` -> ``LrPolicy``."""
    return base_of(singular(kind))


def base_of(kind: str) -> str:
    """Return the name of the base class of a kind in the singular: ``lr_policy`` -> ``LrPolicy``."""
    return "".join(word.capitalize() for word in kind.split("_"))


def hook_of(kind: str) -> str:
    """Return the name of the hook that offers classes of a kind in the singular: ``layer`` -> ``mycaffe_layers``."""
    return next(f"mycaffe_{plural}" for plural in KINDS if singular(plural) == kind)


def kind_of(cls: type) -> str:
    """Return the kind, in the singular, that a class has from its base in this package, or "".

    What the class itself calls ``kind`` does not count.
    """
    package = __name__.partition(".")[0]
    bases = (base for base in cls.__mro__ if base.__module__.partition(".")[0] == package)
    return next((vars(base)["kind"] for base in bases if "kind" in vars(base)), "")
