"""Expected values of the losses, Softmax and Accuracy, from PyTorch."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recorder

torch.set_default_dtype(torch.float64)
GENERATOR = torch.Generator().manual_seed(1701)
RECORDER = Recorder("losses")


def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
    """Return numbers that gradients can be asked for."""
    return (scale * torch.randn(*shape, generator=GENERATOR)).requires_grad_()


def classes(count: int, *shape: int, ignored: int | None = None) -> torch.Tensor:
    """Return labels below ``count``; about a quarter are ``ignored``, if given."""
    labels = torch.randint(count, shape, generator=GENERATOR)
    if ignored is not None:
        labels[torch.rand(shape, generator=GENERATOR) < 0.25] = ignored
    return labels


def add(
    name: str,
    settings: str,
    loss: torch.Tensor,
    inputs: tuple[torch.Tensor, ...],
    others: tuple[torch.Tensor, ...],
    weight: float = 1.5,
    extra: tuple[torch.Tensor, ...] = (),
) -> None:
    """Enter a loss of ``inputs``, which have gradients, and ``others``, which have none."""
    gradients = torch.autograd.grad(loss * weight, inputs, retain_graph=True)
    RECORDER.add(
        name,
        settings,
        bottoms=[blob.detach().numpy() for blob in (*inputs, *others)],
        tops=[loss.detach().numpy(), *(blob.detach().numpy() for blob in extra)],
        top_diffs=[np.array(weight), *(np.zeros(blob.shape) for blob in extra)],
        bottom_diffs=[gradient.numpy() for gradient in gradients],
    )


def softmax() -> None:
    """Softmax along several axes, with large scores as well."""
    for name, shape, axis in (
        ("rows", (5, 7), 1),
        ("maps", (2, 4, 3, 2), 1),
        ("last", (2, 3, 4), -1),
    ):
        x, dy = normal(*shape, scale=30), normal(*shape).detach()
        y = torch.softmax(x, dim=axis)
        RECORDER.add(
            f"softmax_{name}",
            f'type: "Softmax" softmax_param {{ axis: {axis} }}',
            bottoms=[x.detach().numpy()],
            tops=[y.detach().numpy()],
            top_diffs=[dy.numpy()],
            bottom_diffs=[torch.autograd.grad(y, x, dy)[0].numpy()],
        )


def softmax_with_loss() -> None:
    """Cross entropy with every normalization, with and without ignored labels."""
    kind = 'type: "SoftmaxWithLoss"'
    x, labels = normal(6, 10, scale=4), classes(10, 6)
    add("cross_entropy", kind, F.cross_entropy(x, labels), (x,), (labels,))
    x = normal(6, 10)
    both = f'{kind} top: "a" top: "b" loss_weight: 1 loss_weight: 0'
    probability = torch.softmax(x, 1)
    add("two_tops", both, F.cross_entropy(x, labels), (x,), (labels,), extra=(probability,))
    x, labels = normal(2, 5, 3, 4), classes(5, 2, 3, 4, ignored=255)
    total = F.cross_entropy(x, labels, ignore_index=255, reduction="sum")
    mean = F.cross_entropy(x, labels, ignore_index=255)
    for mode, loss in (
        ("VALID", mean),
        ("FULL", total / 24),
        ("BATCH_SIZE", total / 2),
        ("NONE", total),
    ):
        settings = f"{kind} loss_param {{ ignore_label: 255 normalization: {mode} }}"
        add(f"maps_{mode}", settings, loss, (x,), (labels[:, None],))
    x, labels = normal(2, 3, 6), classes(6, 2, 3)
    loss = F.cross_entropy(x.transpose(1, 2), labels)
    add("last_axis", f"{kind} softmax_param {{ axis: -1 }}", loss, (x,), (labels,))


def other_label_losses() -> None:
    """MultinomialLogisticLoss, HingeLoss in both norms, and InfogainLoss by autograd."""
    x, labels = normal(5, 6), classes(6, 5)
    p = torch.softmax(x, 1).detach().requires_grad_()
    add("nll", 'type: "MultinomialLogisticLoss"', F.nll_loss(p.log(), labels), (p,), (labels,))
    sign = 1 - 2 * F.one_hot(labels, 6)
    for norm, power in (("L1", 1), ("L2", 2)):
        loss = torch.clamp(1 + sign * x, min=0).pow(power).sum() / 5
        settings = f'type: "HingeLoss" hinge_loss_param {{ norm: {norm} }}'
        add(f"hinge_{norm}", settings, loss, (x,), (labels,))
    x, matrix, labels = normal(4, 5, 2), torch.rand(5, 5, generator=GENERATOR), classes(5, 4, 2)
    weights = matrix[labels].transpose(1, 2)
    loss = -(weights * F.log_softmax(x, 1)).sum()
    add("infogain", 'type: "InfogainLoss"', loss / 8, (x,), (labels, matrix))
    settings = 'type: "InfogainLoss" loss_param { normalization: BATCH_SIZE }'
    add("infogain_batch", settings, loss / 4, (x,), (labels, matrix))


def other_losses() -> None:
    """SigmoidCrossEntropyLoss, ContrastiveLoss, EuclideanLoss and mean errors."""
    kind = 'type: "SigmoidCrossEntropyLoss"'
    x, t = normal(3, 4, 2, scale=20), torch.rand(3, 4, 2, generator=GENERATOR)
    total = F.binary_cross_entropy_with_logits(x, t, reduction="sum")
    add("sigmoid", kind, total / 3, (x,), (t,))
    add("sigmoid_valid", f"{kind} loss_param {{ normalization: VALID }}", total / 24, (x,), (t,))
    kept = torch.rand(3, 4, 2, generator=GENERATOR) < 0.7
    part = F.binary_cross_entropy_with_logits(x[kept], t[kept])
    settings = f"{kind} loss_param {{ normalization: VALID ignore_label: -1 }}"
    add("sigmoid_ignore", settings, part, (x,), (torch.where(kept, t, -1.0),))
    a, b, similar = normal(6, 4), normal(6, 4), torch.tensor([1.0, 0, 0, 1, 0, 0])
    square = (a - b).pow(2).sum(1)
    legacy = (similar * square + (1 - similar) * torch.clamp(9 - square, min=0)).sum() / 12
    settings = 'type: "ContrastiveLoss" contrastive_loss_param { margin: 9 legacy_version: true }'
    add("contrastive_legacy", settings, legacy, (a, b), (similar,))
    add("euclidean", 'type: "EuclideanLoss"', F.mse_loss(a, b, reduction="sum") / 12, (a, b), ())
    for kind, function in (("MAE", F.l1_loss), ("MSE", F.mse_loss)):
        settings = f'type: "MEAN_ERROR_LOSS" mean_error_loss_param {{ mean_error_type: {kind} }}'
        add(f"mean_error_{kind}", settings, function(a, b), (a, b), ())


def accuracy() -> None:
    """Hits among the k largest, with ignored labels."""
    scores, labels = normal(20, 6).detach(), classes(6, 20, ignored=-1)
    counted = labels >= 0
    for k in (1, 3):
        best = scores.topk(k, 1).indices
        hits = (best == labels[:, None]).any(1)
        shares = [(hits & (labels == c)).sum() / (labels == c).sum().clamp(min=1) for c in range(6)]
        RECORDER.add(
            f"accuracy_{k}",
            f'type: "Accuracy" accuracy_param {{ top_k: {k} ignore_label: -1 }}',
            bottoms=[scores.numpy(), labels.numpy()],
            tops=[(hits.sum() / counted.sum()).numpy(), torch.stack(shares).numpy()],
        )


if __name__ == "__main__":
    for enter in (softmax, softmax_with_loss, other_label_losses, other_losses, accuracy):
        enter()
    RECORDER.write()
