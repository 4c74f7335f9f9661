"""Update rules, learning-rate policies, and what is done to gradients before the rule."""

from __future__ import annotations

from .mutant import Mutant

SGD = "plugins/mycaffe_solvers/sgd.py"
NESTEROV = "plugins/mycaffe_solvers/nesterov.py"
ADAGRAD = "plugins/mycaffe_solvers/adagrad.py"
RMSPROP = "plugins/mycaffe_solvers/rmsprop.py"
ADADELTA = "plugins/mycaffe_solvers/adadelta.py"
ADAM = "plugins/mycaffe_solvers/adam.py"
ADAMW = "plugins/mycaffe_solvers/adamw.py"
MOMENTS = "plugins/mycaffe_solvers/moments.py"
LR_POLICY = "mycaffe_py/solver/lr_policy.py"
SEGMENTS = "mycaffe_py/solver/param_groups.py"
SOLVER = "mycaffe_py/solver/solver.py"
AS_WRITTEN = "mycaffe_py/schema/decimals.py"

OF_SGD = ("tests/plugins/mycaffe_solvers/test_sgd.py",)
OF_ADAMW = ("tests/plugins/mycaffe_solvers/test_adamw.py",)
OF_RULES = ("tests/plugins/mycaffe_solvers/test_trajectories.py",)
OF_POLICIES = ("tests/solver/test_lr_policy.py",)
OF_GRADIENTS = ("tests/solver/test_solver.py",)
OF_LOOP = ("tests/solver/test_solver.py", "tests/solver/test_solver_loop.py")

MUTANTS = (
    Mutant(
        "sgd-history-without-momentum",
        SGD,
        "xp.multiply(history, self.settings.momentum, history)",
        "xp.multiply(history, 0.0, history)",
        OF_SGD,
    ),
    Mutant(
        "sgd-rate-outside-the-history",
        SGD,
        "        xp.multiply(group.diff, rate, group.diff)\n"
        "        xp.add(history, group.diff, history)\n"
        "        group.diff[...] = history\n",
        "        xp.add(history, group.diff, history)\n"
        "        xp.multiply(history, rate, group.diff)\n",
        (*OF_SGD, *OF_RULES),
    ),
    Mutant(
        "nesterov-looks-no-step-ahead",
        NESTEROV,
        "xp.add(gradient, group.scratch[0], gradient)",
        "xp.copyto(gradient, history)",
        OF_RULES,
    ),
    Mutant(
        "adagrad-forgets",
        ADAGRAD,
        "xp.add(history, scratch, history)",
        "xp.copyto(history, scratch)",
        OF_RULES,
    ),
    Mutant(
        "delta-within-the-root",
        MOMENTS,
        "    xp.sqrt(square, scratch)\n    xp.add(scratch, delta, scratch)\n",
        "    xp.add(square, delta, scratch)\n    xp.sqrt(scratch, scratch)\n",
        OF_RULES,
    ),
    Mutant(
        "running-mean-not-weighted",
        MOMENTS,
        "xp.multiply(values, 1.0 - decay, scratch)",
        "xp.multiply(values, 1.0, scratch)",
        OF_RULES,
    ),
    Mutant(
        "rmsprop-divides-by-the-square-before",
        RMSPROP,
        "        update_mean_square(xp, history, gradient, decay, scratch)\n"
        "        divide_by_root(xp, gradient, history, self.settings.delta, rate, scratch)\n",
        "        square = gradient.copy()\n"
        "        divide_by_root(xp, gradient, history, self.settings.delta, rate, scratch)\n"
        "        update_mean_square(xp, history, square, decay, scratch)\n",
        OF_RULES,
    ),
    Mutant(
        "adadelta-steps-without-delta",
        ADADELTA,
        "xp.add(steps, delta, scratch)",
        "xp.copyto(scratch, steps)",
        OF_RULES,
    ),
    Mutant(
        "adadelta-rate-within-the-steps",
        ADADELTA,
        "        update_mean_square(xp, steps, gradient, momentum, scratch)\n"
        "        xp.multiply(gradient, rate, gradient)\n",
        "        xp.multiply(gradient, rate, gradient)\n"
        "        update_mean_square(xp, steps, gradient, momentum, scratch)\n",
        OF_RULES,
    ),
    Mutant(
        "adam-delta-within-the-root",
        ADAM,
        "        xp.sqrt(square, scratch)\n        xp.add(scratch, self.settings.delta, scratch)\n",
        "        xp.add(square, self.settings.delta, scratch)\n        xp.sqrt(scratch, scratch)\n",
        OF_RULES,
    ),
    Mutant(
        "adam-counts-from-two",
        ADAM,
        "xp, update = self.net.device.xp, self.iter + 1",
        "xp, update = self.net.device.xp, self.iter + 2",
        OF_RULES,
    ),
    Mutant(
        "adamw-ignores-decay-mult",
        ADAMW,
        "decay = self.param.adamw_decay * group.decay_mult",
        "decay = self.param.adamw_decay",
        OF_ADAMW,
    ),
    Mutant(
        "adamw-second-moment-not-corrected",
        ADAMW,
        "xp.multiply(scratch, 1.0 / math.sqrt(1.0 - beta2**update), scratch)",
        "pass",
        OF_ADAMW,
    ),
    Mutant(
        "adamw-decay-without-the-rate",
        ADAMW,
        "1.0 - rate * decay",
        "1.0 - decay",
        OF_ADAMW,
    ),
    Mutant(
        "lr-step-falls-steadily",
        LR_POLICY,
        "(i // p.stepsize)",
        "(i / p.stepsize)",
        OF_POLICIES,
    ),
    Mutant(
        "lr-inv-one-update-early",
        LR_POLICY,
        "(1 + p.gamma * i) ** -p.power",
        "(1 + p.gamma * (i + 1)) ** -p.power",
        OF_POLICIES,
    ),
    Mutant(
        "lr-exp-one-update-early",
        LR_POLICY,
        "p.base_lr * p.gamma**i,",
        "p.base_lr * p.gamma ** (i + 1),",
        OF_POLICIES,
    ),
    Mutant(
        "lr-poly-rises-again",
        LR_POLICY,
        "max(0.0, 1 - i / p.max_iter) ** p.power",
        "abs(1 - i / p.max_iter) ** p.power",
        OF_POLICIES,
    ),
    Mutant(
        "lr-multistep-one-update-late",
        LR_POLICY,
        "iteration >= param.stepvalue[current_step]",
        "iteration > param.stepvalue[current_step]",
        OF_POLICIES,
    ),
    Mutant(
        "lr-sigmoid-turns-before-0",
        LR_POLICY,
        '"sigmoid": lambda p, i, step: p.base_lr * _logistic(p.gamma * (i - p.stepsize)),',
        '"sigmoid": lambda p, i, step: p.base_lr * _logistic(p.gamma * (i + p.stepsize)),',
        OF_POLICIES,
    ),
    Mutant(
        "lr-sigmoid-inv-as-sigmoid",
        LR_POLICY,
        "_logistic(-p.gamma * (i - p.stepsize))",
        "_logistic(p.gamma * (i - p.stepsize))",
        OF_POLICIES,
    ),
    Mutant(
        "lr-logistic-at-0",
        LR_POLICY,
        "1.0 if z >= 0 else small",
        "1.0 if z > 0 else small",
        OF_POLICIES,
        equivalent="at z = 0 small is 1.0",
    ),
    Mutant(
        "clip-small-gradients-grow",
        SEGMENTS,
        "if norm > limit:",
        "if norm:",
        OF_GRADIENTS,
    ),
    Mutant(
        "clip-limit-of-0-clips-nothing",
        SEGMENTS,
        "if limit < 0:",
        "if limit <= 0:",
        OF_GRADIENTS,
        equivalent="solvers refuse clip_gradients 0",
    ),
    Mutant(
        "clip-after-dividing-by-iter-size",
        SOLVER,
        "clip_gradients(xp, self.net.parameters.diff, self.settings.clip_gradients)",
        "clip_gradients(\n"
        "            xp, self.net.parameters.diff, self.settings.clip_gradients * param.iter_size\n"
        "        )",
        OF_GRADIENTS,
    ),
    Mutant(
        "regularization-l1-as-l2",
        SEGMENTS,
        "decay * xp.sign(group.data)",
        "decay * group.data",
        OF_GRADIENTS,
    ),
    Mutant(
        "regularization-ignores-decay-mult",
        SOLVER,
        "decay = self.settings.weight_decay * group.decay_mult",
        "decay = self.settings.weight_decay",
        OF_GRADIENTS,
    ),
    Mutant(
        "update-ignores-lr-mult",
        SOLVER,
        "self.compute_update(group, rate * group.lr_mult)",
        "self.compute_update(group, rate)",
        OF_GRADIENTS,
    ),
    Mutant(
        "iter-size-gradients-not-averaged",
        SOLVER,
        "group.diff /= param.iter_size",
        "pass",
        OF_GRADIENTS,
    ),
    Mutant(
        "iter-size-loss-not-averaged",
        SOLVER,
        "self.loss = loss / self.param.iter_size",
        "self.loss = loss",
        OF_LOOP,
    ),
    Mutant(
        "smoothed-loss-over-all-updates",
        SOLVER,
        "LossWindow(param.average_loss)",
        "LossWindow(1 << 30)",
        OF_LOOP,
    ),
    Mutant(
        "settings-as-float32",
        AS_WRITTEN,
        "return as_written(value) if name in self._floats else value",
        "return value",
        (*OF_LOOP, "tests/schema/test_decimals.py", *OF_POLICIES),
    ),
)
