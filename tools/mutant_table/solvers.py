"""Update rules, learning-rate policies, and what is done to gradients before the rule."""

from __future__ import annotations

from .mutant import Mutant

SGD = "plugins/mycaffe_plugins/solvers/sgd.py"
NESTEROV = "plugins/mycaffe_plugins/solvers/nesterov.py"
ADAGRAD = "plugins/mycaffe_plugins/solvers/adagrad.py"
RMSPROP = "plugins/mycaffe_plugins/solvers/rmsprop.py"
ADADELTA = "plugins/mycaffe_plugins/solvers/adadelta.py"
ADAM = "plugins/mycaffe_plugins/solvers/adam.py"
ADAMW = "plugins/mycaffe_plugins/solvers/adamw.py"
MOMENTS = "plugins/mycaffe_plugins/solvers/moments.py"
LR_POLICIES = "plugins/mycaffe_plugins/lr_policies"
SCHEDULE = "mycaffe_py/solver/schedule.py"
SEGMENTS = "mycaffe_py/solver/param_groups.py"
SOLVER = "mycaffe_py/solver/solver.py"
PASSES = "mycaffe_py/solver/passes.py"
AS_WRITTEN = "mycaffe_py/schema/decimals.py"

OF_SGD = ("tests/plugins/solvers/test_sgd.py",)
OF_ADAMW = ("tests/plugins/solvers/test_adamw.py",)
OF_RULES = ("tests/plugins/solvers/test_trajectories.py",)
OF_POLICIES = ("tests/plugins/lr_policies/test_closed_forms.py",)
OF_SCHEDULE = ("tests/solver/test_schedule.py",)
OF_GRADIENTS = ("tests/solver/test_solver.py",)
OF_LOOP = ("tests/solver/test_solver.py", "tests/solver/test_solver_loop.py")

MUTANTS = (
    Mutant(
        "sgd-history-without-momentum",
        SGD,
        "xp.multiply(history, momentum, history)",
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
        "        divide_by_root(xp, gradient, history, delta, rate, scratch)\n",
        "        square = gradient.copy()\n"
        "        divide_by_root(xp, gradient, history, delta, rate, scratch)\n"
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
        "        xp.sqrt(square, scratch)\n        xp.add(scratch, delta, scratch)\n",
        "        xp.add(square, delta, scratch)\n        xp.sqrt(scratch, scratch)\n",
        OF_RULES,
    ),
    Mutant(
        "adam-counts-from-two",
        ADAM,
        "settings, update = self.settings, self.updates_made + 1",
        "settings, update = self.settings, self.updates_made + 2",
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
        "1.0 / math.sqrt(1.0 - settings.momentum2**update)",
        "1.0",
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
        f"{LR_POLICIES}/step.py",
        "iteration // p.stepsize",
        "iteration / p.stepsize",
        OF_POLICIES,
    ),
    Mutant(
        "lr-inv-one-update-early",
        f"{LR_POLICIES}/inv.py",
        "1 + p.gamma * iteration",
        "1 + p.gamma * (iteration + 1)",
        OF_POLICIES,
    ),
    Mutant(
        "lr-exp-one-update-early",
        f"{LR_POLICIES}/exp.py",
        "power(p.gamma, iteration)",
        "power(p.gamma, iteration + 1)",
        OF_POLICIES,
    ),
    Mutant(
        "lr-poly-rises-again",
        f"{LR_POLICIES}/poly.py",
        "power(max(0.0, 1 - iteration / p.max_iter), p.power)",
        "power(abs(1 - iteration / p.max_iter), p.power)",
        OF_POLICIES,
    ),
    Mutant(
        "lr-multistep-one-update-late",
        f"{LR_POLICIES}/multistep.py",
        "iteration >= values[step]",
        "iteration > values[step]",
        OF_POLICIES,
    ),
    Mutant(
        "lr-sigmoid-turns-before-0",
        f"{LR_POLICIES}/sigmoid.py",
        "logistic(p.gamma * (iteration - p.stepsize))",
        "logistic(p.gamma * (iteration + p.stepsize))",
        OF_POLICIES,
    ),
    Mutant(
        "lr-sigmoid-inv-as-sigmoid",
        f"{LR_POLICIES}/sigmoid.py",
        "logistic(-p.gamma",
        "logistic(p.gamma",
        OF_POLICIES,
    ),
    Mutant(
        "lr-cosine-cycles-of-one-length",
        f"{LR_POLICIES}/cosine.py",
        "length * factor",
        "length",
        OF_POLICIES,
    ),
    Mutant(
        "lr-cosine-down-to-0",
        f"{LR_POLICIES}/cosine.py",
        "p.min_lr + (p.base_lr - p.min_lr)",
        "(p.base_lr - p.min_lr)",
        OF_POLICIES,
    ),
    Mutant(
        "lr-one-cycle-top-one-update-late",
        f"{LR_POLICIES}/one_cycle.py",
        "p.pct_start * p.max_iter - 1",
        "p.pct_start * p.max_iter",
        OF_POLICIES,
    ),
    Mutant(
        "lr-logistic-at-0",
        f"{LR_POLICIES}/powers.py",
        "1.0 if z >= 0 else small",
        "1.0 if z > 0 else small",
        OF_POLICIES,
        equivalent="at z = 0 small is 1.0",
    ),
    Mutant(
        "warmup-one-update-long",
        SCHEDULE,
        "if iteration >= warmup or",
        "if iteration > warmup or",
        OF_SCHEDULE,
    ),
    Mutant(
        "warmup-to-base-lr",
        SCHEDULE,
        "target = _finite_rate(ahead, self.param.warmup_iter)",
        "target = self.policy.settings.base_lr",
        OF_SCHEDULE,
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
        "apply_rule(self, group, rate * group.lr_mult)",
        "apply_rule(self, group, rate)",
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
        PASSES,
        "self.loss = loss = self._sum / self.solver.param.iter_size",
        "self.loss = loss = self._sum",
        OF_LOOP,
    ),
    Mutant(
        "smoothed-loss-over-all-updates",
        PASSES,
        "LossWindow(solver.param.average_loss)",
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
