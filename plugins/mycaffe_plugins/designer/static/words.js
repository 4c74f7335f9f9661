// Numbers, times and states in words; texts that more than one view uses.

const WHOLE = new Intl.NumberFormat('en');
export const whole = n => n == null ? '' : WHOLE.format(n);
export const counted = (n, word) => `${whole(n)} ${word}${n === 1 ? '' : 's'}`;

// Up to four digits that say something: 0.0037, 1.9e-5, 352, 12.4.
export function figure(value, digits = 2) {
  if (value == null || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(1).replace('e+', 'e');
  if (size >= 100) return WHOLE.format(Math.round(value));
  return String(Number(value.toPrecision(size >= 1 ? digits + 1 : digits)));
}

// A value that must not jitter sideways: a sign and as many decimals each time.
export const steady = (value, decimals = 4) => value == null || !Number.isFinite(value) ? '–'
  : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`;

export function duration(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return '–';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}

export function ago(iso) {
  if (!iso) return '';
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  if (seconds < 60) return 'now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return counted(Math.floor(seconds / 3600), 'hour') + ' ago';
  if (seconds < 14 * 86400) return counted(Math.floor(seconds / 86400), 'day') + ' ago';
  return new Date(iso).toLocaleDateString('en', {day: 'numeric', month: 'short', year: 'numeric'});
}

// run.json's states as people say them.
export const STATES = {
  starting: 'starting', running: 'training', done: 'done', interrupted: 'stopped', failed: 'failed', diverged: 'diverged', lost: 'lost',
};
export const stateOf = state => STATES[state] ?? state ?? '';
export const isLive = run => run.state === 'running' || run.state === 'starting';

// One line below a run's number in the tree.
export function runLine(run) {
  if (run.state === 'starting') return 'starting';
  if (run.state === 'running') return `${whole(run.iteration)} of ${whole(run.max_iter)}`;
  if (run.state === 'interrupted') return `stopped at ${whole(run.iteration)}`;
  if (run.state === 'done') {
    const error = run.figures?.mean_abs_error ?? run.figures?.loss;
    return error == null ? 'done' : `done · ${run.figures?.mean_abs_error != null ? 'error' : 'loss'} ${figure(error)}`;
  }
  return `${stateOf(run.state)}${run.iteration ? ` at ${whole(run.iteration)}` : ''}`;
}

// Names of figures as headings.
export const NAMES = {
  accuracy: 'Accuracy', baseline_accuracy: 'baseline', mean_abs_error: 'Mean absolute error', baseline_mean_abs_error: 'baseline',
  abs_error: 'Absolute error', loss: 'Loss', lr: 'Learning rate', validation_error: 'Validation error',
};
export const nameOf = name => NAMES[name] ?? name;

// What is wrong, away from its field: the message with the setting's name, which the bare text does without.
export function wordsOf({text, message, path}) {
  const named = path?.filter(part => typeof part === 'string').at(-1);
  return !text ? message : !named || named === 'layer' || text.includes(named) ? text : `${named} ${text}`;
}
