// @ts-check
/**
 * What a person sees on this page, as JSON. Top-down: look() is what driver.py calls, the rest serves it.
 *
 * Terms: a control is something listed with a ref; "hard" when its tag or role says so, "soft" when only a tabindex, an
 * onclick attribute or the hand cursor does. Rectangles are {l, t, r, b} in CSS px of this document's viewport.
 *
 * @typedef {{l: number, t: number, r: number, b: number}} Rect
 * @typedef {{ref: number, role: string, name: string, value?: string, states?: string[], options?: string[],
 *   takes: string[], multiple?: boolean, type?: string, hint?: string, box?: number[], away?: boolean}} Control
 * @typedef {{text: string, role: string, away?: boolean, said?: boolean, box?: number[]}} Line
 * @typedef {{frame: number, name: string, title?: string, box: number[], scale: number, view: Outside,
 *   away?: boolean}} Frame
 * @typedef {Control | Line | Frame} Item
 * @typedef {{kind: 'entry', el: Element, target: Element, item: Control, states: string[], takes: string[],
 *   stood: Rect, fixed: boolean, covered: boolean, part?: Part}} Entry
 * @typedef {Entry | {kind: 'frame', el: Element, item: Frame, part?: Part}
 *   | {kind: 'read' | 'guard' | 'host', el: Element, part?: Part} | {kind: 'hidden', el: Element, geo: Geo, part?: Part}
 *   | {kind: 'box', geo: Geo, part?: Part} | {kind: 'said', line: Line, from: Part, part?: Part}
 *   | {kind: 'wild', el: Element, rect: Rect, part?: Part}} Note
 * @typedef {{cells: string[], unnamed: Control[], named: boolean}} Row
 * @typedef {{role: string, geo: Geo, pointer: boolean, inert: boolean, disabled: boolean, fixed: boolean,
 *   hard: boolean, name: string, mute: boolean, cursor: string, shaded: boolean}} Place
 * @typedef {{node: Node, at: number, items: number, notes: number, own: number, valid: boolean}} Start
 */

const MOST_ITEMS = 10_000;
/** Bytes of the observation as JSON, which is to stay within 2 MB. */
const MOST_CHARACTERS = 1_985_000;
/** Some 15 µs each, on two slow cores; see docs/log.md. */
const MOST_VISITED = 100_000;
const MOST_DEPTH = 800;

// ---------------------------------------------------------------- refs

/** @type {WeakMap<Element, number>} */
const refs = new WeakMap();
let next = 1;

/** @param {Element} el */
function refOf(el) {
  let ref = refs.get(el);
  if (ref === undefined) refs.set(el, (ref = next++));
  return ref;
}

/** What is no longer listed since the last answer, which can still be acted on. @type {Map<number, Element>} */
const told = new Map();

/** How many are listed. */
function listedCount() {
  return model?.nodes.size ?? 0;
}

// ---------------------------------------------------------------- looking

/** Counts the answers. */
let version = 0;
/** Whether the model is no longer to be trusted. */
let spoilt = false;
/** Whether the model was made anew since the last answer. */
let remade = false;
let truncated = false;
/** Whether for want of time: the next look, or the page's idle time, begins anew. */
let hasty = false;

/**
 * What changed since version `known`, or the whole page, as JSON: `{version, whole, parts: [[id, [item]]], gone, …}`,
 * where an item may stand for an inner part (see wired) and part 0 is the page. `{"busy": true}` when it is still
 * changing and `patient` is set. `{"ask": …}` when it needs to know who listens to clicks, which only the browser
 * knows (see toAsk).
 * @param {{patient: boolean, quietMs: number, listeners: {on: number[][], nodes: number | null} | null, known: number, view: Outside | null}} options
 */
function look(options) {
  if (!document.documentElement) return JSON.stringify({ busy: true });
  begin();
  animations = null;
  if (options.listeners) hear(options.listeners);
  // The first time, while the page comes to rest.
  else if (options.patient && unasked.has(document)) return JSON.stringify({ ask: toAsk() });
  if (options.patient && busy(options.quietMs, true)) return JSON.stringify({ busy: true });
  if (options.patient && unasked.size && !options.listeners) {
    const ask = toAsk();
    if (ask.ways.length) return JSON.stringify({ ask });
  }
  acted = 0;
  standIns.clear();
  if (looking) spoilt = true; // one that was stopped in the middle
  looking = true;
  const made = update(options.view ?? UNBOUND);
  looking = false;
  animations = null;
  told.clear();
  spent = 0;
  const said = answer(made, options.known === version && version > 0 && !remade);
  if (hasty) arm();
  return said;
}

/** @param {Model} made @param {boolean} patch */
function answer(made, patch) {
  settleHosts(isHuge() ? performance.now() + REST_AHEAD_MS : Infinity);
  const cut = isCut(made);
  const parts = cut ? [`[0,${JSON.stringify(bounded(made).map(wired))}]`] : patch ? made.changed : partsOf(made.root);
  const sent = [...parts].filter((part) => typeof part === 'string' || !part.dead).map((part) => sentAs(part, patch));
  const root = document.documentElement;
  const head = {
    version: ++version,
    whole: cut || !patch,
    gone: patch ? made.gone : [],
    highest: next - 1,
    url: location.href,
    title: String(document.title),
    truncated: cut,
    scroll: [scrollX, scrollY, Math.max(root.scrollWidth, innerWidth), Math.max(root.scrollHeight, innerHeight)],
    viewport: [innerWidth, innerHeight],
    scale: devicePixelRatio,
    hosts: suspects.size,
  };
  made.changed.clear();
  made.gone = [];
  spoilt ||= hasty;
  remade = cut; // what was left out was not sent
  return `${JSON.stringify(head).slice(0, -1)},"parts":[${sent.filter(Boolean).join()}]}`;
}

/** Whether only some of it is told. @param {Model} made */
function isCut(made) {
  return truncated || made.count > MOST_ITEMS || made.size > MOST_CHARACTERS;
}

/** A part as it is sent; empty when it reads as it was sent before. @param {Part | string} part @param {boolean} patch */
function sentAs(part, patch) {
  if (typeof part === 'string') return part;
  written(part);
  if (patch && part.json === part.sent) return '';
  part.sent = part.json;
  return `[${part.id},${part.json}]`;
}

/** @param {Part} part */
function written(part) {
  if (part.fresh) part.json = JSON.stringify(part.items.filter((item) => !('said' in item)).map(wired));
  part.fresh = false;
}

// prettier-ignore
const LETTERS = /** @type {Record<string, string>} */ ({
  Click: 'C', Type: 'T', Select: 'S', Check: 'K', Upload: 'U', Scroll: 'R',
});

/**
 * An item as it is sent, for thousands of them: an inner part is its id, a line `[role, text]` and 1, or its box, when it
 * is in view, a control `[ref, role, name, takes, box | 0, more]` as far as needed, with a letter for each verb it takes.
 * @param {Item | Part} item
 */
function wired(item) {
  if (item instanceof Part) return item.id;
  if ('text' in item) return item.away ? [item.role, item.text] : [item.role, item.text, item.box ?? 1];
  if ('frame' in item) return item;
  const { ref, role, name, takes, box, away: _, value, ...rest } = item;
  const letters = takes.map((verb) => LETTERS[verb]).join('');
  const more = value !== undefined || Object.keys(rest).length > 0;
  if (more) return [ref, role, name, letters, box ?? 0, value === undefined ? rest : { value, ...rest }];
  return box ? [ref, role, name, letters, box] : [ref, role, name, letters];
}

/** @param {Part} part @returns {Part[]} */
function partsOf(part) {
  return [part, ...innerParts(part).flatMap(partsOf)];
}

/** At most MOST_ITEMS items and MOST_CHARACTERS characters; what is in view is kept before the rest. @param {Model} made */
function bounded(made) {
  const items = itemsOf(made.root);
  let size = 0;
  let kept = 0;
  const fits = (/** @type {Item} */ item) => {
    size += sizeOf(item);
    return ++kept <= MOST_ITEMS && size <= MOST_CHARACTERS;
  };
  const keep = new Set(items.filter((item) => !item.away && fits(item)));
  for (const item of items) if (item.away && fits(item)) keep.add(item);
  return items.filter((item) => keep.has(item));
}

/** @param {Part} part @returns {Item[]} */
function itemsOf(part) {
  return part.items.flatMap((item) => (item instanceof Part ? itemsOf(item) : 'said' in item ? [] : [item]));
}

/** Bytes of an item in the observation as JSON, about. @param {Item} item */
function sizeOf(item) {
  if ('text' in item) return 77 + bytesOf(item.text);
  if ('frame' in item) return 300;
  let size = (item.box ? 268 : 211) + item.role.length + bytesOf(item.name);
  for (const word of item.states ?? []) size += 4 + word.length;
  if (item.takes.length > 1) size += 10 * (item.takes.length - 1);
  if (item.value) size += bytesOf(item.value);
  if (item.hint) size += bytesOf(item.hint);
  for (const option of item.options ?? []) size += 4 + bytesOf(option);
  return size;
}

/** At most, in UTF-8. @param {string} text */
function bytesOf(text) {
  return /[^\x20-\x7e]/.test(text) ? 3 * text.length : text.length;
}
