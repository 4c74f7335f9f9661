"""Rules of the layers of Caffe's forks: boxes, regions, losses, and what solvers need for them."""

from __future__ import annotations

from .mutant import Mutant

FORKS = "plugins/mycaffe_plugins/forks"
BOXES = f"{FORKS}/boxes.py"
SMOOTH_L1 = f"{FORKS}/smooth_l1.py"
REGIONS = f"{FORKS}/rcnn/regions.py"
ROI_POOLING = f"{FORKS}/rcnn/roi_pooling.py"
PROPOSAL = f"{FORKS}/rcnn/proposal.py"
PRIOR_BOX = f"{FORKS}/ssd/prior_box.py"
MATCHING = f"{FORKS}/ssd/matching.py"
MINING = f"{FORKS}/ssd/mining.py"
MEAN_PRECISION = f"{FORKS}/ssd/mean_precision.py"
CENTER_LOSS = f"{FORKS}/losses/center_loss.py"
INTERP = f"{FORKS}/dense/interp.py"
NORMALIZATION = "plugins/mycaffe_plugins/common/normalization.py"

OF_BOXES = ("tests/plugins/forks/test_boxes.py",)
OF_REGIONS = ("tests/plugins/forks/rcnn/test_region_layers.py",)
OF_PROPOSAL = ("tests/plugins/forks/rcnn/test_proposal.py",)
OF_PRIORS = ("tests/plugins/forks/ssd/test_prior_box.py",)
OF_MATCHING = ("tests/plugins/forks/ssd/test_matching.py",)
OF_MULTIBOX = ("tests/plugins/forks/ssd/test_multibox_loss.py",)
OF_EVALUATION = ("tests/plugins/forks/ssd/test_detection_evaluate.py",)
OF_REGION_LOSSES = ("tests/plugins/forks/rcnn/test_losses.py",)

MUTANTS = (
    Mutant(
        "boxes-suppressed-at-the-threshold",
        BOXES,
        "if worst[place] <= threshold and",
        "if worst[place] < threshold and",
        OF_BOXES,
    ),
    Mutant(
        "boxes-adaptive-threshold-below-one-half",
        BOXES,
        "if eta < 1 and threshold > 0.5:",
        "if eta < 1:",
        OF_BOXES,
    ),
    Mutant(
        "boxes-equal-scores-in-another-order",
        BOXES,
        'given[np.argsort(-scores[given], kind="stable")]',
        'given[::-1][np.argsort(-scores[given][::-1], kind="stable")]',
        OF_BOXES,
    ),
    Mutant(
        "boxes-overlap-forgets-the-pixel",
        BOXES,
        "areas(xp, first, pixel) + areas(xp, second, pixel) - common",
        "areas(xp, first) + areas(xp, second) - common",
        OF_BOXES,
    ),
    Mutant(
        "regions-halves-rounded-to-even",
        REGIONS,
        "return whole + np.copysign(np.abs(values - whole) >= 0.5, values)",
        "return np.rint(values)",
        OF_REGIONS,
    ),
    Mutant(
        "regions-bins-without-overlap",
        ROI_POOLING,
        "np.clip(np.ceil(ends * steps) + start[:, None], 0, cells)",
        "np.clip(np.floor(ends * steps) + start[:, None], 0, cells)",
        OF_REGIONS,
    ),
    Mutant(
        "proposal-small-regions-are-kept",
        PROPOSAL,
        "scores = scores * ((sides[:, 0] >= least[0]) & (sides[:, 1] >= least[1]))",
        "scores = scores * (sides[:, 0] > 0)",
        OF_PROPOSAL,
    ),
    Mutant(
        "prior-box-flipped-ratio-first",
        PRIOR_BOX,
        "found += [ratio, 1 / ratio] if param.flip",
        "found += [1 / ratio, ratio] if param.flip",
        OF_PRIORS,
    ),
    Mutant(
        "prior-box-larger-square-last",
        PRIOR_BOX,
        "boxes += [(side * root, side / root) for root in np.sqrt(ratios)]",
        "boxes[1:1] = [(side * root, side / root) for root in np.sqrt(ratios)]",
        OF_PRIORS,
    ),
    Mutant(
        "prior-box-sizes-not-cut-to-pixels",
        PRIOR_BOX,
        "return int(size)",
        "return size",
        OF_PRIORS,
    ),
    Mutant(
        "matching-objects-share-a-box",
        MATCHING,
        "columns = np.where(free[:, None], pairs[:, waiting[again]], 0)",
        "columns = pairs[:, waiting[again]]",
        OF_MATCHING,
    ),
    Mutant(
        "matching-below-the-threshold",
        MATCHING,
        "(best >= threshold) & (best > 0)",
        "(best > 0)",
        OF_MATCHING,
    ),
    Mutant(
        "mining-near-objects-are-negative",
        MINING,
        "eligible = negative & (matches.overlaps < self.neg_overlap)",
        "eligible = negative",
        OF_MULTIBOX,
    ),
    Mutant(
        "precision-of-2007-starts-late",
        MEAN_PRECISION,
        "np.arange(11) / 10 - 1e-12",
        "np.arange(11) / 10 + 1e-12",
        OF_EVALUATION,
    ),
    Mutant(
        "precision-counts-difficult-objects",
        MEAN_PRECISION,
        "counted = (rows[:, 3] != 0) | (rows[:, 4] != 0)",
        "counted = rows[:, 0] != -1",
        OF_EVALUATION,
    ),
    Mutant(
        "smooth-l1-slope-unbounded",
        SMOOTH_L1,
        "xp.clip(out, -1, 1, out=out)",
        "pass",
        (*OF_REGION_LOSSES, *OF_MULTIBOX),
    ),
    Mutant(
        "center-loss-step-is-the-mean",
        CENTER_LOSS,
        "factor = first / (xp.sum(same, axis=1) + 1)",
        "factor = first / xp.sum(same, axis=1)",
        ("tests/plugins/forks/losses/test_center_loss.py",),
    ),
    Mutant(
        "interp-centres-instead-of-corners",
        INTERP,
        "max(size - 1, 1)",
        "max(size, 1)",
        ("tests/plugins/forks/dense/test_enlarging.py",),
    ),
    Mutant(
        "pre-fixed-divisor-below-one",
        NORMALIZATION,
        "return max(1.0, self.pre_fixed)",
        "return self.pre_fixed",
        OF_REGION_LOSSES,
    ),
    Mutant(
        "apply-update-does-not-count",
        "mycaffe_py/solver/solver.py",
        "self.iter += 1",
        "pass",
        ("tests/solver/test_apply_update.py",),
    ),
)
