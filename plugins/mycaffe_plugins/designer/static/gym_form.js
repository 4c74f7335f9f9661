// The settings of a gym as a form: in the New project dialog, and for the gym of a project.
import {fieldGroup, keyOf} from './fields.js';
import {plot} from './pictures.js';
import {html} from './store.js';

// The messages of a gym: those of /api/types/gyms/TYPE, or made from the flat list of /api/templates.
export function messagesOf(gym) {
  if (gym.parameters) return gym.parameters;
  const found = new Map();
  for (const field of gym.fields) {
    const [first, ...rest] = field.path.split('.');
    if (!rest.length) { found.set(first, field); continue; }
    if (!found.has(first)) found.set(first, {name: first, type: '', fields: [], doc: ''});
    found.get(first).fields.push({...field, name: rest.join('.')});
  }
  return [...found.values()];
}

// Names of settings that matter with the values chosen now, and why others do not: by the conditions that the gym declares, one.only.
function matters(message, path, fields) {
  const textOf = name => fields[keyOf([...path, name])]?.text ?? message.fields.find(one => one.name === name)?.default ?? '';
  const given = name => !['', '0', 'false'].includes(String(textOf(name)));
  const holds = ({field, values, absent}) => values.length ? values.includes(textOf(field)) : given(field) !== absent;
  const because = ({field, values, absent}) => values.length ? textOf(field) : `${absent ? '' : 'no '}${field}`;
  const first = [], idle = new Map();
  for (const one of message.fields) {
    // Conditions on fields beside the setting can be judged here.
    const asked = (one.only ?? []).filter(only => only.any.length && only.any.every(({field}) => message.fields.some(other => other.name === field)));
    const failed = asked.find(only => !only.any.some(holds));
    if (failed) idle.set(one.name, `not used with ${because(failed.any[0])}`);
    else if (asked.some(only => only.any.length === 1 && only.any[0].values.length === 1)) first.push(one.name);
  }
  return {first, idle};
}

// path: where the gym's message is ([] in the dialog, ["trainer", "gym"] in a solver file); fields: what is set, as in look.
export function gymForm({gym, path = [], fields, errors, state, form = 'gym', readonly = false}) {
  const messages = messagesOf(gym), groups = messages.filter(one => one.fields), plain = messages.filter(one => !one.fields);
  if (!messages.length) return html`<p class="small muted">${gym.type} has no settings.</p>`;
  return html`${groups.map(message => {
    const at = [...path, message.name], {first, idle} = matters(message, at, fields);
    return fieldGroup({field: message, path: at, fields, errors, state, form, readonly, also: first, unused: name => idle.get(name) ?? null,
      title: groups.length + plain.length > 1 ? message.name : null});
  })}${plain.length > 0 && fieldGroup({field: {name: gym.type, fields: plain}, path, fields, errors, state, form, readonly, title: null})}`;
}

export function gymPicture(type, points, {bare = false} = {}) {
  const {x, y, names} = points;
  return plot({
    x, lines: y.map((values, i) => ({y: values, name: names[i]})), xName: bare ? '' : points.x_name, dates: points.dates,
    label: `${x.length} points that ${type} gives: ${names.join(', ')} over ${points.x_name ?? 'x'}`,
  });
}
