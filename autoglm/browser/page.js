// @ts-check
/**
 * What a person sees on this page, and where to press to act on it. Evaluated by driver.py in an isolated world: it
 * shares the DOM with the page but no JavaScript, so the page can neither see nor change it. Evaluating it again in the
 * same world changes nothing. Top-down: look() and aim() are what driver.py calls, the rest serves them.
 *
 * Terms: a control is something listed with a ref; "hard" when its tag or role says so, "soft" when only a tabindex, an
 * onclick attribute or the hand cursor does. Rectangles are {l, t, r, b} in CSS px of the top viewport.
 *
 * @typedef {{l: number, t: number, r: number, b: number}} Rect
 * @typedef {{ref: number, role: string, name: string, value?: string, states?: string[], options?: string[],
 *   takes?: string[], multiple?: boolean, type?: string, hint?: string, box: number[], away?: boolean,
 *   frame?: string}} Control
 * @typedef {{text: string, role: string, away?: boolean, said?: boolean}} Line
 * @typedef {{el: Element, target: Element, item: Control, rect: Rect, inert: boolean, fixed: boolean}} Entry
 * @typedef {{cells: string[], unnamed: Control[], named: boolean}} Row
 * @typedef {{role: string, clip: Rect, view: Rect, looseClip: Rect, looseView: Rect, clipped: boolean, dx: number,
 *   dy: number, frame: string, pointer: boolean, inert: boolean, disabled: boolean, fixed: boolean, hard: boolean,
 *   name: string, mute: boolean}} Place
 */
(() => {
  const world = /** @type {any} */ (globalThis);
  if (world.autoglm) return;

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

  /**
   * The page as JSON, or `{"busy": true}` when it is still changing and `patient` is set.
   * `{"ask": "listeners"}` when it needs to know who listens to clicks, which only the browser knows.
   * @param {{patient: boolean, quietMs: number, listeners: number[] | null}} options
   */
  function look(options) {
    if (options.patient && busy(options.quietMs, true)) return JSON.stringify({ busy: true });
    if (options.listeners) hear(options.listeners);
    else if (options.patient && stale) return JSON.stringify({ ask: 'listeners' });
    acted = 0;
    const walk = new Walk();
    walk.document(document);
    const modal = topModal();
    for (const entry of walk.entries) judgeCover(entry, modal);
    nodes = new Map(walk.entries.map((entry) => [entry.item.ref, entry.el]));
    stood = new WeakMap(
      walk.entries.filter(({ item }) => !item.frame).map(({ el, rect }) => [el, moved(rect, scrollX, scrollY)]),
    );
    const { items, truncated } = bounded(walk);
    const root = document.documentElement;
    return JSON.stringify({
      url: location.href,
      title: String(document.title),
      items,
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
    const fits = (/** @type {Control | Line} */ item) => {
      size += 60 + ('ref' in item ? controlSize(item) : item.text.length);
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

  // ---------------------------------------------------------------- what stands still

  let changed = performance.now();
  /** How many frames the last action is still given to show. */
  let acted = 0;
  /** When something was last added or shown. */
  let shown = 0;
  /** Whether somebody may listen who did not before. */
  let stale = true;
  /**
   * How often a node has changed without a rest; one that never stops is a clock.
   * @type {WeakMap<Node, {times: number, last: number}>}
   */
  const changes = new WeakMap();
  const CLOCK = 10;
  const REST_MS = 500;
  const observed = new WeakSet();
  const observer = new MutationObserver((records) => {
    const now = performance.now();
    const targets = new Set(records.map((record) => record.target));
    const growing = records.some((record) => record.addedNodes.length > 0 && record.removedNodes.length === 0);
    if (records.some((record) => record.addedNodes.length > 0 || elsewhere(record))) shown = now;
    if (!growing && [...targets].every((target) => isClock(target, now))) return;
    changed = now;
    stale = true;
  });

  /** Whether something changed its looks that has not the focus. @param {MutationRecord} record */
  function elsewhere(record) {
    return record.type === 'attributes' && record.target !== document.activeElement;
  }

  /** @param {Node} target @param {number} now */
  function isClock(target, now) {
    const past = changes.get(target);
    const times = past && now - past.last < REST_MS ? past.times + 1 : 1;
    changes.set(target, { times, last: now });
    return times > CLOCK;
  }

  /** @param {Node} root */
  function watch(root) {
    if (observed.has(root)) return;
    observed.add(root);
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  }
  watch(document);

  /** @param {number} quietMs @param {boolean} animations */
  function busy(quietMs, animations) {
    if (document.readyState === 'loading' || acted > 0) return true;
    return performance.now() - changed < quietMs || (animations && animating());
  }

  /** Whether a transition or animation is running that ends within a second. */
  function animating() {
    return document.getAnimations().some((animation) => {
      if (animation.playState !== 'running' || typeof animation.currentTime !== 'number') return false;
      const left = Number(animation.effect?.getComputedTiming().endTime) - animation.currentTime;
      return left > 0 && left < 1000;
    });
  }

  /**
   * Resolves to true once nothing has changed for `quietMs` and, after an action, its frames have passed; to false
   * after `mostMs`.
   * @param {number} quietMs
   * @param {number} mostMs
   */
  async function quiet(quietMs, mostMs) {
    const start = performance.now();
    do await frame();
    while (--acted > 0);
    acted = 0;
    for (;;) {
      const waited = performance.now() - start;
      if (!busy(quietMs, waited < 1500)) return true;
      if (waited > mostMs) return false;
      await frame();
    }
  }

  /** The next frame, or 50 ms in a tab that paints none. */
  function frame() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 50);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        // A task, not the frame callback itself: layout and mutation records are done by then.
        setTimeout(resolve, 0);
      });
    });
  }

  /** What a click is listened for on, and that is nothing but a container of such. @type {Set<Element>} */
  let listening = new Set();

  /** @param {number[]} found how many elements there are, then the positions of those that listen to clicks */
  function hear([count, ...positions]) {
    const all = document.querySelectorAll('*');
    stale = all.length !== count;
    if (stale) return;
    listening = new Set(positions.map((i) => all[i]));
    const climbed = new Set();
    for (const el of [...listening]) {
      for (let up = el.parentElement; up && !climbed.has(up); up = up.parentElement) {
        climbed.add(up);
        listening.delete(up);
      }
    }
  }

  /** A listener here is for this very thing, not for what is in it. @param {Element} el @param {string} tag */
  function listens(el, tag) {
    if (!listening.has(el) || PASS_THROUGH.has(tag) || /^(html|body|label)$/.test(tag)) return false;
    return (el.textContent?.length ?? 0) <= LONG && !el.querySelector(INNER_CONTROLS);
  }

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

  /** The parent as drawn, out of shadow roots and frames. @param {Node} node @returns {Element | null} */
  function above(node) {
    const el = /** @type {Element} */ (node);
    if (el.assignedSlot) return el.assignedSlot;
    const parent = node.parentNode;
    if (!parent) return null;
    if (parent.nodeType === Node.ELEMENT_NODE) return /** @type {Element} */ (parent);
    if (parent.nodeType === Node.DOCUMENT_NODE) return frameOf(/** @type {Document} */ (parent));
    return /** @type {ShadowRoot} */ (parent).host ?? null;
  }

  /** @param {Document} doc @returns {Element | null} */
  function frameOf(doc) {
    return doc === document ? null : (doc.defaultView?.frameElement ?? null);
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
      const inner = active?.shadowRoot?.activeElement ?? innerDocument(active)?.activeElement;
      if (!inner) return active;
      active = inner;
    }
  }

  /** A same-origin frame's document. @param {Element | null} el @returns {Document | null} */
  function innerDocument(el) {
    if (!el || (el.localName !== 'iframe' && el.localName !== 'frame')) return null;
    return /** @type {HTMLIFrameElement} */ (el).contentDocument;
  }

  // ---------------------------------------------------------------- geometry

  /** @param {Rect} a @param {Rect} b @returns {Rect} */
  function meet(a, b) {
    return { l: Math.max(a.l, b.l), t: Math.max(a.t, b.t), r: Math.min(a.r, b.r), b: Math.min(a.b, b.b) };
  }

  /** More than a pixel each way: less is how text is hidden from eyes but not from readers. @param {Rect} r */
  function seen(r) {
    return r.r - r.l > 1 && r.b - r.t > 1;
  }

  /** Overlaps, even if as thin as a line. @param {Rect} a @param {Rect} b */
  function touches(a, b) {
    return a.l < b.r && a.r > b.l && a.t < b.b && a.b > b.t;
  }

  /** @param {Element} el @param {number} dx @param {number} dy @returns {Rect} */
  function rectOf(el, dx, dy) {
    const r = el.getBoundingClientRect();
    return { l: r.left + dx, t: r.top + dy, r: r.right + dx, b: r.bottom + dy };
  }

  /**
   * The element's rectangle, or that of the first thing drawn in it.
   * @param {Element} el
   * @param {number} dx
   * @param {number} dy
   */
  function drawnRect(el, dx, dy) {
    let rect = rectOf(el, dx, dy);
    for (let i = 0, inner = el.firstElementChild; !(rect.r > rect.l && rect.b > rect.t) && inner && i < 5; i++) {
      rect = rectOf(inner, dx, dy);
      inner = inner.nextElementSibling ?? inner.firstElementChild;
    }
    if (rect.r > rect.l || !el.firstChild || el.checkVisibility()) return rect;
    // A box that is not drawn itself, display: contents.
    const range = el.ownerDocument.createRange();
    range.selectNodeContents(el);
    const text = range.getBoundingClientRect();
    return { l: text.left + dx, t: text.top + dy, r: text.right + dx, b: text.bottom + dy };
  }

  /** Where the frame's own coordinates begin in the top viewport. @param {Document} doc */
  function offsetOf(doc) {
    let [x, y] = [0, 0];
    for (let host = frameOf(doc); host; host = frameOf(host.ownerDocument)) {
      const inner = innerOffset(host);
      x += inner.x;
      y += inner.y;
    }
    return { x, y };
  }

  /** @param {Element} host */
  function innerOffset(host) {
    const rect = host.getBoundingClientRect();
    const style = getComputedStyle(host);
    return {
      x: rect.left + host.clientLeft + parseFloat(style.paddingLeft),
      y: rect.top + host.clientTop + parseFloat(style.paddingTop),
    };
  }

  /** @param {Element} el */
  function topRect(el) {
    const { x, y } = offsetOf(el.ownerDocument);
    return drawnRect(el, x, y);
  }

  /** @param {Rect} r @param {number} dx @param {number} dy @returns {Rect} */
  function moved(r, dx, dy) {
    return { l: r.l + dx, t: r.t + dy, r: r.r + dx, b: r.b + dy };
  }

  /** In the document that it is in. @param {Element} el @returns {Rect} */
  function fromDocument(el) {
    const view = el.ownerDocument.defaultView ?? window;
    return drawnRect(el, view.scrollX, view.scrollY);
  }

  /**
   * All that a document's own scrolling can bring into view.
   * @param {Document} doc
   * @param {number} dx
   * @param {number} dy
   * @returns {Rect}
   */
  function reachable(doc, dx, dy) {
    const root = doc.documentElement;
    const view = doc.defaultView ?? window;
    const body = doc.body ? getComputedStyle(doc.body) : null;
    const fixedWidth = [getComputedStyle(root).overflowX, body?.overflowX].some((x) => x === 'hidden' || x === 'clip');
    const width = fixedWidth ? root.clientWidth : root.scrollWidth;
    const least = body?.direction === 'rtl' ? root.clientWidth - width : 0;
    const l = dx + least - view.scrollX;
    const t = dy - view.scrollY;
    return { l, t, r: l + width, b: t + Math.max(root.scrollHeight, view.innerHeight) };
  }

  // ---------------------------------------------------------------- roles (https://www.w3.org/TR/html-aam-1.0)

  const WIDGETS = new Set(
    (
      'button link checkbox radio switch tab menuitem menuitemcheckbox menuitemradio option treeitem ' +
      'textbox searchbox combobox slider spinbutton'
    ).split(' '),
  );
  const ROLES = new Set([
    ...WIDGETS,
    ...(
      'alert alertdialog application article banner blockquote caption cell code columnheader ' +
      'complementary contentinfo definition deletion dialog directory document emphasis feed figure ' +
      'form generic grid gridcell group heading img image insertion list listbox listitem log main mark ' +
      'marquee math menu menubar meter navigation none note paragraph presentation progressbar ' +
      'radiogroup region row rowgroup rowheader scrollbar search separator status strong subscript ' +
      'superscript table tablist tabpanel term time timer toolbar tooltip tree treegrid'
    ).split(' '),
  ]);
  /** Take the focus for scrolling or for what is in them; nothing happens when they are clicked. */
  const CONTAINERS = new Set(
    (
      'tabpanel dialog alertdialog region main document article application log feed toolbar tablist ' +
      'menu menubar tree grid treegrid table radiogroup navigation form list complementary banner ' +
      'contentinfo search'
    ).split(' '),
  );
  const NAMED_BY_CONTENT = new Set(
    (
      'button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox menuitemradio ' +
      'option radio row rowheader switch tab tooltip treeitem generic listitem'
    ).split(' '),
  );
  const CHECKABLE = new Set(['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio']);
  const FIELDS = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton']);

  // prettier-ignore
  const TAG_ROLES = /** @type {Record<string, string>} */ ({
    article: 'article', aside: 'complementary', button: 'button', dd: 'definition', details: 'group', dialog: 'dialog',
    dt: 'term', fieldset: 'group', figure: 'figure', footer: 'contentinfo', form: 'form', h1: 'heading', h2: 'heading',
    h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading', header: 'banner', hr: 'separator', html: 'document',
    li: 'listitem', main: 'main', menu: 'list', meter: 'meter', nav: 'navigation', ol: 'list', optgroup: 'group',
    option: 'option', output: 'status', p: 'paragraph', progress: 'progressbar', search: 'search', summary: 'button',
    table: 'table', tbody: 'rowgroup', td: 'cell', textarea: 'textbox', tfoot: 'rowgroup', th: 'columnheader',
    thead: 'rowgroup', tr: 'row', ul: 'list',
  });
  // prettier-ignore
  const INPUT_ROLES = /** @type {Record<string, string>} */ ({
    button: 'button', checkbox: 'checkbox', file: 'button', image: 'button', number: 'spinbutton', radio: 'radio',
    range: 'slider', reset: 'button', search: 'searchbox', submit: 'button',
  });
  /** Input types that decide what may be typed and have no role of their own. */
  const TYPES = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color', 'file', 'password']);
  /** Set as a whole rather than typed into. */
  const SET_WHOLE = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color', 'number', 'range']);

  /** @param {Element} el */
  function roleOf(el) {
    const given = el.getAttribute('role');
    if (!given) return implicitRole(el);
    const role = given
      .trim()
      .toLowerCase()
      .split(/\s+/)
      .find((word) => ROLES.has(word));
    if (!role) return implicitRole(el);
    if (role === 'none' || role === 'presentation') return nativeControl(el) ? implicitRole(el) : 'presentation';
    return role === 'img' ? 'image' : role;
  }

  /** @param {Element} el @returns {string} */
  function implicitRole(el) {
    const tag = el.localName;
    if (tag === 'a' || tag === 'area') return el.hasAttribute('href') ? 'link' : 'generic';
    if (tag === 'img') return el.getAttribute('alt') === '' ? 'presentation' : 'image';
    if (tag === 'input') return inputRole(/** @type {HTMLInputElement} */ (el));
    if (tag === 'select') {
      const select = /** @type {HTMLSelectElement} */ (el);
      return select.multiple || select.size > 1 ? 'listbox' : 'combobox';
    }
    if (isEditingHost(el)) return 'textbox';
    return TAG_ROLES[tag] ?? 'generic';
  }

  /** @param {HTMLInputElement} el */
  function inputRole(el) {
    if (el.type === 'checkbox' && el.hasAttribute('switch')) return 'switch';
    if (el.list && /^(text|search|email|tel|url)$/.test(el.type)) return 'combobox';
    return INPUT_ROLES[el.type] ?? 'textbox';
  }

  /** @param {Element} el */
  function isEditingHost(el) {
    const value = el.getAttribute('contenteditable');
    return value !== null && /^(|true|plaintext-only)$/i.test(value);
  }

  /** @param {Element} el */
  function nativeControl(el) {
    switch (el.localName) {
      case 'a':
      case 'area':
        return el.hasAttribute('href');
      case 'button':
      case 'select':
      case 'textarea':
        return true;
      case 'input':
        return /** @type {HTMLInputElement} */ (el).type !== 'hidden';
      case 'summary':
        return el.parentElement?.localName === 'details' && el.parentElement.querySelector(':scope > summary') === el;
      default:
        return false;
    }
  }

  /** Edited by typing, whatever its role. @param {Element} el */
  function isEditable(el) {
    if (el.localName === 'textarea' || isEditingHost(el)) return true;
    return el.localName === 'input' && !/^(button|checkbox|file|hidden|image|radio|reset|submit)$/.test(typeOf(el));
  }

  /** @param {Element} el */
  function typeOf(el) {
    return el.localName === 'input' ? /** @type {HTMLInputElement} */ (el).type : '';
  }

  // ---------------------------------------------------------------- names (https://www.w3.org/TR/accname-1.2)

  /** Of one look: the labels of each control. @type {Map<Element, Element[]> | null} */
  let labelMap = null;
  /** @type {WeakSet<Node>} */
  let labelledRoots = new WeakSet();

  /** `el.labels` searches the whole tree each time; this searches it once. @param {Element} el @returns {Element[]} */
  function labelsOf(el) {
    if (!labelMap) {
      const labels = /** @type {HTMLInputElement} */ (el).labels;
      return labels ? [...labels] : [];
    }
    const root = el.getRootNode();
    if (!labelledRoots.has(root)) {
      labelledRoots.add(root);
      for (const label of /** @type {Document} */ (root).querySelectorAll('label')) {
        const { control } = label;
        if (control) labelMap.set(control, [...(labelMap.get(control) ?? []), label]);
      }
    }
    return labelMap.get(el) ?? [];
  }

  /** @param {string} text */
  function flat(text) {
    return text.replace(/[\s\u00a0]+/g, ' ').trim();
  }

  /** Without icon fonts' private characters. @param {string} text @param {number} [most] */
  function clean(text, most = 500) {
    const cleaned = flat(text.replace(/[\ue000-\uf8ff]/g, ''));
    return cleaned.length > most ? cleaned.slice(0, most) : cleaned;
  }

  /** @param {Element} el @param {string} role */
  function nameOf(el, role) {
    return accessibleName(el, role) || iconName(el);
  }

  /** @param {Element} el @param {string} role @returns {string} */
  function accessibleName(el, role) {
    const labelled = clean(
      referenced(el, 'aria-labelledby')
        .map((label) => textOf(label, el, true))
        .join(' '),
    );
    return (
      labelled ||
      clean(el.getAttribute('aria-label') ?? '') ||
      clean(nativeName(el)) ||
      (NAMED_BY_CONTENT.has(role) && !isEditable(el) ? clean(contentOf(el, el)) : '') ||
      clean(el.getAttribute('title') ?? '') ||
      clean(el.getAttribute('placeholder') ?? el.getAttribute('aria-placeholder') ?? '')
    );
  }

  /** @param {Element} el @returns {string} */
  function nativeName(el) {
    const input = /** @type {HTMLInputElement} */ (el);
    switch (el.localName) {
      case 'input':
        if (input.type === 'image') return labelText(el) || input.alt || input.value || input.title || 'Submit';
        if (input.type === 'submit') return labelText(el) || (input.hasAttribute('value') ? input.value : 'Submit');
        if (input.type === 'reset') return labelText(el) || (input.hasAttribute('value') ? input.value : 'Reset');
        if (input.type === 'button') return labelText(el) || input.value;
        return labelText(el);
      case 'button':
      case 'select':
      case 'textarea':
      case 'meter':
      case 'progress':
      case 'output':
        return labelText(el);
      case 'img':
      case 'area':
        return el.getAttribute('alt') ?? '';
      case 'fieldset':
        return childText(el, 'legend');
      case 'table':
        return childText(el, 'caption');
      case 'figure':
        return childText(el, 'figcaption');
      case 'optgroup':
        return el.getAttribute('label') ?? '';
      case 'svg':
        return childText(el, 'title');
      default:
        return '';
    }
  }

  /** @param {Element} el */
  function labelText(el) {
    const labels = labelsOf(el);
    return labels.length ? labels.map((label) => textOf(label, el, false)).join(' ') : '';
  }

  /** @param {Element} el @param {string} tag */
  function childText(el, tag) {
    for (let child = el.firstElementChild; child; child = child.nextElementSibling) {
      if (child.localName === tag) return tag === 'title' ? (child.textContent ?? '') : contentOf(child, el);
    }
    return '';
  }

  const BLOCKS = new Set(
    (
      'address article aside blockquote body br caption center dd details dialog div dl dt fieldset ' +
      'figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol ' +
      'optgroup option p pre search section summary table tbody td tfoot th thead tr ul'
    ).split(' '),
  );
  const INLINES = new Set(
    (
      'a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small ' +
      'span slot strike strong sub sup time tt u var'
    ).split(' '),
  );
  const SILENT = new Set(
    (
      'script style template noscript head meta link title datalist source track param base object ' +
      'embed video audio canvas'
    ).split(' '),
  );
  const MOST_NAME_NODES = 400;

  /**
   * Text alternative of a node for the name of `owner`.
   * @param {Element} el
   * @param {Element} owner
   * @param {boolean} asReferenced named by aria-labelledby: then it counts even when it is hidden
   */
  function textOf(el, owner, asReferenced) {
    const own = clean(el.getAttribute('aria-label') ?? '');
    if (own) return own;
    if (el !== owner) {
      const value = embeddedValue(el);
      if (value !== null) return value;
    }
    const native = el.localName === 'label' || el === owner ? '' : nativeName(el);
    if (native) return native;
    const content = contentOf(el, owner, asReferenced && hidden(el));
    return content.trim() ? content : (el.getAttribute('title') ?? '');
  }

  /** What a control in the middle of a label stands for. @param {Element} el @returns {string | null} */
  function embeddedValue(el) {
    const role = el.hasAttribute('role') || nativeControl(el) ? roleOf(el) : '';
    if (FIELDS.has(role) || role === 'listbox' || role === 'slider') return valueOf(el, role) ?? '';
    return null;
  }

  /**
   * Text of an element's content.
   * @param {Element} el
   * @param {Element} owner
   * @param {boolean} [evenHidden]
   * @param {{nodes: number}} [budget]
   * @returns {string}
   */
  function contentOf(el, owner, evenHidden = false, budget = { nodes: MOST_NAME_NODES }) {
    let text = '';
    for (const node of children(el)) {
      if (--budget.nodes < 0) return text;
      if (node.nodeType === Node.TEXT_NODE) text += /** @type {Text} */ (node).data;
      else if (node.nodeType === Node.ELEMENT_NODE) {
        text += partOf(/** @type {Element} */ (node), owner, evenHidden, budget);
      }
    }
    return text;
  }

  /**
   * @param {Element} el
   * @param {Element} owner
   * @param {boolean} evenHidden
   * @param {{nodes: number}} budget
   * @returns {string}
   */
  function partOf(el, owner, evenHidden, budget) {
    if (SILENT.has(el.localName) || el === owner) return '';
    if (el.getAttribute('aria-hidden') === 'true' || (!evenHidden && hidden(el))) return '';
    const role = el.getAttribute('role');
    // A tree item or menu item is not called by what opens out of it.
    if (role === 'group' || role === 'menu' || role === 'tree') return '';
    const text = ownText(el, owner, evenHidden, budget);
    return isInline(el) ? text : ` ${text} `;
  }

  /**
   * @param {Element} el
   * @param {Element} owner
   * @param {boolean} evenHidden
   * @param {{nodes: number}} budget
   * @returns {string}
   */
  function ownText(el, owner, evenHidden, budget) {
    const label = clean(el.getAttribute('aria-label') ?? '');
    if (label) return label;
    const value = embeddedValue(el);
    if (value !== null) return value;
    const native = el.localName === 'fieldset' || el.localName === 'table' ? '' : nativeName(el);
    if (native) return el.localName === 'img' || el.localName === 'svg' ? ` ${native} ` : native;
    const content = contentOf(el, owner, evenHidden, budget);
    return content.trim() ? content : (el.getAttribute('title') ?? content);
  }

  /** @param {Element} el */
  function isInline(el) {
    const tag = el.localName;
    if (BLOCKS.has(tag)) return false;
    const display = getComputedStyle(el).display;
    return display === 'inline' || display === 'contents' || display.startsWith('ruby');
  }

  /** Not drawn, as accname means it: opacity does not count. @param {Element} el */
  function hidden(el) {
    if (el.checkVisibility({ visibilityProperty: true })) return false;
    return getComputedStyle(el).display !== 'contents' || !above(el)?.checkVisibility({ visibilityProperty: true });
  }

  // ---------------------------------------------------------------- names of what has none

  const ICON_CLASS = /^(?:[a-z]*-?icons?|fa|glyphicon|bi|mdi|ti|la|lucide|octicon|ico|ion|ri|pi)[-_]+(.+)$/i;
  const ICON_STYLE =
    /^(?:\d*x|\d+|lg|sm|xs|xl|md|fw|spin|pulse|small|large|medium|solid|regular|light|brands|button|btn|only|wrapper)$/i;

  /** The best there is for a control that only shows a picture. @param {Element} el */
  function iconName(el) {
    if (isEditable(el) || el.localName === 'select') return '';
    const parts = [el, ...[...el.querySelectorAll('svg, use, img, i, span, [class*="icon"]')].slice(0, 8)];
    return (
      first(parts, (part) => clean(part.getAttribute('title') ?? part.getAttribute('aria-label') ?? '')) ||
      first(parts, (part) => (part.localName === 'svg' ? clean(childText(part, 'title')) : '')) ||
      first(parts, useName) ||
      first(parts, classIcon) ||
      first(parts, imageName) ||
      first(parts, dataWords) ||
      pseudoText(el) ||
      idName(el) ||
      words(lastPart(el.getAttribute('href') ?? '')) ||
      shapeName(el) ||
      words([...el.classList].find((token) => /[a-z]{3}/i.test(token)) ?? '')
    );
  }

  /** @template T @param {Iterable<T>} parts @param {(part: T) => string} name */
  function first(parts, name) {
    for (const part of parts) {
      const found = name(part);
      if (found) return found;
    }
    return '';
  }

  /** @param {Element} el */
  function useName(el) {
    if (el.localName !== 'use') return '';
    const href = el.getAttribute('href') ?? el.getAttribute('xlink:href') ?? '';
    return words(href.split('#')[1]?.replace(/^(?:icon|ico|i|svg)[-_]/i, '') ?? '');
  }

  /** @param {Element} el */
  function classIcon(el) {
    for (const token of el.classList) {
      const name = ICON_CLASS.exec(token)?.[1];
      if (name && !ICON_STYLE.test(name)) return words(name);
    }
    return '';
  }

  /** @param {Element} el */
  function imageName(el) {
    const src = el.localName === 'img' || el.localName === 'input' ? el.getAttribute('src') : null;
    if (!src || src.startsWith('data:')) return '';
    return words(lastPart(src).replace(/\.\w+$/, ''));
  }

  /** @param {Element} el */
  function dataWords(el) {
    for (const key of [
      'data-icon',
      'data-title',
      'data-tooltip',
      'data-original-title',
      'data-action',
      'data-name',
      'data-testid',
      'data-test',
    ]) {
      const value = el.getAttribute(key);
      if (value) return words(value);
    }
    return '';
  }

  /** @param {Element} el */
  function pseudoText(el) {
    return first(['::before', '::after'], (pseudo) => {
      const content = /^"(.*)"$/.exec(getComputedStyle(el, pseudo).content);
      return content ? clean(content[1]) : '';
    });
  }

  /** `red circle`. @param {Element} el */
  function shapeName(el) {
    if (!(el instanceof SVGElement) || el.localName === 'svg' || el.localName === 'g') return '';
    const fill = el.getAttribute('fill') ?? '';
    return `${/^[a-z]+$/i.test(fill) && fill !== 'none' ? `${fill} ` : ''}${el.localName}`;
  }

  /** @param {Element} el */
  function idName(el) {
    // Not el.id: of a form with a field called "id", that is the field.
    const id = el.getAttribute('id') ?? '';
    return /[a-z]/i.test(id) ? words(id.replace(/\d{4,}/g, ' ')) : clean(id, 60);
  }

  /** @param {string} url */
  function lastPart(url) {
    return url.split(/[?#]/)[0].split('/').filter(Boolean).pop() ?? '';
  }

  /** `shoppingCart_add-2` as `shopping cart add 2`. @param {string} token */
  function words(token) {
    return clean(
      token
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .replace(/[-_.:/]+/g, ' ')
        .toLowerCase(),
      60,
    );
  }

  // ---------------------------------------------------------------- values, states, options, hints

  /** @param {Element} el @param {string} role @returns {string | undefined} */
  function valueOf(el, role) {
    const input = /** @type {HTMLInputElement} */ (el);
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
    if (role === 'combobox' || role === 'textbox' || role === 'searchbox') return clean(contentOf(el, el), 4000);
    return undefined;
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
    if ((invalid && invalid !== 'false') || el.matches(':user-invalid')) states.push('invalid');
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

  /** @param {Element} el @param {string} role @returns {string[]} */
  function optionsOf(el, role) {
    /** @type {Iterable<Element>} */
    let options = [];
    if (el.localName === 'select') {
      options = [.../** @type {HTMLSelectElement} */ (el).options].filter(
        (option) => !option.disabled && !option.hidden,
      );
    } else if (el.localName === 'input' && /** @type {HTMLInputElement} */ (el).list) {
      options = /** @type {HTMLInputElement} */ (el).list?.options ?? [];
    } else if (role === 'listbox') options = el.querySelectorAll('[role="option"]');
    else if (role === 'combobox') {
      const list = referenced(el, 'aria-controls').concat(referenced(el, 'aria-owns'))[0];
      options = list?.querySelectorAll('[role="option"]') ?? [];
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
    if (disabled || type === 'file') return [];
    if (el.localName === 'select') return anyOptions ? ['Select'] : [];
    if (CHECKABLE.has(role) || type === 'checkbox' || type === 'radio') return ['Check'];
    if (isEditable(el) && !isReadonly(el)) return ['Click', 'Type'];
    return ['Click'];
  }

  /** @param {Element} el @param {string} name */
  function hintOf(el, name) {
    const hints = [
      ...['placeholder', 'aria-placeholder', 'aria-description', 'title'].map((key) =>
        clean(el.getAttribute(key) ?? '', 200),
      ),
      rangeHint(el),
      lengthHint(el),
    ];
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
    /** @type {(Control | Line)[]} */
    items = [];
    /** @type {Entry[]} */
    entries = [];
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
    active = activeElement();

    constructor() {
      labelMap = new Map();
      labelledRoots = new WeakSet();
    }

    /** @param {Document} doc */
    document(doc) {
      const view = { l: 0, t: 0, r: innerWidth, b: innerHeight };
      const clip = reachable(doc, 0, 0);
      this.root(doc.documentElement, {
        role: 'text',
        clip,
        view,
        looseClip: clip,
        looseView: view,
        clipped: false,
        dx: 0,
        dy: 0,
        frame: '',
        pointer: false,
        inert: false,
        disabled: false,
        fixed: false,
        hard: false,
        name: '',
        mute: false,
      });
      this.flush();
      labelMap = null;
    }

    /** @param {Element} root @param {Place} place */
    root(root, place) {
      watch(root.ownerDocument);
      this.noteLabelled(root.ownerDocument);
      this.visit(root, place);
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
      if (place.hard || (tag === 'label' && /** @type {HTMLLabelElement} */ (el).control)) return false;
      if (starts || listens(el, tag)) return true;
      return takesFocus(el) && !CONTAINERS.has(role) && !isPane(el, role);
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
      const rect = rectOf(el, place.dx, place.dy);
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
        const away = !touches(rectOf(el, place.dx, place.dy), place.view);
        this.items.push({ text: cells.join(' | ').slice(0, 2000), role: 'row', ...(away && { away }) });
      }
      for (const item of inside) this.items.push(item);
    }

    /** @param {Element} el @param {Place} place */
    frame(el, place) {
      const rect = rectOf(el, place.dx, place.dy);
      if (!seen(meet(rect, place.clip))) return;
      const inner = innerDocument(el);
      const frame = clean(
        el.getAttribute('name') || el.getAttribute('title') || el.getAttribute('src') || 'frame',
        100,
      );
      if (!inner?.documentElement) {
        const name = clean(el.getAttribute('aria-label') ?? el.getAttribute('title') ?? '', 200);
        if (name) this.say('iframe', name, rect, place);
        return;
      }
      const at = innerOffset(el);
      const [dx, dy] = [place.dx + at.x, place.dy + at.y];
      const view = meet(place.view, rect);
      const clip = reachable(inner, dx, dy);
      const saved = this.row;
      this.row = null;
      this.root(inner.documentElement, {
        ...place,
        dx,
        dy,
        frame,
        clip,
        view,
        looseClip: clip,
        looseView: view,
        clipped: true,
        pointer: false,
        role: 'text',
      });
      this.flush();
      this.row = saved;
    }

    /** @param {Element} el @param {Place} place */
    image(el, place) {
      const name = place.mute ? '' : accessibleName(el, 'image');
      if (name) this.say('image', name, rectOf(el, place.dx, place.dy), place);
    }

    /** @param {Element} el @param {string} role @param {Place} place */
    gauge(el, role, place) {
      const { value, max } = /** @type {HTMLProgressElement} */ (el);
      const now = typeof value === 'number' ? `${Math.round((100 * value) / (max || 1))} %` : '';
      const text = el.getAttribute('aria-valuetext') ?? el.getAttribute('aria-valuenow') ?? now;
      this.say(role, clean(`${accessibleName(el, role)} ${text}`), rectOf(el, place.dx, place.dy), place);
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
      this.say(
        role.replace('alertdialog', 'dialog').replace('radiogroup', 'group'),
        name,
        rectOf(el, place.dx, place.dy),
        place,
      );
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
        this.list(control, el, role, rectOf(el, place.dx, place.dy), place, nameOf(control, role));
        return true;
      }
      if (!control.checkVisibility()) return this.listed.has(control);
      const text = clean(contentOf(el, control));
      return text !== '' && nameOf(control, role).includes(text);
    }

    /** @param {Element} el @param {string} role @param {boolean} hard @param {Place} place */
    control(el, role, hard, place) {
      if (this.listed.has(el)) return;
      const rect = drawnRect(el, place.dx, place.dy);
      if (!this.canList(el, rect, place)) {
        if (!isEditable(el) && el.localName !== 'select') this.descend(el, { ...place, mute: place.mute || hard });
        return;
      }
      let name = nameOf(el, role);
      if (place.hard && name === place.name && !isEditable(el)) return this.descend(el, place);
      this.flush();
      let mute = hard;
      if (!hard) ({ name, mute } = softName(el, name));
      const plain = /^(checkbox|radio)$/.test(typeOf(el)) || isEditable(el) || el.localName === 'select';
      const item = this.list(el, el, role, rect, place, name);
      if (!name && (plain || FIELDS.has(role))) this.nameFromNear(el, role, item);
      else this.pending = null;
      if (!plain && (el.firstElementChild || el.shadowRoot || !mute)) {
        this.descend(el, { ...place, hard: place.hard || hard, name, mute: place.mute || mute, pointer: true });
      }
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
        box: [rect.l, rect.t, rect.r - rect.l, rect.b - rect.t].map((n) => Math.round(n * 10) / 10),
      };
      if (states.length) item.states = states;
      if (options.length) item.options = options;
      if (type) item.type = type;
      if (/** @type {HTMLSelectElement} */ (el).multiple && el.localName === 'select') item.multiple = true;
      if (el.getAttribute('aria-multiselectable') === 'true') item.multiple = true;
      const hint = hintOf(el, name);
      if (hint) item.hint = hint;
      if (!touches(rect, place.view)) item.away = true;
      if (place.frame) item.frame = place.frame;
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
      if (!line || 'ref' in line || line.role === 'row' || !isLabelLike(line.text)) return;
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
      const view = el.ownerDocument.defaultView ?? window;
      const shown = { l: place.dx, t: place.dy, r: place.dx + view.innerWidth, b: place.dy + view.innerHeight };
      return { ...place, fixed: true, clip: shown, view: shown };
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
    const x = style.overflowX;
    // When only one of the two is visible, the browser computes it to auto.
    const clips = x !== 'visible' && el !== el.ownerDocument.documentElement && el !== el.ownerDocument.body;
    if (!clips && !place.clipped) return place;
    const inside = { ...place };
    if (clips) {
      const r = rectOf(el, place.dx, place.dy);
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
    if (!el.firstElementChild) return false;
    const whole = clean(contentOf(el, el));
    const inners = [
      ...[...el.querySelectorAll(INNER_CONTROLS)].slice(0, 3),
      ...[...el.querySelectorAll('*')].slice(0, 20).filter((inner) => listening.has(inner)),
    ];
    return inners.some((inner) => {
      const control = nativeControl(inner) || isWidget(inner, roleOf(inner)) || listening.has(inner);
      return control && clean(contentOf(inner, inner)) === whole;
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

  /** A transparent checkbox laid over the picture that stands for it. @param {Element} el */
  function isGhost(el) {
    if (!/^(checkbox|radio)$/.test(typeOf(el)) || !el.checkVisibility({ visibilityProperty: true })) return false;
    const parent = el.parentElement;
    if (getComputedStyle(el).opacity !== '0' || !parent?.checkVisibility(DRAWN) || visibleLabel(el)) return false;
    const rect = rectOf(el, 0, 0);
    const drawn = [...parent.children].some(
      (other) => other !== el && other.checkVisibility(DRAWN) && seen(meet(rect, rectOf(other, 0, 0))),
    );
    return drawn && seen(rect);
  }

  /** @param {Element} el @returns {Element | null} */
  function visibleLabel(el) {
    return labelsOf(el).find((label) => !unseen(label)) ?? null;
  }

  /** @param {Element} el */
  function unseen(el) {
    if (!el.checkVisibility(DRAWN) && getComputedStyle(el).display !== 'contents') return !isGhost(el);
    const { x, y } = offsetOf(el.ownerDocument);
    const rect = drawnRect(el, x, y);
    if (!seen(rect)) return true;
    if (!seen(meet(rect, reachable(el.ownerDocument, x, y))) && !inScroller(el)) return true;
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

  // ---------------------------------------------------------------- what covers what

  /** The dialog that must be answered before anything else. @returns {Element | null} */
  function topModal() {
    const native = [...document.querySelectorAll('dialog[open]')].filter((dialog) => dialog.matches(':modal'));
    const open = native.length
      ? native
      : [...document.querySelectorAll('[aria-modal="true"]')].filter((el) => !unseen(el));
    return open[open.length - 1] ?? null;
  }

  /** @param {Entry} entry @param {Element | null} modal */
  function judgeCover(entry, modal) {
    const { el, target, item } = entry;
    let covered = modal !== null && !holds(modal, el) && (modal.matches(':modal') || item.away === true);
    if (!covered && !item.away) {
      const by = coverOf(target, el);
      covered = by !== null && !(entry.fixed === false && !inModal(by, modal) && passing(by));
    }
    if (!covered) return;
    item.states = [...(item.states ?? []), 'covered'];
    item.takes = [];
  }

  /** @param {Element} el @param {Element | null} modal */
  function inModal(el, modal) {
    return modal !== null && holds(modal, el);
  }

  /** Stuck to the viewport but small: scrolling brings out what is under it. @param {Element} by */
  function passing(by) {
    const root = document.documentElement;
    if (root.scrollHeight <= root.clientHeight + 1) return false;
    for (let el = /** @type {Element | null} */ (by); el; el = above(el)) {
      if (!/^(fixed|sticky)$/.test(getComputedStyle(el).position)) continue;
      const { width, height } = el.getBoundingClientRect();
      return width * height < (innerWidth * innerHeight) / 2;
    }
    return false;
  }

  /**
   * What lies over all points tried of `target`; null when one is free.
   * @param {Element} target
   * @param {Element} el
   * @returns {Element | null}
   */
  function coverOf(target, el) {
    let cover = null;
    for (const [x, y] of points(target)) {
      const hit = hitAt(x, y);
      if (!hit || isHit(hit, target, el)) return null;
      cover ??= hit;
    }
    return cover;
  }

  /**
   * Points inside the part in view: the middle, then nearer the corners.
   * @param {Element} el
   * @returns {[number, number][]}
   */
  function points(el) {
    const { x: dx, y: dy } = offsetOf(el.ownerDocument);
    const view = { l: 0, t: 0, r: innerWidth, b: innerHeight };
    const lines = [...el.getClientRects()].map((r) => ({
      l: r.left + dx,
      t: r.top + dy,
      r: r.right + dx,
      b: r.bottom + dy,
    }));
    const drawn = lines.length ? lines : [drawnRect(el, dx, dy)];
    const shown = (drawn.length > 1 ? drawn : [drawnRect(el, dx, dy)])
      .map((r) => meet(r, view))
      .filter((r) => r.r > r.l && r.b > r.t);
    /** @type {[number, number][]} */
    const middles = shown.slice(0, 3).map((r) => [(r.l + r.r) / 2, (r.t + r.b) / 2]);
    const box = shown[0];
    if (!box) return [];
    const [w, h] = [box.r - box.l, box.b - box.t];
    for (const [fx, fy] of [
      [0.2, 0.25],
      [0.8, 0.25],
      [0.2, 0.75],
      [0.8, 0.75],
      [0.04, 0.5],
      [0.96, 0.5],
    ])
      middles.push([box.l + w * fx, box.t + h * fy]);
    return middles;
  }

  /**
   * The innermost element at a point, into shadow roots and frames.
   * @param {number} x
   * @param {number} y
   * @returns {Element | null}
   */
  function hitAt(x, y) {
    /** @type {Document | ShadowRoot} */
    let root = document;
    let hit = null;
    for (;;) {
      const inner = /** @type {Element | null} */ (root.elementFromPoint(x, y));
      if (!inner || inner === hit) return hit;
      hit = inner;
      const doc = innerDocument(hit);
      if (doc) {
        const at = innerOffset(hit);
        x -= at.x;
        y -= at.y;
        root = doc;
      } else if (hit.shadowRoot) root = hit.shadowRoot;
      else return hit;
    }
  }

  /** @param {Element} hit @param {Element} target @param {Element} el */
  function isHit(hit, target, el) {
    if (holds(target, hit) || holds(el, hit)) return true;
    for (let up = /** @type {Element | null} */ (hit); up; up = above(up)) {
      if (up.localName === 'label' && /** @type {HTMLLabelElement} */ (up).control === el) return true;
    }
    // A picture or placeholder laid over a field by its own wrapper.
    return (
      isEditable(el) &&
      el.parentElement !== null &&
      el.parentElement.contains(hit) &&
      !hit.closest('button, a, [role=button]')
    );
  }

  /** @param {Element} el */
  function describe(el) {
    let shown = el;
    for (let up = /** @type {Element | null} */ (el); up; up = above(up)) {
      if (/^(dialog|alertdialog)$/.test(roleOf(up)) || /^(fixed|sticky)$/.test(getComputedStyle(up).position))
        shown = up;
    }
    const role = roleOf(shown);
    const text = clean(shown.getAttribute('aria-label') ?? shown.textContent ?? '', 40);
    return `${role === 'generic' ? shown.localName : role}${text ? ` "${text}"` : ''}`;
  }

  // ---------------------------------------------------------------- acting

  /** @param {number} ref @returns {Element | null} */
  function alive(ref) {
    const el = nodes.get(ref);
    return el?.isConnected ? el : null;
  }

  /**
   * Where to press: resolves to {x, y} once the element is seen, enabled, at rest and not covered; else, after
   * `mostMs`, to why not. https://playwright.dev/docs/actionability
   * @param {number} ref
   * @param {{mostMs: number, enabled: boolean}} options
   */
  async function aim(ref, options) {
    const end = performance.now() + options.mostMs;
    touch();
    for (let tries = 0; ; tries++) {
      const el = alive(ref);
      if (!el) return { gone: nodes.size };
      const found = await tryAim(el, options.enabled, tries);
      if ('x' in found || performance.now() > end) return found;
      await frame();
    }
  }

  /**
   * @param {Element} el
   * @param {boolean} enabled
   * @param {number} tries
   * @returns {Promise<{x: number, y: number} | {why: string}>}
   */
  async function tryAim(el, enabled, tries) {
    const target = unseen(el) ? (visibleLabel(el) ?? el) : el;
    if (unseen(target)) return { why: 'is not visible' };
    if (enabled && (isDisabled(el) || el.closest('[inert]'))) return { why: 'is disabled' };
    if (!inView(target)) bringIn(target, tries);
    if (!(await atRest(el, target))) return { why: 'keeps moving' };
    let cover = null;
    let within = null;
    for (const [x, y] of points(target)) {
      const hit = hitAt(x, y);
      if (hit && isHit(hit, target, el)) {
        if (isDirect(hit, target, el)) return { x, y };
        within ??= { x, y };
      }
      cover ??= hit;
    }
    if (within && target === el) return within;
    return { why: cover ? `is covered by ${describe(cover)}` : 'is outside the page' };
  }

  /**
   * No other control lies between: the link in a label, the button on a card.
   * @param {Element} hit
   * @param {Element} target
   * @param {Element} el
   */
  function isDirect(hit, target, el) {
    for (let up = /** @type {Element | null} */ (hit); up && up !== target && up !== el; up = above(up)) {
      if (up.matches(INNER_CONTROLS)) return false;
    }
    return true;
  }

  /** Its middle is in the viewport, and in whatever scrolls around it. @param {Element} el */
  function inView(el) {
    const r = topRect(el);
    const [x, y] = [(r.l + r.r) / 2, (r.t + r.b) / 2];
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return false;
    const hit = hitAt(x, y);
    return hit !== null && (holds(el, hit) || isHit(hit, el, el));
  }

  /**
   * Scrolls it to the middle, and on later tries to either end, where something stuck may not reach.
   * @param {Element} el
   * @param {number} tries
   */
  function bringIn(el, tries) {
    const block = /** @type {ScrollLogicalPosition[]} */ (['center', 'center', 'end', 'start'])[tries % 4];
    el.scrollIntoView({ block, inline: 'center', behavior: 'instant' });
  }

  /**
   * Whether it stands where it stood at the last look on a page at rest, or for two frames.
   * @param {Element} el
   * @param {Element} target
   */
  async function atRest(el, target) {
    const before = stood.get(el);
    const now = fromDocument(target);
    if (before && same(before, now) && performance.now() - changed > 50 && !animating()) return true;
    await frame();
    if (!target.isConnected) return false;
    const then = fromDocument(target);
    if (!same(now, then)) return false;
    await frame();
    return target.isConnected && same(then, fromDocument(target));
  }

  /** @param {Rect} a @param {Rect} b */
  function same(a, b) {
    return (
      Math.abs(a.l - b.l) < 0.5 && Math.abs(a.t - b.t) < 0.5 && Math.abs(a.r - b.r) < 0.5 && Math.abs(a.b - b.b) < 0.5
    );
  }

  /** Whether a press at the point would still reach it. @param {number} ref @param {number} x @param {number} y */
  function hits(ref, x, y) {
    const el = alive(ref);
    const hit = hitAt(x, y);
    if (!el || !hit) return false;
    const target = (unseen(el) && visibleLabel(el)) || el;
    return isHit(hit, target, el) && (target === el || isDirect(hit, target, el));
  }

  /**
   * Resolves to what is in the way of using a field, once nothing is or after `mostMs`; null when nothing is.
   * @param {number} ref
   * @param {number} mostMs
   */
  async function ready(ref, mostMs) {
    const end = performance.now() + mostMs;
    acted = 1; // what a field is given shows in the next frame, or changes the page and so is waited for
    for (let tries = 0; ; tries++) {
      const el = alive(ref);
      if (!el) return { gone: nodes.size };
      const why = obstacle(el, tries);
      if (!why) return null;
      if (performance.now() > end) return { why };
      await frame();
    }
  }

  /** @param {Element} el @param {number} tries */
  function obstacle(el, tries) {
    if (isDisabled(el) || el.closest('[inert]')) return 'is disabled';
    if (isReadonly(el)) return 'is read-only';
    if (unseen(el)) return 'is not visible';
    if (!inView(el)) bringIn(el, tries);
    const cover = coverOf(el, el);
    return cover && !passing(cover) ? `is covered by ${describe(cover)}` : null;
  }

  /**
   * Gives a field the focus with all it holds selected. `how` to go on: "keys" type into it, "whole" call put().
   * @param {number} ref
   * @param {number} mostMs
   */
  async function edit(ref, mostMs) {
    const el = /** @type {HTMLElement | null} */ (alive(ref));
    if (!el) return { gone: nodes.size };
    if (typeOf(el) === 'file') return { why: 'takes a file, which cannot be given yet' };
    if (!isEditable(el)) return { why: `is a ${roleOf(el)}, not a field to type into` };
    const hindered = await ready(ref, mostMs);
    if (hindered) return hindered;
    el.focus({ preventScroll: true });
    selectAll(el);
    if (SET_WHOLE.has(typeOf(el))) return { how: 'whole' };
    const active = activeElement();
    if (active !== el && !(active && holds(el, active))) return { why: 'does not take the focus' };
    return { how: 'keys', held: rawValue(el) };
  }

  /** @param {Element} el */
  function selectAll(el) {
    if (isEditingHost(el)) el.ownerDocument.defaultView?.getSelection()?.selectAllChildren(el);
    else if (!SET_WHOLE.has(typeOf(el))) /** @type {HTMLInputElement} */ (el).select();
  }

  /** @param {Element} el */
  function rawValue(el) {
    return isEditingHost(el)
      ? /** @type {HTMLElement} */ (el).innerText.replace(/\n$/, '')
      : /** @type {HTMLInputElement} */ (el).value;
  }

  /** Whether a field offers suggestions while one types, as far as it says so. @param {Element} el */
  function suggests(el) {
    if (el.hasAttribute('list')) return false; // the browser's own list, not the page's
    const says = roleOf(el) === 'combobox' || el.hasAttribute('aria-autocomplete');
    return says || /autocomplete|typeahead|suggest/i.test(el.className);
  }

  /** Waits for the suggestions of a field that offers some, most of which come after a pause in typing. */
  async function suggested(/** @type {Element} */ el, /** @type {number} */ mostMs) {
    const from = performance.now();
    while (suggests(el) && shown < from && performance.now() - from < mostMs) await frame();
  }

  /**
   * What a field holds, and what it says of it; null when it is no longer there.
   * @param {number} ref
   * @param {number} mostMs how long its suggestions are waited for
   */
  async function held(ref, mostMs) {
    const typed = alive(ref);
    if (typed) await suggested(typed, mostMs);
    const el = alive(ref);
    if (!el) return null;
    const complaint = /** @type {HTMLInputElement} */ (el).validationMessage ?? '';
    return { value: rawValue(el), secret: typeOf(el) === 'password', complaint };
  }

  /** Sets a date, number, colour … as a whole, as picking it would. @param {number} ref @param {string} text */
  function put(ref, text) {
    const el = /** @type {HTMLInputElement | null} */ (alive(ref));
    if (!el) return { gone: nodes.size };
    const before = el.value;
    if (el.type === 'color') text = text.toLowerCase();
    el.value = text;
    const taken =
      el.type === 'range' ? text.trim() !== '' && !Number.isNaN(Number(text)) : el.value !== '' || text === '';
    if (!taken || (el.type === 'color' && el.value !== text)) {
      el.value = before;
      return { malformed: el.type };
    }
    announce(el);
    return { value: el.value };
  }

  /** @param {Element} el */
  function announce(el) {
    el.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    el.dispatchEvent(new Event('change', { bubbles: true }));
  }

  /** Chooses exactly these options. @param {number} ref @param {number} mostMs @param {string[]} wanted */
  async function choose(ref, mostMs, wanted) {
    const el = /** @type {HTMLSelectElement | null} */ (alive(ref));
    if (!el) return { gone: nodes.size };
    if (el.localName !== 'select') return { why: `is a ${roleOf(el)}, not a native list; click it, then the option` };
    const hindered = await ready(ref, mostMs);
    if (hindered) return hindered;
    if (wanted.length !== 1 && !el.multiple) return { why: `takes one option, not ${wanted.length}` };
    const able = [...el.options].filter((option) => !option.disabled);
    const found = wanted.map((text) => findOption(able, text));
    const missing = wanted.find((_, i) => !found[i]);
    if (missing !== undefined) return { missing, options: optionsOf(el, roleOf(el)) };
    const changes = [...el.options].some((option) => option.selected !== found.includes(option));
    el.focus({ preventScroll: true });
    for (const option of el.options) option.selected = found.includes(option);
    if (changes) announce(el);
    return { changed: changes, value: valueOf(el, 'combobox') };
  }

  /** @param {HTMLOptionElement[]} options @param {string} text */
  function findOption(options, text) {
    const plain = (/** @type {string} */ s) => s.toLowerCase().replace(/\s+/g, '');
    const start = text.endsWith('…') ? plain(text.slice(0, -1)) : null;
    return (
      options.find((option) => optionText(option) === text) ??
      options.find((option) => plain(optionText(option)) === plain(text)) ??
      (start ? options.find((option) => plain(optionText(option)).startsWith(start)) : undefined) ??
      options.find((option) => option.value !== '' && option.value === text)
    );
  }

  /** Whether something is on, off or mixed. @param {number} ref */
  function checked(ref) {
    const el = alive(ref);
    if (!el) return { gone: nodes.size };
    const role = roleOf(el);
    const state = checkedOf(el, role);
    return state ? { state, role } : { why: `is a ${role}, which is neither on nor off` };
  }

  /** @param {number} ref */
  function focus(ref) {
    touch();
    const el = /** @type {HTMLElement | null} */ (alive(ref));
    if (!el) return { gone: nodes.size };
    if (isDisabled(el) || el.closest('[inert]')) return { why: 'is disabled' };
    el.focus();
    const active = activeElement();
    if (active === el || (active && holds(el, active))) return {};
    return { why: 'does not take the focus' };
  }

  /** @param {number | null} ref @param {number} dx @param {number} dy steps of most of what is seen */
  function scroll(ref, dx, dy) {
    touch();
    const el = ref === null ? null : alive(ref);
    if (ref !== null && !el) return { gone: nodes.size };
    const scroller = scrollerOf(el, dx !== 0);
    const before = [scroller.scrollLeft, scroller.scrollTop];
    scroller.scrollBy({ left: dx * scroller.clientWidth, top: dy * scroller.clientHeight, behavior: 'instant' });
    const moved = Math.abs(scroller.scrollLeft - before[0]) + Math.abs(scroller.scrollTop - before[1]);
    const left =
      dx !== 0
        ? scroller.scrollWidth - scroller.clientWidth - Math.abs(scroller.scrollLeft)
        : scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    return { moved: Math.round(moved), beyond: Math.round(Math.max(0, left)) };
  }

  /**
   * The nearest box that scrolls that way: around the element, or around the middle of the page.
   * @param {Element | null} el
   * @param {boolean} sideways
   */
  function scrollerOf(el, sideways) {
    const page = document.scrollingElement ?? document.documentElement;
    if (!el && scrolls(page, sideways)) return page;
    for (let up = el ?? hitAt(innerWidth / 2, innerHeight / 2); up; up = above(up)) {
      const style = getComputedStyle(up);
      const overflow = sideways ? style.overflowX : style.overflowY;
      if (scrolls(up, sideways) && (/^(auto|scroll)$/.test(overflow) || up.localName === 'html')) return up;
    }
    return page;
  }

  /** @param {Element} el @param {boolean} sideways */
  function scrolls(el, sideways) {
    return sideways ? el.scrollWidth > el.clientWidth + 1 : el.scrollHeight > el.clientHeight + 1;
  }

  /** Something is about to happen that only frames will show, and that may change who listens. */
  function touch() {
    acted = 2;
    stale = true;
  }

  world.autoglm = { look, quiet, aim, hits, edit, held, put, choose, checked, focus, scroll, touch };
})();
