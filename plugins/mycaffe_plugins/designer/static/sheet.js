// The properties of a phone: a sheet from below in three heights: the name alone, half, full.
import {listen} from './store.js';

const HEIGHTS = ['name', 'half', 'full'];
const phone = matchMedia('(max-width: 760px)');

// frame: gets data-sheet; panel: the sheet. Returns {show, end}; show() raises it from its lowest height.
export function sheet(frame, panel) {
  const set = height => { frame.dataset.sheet = height; };
  const step = by => set(HEIGHTS[Math.max(0, Math.min(2, HEIGHTS.indexOf(frame.dataset.sheet) + by))]);
  set('name');
  const end = listen(panel, {sheet: () => { if (!moved) set(HEIGHTS[(HEIGHTS.indexOf(frame.dataset.sheet) + 1) % 3]); }});

  let from = null, moved = false;
  const down = event => {
    moved = false;
    if (phone.matches && event.target.closest('.props > header') && !event.target.closest('input, .btn, .link')) from = event.clientY;
  };
  const up = event => {
    if (from === null) return;
    const by = event.clientY - from;
    from = null;
    if (Math.abs(by) < 24) return;
    moved = true;
    if (Math.abs(by) > innerHeight * 0.4) set(by > 0 ? 'name' : 'full'); else step(by > 0 ? -1 : 1);
  };
  panel.addEventListener('pointerdown', down);
  addEventListener('pointerup', up);
  return {
    show() { if (frame.dataset.sheet === 'name') set('half'); },
    end() { end(); removeEventListener('pointerup', up); },
  };
}
