// @ts-check
// ---------------------------------------------------------------- the parts of the page
//
// The page is kept as a tree of parts: runs of neighbouring nodes at whose two ends the walk carries nothing over (no
// text begun, no checkbox that waits for its name, no row). A part can so be walked again alone, in the place that it
// was found in; its inner parts are kept when nothing in them changed. What a part depends on outside itself is noted
// in it (`Note`), and so is what only geometry keeps off the page: that is asked again whenever something moved.

/** So many elements of its own has a part, at least. */
const LEAST = 24;

class Part {
  /** Lines, controls, frames and inner parts, in reading order. @type {(Item | Part)[]} */
  items = [];
  /** @type {Note[]} */
  notes = [];
  /** @type {Part | null} */
  parent = null;
  /** As it is sent, while it is not fresh. */
  json = '';
  /** As it was sent last. */
  sent = '';
  fresh = true;
  dirty = false;
  dead = false;
  /** Something in it changed. */
  stirred = false;
  inView = false;
  /** Where its first and last element lie in the document. @type {number[]} */
  rects = [];
  count = 0;
  size = 0;
  /** The part around it that made a name of its last line. @type {Part | null} */
  user = null;

  /** @param {number} id @param {Element} el @param {Node[]} nodes @param {Place} place @param {number} depth */
  constructor(id, el, nodes, place, depth) {
    this.id = id;
    this.el = el;
    this.nodes = nodes;
    this.place = place;
    this.depth = depth;
  }

  /** Among the items of the part around it. */
  toJSON() {
    return this.id;
  }
}

/** The part that a node is a member of, of those that are members of one. @type {WeakMap<Node, Part>} */
let memberOf = new WeakMap();

class Model {
  /** @type {Part} */
  root;
  /** What is listed. @type {Map<number, Entry>} */
  nodes = new Map();
  /** Where controls are listed that stand behind a label. @type {Map<Element, Entry>} */
  behind = new Map();
  /** The parts that say something of what is in an element elsewhere. @type {Map<Element, Set<Part>>} */
  readers = new Map();
  /** Elements whose role hangs on what is in them, with what was found. @type {Map<Element, string>} */
  guards = new Map();
  /** What nobody can see only because of where it lies. @type {Set<Extract<Note, {kind: 'hidden'}>>} */
  hidden = new Set();
  /** Fields, with what they held. @type {Map<Element, Field>} */
  fields = new Map();
  /** @type {Set<Part>} */
  dirty = new Set();
  /** What stands elsewhere than the flow of the page says, and where. @type {Set<Extract<Note, {kind: 'wild'}>>} */
  wild = new Set();
  /** Elements that changed since the last look. @type {Set<Element>} */
  touched = new Set();
  /** @type {Set<Part>} */
  inView = new Set();
  /** Parts that were walked and whose controls may yet be covered. @type {Set<Part>} */
  unjudged = new Set();
  /** Parts to be sent. @type {Set<Part>} */
  changed = new Set();
  /** Parts that are no more. @type {number[]} */
  gone = [];
  /** Boxes that scroll or clip. @type {Set<Geo>} */
  boxes = new Set();
  /** Hosts that may yet get a shadow root, and whether they are defined. @type {Map<Element, boolean>} */
  hosts = new Map();
  /** @type {Set<Element>} */
  suspects = new Set();
  /** The dialog that must be answered first. @type {Element | null} */
  modal = null;
  nextPart = 1;
  /** Whether it is walked for the first time. */
  first = true;
  /** Whether all of it was walked once. */
  whole = false;
  count = 0;
  size = 0;

  constructor() {
    const root = document.documentElement;
    this.root = new Part(0, root, [root], rootPlace(), 0);
  }
}

/** @type {Model | null} */
let model = null;

/** Whether nothing was marked since a slice broke the walk off: the next one goes on, with what lies where as it was. */
let brokenOff = false;

/** The innermost part that holds a node. @param {Node} node @returns {Part | null} */
function partAt(node) {
  for (let up = /** @type {Node | null} */ (node); up; up = above(up)) {
    const part = memberOf.get(up);
    if (part && !part.dead) return part;
    if (up === document.documentElement) return model?.root ?? null;
  }
  return null;
}

/** Something changed in a node, whose own part and those that speak of it are to be walked again. @param {Node} node */
function mark(node) {
  if (!model) return;
  brokenOff = false;
  if (node.nodeType === Node.ELEMENT_NODE) model.touched.add(/** @type {Element} */ (node));
  let found = false;
  for (let up = /** @type {Node | null} */ (node); up; up = above(up)) {
    const el = /** @type {Element} */ (up);
    const readers = model.readers.get(el);
    if (readers) for (const part of readers) soil(part);
    if (model.guards.has(el)) model.suspects.add(el);
    if (found) continue;
    const part = memberOf.get(up);
    if (part && !part.dead) found = soil(part);
    else if (up === document.documentElement) soil(model.root);
  }
}

/** @param {Part} part */
function soil(part) {
  if (part.dead) return false;
  part.dirty = true;
  model?.dirty.add(part);
  stir(part);
  return true;
}

/** @param {Part} part */
function stir(part) {
  for (let up = /** @type {Part | null} */ (part); up && !up.stirred; up = up.parent) up.stirred = true;
}

/** All that is in an element may have changed. @param {Element} el */
function markAll(el) {
  mark(el);
  if (!model || (!el.firstElementChild && !rootOf(el))) return;
  for (const [read, parts] of model.readers) {
    if (el.contains(read) || (roots.size > 1 && holds(el, read))) for (const part of parts) soil(part);
  }
  const part = partAt(el);
  if (part) for (const inner of innerParts(part)) if (holds(el, inner.el)) soilAll(inner);
}

/** @param {Part} part */
function soilAll(part) {
  soil(part);
  for (const inner of innerParts(part)) soilAll(inner);
}

/** @param {Part} part @returns {Part[]} */
function innerParts(part) {
  return /** @type {Part[]} */ (part.items.filter((item) => item instanceof Part));
}

/** Its last line or control; null when it has none. @param {Part} part @returns {{item: Item, part: Part} | null} */
function tailOf(part) {
  for (let i = part.items.length - 1; i >= 0; i--) {
    const item = part.items[i];
    if (!(item instanceof Part)) return { item, part };
    const tail = tailOf(item);
    if (tail) return tail;
  }
  return null;
}

// ---------------------------------------------------------------- what a part says, taken in and back

/** A part was walked: what it noted is entered. @param {Model} model @param {Part} part */
function enter(model, part) {
  part.dirty = part.stirred = part.inView = false;
  part.fresh = true;
  part.count = part.size = 0;
  for (const item of part.items) {
    if (item instanceof Part) item.parent = part;
    else if (!('said' in item)) {
      part.count++;
      part.size += sizeOf(item);
      if (!item.away) part.inView = true;
    }
  }
  model.count += part.count;
  model.size += part.size;
  for (const note of part.notes) enterNote(model, part, note);
  part.rects = rectsOf(part);
  if (part.inView) model.inView.add(part);
  model.dirty.delete(part);
  model.changed.add(part);
}

/** @param {Model} model @param {Part} part @param {Note} note */
function enterNote(model, part, note) {
  note.part = part;
  switch (note.kind) {
    case 'entry':
      model.nodes.set(note.item.ref, note);
      if (note.target !== note.el) model.behind.set(note.el, note);
      if (isField(note.el)) model.fields.set(note.el, new Field(note.el));
      break;
    case 'read': {
      const readers = model.readers.get(note.el);
      if (readers) readers.add(part);
      else model.readers.set(note.el, new Set([part]));
      break;
    }
    case 'hidden':
      model.hidden.add(note);
      break;
    case 'guard':
      model.guards.set(note.el, verdictOf(note.el));
      break;
    case 'box':
      model.boxes.add(note.geo);
      break;
    case 'host':
      model.hosts.set(note.el, note.el.matches(':defined'));
      break;
    case 'said':
      note.from.user = part;
      note.from.fresh = true;
      model.changed.add(note.from);
      break;
    case 'wild':
      model.wild.add(note);
  }
}

/** A part is walked again or is no more: what it noted is taken back. @param {Model} model @param {Part} part */
function leave(model, part) {
  model.count -= part.count;
  model.size -= part.size;
  part.count = part.size = 0;
  model.inView.delete(part);
  for (const note of part.notes) leaveNote(model, part, note);
  part.notes = [];
}

/** @param {Model} model @param {Part} part @param {Note} note */
function leaveNote(model, part, note) {
  switch (note.kind) {
    case 'entry':
      if (model.nodes.get(note.item.ref) === note) {
        model.nodes.delete(note.item.ref);
        told.set(note.item.ref, note.el);
      }
      if (model.behind.get(note.el) === note) {
        model.behind.delete(note.el);
        mark(note.el);
      }
      model.fields.delete(note.el);
      break;
    case 'read': {
      const readers = model.readers.get(note.el);
      readers?.delete(part);
      if (readers?.size === 0) model.readers.delete(note.el);
      break;
    }
    case 'hidden':
      model.hidden.delete(note);
      break;
    case 'wild':
      model.wild.delete(note);
      break;
    case 'guard':
      model.guards.delete(note.el);
      break;
    case 'box':
      model.boxes.delete(note.geo);
      break;
    case 'host':
      model.hosts.delete(note.el);
      break;
    case 'said':
      if (!note.from.dead) {
        delete note.line.said;
        model.changed.add(note.from);
        note.from.fresh = true;
      }
  }
}

/** @param {Model} model @param {Part} part */
function kill(model, part) {
  if (part.dead) return;
  part.dead = true;
  leave(model, part);
  model.dirty.delete(part);
  model.changed.delete(part);
  model.gone.push(part.id);
  for (const inner of innerParts(part)) if (inner.parent === part) kill(model, inner);
}
