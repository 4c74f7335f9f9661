// The course of the learning rate as a picture; the numbers are the solver's own (look.rate).
import {plot} from './pictures.js';
import {html} from './store.js';
import {figure, whole} from './words.js';

export function ratePicture(rate) {
  if (!rate || rate.lr.length < 2) return html`<p class="small muted rate-none">The course of the rate appears once it can be computed.</p>`;
  const {iteration, lr} = rate, first = lr[0], last = lr.at(-1), count = iteration.at(-1) + 1; // from 0
  const course = lr.every(value => value === first) ? `stays at ${figure(first, 3)} for ${whole(count)} updates`
    : `goes from ${figure(first, 3)} to ${figure(last, 3)} over ${whole(count)} updates`;
  return html`<div class="rate"><p class="tiny muted">The rate ${course}.</p>
    ${plot({x: iteration, lines: [{y: lr, name: 'lr'}], label: `The learning rate ${course}`, zero: true, range: [0, count]})}</div>`;
}
