// @ts-check
// ---------------------------------------------------------------- what stands still

let changed = performance.now();
/** How many frames the last action is still given to show. */
let acted = 0;
/** When something was last added or shown. */
let shown = 0;
/** Whether somebody may listen who did not before. */
let stale = true;
/**
 * How often a node has changed without a rest; one that never stops is a clock.
 * @type {WeakMap<Node, {times: number, last: number}>}
 */
const changes = new WeakMap();
const CLOCK = 10;
const REST_MS = 500;
const observed = new WeakSet();
const observer = new MutationObserver((records) => {
  const now = performance.now();
  const targets = new Set(records.map((record) => record.target));
  const growing = records.some((record) => record.addedNodes.length > 0 && record.removedNodes.length === 0);
  if (records.some((record) => record.addedNodes.length > 0 || elsewhere(record))) shown = now;
  if (!growing && [...targets].every((target) => isClock(target, now))) return;
  changed = now;
  stale = true;
});

/** Whether something changed its looks that has not the focus. @param {MutationRecord} record */
function elsewhere(record) {
  return record.type === 'attributes' && record.target !== document.activeElement;
}

/** @param {Node} target @param {number} now */
function isClock(target, now) {
  const past = changes.get(target);
  const times = past && now - past.last < REST_MS ? past.times + 1 : 1;
  changes.set(target, { times, last: now });
  return times > CLOCK;
}

/** @param {Node} root */
function watch(root) {
  if (observed.has(root)) return;
  observed.add(root);
  observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
}
watch(document);

/** @param {number} quietMs @param {boolean} animations */
function busy(quietMs, animations) {
  if (document.readyState === 'loading' || acted > 0) return true;
  return performance.now() - changed < quietMs || (animations && animating());
}

/** Whether a transition or animation is running that ends within a second. */
function animating() {
  return document.getAnimations().some((animation) => {
    if (animation.playState !== 'running' || typeof animation.currentTime !== 'number') return false;
    const left = Number(animation.effect?.getComputedTiming().endTime) - animation.currentTime;
    return left > 0 && left < 1000;
  });
}

/**
 * Resolves to true once nothing has changed for `quietMs` and, after an action, its frames have passed; to false
 * after `mostMs`.
 * @param {number} quietMs
 * @param {number} mostMs
 */
async function quiet(quietMs, mostMs) {
  const start = performance.now();
  do await frame();
  while (--acted > 0);
  acted = 0;
  for (;;) {
    const waited = performance.now() - start;
    if (!busy(quietMs, waited < 1500)) return true;
    if (waited > mostMs) return false;
    await frame();
  }
}

/** The next frame, or 50 ms in a tab that paints none. */
function frame() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      // A task, not the frame callback itself: layout and mutation records are done by then.
      setTimeout(resolve, 0);
    });
  });
}

/** What a click is listened for on, and that is nothing but a container of such. @type {Set<Element>} */
let listening = new Set();

/** @param {number[]} found how many elements there are, then the positions of those that listen to clicks */
function hear([count, ...positions]) {
  const all = document.querySelectorAll('*');
  stale = all.length !== count;
  if (stale) return;
  listening = new Set(positions.map((i) => all[i]));
  const climbed = new Set();
  for (const el of [...listening]) {
    for (let up = el.parentElement; up && !climbed.has(up); up = up.parentElement) {
      climbed.add(up);
      listening.delete(up);
    }
  }
}

/** A listener here is for this very thing, not for what is in it. @param {Element} el @param {string} tag */
function listens(el, tag) {
  if (!listening.has(el) || PASS_THROUGH.has(tag) || /^(html|body|label)$/.test(tag)) return false;
  if (CONTAINERS.has(roleOf(el)) && isBlank(el)) return false;
  return (el.textContent?.length ?? 0) <= LONG && !el.querySelector(INNER_CONTROLS);
}
