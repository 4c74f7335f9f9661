// The trainer of a solver file, in either of its forms: the block `trainer { }`, or MyCaffe's custom_trainer_properties as rows.
import {pageOf} from './api.js';
import {asValues} from './catalog.js';
import {fieldGroup, fieldRow, keyOf} from './fields.js';
import {icon} from './icons.js';
import {html} from './store.js';

export const PROPERTIES = 'custom_trainer_properties';
const TRAINER = {name: 'type', type: 'string', default: null, doc: 'What feeds the net and drives the solver.'};
const GYM = {name: 'gym', type: 'string', default: null, doc: 'Where the trainer gets its data from.'};

// The trainer's part of a solver form. given: {look, catalog, trainer, gym (descriptions or null), errors, state, readonly, project}
export function trainerForm(given) {
  return given.look.trainer?.form === 'properties' ? propertyRows(given) : block(given);
}

const openGym = project => html`<a class="small" href="${pageOf(project, '/gym')}">Open the gym</a>`;

// ---- trainer { } ----

function block({look, catalog, trainer, errors, state, readonly, project}) {
  const {fields} = look, text = path => fields[keyOf(path)]?.text ?? null;
  const row = (field, path, types) => fieldRow({
    field: {...field, values: asValues(types, text(path))}, path, value: text(path), error: errors.get(keyOf(path)) ?? null,
    draft: state.drafts.get(keyOf(path)) ?? null, form: 's', readonly, more: state.open.has(`doc ${keyOf(path)}`),
  });
  const type = row(TRAINER, ['trainer', 'type'], catalog.trainers);
  if (!look.trainer?.form) return html`<p class="small muted">No trainer: the data layers of the net bring the data. A trainer feeds it from a gym.</p>${type}`;
  const given = {fields, errors, state, form: 's', readonly};
  const own = trainer?.parameters ?? [];
  const more = catalog.trainerFields.filter(one => one.fields && !['blob_names', 'gym', ...own.map(other => other.name)].includes(one.name)
    && Object.keys(fields).some(key => key.startsWith(`trainer.${one.name}.`)));
  const blobs = catalog.trainerFields.find(one => one.name === 'blob_names');
  return html`${type}${row(GYM, ['trainer', 'gym', 'type'], catalog.gyms)}<p class="gym-link">${openGym(project)}</p>
    ${[...own, ...more].map(one => fieldGroup({...given, field: one, path: ['trainer', one.name], level: 1, most: 6}))}
    ${blobs && fieldGroup({...given, field: blobs, path: ['trainer', 'blob_names'], level: 1, most: 5, docs: false})}`;
}

// ---- custom_trainer_properties: "Key=value;Key=value" ----

const SPECIAL = {
  TrainerType: {doc: 'What feeds the net and drives the solver.'},
  Gym: {doc: 'Where the trainer gets its data from.'},
  BlobNames: {doc: 'The roles of the blobs: role~blob, separated by |.'},
};

// The field behind a property: its path leads into the trainer's or the gym's messages.
export function fieldBehind(path, {trainer, gym}) {
  const [, ...rest] = (path ?? '').split('.');
  const inGym = rest[0] === 'gym', [first, ...deeper] = inGym ? rest.slice(1) : rest;
  let field = (inGym ? gym : trainer)?.parameters.find(one => one.name === first);
  for (const name of deeper) field = field?.fields?.find(one => one.name === name);
  return field?.fields ? null : field ?? null;
}

export function propertyRow({key, value, path}, given) {
  const {catalog, state, readonly} = given, at = [PROPERTIES, key], special = SPECIAL[key];
  const found = special ? {type: 'string', default: null, ...special} : fieldBehind(path, given)
    ?? {type: 'string', default: null, doc: path === null ? 'Not known to this trainer and gym.' : path === '' ? 'A setting of MyCaffe\'s own program; it has no effect here.' : ''};
  const field = {...found, name: key};
  if (key === 'TrainerType') field.values = asValues(catalog.trainers, value);
  if (key === 'Gym') field.values = asValues(catalog.gyms, value);
  // MyCaffe writes choices as numbers too: those are shown as text.
  if (field.values?.length && !special && !field.values.some(one => one.name === value)) Object.assign(field, {suggest: field.values, values: []});
  const note = path && !special ? path.split('.').at(-1) : path === null ? html`<span class="f-note">unknown</span>` : '';
  return fieldRow({field, path: at, value, note, draft: state.drafts.get(keyOf(at)) ?? null, form: 's', readonly, more: state.open.has(`doc ${keyOf(at)}`)});
}

function propertyRows(given) {
  const {look, errors, state, readonly, project} = given;
  const custom = look.fields.custom_trainer?.text ?? null;
  return html`${fieldRow({field: {name: 'custom_trainer', type: 'string', default: null, doc: 'MyCaffe\'s name of the trainer.'}, path: ['custom_trainer'], value: custom,
    error: errors.get('custom_trainer') ?? null, draft: state.drafts.get('custom_trainer') ?? null, form: 's', readonly})}
    <div class="f-group inner" role="group" aria-label="${PROPERTIES}"><h3 class="f-head"><span>${PROPERTIES}</span><small>${look.trainer.properties.length} set</small></h3>
    ${errors.has(PROPERTIES) && html`<p class="err">${icon('warn')}<span>${errors.get(PROPERTIES)}</span></p>`}
    ${look.trainer.properties.map(one => propertyRow(one, given))}
    ${!readonly && html`<div class="prop-add"><input class="in" aria-label="Name of a new property" placeholder="Name" data-key="prop-name" autocomplete="off" spellcheck="false">
      <input class="in" aria-label="Its value" placeholder="value" data-key="prop-value" data-keydown="prop-enter" autocomplete="off" spellcheck="false">
      <button type="button" class="btn" data-do="prop-add" data-key="prop-add">Add</button></div>`}</div>
    <p class="gym-link">${openGym(project)}</p>`;
}

// The operation for a change in a solver's form: the trainer's settings have operations of their own. value null: remove.
export function solverChange(path, value, look) {
  if (path[0] === PROPERTIES && path.length === 2) {
    if (path[1] === 'Gym' && value !== null) return setGym(value, look);
    return {op: 'set_property', key: path[1], value};
  }
  if (keyOf(path) === 'trainer.gym.type' && value !== null) return setGym(value, look);
  return value === null ? {op: 'unset', path} : {op: 'set', path, value};
}

// Another gym: the settings of the one before go with it.
export function setGym(type, look) {
  const drop = (look.trainer?.properties ?? []).filter(one => one.path?.startsWith('trainer.gym.')).map(one => one.key);
  return look.trainer?.form === 'properties' ? {op: 'set_gym', type, drop} : {op: 'set_gym', type};
}
