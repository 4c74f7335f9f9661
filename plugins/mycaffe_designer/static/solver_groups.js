// Settings of a solver in groups, and which of them count: for the update rule, for the policy of the rate.

export const GROUPS = [
  {name: 'Rate', fields: ['base_lr', 'lr_policy', 'gamma', 'power', 'stepsize', 'stepvalue']},
  {name: 'Moments', fields: ['momentum', 'momentum2', 'rms_decay', 'delta']},
  {name: 'Decay', fields: ['weight_decay', 'regularization_type', 'clip_gradients']},
  {name: 'Length', fields: ['max_iter', 'display', 'random_seed']},
  {name: 'Snapshots', fields: ['snapshot', 'snapshot_prefix', 'snapshot_format']},
];
// Drawn elsewhere, or nothing that a form can hold.
export const APART = ['type', 'trainer', 'custom_trainer', 'custom_trainer_properties', 'net_param', 'train_net_param', 'test_net_param'];

// What each policy reads, and what the rate is at update i.
export const POLICIES = {
  fixed: {uses: [], doc: 'base_lr all the time'},
  step: {uses: ['gamma', 'stepsize'], doc: 'times gamma after every stepsize updates'},
  exp: {uses: ['gamma'], doc: 'base_lr · gamma^i'},
  inv: {uses: ['gamma', 'power'], doc: 'base_lr · (1 + gamma · i)^(−power)'},
  multistep: {uses: ['gamma', 'stepvalue'], doc: 'times gamma at each stepvalue'},
  poly: {uses: ['power'], doc: 'base_lr · (1 − i / max_iter)^power, down to 0'},
  sigmoid: {uses: ['gamma', 'stepsize'], doc: 'base_lr · σ(gamma · (i − stepsize))'},
  sigmoid_inv: {uses: ['gamma', 'stepsize'], doc: 'base_lr · σ(−gamma · (i − stepsize))'},
};
const OF_POLICIES = new Set(Object.values(POLICIES).flatMap(one => one.uses));

// Text fields that take one of a few words.
const CHOICES = {
  lr_policy: {doc: 'How the rate decreases', values: Object.entries(POLICIES).map(([name, {doc}]) => ({name, doc}))},
  regularization_type: {doc: 'Form of the penalty on large weights', values: [{name: 'L2', doc: 'the sum of squares'}, {name: 'L1', doc: 'the sum of absolute values'}]},
};

// Why a setting has no effect with this type and policy, or null. uses: what the type's rule reads, null for a type that is not known; rules: what
// any type's rule reads.
export function idle(name, {type, uses, rules, policy}) {
  if (uses && rules.has(name) && !uses.includes(name)) return `not used by ${type}`;
  if (OF_POLICIES.has(name) && POLICIES[policy] && !POLICIES[policy].uses.includes(name)) return `not used by ${policy}`;
  return null;
}

// The groups with their fields; a type's own settings that are in no group (a plugin's, adamw_decay) go to Decay or to one of their own.
export function grouped(all, uses, type) {
  const byName = new Map(all.map(one => [one.name, {...one, ...CHOICES[one.name]}]));
  const placed = new Set([...GROUPS.flatMap(group => group.fields), ...APART]);
  const groups = GROUPS.map(group => ({name: group.name, fields: group.fields.map(name => byName.get(name)).filter(Boolean)}));
  const own = uses.filter(name => !placed.has(name) && byName.has(name));
  const decays = own.filter(name => name.endsWith('decay')), others = own.filter(name => !decays.includes(name));
  groups.find(group => group.name === 'Decay').fields.unshift(...decays.map(name => byName.get(name)));
  if (others.length) groups.splice(3, 0, {name: `Of ${type}`, fields: others.map(name => byName.get(name))});
  const used = new Set([...placed, ...own]);
  return {groups, rest: [...byName.values()].filter(one => !used.has(one.name))};
}
