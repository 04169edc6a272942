// @ts-check
// ---------------------------------------------------------------- the walk

const PASS_THROUGH = new Set([
  'ul',
  'ol',
  'dl',
  'menu',
  'table',
  'tbody',
  'thead',
  'tfoot',
  'nav',
  'main',
  'html',
  'body',
  'form',
]);
const DRAWN = { visibilityProperty: true, opacityProperty: true };
const NOT_FLAT = 'table, ul, ol, dl, h1, h2, h3, h4, h5, h6, form, section, article, fieldset, [role=row]';
const INNER_CONTROLS =
  'a[href], button, input:not([type=hidden]), select, textarea, [role=button], [role=link], [role=menuitem], ' +
  '[role=checkbox], [role=radio], [role=switch], [role=tab], [role=option], [onclick], ' +
  '[tabindex]:not([tabindex^="-"])';
const LONG = 150;
const LABEL = 100;

class Walk {
  /** @type {Item[]} */
  items = [];
  /** @type {Entry[]} */
  entries = [];
  /** @type {{el: Element, item: Frame}[]} */
  frames = [];
  truncated = false;
  visited = 0;
  depth = 0;
  /** Text not yet said. */
  run = '';
  runRole = 'text';
  runAway = true;
  /** @type {Row | null} */
  row = null;
  /** A checkbox whose name may follow it. @type {Control | null} */
  pending = null;
  /** Elements whose text is the name of something listed. @type {Set<Element>} */
  said = new Set();
  /** @type {Set<Element>} */
  listed = new Set();
  /**
   * Of a box: whether it has an item of that kind that takes the focus now.
   * @type {Map<Element, Map<string, boolean>>}
   */
  roving = new Map();
  active = activeElement();

  constructor() {
    labelMap = new Map();
    labelledRoots = new WeakSet();
  }

  document() {
    const view = meet(viewport(), outside.clip);
    const clip = reachable();
    this.noteLabelled(document);
    this.visit(document.documentElement, {
      role: 'text',
      clip,
      view,
      looseClip: clip,
      looseView: view,
      clipped: false,
      pointer: false,
      inert: outside.inert,
      disabled: outside.disabled,
      fixed: false,
      hard: false,
      name: '',
      mute: false,
    });
    this.flush();
    labelMap = null;
  }

  /** Text that names a control or a dialog is said there. @param {Document | ShadowRoot} root */
  noteLabelled(root) {
    for (const el of root.querySelectorAll('[aria-labelledby]')) {
      const role = roleOf(el);
      if (!WIDGETS.has(role) && !/^(dialog|alertdialog|group|radiogroup|listbox)$/.test(role)) continue;
      if (!el.checkVisibility(DRAWN)) continue;
      for (const label of referenced(el, 'aria-labelledby')) {
        if (!/^(cell|columnheader|rowheader|row)$/.test(roleOf(label)) && !nativeControl(label)) this.said.add(label);
      }
    }
  }

  /** @param {Element} el @param {Place} place */
  visit(el, place) {
    const tag = el.localName;
    if (SILENT.has(tag)) return;
    if (++this.visited > MOST_VISITED || this.depth > MOST_DEPTH) {
      this.truncated = true;
      return;
    }
    const style = getComputedStyle(el);
    const shown = el.checkVisibility(DRAWN);
    if (!shown && prunes(style)) {
      if (isGhost(el)) this.control(el, roleOf(el), true, place);
      return;
    }
    if (el.getAttribute('aria-hidden') === 'true' && isGutter(el)) return;
    this.depth++;
    place = placed(el, style, place);
    const display = INLINES.has(tag) ? style.display : 'block';
    this.edge(display);
    if (shown || style.display === 'contents') this.show(el, tag, style, place);
    else this.descend(el, { ...place, mute: true, pointer: false });
    this.edge(display);
    this.depth--;
  }

  /** Where something begins or ends, text does too, unless it is in a line with it. @param {string} display */
  edge(display) {
    if (display === 'inline') return;
    if (/^(inline|contents|ruby)/.test(display)) this.run += ' ';
    else this.flush();
  }

  /** @param {Element} el @param {string} tag @param {CSSStyleDeclaration} style @param {Place} place */
  show(el, tag, style, place) {
    const pointer = style.cursor === 'pointer' && !PASS_THROUGH.has(tag);
    const starts = pointer && !place.pointer;
    if (pointer !== place.pointer) place = { ...place, pointer };
    if (this.said.has(el) || (tag === 'label' && this.label(/** @type {HTMLLabelElement} */ (el), place)))
      place = { ...place, mute: true };
    if (nativeControl(el)) return this.control(el, roleOf(el), true, place);
    const role = el.hasAttributes() ? roleOf(el) : (TAG_ROLES[tag] ?? 'generic');
    if (el.hasAttributes() && (isWidget(el, role) || isEditingHost(el))) return this.control(el, role, true, place);
    if (this.isSoft(el, tag, role, starts, place) && !isWrapper(el)) return this.control(el, role, false, place);
    return this.content(el, tag, role, style, place);
  }

  /** @param {Element} el @param {string} tag @param {string} role @param {boolean} starts @param {Place} place */
  isSoft(el, tag, role, starts, place) {
    if (!starts && !el.hasAttributes()) return !place.hard && listens(el, tag);
    if (tag === 'html' || tag === 'body') return false;
    if (el.hasAttribute('onclick')) return true;
    if (role === 'presentation' && isBlank(el)) return false;
    if (place.hard || (tag === 'label' && /** @type {HTMLLabelElement} */ (el).control)) return false;
    if (starts || listens(el, tag)) return true;
    return (takesFocus(el) || this.roves(el)) && !CONTAINERS.has(role) && !isPane(el, role);
  }

  /**
   * Whether it is one of a group that has a single place in the order of focus, which wanders from item to item.
   * https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/#kbd_roving_tabindex
   * @param {Element} el
   */
  roves(el) {
    if (el.getAttribute('tabindex') !== '-1' || (el.textContent?.length ?? 0) > LONG) return false;
    const [style] = el.classList;
    const like = `${el.localName}${style ? `.${CSS.escape(style)}` : ''}[tabindex="0"]`;
    for (let up = el.parentElement, i = 0; up && i < 3; up = up.parentElement, i++) {
      let known = this.roving.get(up);
      if (!known) this.roving.set(up, (known = new Map()));
      if (!known.has(like)) known.set(like, up.querySelector(like) !== null);
      if (known.get(like)) return true;
    }
    return false;
  }

  /**
   * @param {Element} el
   * @param {string} tag
   * @param {string} role
   * @param {CSSStyleDeclaration} style
   * @param {Place} place
   */
  content(el, tag, role, style, place) {
    if (tag === 'iframe' || tag === 'frame') return this.frame(el, place);
    if (role === 'image') return this.image(el, place);
    if (role === 'progressbar' || role === 'meter') return this.gauge(el, role, place);
    if (tag === 'details' && !el.hasAttribute('open')) return this.summary(el, place);
    if (/^(dialog|alertdialog|group|radiogroup)$/.test(role)) this.group(el, tag, role, place);
    const spoken = textRole(el, role, place.role);
    if (spoken !== place.role) place = { ...place, role: spoken };
    const inside = el.firstElementChild || el.shadowRoot ? within(el, style, place) : place;
    if (role === 'row' && !this.row && !el.querySelector(NOT_FLAT)) return this.table(el, inside);
    return this.descend(el, inside);
  }

  /** @param {Element} el @param {Place} place */
  descend(el, place) {
    if (el.shadowRoot) {
      watch(el.shadowRoot);
      this.noteLabelled(el.shadowRoot);
    }
    const drawn = el.shadowRoot || el.localName === 'slot' ? children(el) : null;
    if (drawn) for (const node of drawn) this.node(node, el, place);
    else for (let node = el.firstChild; node; node = node.nextSibling) this.node(node, el, place);
  }

  /** @param {Node} node @param {Element} parent @param {Place} place */
  node(node, parent, place) {
    const kind = node.nodeType;
    if (kind === Node.ELEMENT_NODE) this.visit(/** @type {Element} */ (node), place);
    else if (kind === Node.TEXT_NODE && !place.mute) {
      const { data } = /** @type {Text} */ (node);
      if (data.trim() ? this.run.trim() || this.open(parent, place) : this.run) this.run += data;
    }
  }

  /** Begins or goes on with text of `el`; false when it cannot be seen. @param {Element} el @param {Place} place */
  open(el, place) {
    const rect = rectOf(el);
    if (rect.r <= rect.l || rect.b <= rect.t) {
      if (getComputedStyle(el).display !== 'contents' && !el.shadowRoot) return false;
    } else if (!seen(meet(rect, place.clip))) return false;
    if (!this.run.trim()) {
      this.runRole = place.role;
      this.runAway = true;
    }
    if (touches(rect, place.view)) this.runAway = false;
    return true;
  }

  flush() {
    if (!this.run) return;
    const text = clean(this.run, 2000);
    this.run = '';
    if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return;
    if (this.pending && this.namePending(text)) return;
    if (this.row) this.row.cells[this.row.cells.length - 1] += ` ${text}`;
    else this.items.push({ text, role: this.runRole, ...(this.runAway && { away: true }) });
  }

  /** @param {string} text */
  namePending(text) {
    const control = this.pending;
    this.pending = null;
    if (!control || text.length > LABEL || this.runRole === 'heading') return false;
    control.name = text;
    return true;
  }

  /** @param {Element} el @param {Place} place */
  table(el, place) {
    const before = this.items;
    /** @type {Row} */
    const row = { cells: [''], unnamed: [], named: false };
    this.row = row;
    this.items = [];
    this.runAway = true;
    for (const node of children(el)) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      this.flush();
      row.cells.push('');
      this.visit(/** @type {Element} */ (node), place);
    }
    this.flush();
    const inside = this.items;
    this.items = before;
    this.row = null;
    const cells = row.cells.map(flat).filter(Boolean);
    for (const control of row.unnamed) control.name ||= cells.join(' ').slice(0, LABEL);
    if (cells.length > 1 || (cells.length && !row.named)) {
      const away = !touches(rectOf(el), place.view);
      this.items.push({ text: cells.join(' | ').slice(0, 2000), role: 'row', ...(away && { away }) });
    }
    for (const item of inside) this.items.push(item);
  }

  /** What is in it comes from the instance in it; driver.py puts it here. @param {Element} el @param {Place} place */
  frame(el, place) {
    const rect = rectOf(el);
    if (place.mute || !seen(meet(rect, place.clip))) return;
    this.pending = null;
    const title = clean(el.getAttribute('aria-label') ?? el.getAttribute('title') ?? '', 200);
    const { box, scale } = contentBox(el);
    const clip = into(meet(meet(rect, place.view), boxRect(box)), box, scale);
    /** @type {Frame} */
    const item = {
      frame: frameId(el),
      name: clean(el.getAttribute('name') || el.getAttribute('title') || el.getAttribute('src') || 'frame', 100),
      box,
      scale,
      view: { clip, inert: place.inert, disabled: place.disabled, covered: false, covers: [] },
    };
    if (title) item.title = title;
    if (!touches(rect, place.view)) item.away = true;
    this.items.push(item);
    this.frames.push({ el, item });
  }

  /** @param {Element} el @param {Place} place */
  image(el, place) {
    const name = place.mute ? '' : accessibleName(el, 'image');
    if (name) this.say('image', name, rectOf(el), place);
  }

  /** @param {Element} el @param {string} role @param {Place} place */
  gauge(el, role, place) {
    const { value, max } = /** @type {HTMLProgressElement} */ (el);
    const now = typeof value === 'number' ? `${Math.round((100 * value) / (max || 1))} %` : '';
    const text = el.getAttribute('aria-valuetext') ?? el.getAttribute('aria-valuenow') ?? now;
    this.say(role, clean(`${accessibleName(el, role)} ${text}`), rectOf(el), place);
    if (!el.localName.match(/^(progress|meter)$/)) this.descend(el, place);
  }

  /** A closed `details` shows its summary only. @param {Element} el @param {Place} place */
  summary(el, place) {
    for (const child of el.children) if (child.localName === 'summary') return this.visit(child, place);
  }

  /** @param {Element} el @param {string} tag @param {string} role @param {Place} place */
  group(el, tag, role, place) {
    if (tag === 'details' || tag === 'optgroup') return;
    const name = accessibleName(el, role);
    if (!name) return;
    const legend = tag === 'fieldset' ? el.querySelector(':scope > legend') : null;
    if (legend && !legend.querySelector('input, button, a')) this.said.add(legend);
    this.say(role.replace('alertdialog', 'dialog').replace('radiogroup', 'group'), name, rectOf(el), place);
  }

  /** @param {string} role @param {string} text @param {Rect} rect @param {Place} place */
  say(role, text, rect, place) {
    if (place.mute || !text || !seen(meet(rect, place.clip))) return;
    this.flush();
    if (this.row) this.row.cells[this.row.cells.length - 1] += ` ${text}`;
    else this.items.push({ text, role, ...(!touches(rect, place.view) && { away: true }) });
  }

  /**
   * Whether the label's text is said already, as the name of its control. Lists a control that is hidden behind it.
   * @param {HTMLLabelElement} el
   * @param {Place} place
   */
  label(el, place) {
    const { control } = el;
    if (!control || typeOf(control) === 'hidden') return false;
    const role = roleOf(control);
    if (isBacked(control) && !this.listed.has(control)) {
      this.list(control, el, role, rectOf(el), place, nameOf(control, role));
      return true;
    }
    if (!control.checkVisibility()) return this.listed.has(control);
    const text = clean(contentOf(el, control));
    return text !== '' && nameOf(control, role).includes(text);
  }

  /** @param {Element} el @param {string} role @param {boolean} hard @param {Place} place */
  control(el, role, hard, place) {
    if (this.listed.has(el)) return;
    const rect = drawnRect(el);
    const editor = editorOf(el);
    if (editor) return this.editor(el, editor, role, place);
    if (!this.canList(el, rect, place)) {
      if (!isEditable(el) && el.localName !== 'select') this.descend(el, { ...place, mute: place.mute || hard });
      return;
    }
    let name = nameOf(el, role);
    if (place.hard && name === place.name && !isEditable(el)) return this.descend(el, place);
    this.flush();
    let mute = hard;
    if (!hard && role !== 'listbox') ({ name, mute } = softName(el, name));
    const plain = /^(checkbox|radio)$/.test(typeOf(el)) || isEditable(el) || el.localName === 'select';
    const item = this.list(el, el, role, rect, place, name);
    if (!name && (plain || FIELDS.has(role))) this.nameFromNear(el, role, item);
    else this.pending = null;
    if (!item.name && isEditingHost(el)) item.name = regionName(el);
    if (!plain && (el.firstElementChild || el.shadowRoot || !mute)) {
      this.descend(el, { ...place, hard: place.hard || hard, name, mute: place.mute || mute, pointer: true });
    }
  }

  /** @param {Element} el @param {Element} editor @param {string} role @param {Place} place */
  editor(el, editor, role, place) {
    this.flush();
    this.list(el, editor, role, rectOf(editor), place, nameOf(el, role));
    for (const line of editor.querySelectorAll(EDITOR_LINE)) this.said.add(line);
    for (const part of editor.querySelectorAll(EDITOR_PART)) this.listed.add(part);
  }

  /** @param {Element} el @param {Rect} rect @param {Place} place */
  canList(el, rect, place) {
    if (!seen(meet(rect, place.clip))) return false;
    if (/^(checkbox|radio|file)$/.test(typeOf(el)) && isBacked(el)) return false;
    return !cutAway(getComputedStyle(el));
  }

  /**
   * @param {Element} el
   * @param {Element} target
   * @param {string} role
   * @param {Rect} rect
   * @param {Place} place
   * @param {string} name
   */
  list(el, target, role, rect, place, name) {
    const disabled = place.disabled || place.inert || isDisabled(el);
    const options = optionsOf(el, role);
    const type = TYPES.has(typeOf(el)) ? typeOf(el) : '';
    const states = statesOf(el, role, disabled, this.active);
    /** @type {Control} */
    const item = {
      ref: refOf(el),
      role,
      name,
      value: valueOf(el, role),
      takes: takesOf(el, role, disabled, options.length > 0),
    };
    if (states.length) item.states = states;
    if (options.length) item.options = options;
    if (type) item.type = type;
    if (/** @type {HTMLSelectElement} */ (el).multiple && el.localName === 'select') item.multiple = true;
    if (el.getAttribute('aria-multiselectable') === 'true') item.multiple = true;
    const hint = hintOf(el, name);
    if (hint) item.hint = hint;
    if (touches(rect, place.view)) item.box = boxOf(rect);
    else item.away = true;
    this.listed.add(el);
    this.items.push(item);
    this.entries.push({ el, target, item, rect, inert: place.inert, fixed: place.fixed });
    return item;
  }

  /**
   * A field is called by the text before it, a checkbox by the text after it.
   * @param {Element} el
   * @param {string} role
   * @param {Control} item
   */
  nameFromNear(el, role, item) {
    this.pending = null;
    if (this.row) return this.nameFromRow(this.row, el, item);
    if (CHECKABLE.has(role)) {
      this.pending = item;
      return;
    }
    const line = this.items[this.items.length - 2];
    if (!line || !('text' in line) || line.role === 'row' || !isLabelLike(line.text)) return;
    item.name = line.text.replace(/\s*[:*]+\s*$/, '');
    if (line.role === 'text' || line.role === 'listitem') line.said = true;
  }

  /** @param {Row} row @param {Element} el @param {Control} item */
  nameFromRow(row, el, item) {
    const before = row.cells.map(flat).filter(Boolean).pop() ?? '';
    const parts = CHECKABLE.has(item.role) ? [] : [before.length <= LABEL ? before : '', columnName(el)];
    item.name = parts
      .filter(Boolean)
      .join(' ')
      .replace(/\s*[:*]+\s*$/, '');
    if (item.name) row.named = true;
    else row.unnamed.push(item);
  }
}

/**
 * Where things stand that are in `el`, which may not be where its parent's stand.
 * @param {Element} el
 * @param {CSSStyleDeclaration} style
 * @param {Place} place
 * @returns {Place}
 */
function placed(el, style, place) {
  if (el.hasAttributes()) {
    if (!place.inert && el.hasAttribute('inert')) place = { ...place, inert: true };
    if (!place.disabled && el.getAttribute('aria-disabled') === 'true') place = { ...place, disabled: true };
  }
  if (!place.clipped && !el.firstElementChild && !el.shadowRoot) return place;
  const { position } = style;
  if (position === 'fixed') {
    const shown = viewport();
    return { ...place, fixed: true, clip: shown, view: meet(shown, outside.clip) };
  }
  if (position === 'absolute' && place.clipped) return { ...place, clip: place.looseClip, view: place.looseView };
  return place;
}

const NOTHING = { l: 0, t: 0, r: 0, b: 0 };

/**
 * Narrows what may be seen of the things in a scrolling or clipping box.
 * @param {Element} el
 * @param {CSSStyleDeclaration} style
 * @param {Place} place
 * @returns {Place}
 */
function within(el, style, place) {
  if (style.clipPath !== 'none' && cutAway(style)) {
    return { ...place, clipped: true, clip: NOTHING, view: NOTHING, looseClip: NOTHING, looseView: NOTHING };
  }
  const clips =
    (style.overflowX !== 'visible' || style.overflowY !== 'visible') &&
    el !== document.documentElement &&
    el !== document.body;
  if (!clips && !place.clipped) return place;
  const inside = { ...place };
  if (clips) {
    const r = clipping(rectOf(el), style);
    inside.clipped = true;
    inside.view = meet(place.view, r);
    inside.clip = seen(meet(place.clip, r)) ? scrolled(el, r, place.clip, style) : NOTHING;
  }
  if (style.position !== 'static') {
    inside.looseClip = inside.clip;
    inside.looseView = inside.view;
  }
  return inside;
}

/** @param {Element} el */
function takesFocus(el) {
  return el.hasAttribute('tabindex') && /** @type {HTMLElement} */ (el).tabIndex >= 0;
}

/** What the nearest box around it is labelled; of an editor that is one of several. @param {Element} el */
function regionName(el) {
  let up = above(el);
  for (let i = 0; up && i < 12; i++, up = above(up)) {
    const label = clean(up.getAttribute('aria-label') ?? '', LABEL);
    if (label) return label;
  }
  return '';
}

/** The line numbers of a code editor. @param {Element} el */
function isGutter(el) {
  return el.childElementCount > 0 && /^[\s\d]+$/.test(el.textContent ?? '') && el.querySelectorAll('*').length > 1;
}

/** Neither text nor a picture: a line between others, a box to be filled. @param {Element} el */
function isBlank(el) {
  const pictures = 'svg, img, canvas';
  return !contentOf(el, el).trim() && !el.querySelector(pictures) && !el.shadowRoot?.querySelector(pictures);
}

/** Takes the focus only so that its much text can be scrolled by keys. @param {Element} el @param {string} role */
function isPane(el, role) {
  return role === 'generic' && !el.hasAttribute('aria-label') && (el.textContent?.length ?? 0) > 2 * LONG;
}

/** Nothing in it can be seen either. @param {CSSStyleDeclaration} style */
function prunes(style) {
  return (
    style.display === 'none' ||
    style.opacity === '0' ||
    (style.display !== 'contents' && style.visibility === 'visible')
  );
}

/**
 * Without end where the box does not cut: `clip` leaves the other way as it is, while beside hidden, auto and scroll
 * the browser makes visible auto. https://www.w3.org/TR/css-overflow-3/#overflow-properties
 * @param {Rect} r
 * @param {CSSStyleDeclaration} style
 * @returns {Rect}
 */
function clipping(r, { overflowX, overflowY }) {
  const [x, y] = [overflowX, overflowY].map((way) => (way === 'visible' ? Infinity : 0));
  return { l: r.l - x, t: r.t - y, r: r.r + x, b: r.b + y };
}

/**
 * All that can be scrolled into a box; what it hides is cut off.
 * @param {Element} el
 * @param {Rect} r
 * @param {Rect} outer
 * @param {CSSStyleDeclaration} style
 * @returns {Rect}
 */
function scrolled(el, r, outer, style) {
  const cut = meet(r, outer);
  if (/^(auto|scroll)$/.test(style.overflowX)) {
    cut.l = r.l + el.clientLeft - el.scrollLeft - (style.direction === 'rtl' ? el.scrollWidth - el.clientWidth : 0);
    cut.r = cut.l + el.scrollWidth;
  }
  if (/^(auto|scroll)$/.test(style.overflowY)) {
    cut.t = r.t + el.clientTop - el.scrollTop;
    cut.b = cut.t + el.scrollHeight;
  }
  return cut;
}

/** @param {Element} el @param {string} role @param {string} outer */
function textRole(el, role, outer) {
  if (role === 'heading' || role === 'listitem' || role === 'alert' || role === 'status') return role;
  if (role === 'tooltip') return role;
  const live = el.hasAttributes() ? el.getAttribute('aria-live') : null;
  if (live === 'assertive') return 'alert';
  if (live === 'polite') return 'status';
  return role === 'dialog' || role === 'list' || role === 'table' ? 'text' : outer;
}

/** @param {Element} el @param {string} role */
function isWidget(el, role) {
  return WIDGETS.has(role) && el.hasAttribute('role') && !wrapsField(el, role);
}

/** Clickable only because all of it is a control, which is listed itself. @param {Element} el */
function isWrapper(el) {
  if (!el.firstElementChild && !el.shadowRoot) return false;
  const whole = clean(contentOf(el, el));
  return innerControls(el).some((inner) => {
    const role = roleOf(inner);
    if (!nativeControl(inner) && !isWidget(inner, role) && !listening.has(inner)) return false;
    return clean(contentOf(inner, inner)) === whole || accessibleName(inner, role) === whole;
  });
}

/** The first few, in its shadow roots too. @param {Element} el @param {number} depth @returns {Element[]} */
function innerControls(el, depth = 0) {
  return [el, el.shadowRoot].flatMap((root) => {
    if (!root) return [];
    const first = [...root.querySelectorAll('*')].slice(0, 20);
    return [
      ...[...root.querySelectorAll(INNER_CONTROLS)].slice(0, 3),
      ...first.filter((inner) => listening.has(inner)),
      ...first.filter((inner) => inner.shadowRoot && depth < 3).flatMap((inner) => innerControls(inner, depth + 1)),
    ];
  });
}

/**
 * An ARIA 1.0 combobox is a box around its field; the field is what is listed.
 * @param {Element} el
 * @param {string} role
 */
function wrapsField(el, role) {
  return FIELDS.has(role) && el.localName !== 'input' && el.querySelector('input, textarea') !== null;
}

/**
 * What a thing is called that only looks clickable, and whether that is all its text.
 * @param {Element} el
 * @param {string} name
 */
function softName(el, name) {
  const text = clean(contentOf(el, el));
  if (text.length <= LONG) return { name: name || text, mute: name.includes(text) };
  if (!text.startsWith(name.slice(0, LONG))) return { name, mute: false };
  const heading = el.querySelector('h1, h2, h3, h4, h5, h6, [role=heading]');
  const short = clean(heading?.textContent ?? '', LONG) || `${text.slice(0, 60)}…`;
  return { name: short, mute: false };
}

/** Short, and no sentence. @param {string} text */
function isLabelLike(text) {
  if (text.length > LABEL) return false;
  return /[:?*]$/.test(text) || (!/[.,;!]$/.test(text) && text.split(' ').length <= 8);
}

/** @param {Element} el */
function columnName(el) {
  const cell = /** @type {HTMLTableCellElement | null} */ (el.closest('td, th'));
  const head = cell?.closest('table')?.rows[0];
  if (!cell || !head || head.contains(cell)) return '';
  const top = head.cells[cell.cellIndex];
  return top?.localName === 'th' ? clean(top.textContent ?? '', LABEL) : '';
}

/** A checkbox, radio or file input that is not seen itself but stands behind a label that is. @param {Element} el */
function isBacked(el) {
  if (!/^(checkbox|radio|file)$/.test(typeOf(el)) || !unseen(el)) return false;
  return visibleLabel(el) !== null;
}

/** A transparent field laid over the picture that stands for it. @param {Element} el */
function isGhost(el) {
  if (!GHOSTS.test(el.localName === 'select' ? 'select' : typeOf(el))) return false;
  if (!el.checkVisibility({ visibilityProperty: true }) || getComputedStyle(el).opacity !== '0') return false;
  const rect = rectOf(el);
  if (!seen(rect) || !el.parentElement?.checkVisibility(DRAWN) || visibleLabel(el)) return false;
  return drawnUnder(el, rect);
}

const GHOSTS = /^(checkbox|radio|range|color|date|time|month|week|datetime-local|file|select)$/;

/**
 * Whether something is drawn there that belongs to it: beside it, or around it in a box that is not far larger.
 * @param {Element} el
 * @param {Rect} rect
 */
function drawnUnder(el, rect) {
  let up = el.parentElement;
  for (let i = 0; up && i < 4; i++, up = up.parentElement) {
    const box = rectOf(up);
    const large = box.r - box.l > 3 * (rect.r - rect.l) || box.b - box.t > 3 * (rect.b - rect.t);
    if (i > 0 && large) return false;
    const beside = [...up.children].filter((other) => other !== el && !other.contains(el));
    if (beside.some((other) => other.checkVisibility(DRAWN) && seen(meet(rect, rectOf(other))))) return true;
    if (!large && paints(up) && seen(meet(rect, box))) return true;
  }
  return false;
}

/** @param {Element} el */
function paints(el) {
  const { backgroundColor, backgroundImage, borderTopWidth, borderTopStyle } = getComputedStyle(el);
  if (backgroundImage !== 'none' || !/^rgba\(.*, 0\)$/.test(backgroundColor)) return true;
  return borderTopStyle !== 'none' && parseFloat(borderTopWidth) > 0;
}

/** @param {Element} el @returns {Element | null} */
function visibleLabel(el) {
  return labelsOf(el).find((label) => !unseen(label)) ?? null;
}

/** @param {Element} el */
function unseen(el) {
  if (!el.checkVisibility(DRAWN) && getComputedStyle(el).display !== 'contents') return !isGhost(el);
  const rect = drawnRect(el);
  if (!seen(rect)) return true;
  if (!seen(meet(rect, reachable())) && !inScroller(el)) return true;
  return cutAway(getComputedStyle(el));
}

/** Whether a box around it scrolls, so that it may stand beyond the page's own ends. @param {Element} el */
function inScroller(el) {
  for (let up = above(el); up; up = above(up)) {
    const { overflowX, overflowY } = getComputedStyle(up);
    if (/^(auto|scroll)$/.test(overflowX) || /^(auto|scroll)$/.test(overflowY)) return true;
  }
  return false;
}

/** Clipped to nothing by its own style. @param {CSSStyleDeclaration} style */
function cutAway({ clip, clipPath }) {
  return /^rect\([01]px(?:,? [01]px){3}\)$/.test(clip) || /^inset\((?:50|100)%/.test(clipPath);
}
