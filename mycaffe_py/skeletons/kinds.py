"""The kinds of skeletons, each with its files in ``templates/``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skeleton:
    """A kind of plugin that can be begun with a skeleton."""

    name: str
    """As in ``mycaffe new NAME``."""
    what: str
    """What the skeleton does, in a line."""
    kind: str = ""
    """The plugins' kind, such as ``layers``; "" for verbs."""
    lower_case: bool = False
    """Whether types of this kind are written ``my_name`` rather than ``MyName``."""

    @property
    def lists(self) -> str:
        """The verb that lists the types of this kind."""
        return self.kind.replace("_", "-")

    @property
    def stem(self) -> str:
        """What the names of its templates begin with."""
        return self.name.replace("-", "_")


SKELETONS = {
    skeleton.name: skeleton
    for skeleton in (
        Skeleton("layer", "a layer: tanh, with a height that is learned", "layers"),
        Skeleton("loss", "a loss: log-cosh, with a scale", "layers"),
        Skeleton("solver", "a solver: Lion", "solvers"),
        Skeleton("filler", "a filler: orthogonal weights", "fillers", lower_case=True),
        Skeleton(
            "lr-policy",
            "a learning-rate policy: the rate halves, down to a floor",
            "lr_policies",
            lower_case=True,
        ),
        Skeleton("gym", "a gym: a damped oscillation", "gyms"),
        Skeleton("trainer", "a trainer: follows a gym, with noise added to the inputs", "trainers"),
        Skeleton("observer", "an observer: the lowest value of each metric", "observers"),
        Skeleton("command", "a verb: shows what a net's blobs contain for random inputs"),
    )
}
