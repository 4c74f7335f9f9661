"""What a distribution's extras need and whether that is installed, read from the metadata of what is installed.

As much of PEP 508 and PEP 440 as these need: names, extras, version comparisons and environment markers. ``packaging``
has all of it, but may not be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata

from .markers import Marker, folded, satisfies

_REQUIREMENT = re.compile(
    r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?\s*\(?([^;@)]*)\)?\s*(?:@[^;]*)?(?:;(.*))?"
)
_COMPARISON = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*([\w.*+!-]+)")

VersionOf = Callable[[str], str | None]


@dataclass(frozen=True)
class Requirement:
    """One entry of ``Requires-Dist``: ``cupy-cuda12x[ctk]>=14; extra == "cuda12"``."""

    name: str
    extras: tuple[str, ...]
    comparisons: tuple[tuple[str, str], ...]
    marker: str

    @classmethod
    def parse(cls, text: str) -> Requirement | None:
        """Return the requirement in a text, or None if it is of another form."""
        match = _REQUIREMENT.fullmatch(text)
        if match is None:
            return None
        extras = tuple(name.strip() for name in (match[2] or "").split(",") if name.strip())
        return cls(match[1], extras, tuple(_COMPARISON.findall(match[3])), match[4] or "")

    def applies(self, extra: str) -> bool:
        """Whether the extra needs it, in this environment."""
        return not self.marker or Marker(self.marker, extra).value()

    def allows(self, version: str) -> bool:
        """Whether an installed version satisfies all comparisons."""
        return all(satisfies(version, *comparison) for comparison in self.comparisons)

    @property
    def wanted(self) -> str:
        """The comparisons as text: ``>=2.1,<3``."""
        return ",".join("".join(comparison) for comparison in self.comparisons)


def extras_of(distribution: str) -> list[str]:
    """Return the names of a distribution's extras, sorted; none if it is not installed."""
    try:
        return sorted(metadata.metadata(distribution).get_all("Provides-Extra") or ())
    except metadata.PackageNotFoundError:
        return []


def lacking(
    distribution: str, extra: str, version_of: VersionOf, seen: Sequence[tuple[str, str]] = ()
) -> Iterator[tuple[str, str]]:
    """Yield each package that an extra needs and that is not there, with why: "" if missing, or the version at fault.

    Extras of the packages are followed, also those of the distribution itself.
    """
    seen = (*seen, (folded(distribution), folded(extra)))
    for requirement in _requirements(distribution):
        if not _needs_extra(requirement, extra):
            continue
        version = version_of(requirement.name)
        own = folded(requirement.name) == folded(distribution)
        if version is None and not own:
            yield requirement.name, ""
            continue
        if version is not None and not requirement.allows(version):
            yield requirement.name, f"{version} is installed, {requirement.wanted} is needed"
        for inner in requirement.extras:
            if (folded(requirement.name), folded(inner)) not in seen:
                yield from lacking(requirement.name, inner, version_of, seen)


def _needs_extra(requirement: Requirement, extra: str) -> bool:
    """Whether a requirement belongs to an extra: it applies with it, but not without any."""
    return requirement.applies(extra) and not requirement.applies("")


def _requirements(distribution: str) -> Iterator[Requirement]:
    try:
        found = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        found = ()
    return (one for text in found if (one := Requirement.parse(text)) is not None)
