// @ts-check
// ---------------------------------------------------------------- the flat tree

/** Closed shadow roots that the driver handed in. @type {WeakMap<Element, ShadowRoot>} */
const adopted = new WeakMap();
/** Where something slotted into a closed shadow root is drawn. @type {WeakMap<Node, Element>} */
const slotOf = new WeakMap();

/** @param {Element} el @returns {ShadowRoot | null} */
function rootOf(el) {
  return el.shadowRoot ?? adopted.get(el) ?? null;
}

/** Children as drawn: of the shadow root, or what is slotted in. @param {Element} el @returns {Iterable<Node>} */
function children(el) {
  const root = rootOf(el);
  if (root) return root.childNodes;
  if (el.localName === 'slot') {
    const assigned = /** @type {HTMLSlotElement} */ (el).assignedNodes();
    if (assigned.length) {
      if (isClosed(el)) for (const node of assigned) slotOf.set(node, el);
      return assigned;
    }
  }
  return el.childNodes;
}

/**
 * These as a list; null where they are simply its own, which are gone through fastest from one to the next.
 * @param {Element} el
 */
function otherChildren(el) {
  return rootOf(el) || el.localName === 'slot' ? [...children(el)] : null;
}

/** @param {Element} el */
function isClosed(el) {
  return /** @type {ShadowRoot} */ (el.getRootNode()).mode === 'closed';
}

/** The parent as drawn, out of shadow roots. @param {Node} node @returns {Element | null} */
function above(node) {
  const slot = /** @type {Element} */ (node).assignedSlot ?? closedSlot(node);
  if (slot) return slot;
  const parent = node.parentNode;
  if (!parent) return null;
  if (parent.nodeType === Node.ELEMENT_NODE) return /** @type {Element} */ (parent);
  return /** @type {ShadowRoot} */ (parent).host ?? null;
}

/** @param {Node} node */
function closedSlot(node) {
  const slot = slotOf.get(node);
  if (!slot || !node.parentNode || adopted.get(/** @type {Element} */ (node.parentNode)) !== slot.getRootNode())
    return null;
  return /** @type {HTMLSlotElement} */ (slot).assignedNodes().includes(/** @type {Element} */ (node)) ? slot : null;
}

/** @param {Element} outer @param {Element | null} inner */
function holds(outer, inner) {
  for (let el = inner; el; el = above(el)) if (el === outer) return true;
  return false;
}

/** @param {Element} el @param {string} id @returns {Element | null} */
function byId(el, id) {
  const root = /** @type {Document | ShadowRoot} */ (el.getRootNode());
  return root.getElementById?.(id) ?? null;
}

/** Ids that something asked for: whoever gets or loses one changes what it says. @type {Set<string>} */
const wanted = new Set();

/** Elements that an attribute of ids names. @param {Element} el @param {string} attribute */
function referenced(el, attribute) {
  const ids = el.getAttribute(attribute);
  if (!ids) return [];
  const words = ids.trim().split(/\s+/);
  for (const id of words) wanted.add(id);
  const found = /** @type {Element[]} */ (words.map((id) => byId(el, id)).filter(Boolean));
  if (sources) sources.push(...found);
  return found;
}

/** @returns {Element | null} */
function activeElement() {
  // A frame remembers what had the focus in it.
  if (outside !== UNBOUND && !document.hasFocus()) return null;
  let active = document.activeElement;
  for (;;) {
    const inner = active && rootOf(active)?.activeElement;
    if (!inner) return active;
    active = inner;
  }
}
