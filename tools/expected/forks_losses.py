"""Expected values of the forks' losses, by PyTorch's autograd from their formulas or by its own losses."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recorder

torch.set_default_dtype(torch.float64)
GENERATOR = torch.Generator().manual_seed(2016)
RECORDER = Recorder("forks_losses")


def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
    """Return numbers that gradients can be asked for."""
    return (scale * torch.randn(*shape, generator=GENERATOR)).requires_grad_()


def add(name, settings, loss, inputs, others=(), weight=1.5, **more) -> None:
    """Enter a loss of ``inputs``, which have gradients, and ``others``, which have none."""
    gradients = torch.autograd.grad(loss * weight, inputs, retain_graph=True)
    RECORDER.add(
        name,
        settings,
        bottoms=[blob.detach().numpy() for blob in (*inputs, *others)],
        tops=[loss.detach().numpy()],
        top_diffs=[np.array(weight)],
        bottom_diffs=[gradient.numpy() for gradient in gradients],
        **more,
    )


def center() -> None:
    """CenterLoss: the features' gradient by autograd, the centers' step counted class by class."""
    x, centers = normal(7, 4), torch.randn(5, 4, generator=GENERATOR)
    labels = torch.tensor([3, 0, 3, 1, 3, 0, 4])
    step = torch.zeros_like(centers)
    for index in range(5):
        mine = x.detach()[labels == index]
        step[index] = (centers[index] - mine).sum(0) / (len(mine) + 1)
    loss = F.mse_loss(x, centers[labels], reduction="sum") / 14
    settings = 'type: "CenterLoss" center_loss_param { num_output: 5 }'
    more = {"blobs": [centers.numpy()], "blob_diffs": [step.numpy()]}
    add("center", settings, loss, (x,), (labels,), **more)


def triplet() -> None:
    """TripletLoss with and without weights, in the three ways to write it."""
    a, p, n = normal(6, 5), normal(6, 5), normal(6, 5)
    weights = torch.rand(6, generator=GENERATOR)
    violation = (a - p).pow(2).sum(1) - (a - n).pow(2).sum(1)
    kind = 'type: "TripletLoss" triplet_loss_param'
    cost = (violation + 2).clamp(min=0)
    add("triplet", f"{kind} {{ margin: 2 }}", cost.sum() / 12, (a, p, n))
    add("triplet_weights", f"{kind} {{ margin: 2 }}", weights @ cost / 12, (a, p, n), (weights,))
    add("triplet_alpha", f"{kind} {{ alpha: 2 }}", cost.sum() / 12, (a, p, n), (weights,))


def focal() -> None:
    """FocalLoss in the form with a softmax and in the form with a sigmoid."""
    x, labels = normal(6, 4, scale=3), torch.randint(4, (6,), generator=GENERATOR)
    log_p = F.log_softmax(x, 1)[range(6), labels]
    kind = 'type: "FocalLoss" focal_loss_param'
    for gamma in (0.0, 1.0, 2.5):
        cost = -0.75 * (1 - log_p.exp()).pow(gamma) * log_p
        add(
            f"focal_{gamma:g}",
            f"{kind} {{ alpha: 0.75 gamma: {gamma} }}",
            cost.mean(),
            (x,),
            (labels,),
        )
    cost = -(1 + log_p.exp()).pow(2) * log_p
    add("focal_one_add", f"{kind} {{ type: ONEADDP }}", cost.mean(), (x,), (labels,))
    x, t = normal(3, 4, scale=3), torch.randint(2, (3, 4), generator=GENERATOR).double()
    entropy = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p = t * x.sigmoid() + (1 - t) * (1 - x.sigmoid())
    cost = (0.75 * t + 0.25 * (1 - t)) * (1 - p).pow(2) * entropy
    add("focal_sigmoid", f"{kind} {{ alpha: 0.75 }}", cost.sum() / 3, (x,), (t,))


def likelihood() -> None:
    """NLLLoss, and Softmax with logarithms."""
    x, labels = normal(2, 5, 3), torch.randint(5, (2, 3), generator=GENERATOR)
    labels[1, 2] = -1
    settings = 'type: "NLLLoss" loss_param { ignore_label: -1 }'
    add("nll", settings, F.nll_loss(x, labels, ignore_index=-1), (x,), (labels,))
    x, dy = normal(3, 6, scale=30), normal(3, 6).detach()
    y = F.log_softmax(x, 1)
    RECORDER.add(
        "log_softmax",
        'type: "Softmax" softmax_param { algorithm: LOG }',
        bottoms=[x.detach().numpy()],
        tops=[y.detach().numpy()],
        top_diffs=[dy.numpy()],
        bottom_diffs=[torch.autograd.grad(y, x, dy)[0].numpy()],
    )


def class_weights() -> None:
    """SoftmaxWithLoss with SegNet's weights; torch divides by the sum of weights, so its plain sum is taken."""
    x, labels = normal(2, 4, 3, 2), torch.randint(4, (2, 3, 2), generator=GENERATOR)
    labels[0, 0, 0] = 11
    weights = torch.tensor([0.25, 1.5, 4.0, 0.5])
    total = F.cross_entropy(x, labels, weights, ignore_index=11, reduction="sum")
    text = " ".join(f"class_weighting: {weight:g}" for weight in weights)
    settings = f"loss_param {{ ignore_label: 11 weight_by_label_freqs: true {text} }}"
    add("class_weights", f'type: "SoftmaxWithLoss" {settings}', total / 11, (x,), (labels,))
    counts = torch.bincount(labels[labels < 4], minlength=4).clamp(min=1)
    total = F.cross_entropy(x, labels, 1 / counts, ignore_index=11, reduction="sum")
    settings = "loss_param { ignore_label: 11 weight_by_label_freqs: true }"
    add("label_counts", f'type: "SoftmaxWithLoss" {settings}', total / 11, (x,), (labels,))


def lengths() -> None:
    """L1Loss by element and by place, with missing targets."""
    x, t = normal(2, 3, 2, 4), torch.randn(2, 3, 2, 4, generator=GENERATOR)
    t[0, :, 1, 2] = torch.nan
    known = ~t.isnan()
    d = torch.where(known, x - torch.nan_to_num(t), 0.0)
    kind, entries = 'type: "L1Loss" l1_loss_param', known.sum() / 3
    add("l1", kind.partition(" l1")[0], d.abs().sum() / 2, (x,), (t,))
    settings = f"{kind} {{ normalize_by_num_entries: true plateau: 0.5 }}"
    add(
        "l1_entries", settings, torch.where(d.abs() < 0.5, 0.0, d.abs()).sum() / entries, (x,), (t,)
    )
    square = d.pow(2).sum(1)
    settings = f"{kind} {{ l2_per_location: true normalize_by_num_entries: true }}"
    loss = (square + float(np.float32(0.01))).sqrt().sum() / entries
    add("l2", settings, loss, (x,), (t,))
    mean = torch.where(square / 3 < 0.25, 0.0, square / 3)
    settings = f"{kind} {{ l2_per_location: true l2_prescale_by_channels: true epsilon: 0.25 plateau: 0.5 }}"
    add("l2_mean", settings, (mean + 0.25).sqrt().sum() / 2, (x,), (t,))


if __name__ == "__main__":
    for enter in (center, triplet, focal, likelihood, class_weights, lengths):
        enter()
    RECORDER.write()
