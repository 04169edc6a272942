// @ts-check
// ---------------------------------------------------------------- before it is looked at
//
// What a look would do is done while the page idles, in small slices: the model is made once the document has been read
// and rests, and brought up to date when something has changed, such as what the driver finds out. Nothing hangs on it,
// for a look does whatever is left, and asks again what fires no event. A page that is hidden, or never rests, is left
// alone.

/** Of a slice while the driver waits for nothing but this page. */
const WAITED_MS = 50;
/** Between two looks. */
const MOST_AHEAD_MS = 2_000;
const REST_AHEAD_MS = 50;
/** Since the last look. */
let spent = 0;
let armed = false;
/** Whether the model is made before anybody asks. */
let early = false;

/**
 * Does what can be done of the first look, once the page is at rest; resolves to what only the driver can find out:
 * `ask` like look()'s, and the count of `hosts`; or to what look() would answer to whom knows nothing, as `said`. To
 * none of them when somebody looks, or after `mostMs`.
 * @param {number} quietMs
 * @param {number} mostMs
 */
async function ahead(quietMs, mostMs) {
  // While the page comes to rest.
  if (unasked.has(document)) return { ask: toAsk() };
  const [end, before] = [performance.now() + mostMs, version];
  const over = () => version !== before || performance.now() > end;
  while (busy(quietMs, true)) {
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    if (over()) return {};
  }
  const ask = toAsk();
  if (ask.ways.length) return { ask };
  while (!(await slice())) if (over()) return {};
  if (suspects.size) return { hosts: suspects.size };
  if (version || !model || model.dirty.size || model.unjudged.size || isCut(model)) return {};
  return { said: answer(model, false) };
}

/** There is something that may be walked before the next look. */
function arm() {
  if (armed || looking || !(model || early)) return;
  armed = true;
  setTimeout(rearm, REST_AHEAD_MS);
}

async function rearm() {
  const left = changed + REST_AHEAD_MS - performance.now();
  if (left > 1) return void setTimeout(rearm, left);
  while (!(await slice()));
  armed = false;
}

/** Goes on in the page's idle time. Whether there is nothing left to do. @returns {Promise<boolean>} */
function slice() {
  return new Promise((resolve) => {
    requestIdleCallback((idle) => resolve(document.hidden || goOn(idle.timeRemaining())));
  });
}

/** Whether there is nothing left to do. @param {number} ms */
function goOn(ms) {
  const start = performance.now();
  if (self !== top || spent > MOST_AHEAD_MS || document.readyState === 'loading') return true;
  if (looking) spoilt = true;
  looking = true;
  animations = null;
  const made = update(UNBOUND, ms);
  looking = false;
  const walked = !made.dirty.size && !made.unjudged.size;
  brokenOff = !walked;
  const done = walked && (unasked.has(document) || settleHosts(start + ms));
  if (done) for (const part of made.changed) if (!part.dead) written(part);
  spent += performance.now() - start;
  return done;
}
