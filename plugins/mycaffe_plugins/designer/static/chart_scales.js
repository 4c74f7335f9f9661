// Ranges of axes and the numbers written on them.

// Steps of an axis: 1, 2, 5 and their tens; "whole" ones count updates.
export function incrementsOf() {
  const found = [];
  for (let ten = 1; ten <= 1e12; ten *= 10) found.push(ten, 2 * ten, 5 * ten);
  return found;
}

// A range with a little room, for a line that never changes too.
export function niceRange(min, max) {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const size = Math.max(Math.abs(min), Math.abs(max));
  // Rounding in the last digits is no change.
  if (max - min <= 1e-9 * size || max === min) {
    const room = size ? size * 0.1 : 1;
    return [(min + max) / 2 - room, (min + max) / 2 + room];
  }
  const room = (max - min) * 0.06;
  // Values that are never below zero start there if they come near it.
  return [min >= 0 && min - room < 0 ? Math.min(0, min) : min - room, max + room];
}

export function logRange(min, max) {
  if (!(min > 0) || !(max > 0) || !Number.isFinite(min) || !Number.isFinite(max)) return [0.1, 10];
  // At least half a decade, so that there is a power of ten, or a 2 or a 5, to write.
  if (max / min < 3) { const middle = Math.sqrt(min * max); return [middle / 2, middle * 2]; }
  const room = (max / min) ** 0.05;
  return [min / room, max * room];
}

// Powers of ten, as many as have room; within less than two decades 2 and 5 as well.
export function logTicks(min, max, height = 200) {
  const from = Math.ceil(Math.log10(min) - 1e-9), to = Math.floor(Math.log10(max) + 1e-9);
  const most = Math.max(2, Math.floor(height / 36));
  const step = Math.max(1, Math.ceil((to - from + 1) / most));
  const ticks = [];
  for (let power = Math.ceil(from / step) * step; power <= to; power += step) ticks.push(10 ** power);
  if (to - from >= 2) return ticks;
  for (let power = from - 1; power <= to; power++) {
    for (const digit of [2, 5]) {
      const value = digit * 10 ** power;
      if (value >= min && value <= max) ticks.push(value);
    }
  }
  return ticks.sort((a, b) => a - b);
}

// Texts of an axis' numbers; with an increment all have the same decimals.
export function tickTexts(values, increment = null) {
  const most = Math.max(0, ...values.map(value => Math.abs(value ?? 0)));
  return values.map(value => {
    if (value == null) return '';
    if (value === 0) return '0';
    const size = Math.abs(value);
    if (increment == null ? size < 1e-3 || size >= 1e5 : most < 1e-3 || most >= 1e7) return short(value);
    const decimals = increment == null ? Math.max(0, -Math.floor(Math.log10(size) + 1e-9)) : decimalsOf(increment);
    return withDecimals(decimals).format(value).replace('-', '−');
  });
}

// Making one takes longer than to write a hundred numbers with it.
const formats = new Map();
function withDecimals(decimals) {
  const one = {minimumFractionDigits: decimals, maximumFractionDigits: decimals};
  if (!formats.has(decimals)) formats.set(decimals, new Intl.NumberFormat('en', one));
  return formats.get(decimals);
}

const short = value => value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e').replaceAll('-', '−');

function decimalsOf(increment) {
  for (let decimals = 0; decimals < 12; decimals++) {
    const scaled = increment * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals;
  }
  return 12;
}

// The largest of 1, 2, 5 and their tens that is not above a value.
export function niceBelow(value) {
  if (!(value > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const digit = value / ten;
  return (digit >= 5 ? 5 : digit >= 2 ? 2 : 1) * ten;
}

// Decimals with which all values up to `most` are written, and four figures of them are seen.
export function decimalsFor(most) {
  if (!(most > 0) || !Number.isFinite(most)) return 4;
  return Math.max(0, Math.min(8, 4 - Math.floor(Math.log10(Math.max(most, 1e-9)) + 1e-9) - (most >= 1 ? 0 : 1)));
}
