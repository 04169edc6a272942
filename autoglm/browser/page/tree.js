// @ts-check
// ---------------------------------------------------------------- the flat tree

/** Children as drawn: of the shadow root, or what is slotted in. @param {Element} el @returns {Iterable<Node>} */
function children(el) {
  if (el.shadowRoot) return el.shadowRoot.childNodes;
  if (el.localName === 'slot') {
    const assigned = /** @type {HTMLSlotElement} */ (el).assignedNodes();
    if (assigned.length) return assigned;
  }
  return el.childNodes;
}

/** The parent as drawn, out of shadow roots. @param {Node} node @returns {Element | null} */
function above(node) {
  const el = /** @type {Element} */ (node);
  if (el.assignedSlot) return el.assignedSlot;
  const parent = node.parentNode;
  if (!parent) return null;
  if (parent.nodeType === Node.ELEMENT_NODE) return /** @type {Element} */ (parent);
  return /** @type {ShadowRoot} */ (parent).host ?? null;
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

/** Elements that an attribute of ids names. @param {Element} el @param {string} attribute */
function referenced(el, attribute) {
  const ids = el.getAttribute(attribute);
  if (!ids) return [];
  return /** @type {Element[]} */ (
    ids
      .trim()
      .split(/\s+/)
      .map((id) => byId(el, id))
      .filter(Boolean)
  );
}

/** @returns {Element | null} */
function activeElement() {
  let active = document.activeElement;
  for (;;) {
    const inner = active?.shadowRoot?.activeElement;
    if (!inner) return active;
    active = inner;
  }
}
