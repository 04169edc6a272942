// @ts-check
/**
 * What a person sees on this page, as JSON. Top-down: look() is what driver.py calls, the rest serves it.
 *
 * Terms: a control is something listed with a ref; "hard" when its tag or role says so, "soft" when only a tabindex, an
 * onclick attribute or the hand cursor does. Rectangles are {l, t, r, b} in CSS px of this document's viewport.
 *
 * @typedef {{l: number, t: number, r: number, b: number}} Rect
 * @typedef {{ref: number, role: string, name: string, value?: string, states?: string[], options?: string[],
 *   takes?: string[], multiple?: boolean, type?: string, hint?: string, box?: number[], away?: boolean}} Control
 * @typedef {{text: string, role: string, away?: boolean, said?: boolean}} Line
 * @typedef {{frame: number, name: string, title?: string, box: number[], scale: number, view: Outside,
 *   away?: boolean}} Frame
 * @typedef {Control | Line | Frame} Item
 * @typedef {{el: Element, target: Element, item: Control, rect: Rect, inert: boolean, fixed: boolean}} Entry
 * @typedef {{cells: string[], unnamed: Control[], named: boolean}} Row
 * @typedef {{role: string, clip: Rect, view: Rect, looseClip: Rect, looseView: Rect, clipped: boolean,
 *   pointer: boolean, inert: boolean, disabled: boolean, fixed: boolean, hard: boolean, name: string,
 *   mute: boolean}} Place
 */

const MOST_ITEMS = 5000;
const MOST_CHARACTERS = 1_000_000;
const MOST_VISITED = 200_000;
const MOST_DEPTH = 800;

// ---------------------------------------------------------------- refs

/** @type {WeakMap<Element, number>} */
const refs = new WeakMap();
/** What the last look listed. @type {Map<number, Element>} */
let nodes = new Map();
/** Where it stood then, in its document. @type {WeakMap<Element, Rect>} */
let stood = new WeakMap();
let next = 1;

/** @param {Element} el */
function refOf(el) {
  let ref = refs.get(el);
  if (ref === undefined) refs.set(el, (ref = next++));
  return ref;
}

// ---------------------------------------------------------------- looking

let version = 0;

/**
 * The page as JSON, or `{"busy": true}` when it is still changing and `patient` is set.
 * `{"ask": "listeners"}` when it needs to know who listens to clicks, which only the browser knows.
 * @param {{patient: boolean, quietMs: number, listeners: number[] | null, known?: number,
 *   view?: Outside | null}} options
 */
function look(options) {
  if (!document.documentElement) return JSON.stringify({ busy: true });
  if (options.patient && busy(options.quietMs, true)) return JSON.stringify({ busy: true });
  if (options.listeners) hear(options.listeners);
  else if (options.patient && stale) return JSON.stringify({ ask: 'listeners' });
  acted = 0;
  outside = options.view ?? UNBOUND;
  const walk = new Walk();
  walk.document();
  const modal = topModal();
  for (const entry of walk.entries) judgeCover(entry, modal);
  for (const { el, item } of walk.frames) judgeFrame(el, item, modal);
  nodes = new Map(walk.entries.map((entry) => [entry.item.ref, entry.el]));
  stood = new WeakMap(walk.entries.map(({ el, rect }) => [el, moved(rect, scrollX, scrollY)]));
  const { items, truncated } = bounded(walk);
  const root = document.documentElement;
  return JSON.stringify({
    version: ++version,
    order: [0],
    parts: [[0, items]],
    url: location.href,
    title: String(document.title),
    truncated,
    scroll: [scrollX, scrollY, Math.max(root.scrollWidth, innerWidth), Math.max(root.scrollHeight, innerHeight)],
    viewport: [innerWidth, innerHeight],
    scale: devicePixelRatio,
  });
}

/**
 * At most MOST_ITEMS items and MOST_CHARACTERS characters; what is in view is kept before the rest.
 * @param {Walk} walk
 */
function bounded(walk) {
  const items = walk.items.filter((item) => !('said' in item));
  let size = 0;
  let kept = 0;
  const fits = (/** @type {Item} */ item) => {
    size += 60 + ('ref' in item ? controlSize(item) : 'text' in item ? item.text.length : 200);
    return ++kept <= MOST_ITEMS && size <= MOST_CHARACTERS;
  };
  const keep = new Set(items.filter((item) => !item.away && fits(item)));
  for (const item of items) if (item.away && fits(item)) keep.add(item);
  if (keep.size === items.length) return { items, truncated: walk.truncated };
  return { items: items.filter((item) => keep.has(item)), truncated: true };
}

/** @param {Control} item */
function controlSize(item) {
  const options = item.options?.reduce((sum, option) => sum + option.length + 3, 0) ?? 0;
  return 100 + item.name.length + (item.value?.length ?? 0) + (item.hint?.length ?? 0) + options;
}
