// What the server knows of types of solvers, trainers and gyms, and of the solver's message; asked once.
import {get} from './api.js';

const asked = new Map();

export function once(url) {
  if (!asked.has(url)) {
    const answer = get(url);
    asked.set(url, answer);
    answer.catch(() => asked.delete(url));
  }
  return asked.get(url);
}

const part = encodeURIComponent;
export const typesOf = kind => once(`/api/types/${kind}`).then(({types}) => types);

const named = (types, name) => types.find(one => [one.type, ...one.aliases].some(other => other.toLowerCase() === name.toLowerCase()));

// The description of a type, or null for one that is not known (it may be half typed).
export async function describe(kind, type) {
  const found = type && named(await typesOf(kind), type);
  return found ? once(`/api/types/${kind}/${part(found.type)}`) : null;
}

// All that the solver form needs: fields of SolverParameter, the types, and for each solver type and each policy of the rate the fields that it reads.
export async function solverCatalog() {
  const [solver, trainer, solvers, trainers, gyms, policies] = await Promise.all([
    once('/api/messages/SolverParameter'), once('/api/messages/TrainerParameter'), typesOf('solvers'), typesOf('trainers'), typesOf('gyms'),
    typesOf('lr_policies'),
  ]);
  const [uses, ofPolicies] = await Promise.all([fieldsOf('solvers', solvers), fieldsOf('lr_policies', policies)]);
  const courses = new Map(policies.map(one => [one.type, {doc: one.doc, uses: ofPolicies.get(one.type)}]));
  return {fields: solver.fields, trainerFields: trainer.fields, solvers, trainers, gyms, uses, rules: new Set([...uses.values()].flat()),
    policies: courses};
}

// The names of the settings that each type reads.
async function fieldsOf(kind, types) {
  const pages = await Promise.all(types.map(one => describe(kind, one.type)));
  return new Map(pages.map(page => [page.type, page.parameters.map(one => one.name)]));
}

// A list of types as the values of a field. A type may be written in another way (an alias): it is added as it is written.
export function asValues(types, written = null) {
  const values = types.map(one => ({name: one.type, doc: one.doc}));
  const same = written && named(types, written);
  if (same && !values.some(one => one.name === written)) values.push({name: written, doc: same.doc});
  return values;
}
