// Icons, 16 x 16, in the colour of the text around them.
import {trusted} from './store.js';

const SHAPES = {
  gym: '<path d="M2 10c2-6 4-6 6 0s4 6 6 0"/>',
  model: '<rect x="5" y="1.5" width="6" height="4" rx="1"/><rect x="1.5" y="10.5" width="5" height="4" rx="1"/><rect x="9.5" y="10.5" width="5" height="4" rx="1"/><path d="M8 5.5V8M4 10.5V8h8v2.5"/>',
  solver: '<path d="M2 4h7M13 4h1M2 8h2M8 8h6M2 12h6M12 12h2"/><circle cx="11" cy="4" r="1.7"/><circle cx="6" cy="8" r="1.7"/><circle cx="10" cy="12" r="1.7"/>',
  runs: '<path d="M2 13.5h12M2 2v11.5"/><path d="m4.5 10 3-4 2.5 2.5L14 3.5"/>',
  play: '<path d="M5 3v10l8-5z" fill="currentColor"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor"/>',
  undo: '<path d="M5.5 3 2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H7"/>',
  redo: '<path d="m10.5 3 3 3-3 3M13.5 6H6a3.5 3.5 0 0 0 0 7h3"/>',
  plus: '<path d="M8 3v10M3 8h10"/>',
  minus: '<path d="M3 8h10"/>',
  fit: '<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>',
  search: '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
  x: '<path d="m4 4 8 8M12 4l-8 8"/>',
  folder: '<path d="M1.5 12.500v-9H6l1.5 2h7v7z"/>',
  save: '<path d="M3 13V3h8l2 2v8zM5.5 3v3.500h4V3M5.5 13V9.500h5V13"/>',
  warn: '<path d="M8 2 1.5 13.500h13zM8 6.500v3.200M8 11.700v.1"/>',
  reset: '<path d="M3 8a5 5 0 1 0 1.5-3.500L3 6M3 2.500V6h3.5"/>',
  snap: '<rect x="2" y="4.5" width="12" height="8.5" rx="1.5"/><circle cx="8" cy="8.7" r="2.3"/><path d="M5.5 4.5 6.5 3h3l1 1.5"/>',
  note: '<path d="M3 2.500h10v8l-3 3H3zM5.5 6h5M5.5 9h3"/>',
  up: '<path d="m4 10 4-4 4 4"/>',
  down: '<path d="m4 6 4 4 4-4"/>',
  right: '<path d="m6 4 4 4-4 4"/>',
  trash: '<path d="M2.5 4h11M6 4V2.500h4V4M4 4l.7 9.500h6.600L12 4M6.7 6.500v4.500M9.3 6.500v4.5"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.500v-3h-8v8h3"/>',
  check: '<path d="m3 8.5 3.5 3.500L13 4.5"/>',
  download: '<path d="M8 2.500v8M4.5 7.5 8 11l3.5-3.500M2.5 13.500h11"/>',
  table: '<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M2 6.500h12M2 9.800h12M6 3v10"/>',
  keys: '<rect x="1.5" y="4" width="13" height="8.5" rx="1.5"/><path d="M4 7h.1M6.7 7h.1M9.3 7h.1M12 7h.1M5 10h6"/>',
};

export const icon = name => trusted(`<svg class="i" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[name]}</svg>`);
export const logo = trusted('<svg viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6" fill="var(--accent)"/><path d="M4 14c2.7-8 5.3-8 8 0s5.3 3 8-4" fill="none" stroke="var(--on-accent)" stroke-width="2.2" stroke-linecap="round"/></svg>');
