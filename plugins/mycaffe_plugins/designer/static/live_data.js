// The samples of a run: target and prediction of each update, the newest ones in full.
import {get, ofRun} from './api.js';

export const ALL = 20_000; // about as many as a run keeps
const MOST = 18_000, KEPT = 2000;

export class LiveData {
  constructor(project, id) {
    Object.assign(this, {project, id, loaded: false, last: 500});
    this.clear();
  }

  clear() {
    Object.assign(this, {names: [], xName: 'x', tolerance: null, dates: false, iteration: [], x: [], target: [], prediction: []});
  }

  // Read the newest `last` samples.
  async load(last = this.last) {
    this.last = last;
    const late = this.late = []; // what the stream brings meanwhile
    try {
      const answer = await get(ofRun(this.project, this.id, `/live?last=${last}`));
      this.clear();
      this.loaded = true;
      for (const one of [answer, ...late]) this.#take(one);
    } finally {
      this.late = null;
    }
  }

  #take(answer) {
    if (!answer.names?.length) return;
    Object.assign(this, {names: answer.names, xName: answer.x_name || 'x', tolerance: answer.tolerance, dates: Boolean(answer.dates)});
    while (this.target.length < answer.names.length) { this.target.push([]); this.prediction.push([]); }
    answer.iteration.forEach((update, row) => {
      if (update <= (this.iteration.at(-1) ?? 0)) return;
      this.iteration.push(update);
      this.x.push(answer.x[row]);
      answer.names.forEach((_, k) => {
        this.target[k].push(answer.target[k]?.[row] ?? null);
        this.prediction[k].push(answer.prediction[k]?.[row] ?? null);
      });
    });
  }

  // Samples of the stream; true if more are kept now than should be, so that they must be read anew.
  add(answer) {
    this.late?.push(answer);
    if (!this.loaded) return false;
    this.#take(answer);
    if (this.iteration.length <= MOST) return false;
    if (this.last > MOST) return this.iteration.length > ALL + KEPT; // not at each batch: it is a lot to read
    const drop = this.iteration.length - KEPT;
    for (const column of [this.iteration, this.x, ...this.target, ...this.prediction]) column.splice(0, drop);
    return false;
  }

  get length() { return this.iteration.length; }

  // The newest `count` samples: over x where it only grows, else over the updates.
  newest(count) {
    const from = Math.max(0, this.length - count);
    const cut = column => from ? column.slice(from) : column;
    const x = cut(this.x);
    const grows = x.every((value, i) => value != null && (i === 0 || value > x[i - 1]));
    const target = this.target.map(cut), prediction = this.prediction.map(cut);
    return {
      overX: grows, xs: !grows ? cut(this.iteration) : this.dates ? x.map(days => days * 86_400) : x, target, prediction,
      error: prediction.map((column, k) => column.map((value, i) => value == null || target[k][i] == null ? null : value - target[k][i])),
    };
  }

  // x, target and prediction of the newest sample.
  now() {
    return {x: this.x.at(-1) ?? null, target: this.target.map(one => one.at(-1) ?? null), prediction: this.prediction.map(one => one.at(-1) ?? null)};
  }
}
