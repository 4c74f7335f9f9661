// The figures of a run by update, thinned: blocks of 1, 2, 4, ... updates, aligned on the update's number, so that a
// curve never changes its past, whether it came in one piece or row by row. Memory is bounded by `most` blocks.

export class Series {
  constructor(most = 2000) {
    this.most = most;
    this.clear();
  }

  clear() {
    this.block = 1;
    this.iteration = []; // of each block: its last update so far
    this.columns = new Map(); // name -> {min: [], max: [], mean: []}; null where there was no number
    this.first = null; // the first update
    this.version = (this.version ?? 0) + 1;
  }

  get last() { return this.iteration.at(-1) ?? 0; }
  get names() { return [...this.columns.keys()]; }
  has(name) { return this.columns.get(name)?.mean.some(value => value != null) ?? false; }

  // Number of the block that an update belongs to.
  blockOf(update) { return Math.floor((update - 1) / this.block); }

  // Updates that a block stands for; the first and the last may be incomplete.
  weight(at) {
    const from = Math.max(this.blockOf(this.iteration[at]) * this.block, (this.first ?? 1) - 1);
    return this.iteration[at] - from;
  }

  // Replace all by the server's answer to /curves.
  load({block = 1, iteration, ...columns}) {
    this.clear();
    this.block = block;
    this.iteration = [...iteration];
    if (iteration.length) this.first = block === 1 ? iteration[0] : this.blockOf(iteration[0]) * block + 1;
    for (const [name, {min, max, mean}] of Object.entries(columns)) {
      this.columns.set(name, {min: [...min], max: [...max], mean: [...mean]});
    }
    this.#fold();
  }

  // More blocks from /curves?from=..., which may be larger or smaller than the ones here.
  addBlocks({block = 1, iteration, ...columns}) {
    while (this.block < block) this.#double();
    this.#add(iteration, Object.fromEntries(Object.entries(columns).map(([name, one]) => [name, one])));
  }

  // Rows as the stream brings them: {iteration: [], loss: [], ...}.
  addRows({iteration, ...columns}) {
    this.#add(iteration, Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, {min: values, max: values, mean: values}])));
  }

  #add(iteration, columns) {
    for (const name of Object.keys(columns)) if (!this.columns.has(name)) this.#newColumn(name);
    for (let row = 0; row < iteration.length; row++) {
      const update = iteration[row];
      if (update <= this.last) continue; // it was fetched already
      this.first ??= update;
      const at = this.iteration.length - 1;
      if (at >= 0 && this.block > 1 && this.blockOf(this.iteration[at]) === this.blockOf(update)) this.#merge(at, update, columns, row);
      else this.#push(update, columns, row);
      if (this.iteration.length > this.most) this.#fold();
    }
    this.version++;
  }

  #newColumn(name) {
    const empty = () => this.iteration.map(() => null);
    this.columns.set(name, {min: empty(), max: empty(), mean: empty()});
  }

  #push(update, columns, row) {
    this.iteration.push(update);
    for (const [name, column] of this.columns) {
      for (const part of ['min', 'max', 'mean']) column[part].push(columns[name]?.[part][row] ?? null);
    }
  }

  #merge(at, update, columns, row) {
    const before = this.weight(at), more = update - this.iteration[at];
    for (const [name, column] of this.columns) {
      const one = columns[name];
      if (one?.mean[row] != null) join(column, at, before, {min: one.min[row], max: one.max[row], mean: one.mean[row]}, more);
    }
    this.iteration[at] = update;
  }

  #fold() { while (this.iteration.length > this.most) this.#double(); }

  #double() {
    const weights = this.iteration.map((_, at) => this.weight(at));
    this.block *= 2;
    const iteration = [], names = [...this.columns], to = new Map(names.map(([name]) => [name, {min: [], max: [], mean: []}]));
    const sums = [];
    this.iteration.forEach((update, at) => {
      const end = iteration.length - 1;
      const joins = end >= 0 && this.blockOf(iteration[end]) === this.blockOf(update);
      for (const [name, column] of names) {
        const target = to.get(name), one = {min: column.min[at], max: column.max[at], mean: column.mean[at]};
        if (joins) join(target, end, sums[end], one, weights[at]);
        else for (const part of ['min', 'max', 'mean']) target[part].push(one[part]);
      }
      if (joins) { iteration[end] = update; sums[end] += weights[at]; } else { iteration.push(update); sums.push(weights[at]); }
    });
    this.iteration = iteration;
    this.columns = to;
    this.version++;
  }

  // The mean of the newest updates of a figure, or null.
  newest(name, updates) {
    const column = this.columns.get(name)?.mean;
    if (!column) return null;
    let sum = 0, count = 0;
    for (let at = column.length - 1; at >= 0 && this.iteration[at] > this.last - updates; at--) {
      if (column[at] != null) { sum += column[at] * this.weight(at); count += this.weight(at); }
    }
    return count ? sum / count : null;
  }

  lastOf(name) { return this.columns.get(name)?.mean.at(-1) ?? null; }
}

function join(column, at, weight, one, more) {
  if (one.mean == null) return;
  if (column.mean[at] == null) {
    for (const part of ['min', 'max', 'mean']) column[part][at] = one[part];
    return;
  }
  column.min[at] = Math.min(column.min[at], one.min);
  column.max[at] = Math.max(column.max[at], one.max);
  column.mean[at] += (one.mean - column.mean[at]) * more / (weight + more);
}

// Several series after each other as one, a resumed run after those that it goes on from; the later ones' updates count.
export function chained(all) {
  const iteration = [], weight = [], parts = [];
  all.forEach((series, i) => {
    const end = Math.min(...all.slice(i + 1).map(later => later.first ?? Infinity));
    const to = series.iteration.findIndex(update => update >= end);
    const count = to < 0 ? series.iteration.length : to;
    for (let at = 0; at < count; at++) { iteration.push(series.iteration[at]); weight.push(series.weight(at)); }
    parts.push([series, count]);
  });
  const column = (name, part) => parts.flatMap(([series, count]) =>
    series.columns.get(name)?.[part].slice(0, count) ?? Array(count).fill(null));
  return {iteration, weight, column, thinned: all.some(series => series.block > 1)};
}

// Running mean over the newest `updates` updates; a gap stays a gap; 0: the values themselves.
// Summed anew for each point: what a running sum loses would bend lines that are constant.
export function smoothed(iteration, weight, values, updates) {
  if (!(updates > 1)) return values;
  return values.map((value, at) => {
    if (value == null) return null;
    const from = iteration[at] - updates;
    let sum = 0, count = 0, low = value, high = value;
    for (let i = at; i >= 0 && (iteration[i] > from || i === at); i--) {
      if (values[i] == null) continue;
      sum += values[i] * weight[i];
      count += weight[i];
      if (values[i] < low) low = values[i]; else if (values[i] > high) high = values[i];
    }
    return low === high ? value : sum / count;
  });
}
