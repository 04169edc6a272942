// @ts-check
// ---------------------------------------------------------------- what stands still

let changed = performance.now();
/** How many frames the last action is still given to show. */
let acted = 0;
/** When something was last added or shown. */
let shown = 0;
/**
 * How often a node has changed without a rest; one that never stops is a clock.
 * @type {WeakMap<Node, {times: number, last: number}>}
 */
const changes = new WeakMap();
const CLOCK = 10;
const REST_MS = 500;
const observed = new WeakSet();
const observer = new MutationObserver(noteRecords);

/** @param {MutationRecord[]} records */
function noteRecords(records) {
  if (!records.length) return;
  note(records);
  if (came) records.forEach(noteCome);
  const now = performance.now();
  const targets = new Set(records.map((record) => record.target));
  const growing = records.some((record) => record.addedNodes.length > 0 && record.removedNodes.length === 0);
  if (records.some((record) => record.addedNodes.length > 0 || elsewhere(record))) shown = now;
  if (!growing && [...targets].every((target) => isClock(target, now))) return;
  changed = now;
  arm();
}

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

const EVENTS = [
  ...['input', 'change', 'invalid', 'reset', 'submit', 'toggle', 'beforetoggle', 'load', 'slotchange', 'mouseover'],
  ...['transitionend', 'transitioncancel', 'animationend', 'animationcancel', 'fullscreenchange'],
];

/** @param {Event} event */
function noteEvent(event) {
  const target = /** @type {Element} */ (event.composedPath()[0]);
  used ||= /^(input|change|invalid|submit)$/.test(event.type);
  if (event.type === 'mouseover') hovered = target;
  else if (!(target instanceof Element)) spoilt = true;
  else if (event.type === 'fullscreenchange') spoilt = true;
  else {
    markAll(target);
    if (event.type === 'input' || event.type === 'change')
      inState(target, ['checked', 'indeterminate', 'invalid', 'valid']);
  }
}

/** @param {Document | ShadowRoot} root */
function listen(root) {
  for (const type of EVENTS) root.addEventListener(type, noteEvent, { capture: true, passive: true });
}

/** @param {Document | ShadowRoot} root */
function watch(root) {
  if (observed.has(root)) return;
  observed.add(root);
  roots.add(new WeakRef(root));
  observer.observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeOldValue: true,
  });
  listen(root);
  if (!looking || root === document) return;
  relateRoot(/** @type {ShadowRoot} */ (root));
  readRoot(/** @type {ShadowRoot} */ (root));
}

/** What the parser adds is no change: a document is watched from when it has been read. */
function begin() {
  if (observed.has(document)) return;
  changed = performance.now();
  watch(document);
}
/** A script that is there before its document looks ahead by itself. */
function beginEarly() {
  begin();
  early = true;
  arm();
}
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', beginEarly, { once: true });
else begin();
const spoil = () => void (spoilt = true);
addEventListener('hashchange', spoil);
document.fonts.addEventListener('loadingdone', spoil);

/** What records say is to be walked again. @param {MutationRecord[]} records */
function note(records) {
  for (const record of records) {
    // document.open() takes all listeners away: https://html.spec.whatwg.org/#document-open-steps
    if (record.target === document) {
      listen(document);
      addEventListener('hashchange', spoil);
      watchInput();
    }
    if (!model) unaskedIn(record);
    else if (record.type === 'attributes') noteAttribute(record);
    else if (record.type === 'childList') noteNodes(record);
    else mark(record.target);
  }
}

/** @param {MutationRecord} record */
function unaskedIn({ addedNodes }) {
  for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) unasked.add(node);
  if (addedNodes.length) allOpen = false;
  if (unasked.size > MOST_ASKED) unasked = new Set([document]);
}

/** @param {MutationRecord} record */
function noteNodes(record) {
  const el = /** @type {Element} */ (record.target instanceof ShadowRoot ? record.target.host : record.target);
  unaskedIn(record);
  if (record.target === document) return spoil();
  mark(el);
  if (rootOf(el) || el.localName === 'details' || el.localName === 'slot') markAll(el);
  const nodes = [...record.addedNodes, ...record.removedNodes];
  regrown(el, nodes);
  // A label without `for` is that of the first field in it.
  relationsStale ||= el.closest('label') !== null || nodes.some(relates);
  if (el.closest('map') || nodes.some(hasMap)) for (const img of document.querySelectorAll('img[usemap]')) mark(img);
  for (const node of record.removedNodes) if (heard.size && node.nodeType === Node.ELEMENT_NODE) heardStale = true;
}

/** @param {Node} node */
function hasMap(node) {
  const el = /** @type {Element} */ (node);
  return node.nodeType === Node.ELEMENT_NODE && (el.localName === 'map' || el.querySelector('map') !== null);
}

/** Whether it names something, or something asked for its id. @param {Node} node */
function relates(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  const el = /** @type {Element} */ (node);
  const naming = 'label, [aria-labelledby]';
  if (el.matches(naming) || el.querySelector(naming)) return true;
  return [el, ...el.querySelectorAll('[id]')].some((each) => wanted.has(each.id));
}

const RELATING = new Set(['id', 'for', 'aria-labelledby', 'aria-owns', 'aria-controls', 'list', 'role']);

/** @param {MutationRecord} record */
function noteAttribute({ target, attributeName, oldValue }) {
  const el = /** @type {Element} */ (target);
  const name = /** @type {string} */ (attributeName);
  const now = el.getAttribute(name);
  if (now === oldValue) return mark(el);
  if (RELATING.has(name)) relationsStale = true;
  if (name === 'slot' || (name === 'name' && el.localName === 'slot')) markAll(hostOf(el) ?? el.parentElement ?? el);
  const tokens = [`[${name}`];
  if (name === 'id') tokens.push(`#${now}`, `#${oldValue}`);
  if (name === 'class') tokens.push(...classesBetween(oldValue ?? '', now ?? '').map((token) => `.${token}`));
  renamed(el, tokens);
}

/** The host of the shadow root that an element is in. @param {Element} el @returns {Element | null} */
function hostOf(el) {
  return /** @type {ShadowRoot} */ (el.getRootNode()).host ?? null;
}

/** Classes that only one of the two has. @param {string} a @param {string} b */
function classesBetween(a, b) {
  const [before, after] = [a, b].map((words) => words.split(/\s+/).filter(Boolean));
  return [...before.filter((word) => !after.includes(word)), ...after.filter((word) => !before.includes(word))];
}

/** @param {number} quietMs @param {boolean} animations */
function busy(quietMs, animations) {
  if (document.readyState === 'loading' || acted > 0) return true;
  return performance.now() - changed < quietMs || (animations && animating());
}

/** Those of the document as this look has asked for them. @type {Animation[] | null} */
let animations = null;

/** @param {Document | ShadowRoot} root */
function animationsOf(root) {
  return (root === document && animations) || root.getAnimations();
}

/** Whether a transition or animation is running that ends within a second. */
function animating() {
  animations = document.getAnimations();
  return animations.some((animation) => {
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
    if (!unasked.size && performance.now() - changed > REST_AHEAD_MS / 2) goOn(WAITED_MS);
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

/** A listener here is for this very thing, not for what is in it. @param {Element} el @param {string} tag */
function listens(el, tag) {
  if (!listening.has(el) || PASS_THROUGH.has(tag) || /^(html|body|label)$/.test(tag)) return false;
  if (CONTAINERS.has(roleOf(el)) && (isBlank(el) || innerControls(el).length > 0)) return false;
  if (el.querySelector('[role=gridcell]')) return false;
  return (el.textContent?.length ?? 0) <= LONG && ![...el.querySelectorAll(INNER_CONTROLS)].some((inner) => seen(rectOf(inner)));
}
