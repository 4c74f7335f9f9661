// Settings of a solver in groups, and which of them count: for the update rule, for the policy of the rate.

export const GROUPS = [
  {name: 'Rate', fields: ['base_lr', 'lr_policy', 'gamma', 'power', 'stepsize', 'stepvalue', 'warmup_iter', 'warmup_start_lr', 'warmup_form']},
  {name: 'Moments', fields: ['momentum', 'momentum2', 'rms_decay', 'delta']},
  {name: 'Decay', fields: ['weight_decay', 'regularization_type', 'clip_gradients']},
  {name: 'Length', fields: ['max_iter', 'display', 'random_seed']},
  {name: 'Snapshots', fields: ['snapshot', 'snapshot_prefix', 'snapshot_format']},
];
// Drawn elsewhere, or nothing that a form can hold.
export const APART = ['type', 'trainer', 'custom_trainer', 'custom_trainer_properties', 'net_param', 'train_net_param', 'test_net_param'];

// Text fields that take one of a few words.
const CHOICES = {
  regularization_type: {doc: 'Form of the penalty on large weights', values: [{name: 'L2', doc: 'the sum of squares'}, {name: 'L1', doc: 'the sum of absolute values'}]},
};

// Why a setting has no effect with this type and policy, or null. uses: what the type's rule reads, null for a type that is not known; rules: what
// any type's rule reads; policies: for each policy what it reads, as solverCatalog gives them.
export function idle(name, {type, uses, rules, policy, policies}) {
  if (uses && rules.has(name) && !uses.includes(name)) return `not used by ${type}`;
  const own = policies.get(policy), ofPolicies = [...policies.values()].some(one => one.uses.includes(name));
  if (ofPolicies && own && !own.uses.includes(name)) return `not used by ${policy}`;
  return null;
}

// The groups with their fields; a type's own settings that are in no group (a plugin's, adamw_decay) go to Decay or to one of their own, those of
// policies to Rate.
export function grouped(all, uses, type, policies) {
  const courses = [...policies].map(([name, {doc}]) => ({name, doc}));
  const choices = {...CHOICES, lr_policy: {doc: 'Course of the rate', values: courses}};
  const byName = new Map(all.map(one => [one.name, {...one, ...choices[one.name]}]));
  const groups = GROUPS.map(group => ({name: group.name, fields: group.fields.map(name => byName.get(name)).filter(Boolean)}));
  const placed = new Set([...GROUPS.flatMap(group => group.fields), ...APART]);
  const rates = [...new Set([...policies.values()].flatMap(one => one.uses))].filter(name => !placed.has(name) && byName.has(name));
  groups[0].fields.push(...rates.map(name => byName.get(name)));
  for (const name of rates) placed.add(name);
  const own = uses.filter(name => !placed.has(name) && byName.has(name));
  const decays = own.filter(name => name.endsWith('decay')), others = own.filter(name => !decays.includes(name));
  groups.find(group => group.name === 'Decay').fields.unshift(...decays.map(name => byName.get(name)));
  if (others.length) groups.splice(3, 0, {name: `Of ${type}`, fields: others.map(name => byName.get(name))});
  const used = new Set([...placed, ...own]);
  return {groups, rest: [...byName.values()].filter(one => !used.has(one.name))};
}
