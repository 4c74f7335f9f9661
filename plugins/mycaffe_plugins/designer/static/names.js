// Names of projects: said while one types what the server would say (mycaffe_py.projects.names); the server has the last word.

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;
const LETTER = /[\p{L}\p{Mn}\p{Mc}\p{Nd} ._-]/u;

// Words for what is wrong with a name, or "".
export function checkName(name, taken = []) {
  if (!name.trim()) return 'A project needs a name.';
  if ([...name].length > 100 || new TextEncoder().encode(name).length > 200) return 'The name is too long; at most 100 letters fit.';
  const bad = [...name].find(letter => !LETTER.test(letter));
  if (bad) return `A name may have letters, digits, spaces and the signs . _ - but not "${bad}".`;
  const first = {'.': 'a dot', '-': 'a hyphen', ' ': 'a space'}[name[0]];
  if (first) return `A name may not begin with ${first}.`;
  if (/[. ]$/.test(name)) return `A name may not end with ${name.endsWith('.') ? 'a dot' : 'a space'}.`;
  if (RESERVED.test(name)) return `Windows keeps the name "${name}" for itself; choose another.`;
  if (taken.includes(name)) return `There is a folder ${name} already.`;
  return '';
}

// A name that is not taken: CurveNet, CurveNet 2, ...
export function freeName(wanted, taken) {
  let name = wanted;
  for (let n = 2; taken.includes(name); n++) name = `${wanted} ${n}`;
  return name;
}
