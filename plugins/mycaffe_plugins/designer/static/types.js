// What the server knows of layer types, asked once: the list, and a type's settings with their documentation.
import {once} from './catalog.js';

export const layerTypes = () => once('/api/types/layers').then(({types}) => types);

let common = null; // settings that every layer has: the same for all types

// A type's description, with the fillers' names as suggestions; for a type that is not known {unknown: true, ...}.
export async function layerType(type) {
  const known = await layerTypes();
  const isKnown = known.some(one => one.type === type || one.aliases.includes(type));
  if (!isKnown && (common || !known.length)) return {type, unknown: true, doc: '', plugin: '', group: 'other', parameters: [], common: common ?? [], blobs: {}};
  const [found, fillers] = await Promise.all([once(`/api/types/layers/${encodeURIComponent(isKnown ? type : known[0].type)}`), once('/api/types/fillers')]);
  suggest(found.parameters, fillers.types);
  common = found.common ?? [];
  return isKnown ? {...found, common} : layerType(type);
}

function suggest(fields, fillers) {
  for (const field of fields) {
    if (!field.fields) continue;
    if (field.type === 'FillerParameter') {
      const type = field.fields.find(one => one.name === 'type');
      if (type) type.suggest = fillers.map(one => ({name: one.type, doc: one.doc}));
    }
    suggest(field.fields, fillers);
  }
}

// "2 to 4" -> [2, 4]; "1 or more" -> [1, Infinity]
export function countsOf(words) {
  const [low, high] = (words ?? '').match(/\d+/g) ?? [];
  if (low === undefined) return [0, Infinity];
  if (words.startsWith('up to')) return [0, Number(low)];
  return [Number(low), words.includes('more') ? Infinity : Number(high ?? low)];
}
