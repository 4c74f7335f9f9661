"""Going on from a solver state: what it holds, and what is put back."""

from __future__ import annotations

from .mutant import Mutant

RESTORING = "mycaffe_py/weights/restoring.py"
SOLVER = "mycaffe_py/solver/solver.py"
ENTRIES = "mycaffe_py/weights/entries.py"
SEEDING = "mycaffe_py/seeding.py"
STATE_TREE = "mycaffe_py/weights/state_tree.py"
BEFORE_TEST = "mycaffe_py/solver/rollback.py"
GYM_BATCH = "mycaffe_py/trainer/gym_batch.py"
ROLLING = "mycaffe_py/trainer/rolling.py"
CURVE_GYM = "plugins/mycaffe_plugins/gyms/curve_gym.py"
SERIES_GYM = "plugins/mycaffe_plugins/series/gym.py"
RECURRENT = "plugins/mycaffe_plugins/recurrent/recurrent_layer.py"
DATA_LAYER = "plugins/mycaffe_plugins/data/data_layer.py"

OF_STATES = ("tests/weights/test_solverstate.py", "tests/weights/test_state_pairs.py")
OF_DAMAGE = ("tests/weights/test_damaged_states.py",)
OF_TREES = ("tests/weights/test_state_tree.py",)
OF_TESTS = ("tests/solver/test_rollback.py",)
OF_TRAINERS = ("tests/plugins/trainers",)
OF_GYMS = (
    "tests/plugins/gyms/test_curve_gym.py",
    "tests/plugins/gyms/test_csv_curve.py",
    "tests/plugins/series/test_series_gym.py",
)
OF_LAYERS = ("tests/plugins/recurrent/test_recurrent.py",)
OF_DATA = ("tests/plugins/data/test_going_on.py",)

MUTANTS = (
    Mutant(
        "resume-step-of-multistep-lost",
        RESTORING,
        "solver.iter, solver.current_step = plan.message.iter, plan.message.current_step",
        "solver.iter, solver.current_step = plan.message.iter, 0",
        OF_STATES,
    ),
    Mutant(
        "resume-count-of-updates-lost",
        RESTORING,
        'solver.began = stored.get("began", 0)',
        "pass",
        ("tests/solver/test_restarting.py",),
    ),
    Mutant(
        "resume-history-lost",
        RESTORING,
        "target[...] = device.asarray(as_type(values, target.dtype))",
        "pass",
        OF_STATES,
    ),
    Mutant(
        "resume-window-of-losses-lost",
        RESTORING,
        'solver.resume_losses(stored.get("losses", ()))',
        "pass",
        OF_STATES,
    ),
    Mutant(
        "resume-random-state-lost",
        RESTORING,
        'device.resume_generators(random["seed"], random["generator"], solver.iter)',
        "pass",
        OF_STATES,
    ),
    Mutant(
        "resume-layer-states-lost",
        RESTORING,
        "    _restore_layers(solver, plan)\n    plan.weights.apply()",
        "    plan.weights.apply()",
        (*OF_STATES, *OF_DATA),
    ),
    Mutant(
        "resume-test-nets-not-restored",
        RESTORING,
        'states = [stored.get("train", {}), *stored.get("test", ())]',
        'states = [stored.get("train", {})]',
        (*OF_TESTS, *OF_DATA),
    ),
    Mutant(
        "resume-takes-another-precision",
        ENTRIES,
        "if found != dtype:",
        "if False:",
        OF_STATES,
    ),
    Mutant(
        "resume-leaves-a-trainer-half-restored",
        RESTORING,
        "owner.load_state(before)",
        "pass",
        OF_DAMAGE,
    ),
    Mutant(
        "resume-takes-a-random-state-as-it-comes",
        SEEDING,
        "same = _same(scratch.state, state)",
        "same = True",
        ("tests/test_seeding.py",),
    ),
    Mutant(
        "state-of-a-test-in-progress",
        SOLVER,
        "return self._rollback or Rollback(self.net.device, self.test_nets)",
        "return Rollback(self.net.device, self.test_nets)",
        OF_TESTS,
    ),
    Mutant(
        "state-tree-keys-that-are-no-texts",
        STATE_TREE,
        'plain = all(isinstance(key, str) and not key.startswith("$") for key in value)',
        "plain = all(isinstance(key, str) for key in value)",
        OF_TREES,
    ),
    Mutant(
        "state-tree-two-arrays-of-one-name",
        STATE_TREE,
        """            name += "'"\n""",
        "            break\n",
        OF_TREES,
    ),
    Mutant(
        "interrupted-test-uses-up-random-numbers",
        BEFORE_TEST,
        "restore_generator(self._device.rng, self.generator)",
        "pass",
        OF_TESTS,
    ),
    Mutant(
        "trainer-state-without-actions",
        GYM_BATCH,
        "_STORED_ACTIONS: None if self.actions is None else np.array(self.actions)",
        "_STORED_ACTIONS: None",
        OF_TRAINERS,
    ),
    Mutant(
        "trainer-forgets-stored-actions",
        GYM_BATCH,
        "self.actions, self._begun = actions, begun",
        "self.actions, self._begun = None, begun",
        OF_TRAINERS,
    ),
    Mutant(
        "trainer-forgets-the-last-target",
        GYM_BATCH,
        "self.target[...], self.last_target[...], self.x, self.time = target, last, x, time",
        "self.last_target[...], self.x, self.time = last, x, time",
        OF_TRAINERS,
    ),
    Mutant(
        "trainer-begins-its-gyms-anew",
        GYM_BATCH,
        "self.actions, self._begun = actions, begun",
        "self.actions, self._begun = actions, self._begun",
        OF_TRAINERS,
    ),
    Mutant(
        "rolling-figures-count-lost",
        ROLLING,
        "self.count = count",
        "pass",
        OF_TRAINERS,
    ),
    Mutant(
        "rolling-figures-errors-lost",
        ROLLING,
        "self._errors[...] = errors",
        "pass",
        OF_TRAINERS,
    ),
    Mutant(
        "curve-gym-random-state-lost",
        CURVE_GYM,
        'restore_generator(self._rng, stored["generator"])',
        "pass",
        OF_GYMS,
    ),
    Mutant(
        "curve-gym-source-lost",
        CURVE_GYM,
        'self.source.load_state(stored["source"])',
        "pass",
        OF_GYMS,
    ),
    Mutant(
        "curve-gym-latest-point-lost",
        CURVE_GYM,
        "self._point = point",
        "pass",
        OF_GYMS,
    ),
    Mutant(
        "series-gym-random-state-lost",
        SERIES_GYM,
        'restore_generator(self._rng, stored["generator"])',
        "pass",
        OF_GYMS,
    ),
    Mutant(
        "series-gym-predictions-lost",
        SERIES_GYM,
        "self._predicted = list(predicted)",
        "self._predicted = []",
        OF_GYMS,
    ),
    Mutant(
        "series-gym-scores-lost",
        SERIES_GYM,
        "self._scored = deque(scored, _MAX_SCORED)",
        "self._scored = deque(maxlen=_MAX_SCORED)",
        OF_GYMS,
    ),
    Mutant(
        "recurrent-state-lost",
        RECURRENT,
        "target[...] = self.device.asarray(part, dtype=self.dtype).T",
        "pass",
        OF_LAYERS,
    ),
    Mutant(
        "data-layer-position-lost",
        DATA_LAYER,
        "self.position, self.seed = position, seed",
        "self.seed = seed",
        OF_DATA,
    ),
    Mutant(
        "data-layer-seed-lost",
        DATA_LAYER,
        "self.position, self.seed = position, seed",
        "self.position = position",
        OF_DATA,
    ),
)
