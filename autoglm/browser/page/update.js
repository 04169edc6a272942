// @ts-check
// ---------------------------------------------------------------- what changed since the last look
//
// Correctness first: whatever may have changed what a part says has the part walked again, and where that cannot be
// told the whole page is. Mutations, events and styles are in watch.js and sheets.js; here is what fires no event
// (properties that scripts set, focus, animations, scrolling) and what layout does to parts that did not change.

/** Size and scale of the viewport when it was looked at last. */
let framing = '';
let scrolledTo = '';
/** @type {Element | null} */
let focused = null;
/** @type {Element | null} */
let hovered = null;
/** @type {Element | null} */
let hoveredBefore = null;
/** Targets of the animations that ran at the last look. @type {Set<Element>} */
let animated = new Set();
/** The modal dialog of the last look, and whether it is the browser's own. @type {[Element | null, boolean]} */
let modalBefore = [null, false];
/** Whether something that listens may be gone. */
let heardStale = false;
/** Checkboxes that styles show something by. @type {WeakMap<Element, boolean>} */
const ticked = new WeakMap();

/**
 * The model of the page as it is now; or, after `most` ms, as far as it is made: the rest stays dirty or unjudged.
 * @param {Outside} view
 * @param {number} most
 * @returns {Model}
 */
function update(view, most = Infinity) {
  const start = performance.now();
  noteRecords(observer.takeRecords());
  const frame = [innerWidth, innerHeight, devicePixelRatio, document.compatMode, JSON.stringify(view)].join();
  if (sheetsChanged() || frame !== framing) spoilt = true;
  framing = frame;
  outside = view;
  if (heardStale) sortOut();
  heardStale = false;
  if (!model || spoilt) return remake(start, most);
  noteProperties(model);
  const scroll = `${scrollX} ${scrollY}`;
  const scrolled = scroll !== scrolledTo;
  scrolledTo = scroll;
  if (scrolled || relationsStale || most === Infinity) brokenOff = false;
  if (brokenOff && !sameNumbers(model.root.rects, rectsOf(model.root))) brokenOff = false;
  if (!brokenOff) {
    measured++;
    if (model.dirty.size || relationsStale) relate();
    settleSuspects(model);
    noteLayout(model, scrolled);
    // What was left out may be in view now.
    if (spoilt || (truncated && model.dirty.size && model.whole)) return remake(start, most);
    if (!model.dirty.size && !scrolled && !model.unjudged.size) return model;
    noteModal(model);
  }
  const until = endOf(start, most);
  if (!rewalk(model, until)) return remake(start, most);
  if (!model.dirty.size) judge(model, until);
  return model;
}

/** When a slice of `most` ms ends: half of it at least is for walking. @param {number} start @param {number} most */
function endOf(start, most) {
  return Math.max(start + most, performance.now() + most / 2);
}

/** @param {number} start @param {number} most @returns {Model} */
function remake(start, most) {
  measured++;
  spoilt = false;
  remade = true;
  memberOf = new WeakMap();
  used ||= liveRoots().some((root) => root.querySelector(':user-invalid, :user-valid'));
  for (const [ref, { el }] of model?.nodes ?? []) told.set(ref, el);
  model = new Model();
  relationsStale = true;
  relate();
  focused = activeElement();
  scrolledTo = `${scrollX} ${scrollY}`;
  hoveredBefore = hovered;
  animated = animatedNow();
  truncated = hasty = false;
  model.modal = topModal();
  soil(model.root);
  const until = endOf(start, most);
  rewalk(model, until);
  if (!model.dirty.size || until === Infinity) judge(model, until);
  return model;
}

/**
 * Walks what is dirty, in reading order, and what that changes elsewhere; by `until` not all of it. False when there is
 * no end to it.
 * @param {Model} model
 * @param {number} until
 */
function rewalk(model, until) {
  for (let turn = 0; model.dirty.size; turn++) {
    if (turn > 20) return false;
    takeBack(model);
    const walk = new Walk(model, until);
    for (const part of dirtyIn(model.root)) {
      if (part.dead || !part.dirty) continue;
      if (walk.late) {
        part.stirred = false;
        stir(part);
        continue;
      }
      walk.part(part);
      for (const each of partsOf(part)) model.unjudged.add(each);
    }
    model.first = false;
    if (walk.truncated) truncated = true;
    if (walk.hurried) hasty = true;
    if (walk.late) return true;
  }
  model.whole = true;
  return true;
}

/** What the dirty parts noted is taken back, which may make others dirty. @param {Model} model */
function takeBack(model) {
  const left = new Set();
  for (;;) {
    const parts = [...model.dirty].filter((part) => !left.has(part));
    if (!parts.length) return;
    for (const part of parts) {
      left.add(part);
      if (part.user) soil(part.user);
      part.user = null;
      leave(model, part);
    }
  }
}

/** The dirty parts, outer before inner, in reading order. @param {Part} part @returns {Part[]} */
function dirtyIn(part) {
  if (!part.stirred && !part.dirty) return [];
  const inner = innerParts(part).flatMap(dirtyIn);
  part.stirred = part.dirty;
  return part.dirty ? [part, ...inner] : inner;
}

// ---------------------------------------------------------------- what fires no event

/** @param {Model} model */
function noteProperties(model) {
  for (const field of model.fields.values()) {
    if (!field.changed()) continue;
    const el = field.input;
    mark(el);
    inState(el, ['checked', 'indeterminate', 'invalid', 'valid', 'placeholder-shown', 'user-invalid']);
  }
  if (states.get('checked')) noteTicks();
  for (const [el, defined] of model.hosts) {
    if (el.matches(':defined') !== defined) cleared.delete(el); // perhaps with a closed root, which is to be asked about
    else if (!el.shadowRoot) continue;
    markAll(el);
  }
  for (const box of model.boxes) if (hasScrolled(box)) mark(/** @type {Element} */ (box.el));
  noteFocus();
  noteHover();
  noteAnimations();
}

/** @param {Element} el */
function isField(el) {
  return el.localName === 'input' || el.localName === 'select' || el.localName === 'textarea';
}

/** Whether any field may complain, which none does before it was used or sent. */
let used = false;

/** What a field held when its part was walked: thousands are asked in each look. */
class Field {
  /** @param {Element} el */
  constructor(el) {
    const input = /** @type {HTMLInputElement} */ (el);
    this.input = input;
    this.select = el.localName === 'select' ? /** @type {HTMLSelectElement} */ (el) : null;
    this.ticks = /^(checkbox|radio)$/.test(typeOf(el));
    this.value = this.held();
    this.indeterminate = this.ticks && input.indeterminate;
    this.complains = used && el.matches(':user-invalid');
  }

  held() {
    const { select, input } = this;
    if (select) return select.multiple ? [...select.selectedOptions].map((o) => o.index).join() : select.selectedIndex;
    return this.ticks ? input.checked : input.value;
  }

  changed() {
    if (this.held() !== this.value) return true;
    if (this.ticks && this.input.indeterminate !== this.indeterminate) return true;
    return used && this.input.matches(':user-invalid') !== this.complains;
  }
}

/** Boxes that nobody sees may hide and show others. */
function noteTicks() {
  for (const root of liveRoots()) {
    for (const el of root.querySelectorAll('input[type=checkbox], input[type=radio], option')) {
      const on = el.matches(':checked');
      if (ticked.has(el) && ticked.get(el) !== on) inState(el, ['checked']);
      ticked.set(el, on);
    }
  }
}

/** @param {Geo} box */
function hasScrolled({ el, stamp, scrollLeft, scrollTop, wide, tall }) {
  if (el === null || stamp < 0) return false;
  return (tall && scrollTop !== el.scrollTop) || (wide && scrollLeft !== el.scrollLeft);
}

function noteFocus() {
  const active = activeElement();
  if (active === focused) return;
  for (const el of [focused, active]) {
    if (!el) continue;
    mark(el);
    inState(el, ['focus', 'focus-visible']);
    for (let up = /** @type {Element | null} */ (el); up; up = above(up)) inState(up, ['focus-within']);
  }
  focused = active;
}

function noteHover() {
  if (hovered === hoveredBefore) return;
  if (states.get('hover')) {
    const [now, before] = [hovered, hoveredBefore].map(chainOf);
    for (const el of now) if (!before.has(el)) inState(el, ['hover']);
    for (const el of before) if (!now.has(el)) inState(el, ['hover']);
  }
  hoveredBefore = hovered;
}

/** @param {Element | null} el */
function chainOf(el) {
  const chain = new Set();
  for (let up = el; up; up = above(up)) chain.add(up);
  return chain;
}

function noteAnimations() {
  const now = animatedNow();
  for (const el of new Set([...animated, ...now])) if (el.isConnected) markAll(el);
  animated = now;
}

function animatedNow() {
  const targets = new Set();
  for (const root of liveRoots()) {
    for (const { effect } of animationsOf(root)) {
      const { target } = /** @type {KeyframeEffect} */ (effect);
      if (target) targets.add(target);
    }
  }
  return targets;
}

// ---------------------------------------------------------------- what layout does

/** Elements that are something because of what is in them. @param {Model} model */
function settleSuspects(model) {
  for (const el of model.suspects) {
    if (el.isConnected && model.guards.has(el) && model.guards.get(el) !== verdictOf(el)) mark(el);
  }
  model.suspects.clear();
}

/** Parts that moved, came into view or left it. @param {Model} model @param {boolean} scrolled */
function noteLayout(model, scrolled) {
  const before = model.root.rects;
  model.root.rects = rectsOf(model.root);
  if (scrolled || !sameNumbers(before, model.root.rects)) soil(model.root);
  if (model.dirty.size) {
    for (const { el, geo, part } of model.hidden) {
      if (part && !part.dirty && seen(meet(drawnRect(el), current(geo).clip))) soil(part);
    }
  }
  for (const box of model.boxes) if (model.dirty.size && hasShut(box)) markAll(/** @type {Element} */ (box.el));
  for (const { el, rect, part } of model.wild) if (part && !part.dirty && !alike(rectOf(el), rect)) soil(part);
  sweep(model.root, scrolled);
}

/** Whether a box lets other things be seen than before. @param {Geo} box */
function hasShut(box) {
  const { clip, cuts } = box;
  const now = current(box);
  if ((clip === NOTHING) !== (now.clip === NOTHING)) return true;
  return (
    (cuts || now.cuts) && (clip.r - clip.l !== now.clip.r - now.clip.l || clip.b - clip.t !== now.clip.b - now.clip.t)
  );
}

/** @param {Rect} a @param {Rect} b */
function alike(a, b) {
  return a.l === b.l && a.t === b.t && a.r === b.r && a.b === b.b;
}

/** @param {Part} part @param {boolean} scrolled */
function sweep(part, scrolled) {
  for (const inner of innerParts(part)) {
    const before = inner.rects;
    const now = rectsOf(inner);
    // Among neighbours that came or went, what lies between the first and the last may have moved alone.
    const moved = !sameNumbers(before, now) || model?.touched.has(inner.el);
    if (!moved && !inner.stirred && !scrolled) continue;
    inner.rects = now;
    const near = nearView(inner, now);
    const shown = near || inner.inView || current(inner.place.geo).cuts;
    if ((moved || scrolled) && (shown || !sameSizes(before, now))) soil(inner);
    sweep(inner, scrolled);
  }
}

/** @param {number[]} a @param {number[]} b */
function sameNumbers(a, b) {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** @param {number[]} a @param {number[]} b */
function sameSizes(a, b) {
  const sizes = (/** @type {number[]} */ r) => [r[2] - r[0], r[3] - r[1], r[6] - r[4], r[7] - r[5]];
  const [before, now] = [sizes(a), sizes(b)];
  return before.every((n, i) => Math.abs(n - now[i]) < 0.01);
}

/** Whether any of a part may be in view. @param {Part} part @param {number[]} r */
function nearView(part, r) {
  const { view } = current(part.place.geo);
  const all = { l: Math.min(r[0], r[4]), t: Math.min(r[1], r[5]), r: Math.max(r[2], r[6]), b: Math.max(r[3], r[7]) };
  return touches(moved(all, -scrollX, -scrollY), view);
}

/** Where a part's first and last element that are drawn lie in the document. @param {Part} part */
function rectsOf({ nodes, el }) {
  const first = drawnAmong(nodes, 0, 1) ?? el.getBoundingClientRect();
  const last = nodes.length > 1 ? (drawnAmong(nodes, nodes.length - 1, -1) ?? first) : first;
  const [x, y] = [scrollX, scrollY];
  return [
    ...[first.left + x, first.top + y, first.right + x, first.bottom + y],
    ...[last.left + x, last.top + y, last.right + x, last.bottom + y],
  ];
}

/** @param {Node[]} nodes @param {number} from @param {number} step */
function drawnAmong(nodes, from, step) {
  for (let i = from; i >= 0 && i < nodes.length; i += step) {
    if (nodes[i].nodeType !== Node.ELEMENT_NODE) continue;
    const rect = /** @type {Element} */ (nodes[i]).getBoundingClientRect();
    if (rect.width > 0 && rect.height > 0) return rect;
  }
  return null;
}

// ---------------------------------------------------------------- what lies over what

/** Whether anything changed that lies in view, or may have. @param {Model} model */
function inSight(model) {
  const shown = meet(viewport(), outside.clip);
  for (const el of model.touched) {
    const rect = rectOf(el);
    if (rect.r <= rect.l || rect.b <= rect.t || touches(rect, shown)) return true;
  }
  return false;
}

/** What is in a modal dialog comes first. @param {Model} model */
function noteModal(model) {
  const before = model.modal;
  model.modal = topModal();
  if (before === model.modal) return;
  for (const el of [before, model.modal]) if (el?.isConnected) mark(el);
}

/** Of a page so large each point takes 10 ms and more; a press finds out by itself. */
const JUDGE_MS = 300;

/** As far as it comes by then: the rest stays unjudged. @param {Model} model @param {number} until */
function judge(model, until) {
  const { modal } = model;
  const native = modal?.matches(':modal') ?? false;
  const other = modal !== modalBefore[0] || native !== modalBefore[1];
  modalBefore = [modal, native];
  if (other) for (const part of partsOf(model.root)) model.unjudged.add(part);
  else if (inSight(model)) for (const part of model.inView) model.unjudged.add(part);
  model.touched.clear();
  const end = until === Infinity && isHuge() ? performance.now() + JUDGE_MS : until;
  for (const part of model.unjudged) {
    model.unjudged.delete(part);
    if (part.dead) continue;
    for (const note of part.notes) {
      if (note.kind === 'entry' && judgeCover(note, modal)) part.fresh = true;
      if (note.kind === 'frame') judgeFrame(note.el, note.item, modal);
      if (note.kind === 'frame') part.fresh = true;
    }
    if (part.fresh) model.changed.add(part);
    if (performance.now() <= end) continue;
    if (until === Infinity) model.unjudged.clear();
    return;
  }
}
