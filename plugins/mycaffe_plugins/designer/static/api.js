// Calls to the server: JSON in, JSON out; errors are ApiError with words to show.

export class ApiError extends Error {
  constructor(status, body) {
    const error = body?.error ?? {};
    super(error.message || (status ? `The Designer answered ${status}.` : GONE));
    Object.assign(this, {status, code: error.code ?? '', hint: error.hint ?? '', body: body ?? {}, errors: body?.errors ?? {}});
  }
}

export const GONE = 'The Designer has stopped. Start it again: mycaffe designer';

async function call(method, url, body) {
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers: body === undefined ? {} : {'Content-Type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    window.dispatchEvent(new CustomEvent('server-gone'));
    throw new ApiError(0, null);
  }
  const text = await answer.text();
  let value = null;
  try { value = text ? JSON.parse(text) : {}; } catch { /* not JSON: an error page of a proxy, say */ }
  if (!answer.ok) throw new ApiError(answer.status, value);
  return value;
}

export const get = url => call('GET', url);
export const post = (url, body = {}) => call('POST', url, body);
export const put = (url, body) => call('PUT', url, body);

// Addresses. Names may hold any character; a run is "NET/003".
const part = encodeURIComponent;
export const ofProject = (project, rest = '') => `/api/projects/${part(project)}${rest}`;
export const ofRun = (project, run, rest = '') => ofProject(project, `/runs/${run.split('/').map(part).join('/')}${rest}`);
export const pageOf = (project, rest = '') => `/p/${part(project)}${rest}`;
export const pageOfRun = (project, run) => pageOf(project, `/runs/${run.split('/').map(part).join('/')}`);

// Called at once, then at most every `wait` ms, always once more after the last call.
export function throttled(wait, action) {
  let timer = 0, again = null;
  return (...given) => {
    again = given;
    if (timer) return;
    const tick = () => {
      if (!again) { timer = 0; return; }
      const args = again;
      again = null;
      timer = setTimeout(tick, wait);
      action(...args);
    };
    tick();
  };
}

// Called `wait` ms after the last call.
export function delayed(wait, action) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), wait);
  };
}
