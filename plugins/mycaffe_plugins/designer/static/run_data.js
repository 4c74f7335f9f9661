// What is known of one run on view: its summary, its figures, those of the runs that it goes on from. Kept up to date.
import {get, ofRun} from './api.js';
import {Series} from './series.js';
import {subscribe, watch} from './stream.js';

const MOST = 2000, MOST_EARLIER = 12, QUEUED = 50;

export class RunData {
  // heard(what): "run" (state, figures), "rows", "tests" or "earlier" has changed.
  constructor(project, id, heard = () => {}, {earlier = true} = {}) {
    Object.assign(this, {project, id, heard, key: `${project}/${id}`, run: null, tests: {}, earlier: [], open: true});
    this.series = new Series(MOST);
    this.loaded = false;
    this.strided = false; // the run has no row for some updates
    this.fetching = null;
    this.stale = false; // told to fetch again while it was fetching
    this.queue = []; // rows that came meanwhile
    const mine = tell => data => { if (this.open && data.run === this.key) tell(data); };
    this.ends = [
      subscribe('rows', mine(({run, seq, ...rows}) => this.#rows(rows))),
      subscribe('run', mine(({run, seq, project: _, ...news}) => this.#summary(news))),
      subscribe('gone', mine(() => { this.gone = true; this.heard('run'); })),
      subscribe('tests', mine(({tests}) => { this.tests = tests; this.heard('tests'); })),
      subscribe('again', ({run}) => { if (this.open && (!run || run === this.key)) this.again(); }),
    ];
    this.wantsEarlier = earlier;
  }

  // Read everything; throws ApiError (404: there is no such run).
  async load() {
    this.run = await get(ofRun(this.project, this.id));
    if (!this.open) return;
    this.begun = this.run.started;
    this.ends.push(watch(this.key));
    await Promise.all([this.#history(), this.#tests()]);
    this.loaded = true;
    this.#loadEarlier();
    this.#fetched();
  }

  get names() { return [...new Set([...this.run?.names ?? [], ...this.series.names])]; }
  get all() { return [...this.earlier, this.series]; }

  curvesUrl({from = null, to = null, names = this.names, id = this.id} = {}) {
    const query = new URLSearchParams({names: names.join(','), most: MOST});
    if (from != null) query.set('from', from);
    if (to != null) query.set('to', to);
    return ofRun(this.project, id, `/curves?${query}`);
  }

  async #history() {
    if (!this.names.length) return;
    this.series.load(await get(this.curvesUrl()));
    await this.#findFirst(this.series, this.id, this.names);
  }

  // A resumed run's first update is hidden in its first block: ask for that block alone.
  async #findFirst(series, id, names) {
    if (series.block === 1 || !series.iteration.length) return;
    const answer = await get(this.curvesUrl({id, names: names.slice(0, 1), from: series.first, to: series.iteration[0]}));
    if (answer.block === 1 && answer.iteration.length) series.first = answer.iteration[0];
  }

  async #tests() { this.tests = await get(ofRun(this.project, this.id, '/tests')); }

  // Something was missed: fetch what is newer than the newest row here.
  again() {
    if (!this.loaded || this.fetching) {
      // What is being fetched may have been read before that which is told of now.
      this.stale = true;
      return this.fetching ?? Promise.resolve();
    }
    this.fetching = this.#newer().catch(() => {}).finally(() => { this.fetching = null; this.#fetched(); });
    return this.fetching;
  }

  // What came while it was fetched, which may or may not be in it.
  #fetched() {
    if (!this.open) return;
    const {stale, queue} = this;
    Object.assign(this, {stale: false, queue: []});
    queue.forEach(rows => this.#rows(rows));
    if (stale) this.again();
  }

  async #newer() {
    const run = await get(ofRun(this.project, this.id));
    if (!this.open) return;
    const another = run.started !== this.begun && this.series.last > 0; // in the place of a removed one
    Object.assign(this, {run, begun: run.started});
    this.#loadEarlier();
    if (another || !this.series.last) await this.#history();
    else if (this.names.length) this.series.addBlocks(await get(this.curvesUrl({from: this.series.last + 1})));
    await this.#tests();
    if (!this.open) return;
    this.heard('run');
    this.heard('rows');
    this.heard('tests');
  }

  #rows(rows) {
    if (!this.loaded || this.fetching) {
      this.queue.push(rows);
      if (this.queue.length > QUEUED) this.queue.shift(); // the gap is seen below
      return;
    }
    const next = rows.iteration.findIndex(update => update > this.series.last);
    if (next < 0) return;
    if (rows.iteration[next] !== this.series.last + 1 && this.series.last && !this.strided) {
      // A gap, or rows that were thinned because many came at once: blocks hold more than their means.
      const before = this.series.last;
      this.again().then(() => { this.strided = this.series.iteration.find(update => update > before) === rows.iteration[next]; });
      return;
    }
    this.series.addRows(rows);
    if (this.run) this.run.iteration = this.series.last;
    this.heard('rows');
  }

  #summary(news) {
    const before = this.run;
    this.run = {...before, ...news, iteration: this.series.last || news.iteration || 0};
    this.heard('run');
    // The end brings files and messages, a snapshot its files, pictures come last; the beginning the figures' names.
    const written = ['snapshots', 'pictures'].some(kind => (news[kind]?.length ?? 0) > (before?.[kind]?.length ?? 0));
    if (this.loaded && (written || before?.state !== news.state || (!this.names.length && news.iteration > 0))) this.again();
  }

  // A run that is only starting does not say yet what it goes on from.
  async #loadEarlier() {
    if (!this.wantsEarlier || !this.run.resumed_from || this.from === this.run.resumed_from) return;
    this.from = this.run.resumed_from;
    const found = [], seen = new Set([this.id]);
    let id = this.run.resumed_from;
    try {
      while (id && !seen.has(id) && found.length < MOST_EARLIER && this.open) {
        seen.add(id);
        const run = await get(ofRun(this.project, id));
        const series = new Series(MOST);
        if (run.names?.length) {
          series.load(await get(this.curvesUrl({id, names: run.names})));
          await this.#findFirst(series, id, run.names);
        }
        found.unshift(series);
        id = run.resumed_from;
      }
    } catch { /* it was deleted, or lies in another project: the curve begins later */ }
    this.earlier = found.filter(series => series.iteration.length);
    if (this.open) this.heard('earlier');
  }

  close() {
    this.open = false;
    this.ends.forEach(end => end());
  }
}
