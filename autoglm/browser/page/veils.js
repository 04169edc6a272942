// @ts-check
// ---------------------------------------------------------------- fields that wait behind their label
//
// Where a label lies in an empty field until that has the focus, some libraries let the field be transparent until then.

const MOST_BEHIND = 60;

/** The fields in what is transparent. @param {Element} el @returns {Element[]} */
function fieldsIn(el) {
  return [...drawnIn(el)].filter((inner) => isVeilable(inner));
}

/** Whether a transparent field lies under the visible text that is its name. @param {Element} el */
function isVeiled(el) {
  if (!isVeilable(el) || !el.checkVisibility({ visibilityProperty: true })) return false;
  const rect = rectOf(el);
  if (!seen(rect) || cutAway(getComputedStyle(el))) return false;
  const over = (/** @type {Element} */ other) => other.checkVisibility(DRAWN) && seen(meet(rectOf(other), rect));
  if (labelsOf(el).some(over)) return true;
  const name = accessibleName(el, roleOf(el)).replace(/\s*\*$/, '');
  const box = veilOf(el);
  if (!name || !box) return false;
  return [...drawnIn(box)].some((other) => {
    const text = clean(other.textContent ?? '').replace(/\s*\*$/, '');
    return text !== '' && name.includes(text) && over(other);
  });
}

/** The largest box around what is transparent that is not far larger than it. @param {Element} el */
function veilOf(el) {
  let veil = /** @type {Element | null} */ (el);
  for (let i = 0; veil && getComputedStyle(veil).opacity !== '0'; i++) veil = i < 6 ? above(veil) : null;
  if (!veil) return null;
  const inner = rectOf(el);
  let box = null;
  for (let i = 0, up = above(veil); up && i < 4; i++, up = above(up)) {
    const r = rectOf(up);
    if (r.b - r.t > 4 * (inner.b - inner.t) || r.r - r.l > 3 * (inner.r - inner.l)) break;
    box = up;
  }
  return box;
}

/** @param {Element} el */
function isVeilable(el) {
  if (el.localName === 'button') return true;
  return (el.localName === 'input' || el.localName === 'textarea') && isEditable(el) && !isBackable(el) && !editorOf(el);
}

/** Part of a component that says itself what the field in it is. @param {Element} el */
function isInside(el) {
  const host = hostOf(el);
  return host !== null && host.hasAttribute('role') && CHECKABLE.has(roleOf(host));
}

/** The first few elements in one, as drawn. @param {Element} el @returns {Generator<Element>} */
function* drawnIn(el, left = { count: MOST_BEHIND }) {
  for (const node of children(el)) {
    if (node.nodeType !== Node.ELEMENT_NODE || --left.count < 0) continue;
    yield /** @type {Element} */ (node);
    yield* drawnIn(/** @type {Element} */ (node), left);
  }
}
