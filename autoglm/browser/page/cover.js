// @ts-check
// ---------------------------------------------------------------- what covers what

/** The dialog that must be answered before anything else. @returns {Element | null} */
function topModal() {
  const all = (/** @type {string} */ selector) => liveRoots().flatMap((root) => [...root.querySelectorAll(selector)]);
  const native = all('dialog[open]').filter((dialog) => dialog.matches(':modal'));
  const open = native.length ? native : all('[aria-modal="true"]').filter((el) => !unseen(el));
  return open[open.length - 1] ?? null;
}

/** Whether it is covered other than before. @param {Entry} entry @param {Element | null} modal */
function judgeCover(entry, modal) {
  const { el, target, item } = entry;
  let covered = outside.covered || (!item.away && coveredOutside(target));
  covered ||= modal !== null && !holds(modal, el) && (modal.matches(':modal') || item.away === true);
  if (!covered && !item.away) {
    const by = coverOf(target, el);
    covered = by !== null && !(entry.fixed === false && !inModal(by, modal) && passing(by));
  }
  if (covered === entry.covered) return false;
  entry.covered = covered;
  item.takes = covered ? [] : entry.takes;
  const states = covered ? [...entry.states, 'covered'] : entry.states;
  if (states.length) item.states = states;
  else delete item.states;
  return true;
}

/** Whether something of the page around this frame lies over it. @param {Element} target */
function coveredOutside(target) {
  if (!outside.covers.length) return false;
  const tried = points(target);
  return tried.length > 0 && tried.every(([x, y]) => outside.covers.some((r) => inside(r, x, y)));
}

/** @param {Element} el @param {Element | null} modal */
function inModal(el, modal) {
  return modal !== null && holds(modal, el);
}

/** Stuck to the viewport but small: scrolling brings out what is under it. @param {Element} by */
function passing(by) {
  const root = document.documentElement;
  if (root.scrollHeight <= root.clientHeight + 1) return false;
  for (let el = /** @type {Element | null} */ (by); el; el = above(el)) {
    if (!/^(fixed|sticky)$/.test(getComputedStyle(el).position)) continue;
    const { width, height } = el.getBoundingClientRect();
    return width * height < (innerWidth * innerHeight) / 2;
  }
  return false;
}

/**
 * What lies over all points tried of `target`; null when one is free.
 * @param {Element} target
 * @param {Element} el
 * @returns {Element | null}
 */
function coverOf(target, el) {
  let cover = null;
  for (const [x, y] of points(target)) {
    const hit = hitAt(x, y);
    if (!hit || isHit(hit, target, el)) return null;
    cover ??= hit;
  }
  return cover;
}

/**
 * Points inside the part in view: the middle, then nearer the corners.
 * @param {Element} el
 * @returns {[number, number][]}
 */
function points(el) {
  const view = meet(viewport(), outside.clip);
  const lines = [...el.getClientRects()].map((r) => ({ l: r.left, t: r.top, r: r.right, b: r.bottom }));
  const shown = (lines.length > 1 ? lines : [drawnRect(el)])
    .map((r) => meet(r, view))
    .filter((r) => r.r > r.l && r.b > r.t);
  /** @type {[number, number][]} */
  const middles = shown.slice(0, 3).map((r) => [(r.l + r.r) / 2, (r.t + r.b) / 2]);
  const box = shown[0];
  if (!box) return [];
  const [w, h] = [box.r - box.l, box.b - box.t];
  if (el.localName === 'area') {
    // A shape need not hold the middle of the box around it.
    for (const fx of GRID) for (const fy of GRID) middles.push([box.l + w * fx, box.t + h * fy]);
    return middles;
  }
  for (const [fx, fy] of [
    [0.2, 0.25],
    [0.8, 0.25],
    [0.2, 0.75],
    [0.8, 0.75],
    [0.04, 0.5],
    [0.96, 0.5],
  ])
    middles.push([box.l + w * fx, box.t + h * fy]);
  return middles;
}

/**
 * The innermost element at a point, into shadow roots.
 * @param {number} x
 * @param {number} y
 * @returns {Element | null}
 */
function hitAt(x, y) {
  /** @type {Document | ShadowRoot} */
  let root = document;
  let hit = null;
  for (;;) {
    const inner = /** @type {Element | null} */ (root.elementFromPoint(x, y));
    if (!inner || inner === hit) return hit;
    hit = inner;
    const within = rootOf(hit);
    if (!within) return hit;
    root = within;
  }
}

/** @param {Element} hit @param {Element} target @param {Element} el */
function isHit(hit, target, el) {
  if (holds(target, hit) || holds(el, hit)) return true;
  // A component that leaves it to itself, not to the control in it, to be clicked.
  if (hostOf(el) === hit && getComputedStyle(el).pointerEvents === 'none') return true;
  for (let up = /** @type {Element | null} */ (hit); up; up = above(up)) {
    if (up.localName === 'label' && /** @type {HTMLLabelElement} */ (up).control === el) return true;
  }
  return isEditable(el) && isDressing(hit, el);
}

/**
 * A picture or placeholder laid over a field by its own wrapper, which holds nothing else to act on.
 * @param {Element} hit
 * @param {Element} el
 */
function isDressing(hit, el) {
  const wrapper = el.parentElement;
  if (!wrapper?.contains(hit)) return false;
  return [...wrapper.querySelectorAll(INNER_CONTROLS)].every((other) => other === el);
}

/** @param {Element} el */
function describe(el) {
  let shown = el;
  for (let up = /** @type {Element | null} */ (el); up; up = above(up)) {
    if (/^(dialog|alertdialog)$/.test(roleOf(up)) || /^(fixed|sticky)$/.test(getComputedStyle(up).position)) shown = up;
  }
  const role = roleOf(shown);
  const text = clean(shown.getAttribute('aria-label') ?? shown.textContent ?? '', 40);
  return `${role === 'generic' ? shown.localName : role}${text ? ` "${text}"` : ''}`;
}
