// @ts-check
// ---------------------------------------------------------------- frames
//
// Each frame has an instance of this script of its own, which knows nothing but its own document and viewport. What
// holds it together is the driver: it hands the `view` of a frame's item to the instance in it, and carries points
// from one to the other.

/**
 * What is known in here of the page around this frame, in this frame's px: the part of its viewport that can be seen,
 * and what lies over that.
 * @typedef {{clip: Rect, inert: boolean, disabled: boolean, covered: boolean, covers: Rect[]}} Outside
 */

const ENDLESS = { l: -1e9, t: -1e9, r: 1e9, b: 1e9 };
/** The page itself, in no frame. @type {Outside} */
const UNBOUND = { clip: ENDLESS, inert: false, disabled: false, covered: false, covers: [] };
let outside = UNBOUND;

/** @type {WeakMap<Element, number>} */
const frameIds = new WeakMap();
/** @type {Map<number, WeakRef<Element>>} */
const framesById = new Map();

/** @param {Element} el */
function frameId(el) {
  let id = frameIds.get(el);
  if (id === undefined) {
    frameIds.set(el, (id = framesById.size + 1));
    framesById.set(id, new WeakRef(el));
  }
  return id;
}

/** The element of a frame's item; null when it is gone. @param {number} id @returns {Element | null} */
function frameElement(id) {
  const el = framesById.get(id)?.deref();
  return el?.isConnected ? el : null;
}

/** Where the frame's own viewport lies in this one, and how large one of its px is here. @param {Element} el */
function contentBox(el) {
  const rect = el.getBoundingClientRect();
  const style = getComputedStyle(el);
  const { offsetWidth, clientLeft, clientTop, clientWidth, clientHeight } = /** @type {HTMLElement} */ (el);
  const scale = offsetWidth ? rect.width / offsetWidth : 1;
  const [l, t, r, b] = [style.paddingLeft, style.paddingTop, style.paddingRight, style.paddingBottom].map(parseFloat);
  const box = [
    rect.left + scale * (clientLeft + l),
    rect.top + scale * (clientTop + t),
    scale * (clientWidth - l - r),
    scale * (clientHeight - t - b),
  ];
  return { box, scale };
}

/** @param {number[]} box @returns {Rect} */
function boxRect([x, y, w, h]) {
  return { l: x, t: y, r: x + w, b: y + h };
}

/** A rectangle of this viewport in px of the frame at `box`. @param {Rect} r @param {number[]} box @param {number} scale */
function into(r, [x, y], scale) {
  return { l: (r.l - x) / scale, t: (r.t - y) / scale, r: (r.r - x) / scale, b: (r.b - y) / scale };
}

const GRID = [0.02, 0.25, 0.5, 0.75, 0.98];

/** Says in a frame's item what lies over it. @param {Element} el @param {Frame} item @param {Element | null} modal */
function judgeFrame(el, item, modal) {
  const { view, box, scale } = item;
  view.covered = outside.covered || (modal !== null && !holds(modal, el) && (modal.matches(':modal') || !!item.away));
  if (view.covered || item.away) return;
  const shown = meet(meet(boxRect(box), viewport()), outside.clip);
  const points = GRID.flatMap((fx) =>
    GRID.map((fy) => [shown.l + fx * (shown.r - shown.l), shown.t + fy * (shown.b - shown.t)]),
  );
  const hits = points.map(([x, y]) => hitAt(x, y));
  const over = new Set(hits.filter((hit) => hit && !holds(el, hit) && (inModal(hit, modal) || !passing(hit))));
  view.covered = hits.every((hit) => hit && over.has(hit));
  view.covers = [...[...over].map((hit) => rectOf(/** @type {Element} */ (hit))), ...outside.covers].map((r) =>
    into(r, box, scale),
  );
}

/**
 * A point of the frame's viewport in this one's px, and why a press there would not reach it, if so.
 * @param {number} id
 * @param {number} x
 * @param {number} y
 * @param {boolean} pressed whether the next press is meant for what is in it: then none that comes here is
 */
function lift(id, x, y, pressed) {
  const el = frameElement(id);
  if (!el) return null;
  if (pressed) mean(() => false);
  const { box, scale } = contentBox(el);
  const at = { x: box[0] + x * scale, y: box[1] + y * scale };
  const hit = hitAt(at.x, at.y);
  if (!hit) return { ...at, why: 'is out of view' };
  return holds(el, hit) ? at : { ...at, why: `is covered by ${describe(hit)}` };
}
