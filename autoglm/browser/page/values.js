// @ts-check
// ---------------------------------------------------------------- values, states, options, hints

/** @param {Element} el @param {string} role @returns {string | undefined} */
function valueOf(el, role) {
  const input = /** @type {HTMLInputElement} */ (el);
  const editor = editorOf(el);
  if (editor) return linesOf(editor).slice(0, 4000);
  switch (el.localName) {
    case 'select':
      return [.../** @type {HTMLSelectElement} */ (el).selectedOptions]
        .map((option) => clean(option.label, 200))
        .join(', ');
    case 'textarea':
      return input.value.slice(0, 4000);
    case 'input':
      if (role === 'button' && input.type !== 'file') return undefined;
      if (input.type === 'checkbox' || input.type === 'radio') return undefined;
      if (input.type === 'password') return '•'.repeat(Math.min(input.value.length, 40));
      if (input.type === 'file') return [...(input.files ?? [])].map((file) => file.name).join(', ');
      return input.value.slice(0, 4000);
  }
  if (isEditingHost(el)) return /** @type {HTMLElement} */ (el).innerText.replace(/\n$/, '').slice(0, 4000);
  if (role === 'slider' || role === 'spinbutton' || role === 'scrollbar') {
    return el.getAttribute('aria-valuetext') ?? el.getAttribute('aria-valuenow') ?? undefined;
  }
  if (role === 'combobox' || role === 'textbox' || role === 'searchbox') {
    if (isReplacing(el, role)) return clean(contentOf(el, replacedBy(el) ?? el), 4000);
    const [content, label] = [contentBesideLabel(el), clean(el.getAttribute('aria-label') ?? '')];
    // The label that lies in an empty list, or floats above what is chosen.
    return label && `${content} `.startsWith(`${label} `) ? content.slice(label.length).trim() : content;
  }
  return undefined;
}

/** Its text without the label that floats in it. @param {Element} el */
function contentBesideLabel(el) {
  const labels = referenced(el, 'aria-labelledby').filter((label) => label !== el && el.contains(label));
  return clean(
    labels.reduce((text, label) => text.replace(contentOf(label, el), ' '), contentOf(el, el)),
    4000,
  );
}

/** @param {Element} el @param {string} role @returns {'on' | 'off' | 'mixed' | undefined} */
function checkedOf(el, role) {
  const type = typeOf(el);
  if (type === 'checkbox' || type === 'radio') {
    const input = /** @type {HTMLInputElement} */ (el);
    if (input.indeterminate && type === 'checkbox') return 'mixed';
    return input.checked ? 'on' : 'off';
  }
  const aria = el.getAttribute(role === 'button' ? 'aria-pressed' : 'aria-checked');
  if (aria === null || aria === '' || aria === 'undefined') return CHECKABLE.has(role) ? 'off' : undefined;
  if (!CHECKABLE.has(role) && role !== 'button' && role !== 'option' && role !== 'treeitem') return undefined;
  return aria === 'true' ? 'on' : aria === 'mixed' ? 'mixed' : 'off';
}

/** @param {Element} el */
function isDisabled(el) {
  return el.matches(':disabled') || el.closest('[aria-disabled="true"]') !== null;
}

/** @param {Element} el */
function isReadonly(el) {
  if (el.getAttribute('aria-readonly') === 'true') return true;
  return isEditable(el) && /** @type {HTMLInputElement} */ (el).readOnly === true;
}

/** @param {Element} el @param {string} role @param {boolean} disabled @param {Element | null} active */
function statesOf(el, role, disabled, active) {
  const states = [];
  const checked = checkedOf(el, role);
  if (checked) states.push(checked);
  if (disabled) states.push('disabled');
  if (isReadonly(el)) states.push('readonly');
  if (/** @type {HTMLInputElement} */ (el).required === true || el.getAttribute('aria-required') === 'true')
    states.push('required');
  const invalid = el.getAttribute('aria-invalid');
  if ((invalid && invalid !== 'false') || (used && el.matches(':user-invalid'))) states.push('invalid');
  const expanded = expandedOf(el);
  if (expanded !== null) states.push(expanded ? 'expanded' : 'collapsed');
  const current = el.getAttribute('aria-current');
  if (el.getAttribute('aria-selected') === 'true' || (current && current !== 'false')) states.push('selected');
  if (el === active) states.push('focused');
  return states;
}

/** @param {Element} el @returns {boolean | null} */
function expandedOf(el) {
  if (el.localName === 'summary') return el.parentElement?.hasAttribute('open') ?? null;
  const aria = el.getAttribute('aria-expanded');
  return aria === 'true' ? true : aria === 'false' ? false : null;
}

/** A link that is an option may hold a thing that is one too. */
const OPTION = '[role="option"]:not(:has([role="option"]))';

/** @param {Element} el @param {string} role @returns {string[]} */
function optionsOf(el, role) {
  /** @type {Iterable<Element>} */
  let options = [];
  if (el.localName === 'select') {
    options = [.../** @type {HTMLSelectElement} */ (el).options].filter((option) => !option.disabled && !option.hidden);
  } else if (el.localName === 'input' && /** @type {HTMLInputElement} */ (el).list) {
    const { list } = /** @type {HTMLInputElement} */ (el);
    if (list) sources?.push(list);
    options = list?.options ?? [];
  } else if (role === 'listbox') options = el.querySelectorAll(OPTION);
  else if (role === 'combobox') {
    const list = referenced(el, 'aria-controls').concat(referenced(el, 'aria-owns'))[0];
    options = list?.querySelectorAll(OPTION) ?? [];
  }
  return [...options].slice(0, 500).map(optionText).filter(Boolean);
}

/** @param {Element} option */
function optionText(option) {
  if (option.localName !== 'option') return clean(option.textContent ?? '', 200);
  const { label, text, value } = /** @type {HTMLOptionElement} */ (option);
  return clean(label || text || value, 200);
}

/**
 * @param {Element} el
 * @param {string} role
 * @param {boolean} disabled
 * @param {boolean} anyOptions
 * @returns {string[]}
 */
function takesOf(el, role, disabled, anyOptions) {
  const type = typeOf(el);
  if (disabled) return [];
  if (type === 'file') return ['Upload'];
  if (el.localName === 'select') return anyOptions ? ['Select'] : [];
  if (CHECKABLE.has(role) || type === 'checkbox' || type === 'radio') return ['Check'];
  if ((isEditable(el) || counted(el, role)) && !isReadonly(el)) return ['Click', 'Type'];
  return asksForFiles(el) ? ['Click', 'Upload'] : ['Click'];
}

const HINTS = ['placeholder', 'aria-placeholder', 'aria-description', 'title'];

/** @param {Element} el @param {string} name */
function hintOf(el, name) {
  const hints = [];
  for (const key of HINTS) {
    const said = el.getAttribute(key);
    if (said) hints.push(clean(said, 200));
  }
  if (el.localName === 'input' || el.hasAttribute('role')) hints.push(rangeHint(el));
  hints.push(lengthHint(el));
  return [...new Set(hints)].filter((hint) => hint && !name.includes(hint)).join('; ');
}

/** @param {Element} el */
function rangeHint(el) {
  const whole = SET_WHOLE.has(typeOf(el));
  const aria = !whole && /^(slider|spinbutton)$/.test(el.getAttribute('role') ?? '');
  if (!whole && !aria) return '';
  const [min, max] = ['min', 'max'].map((key) => el.getAttribute(aria ? `aria-value${key}` : key));
  const step = el.getAttribute('step');
  const range = min && max ? `${min} to ${max}` : min ? `from ${min}` : max ? `up to ${max}` : '';
  return [range, whole && step && step !== '1' && step !== 'any' ? `in steps of ${step}` : '']
    .filter(Boolean)
    .join(' ');
}

/** @param {Element} el */
function lengthHint(el) {
  const most = isEditable(el) ? /** @type {HTMLInputElement} */ (el).maxLength : -1;
  return most > 0 && most <= 40 ? `at most ${most} characters` : '';
}

/** A slider or spin button of the page's own making, which has a number. @param {Element} el @param {string} role */
function counted(el, role) {
  if (role !== 'slider' && role !== 'spinbutton') return false;
  return !isEditable(el) && Number.isFinite(parseFloat(el.getAttribute('aria-valuenow') ?? ''));
}

const FILES = /\b(?:uploads?|attach|browse|import|drop(?= .*(?:files?|here|images?|photos?))|choose (?:a )?files?|select (?:a )?files?|add (?:a )?files?)\b/i;

/** Whether it is a stand-in for a file input, or says that it takes files. @param {Element} el */
function asksForFiles(el) {
  if (fileInputOf(el)) return true;
  const text = el.getAttribute('aria-label') ?? el.textContent ?? '';
  return text.length <= LONG && FILES.test(text);
}

/** The file input that an element is, labels or holds. @param {Element} el @returns {HTMLInputElement | null} */
function fileInputOf(el) {
  if (typeOf(el) === 'file') return /** @type {HTMLInputElement} */ (el);
  const labelled = el.localName === 'label' ? /** @type {HTMLLabelElement} */ (el).control : null;
  if (labelled && typeOf(labelled) === 'file') return /** @type {HTMLInputElement} */ (labelled);
  return el.querySelector('input[type=file]');
}
