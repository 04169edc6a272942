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
const TITLES = /^(legend|h[1-6])$/;
const LISTS = /^(list|listbox|feed|grid|treegrid|table)$/;
/** Called by what is in them, once they can be clicked. */
const SAID = /^(paragraph|definition|term|blockquote|caption|time|code|strong|emphasis)$/;
const NOT_FLAT = 'table, ul, ol, dl, h1, h2, h3, h4, h5, h6, form, section, article, fieldset, [role=row]';
const INNER_CONTROLS =
  'a[href], button, input:not([type=hidden]), select, textarea, [role=button], [role=link], [role=menuitem], ' +
  '[role=checkbox], [role=radio], [role=switch], [role=tab], [role=option], [onclick], ' +
  '[tabindex]:not([tabindex^="-"])';
/** Drawn by what no script can read. */
const OPAQUE = new Set(['canvas', 'video', 'audio']);
/** Those that say what a thing is for. @type {Record<string, string>} */
const CURSORS = { pointer: 'pointer', grab: 'grip', move: 'grip' };
/** Px each way: what is smaller and has no name of its own is an icon, a spacer or an ornament. */
const PICTURE = 32;
/** Elements after which the time is looked at. */
const LEAST_VISITED = 64;
/** Of so many elements a look walks for so many ms, then only what is in view, and that for half as long. */
const HUGE = 50_000;
const HUGE_MS = 600;
/** Of the width and height: what is in view there is told of in any case. A page so large takes 10 ms and more for each. */
const SIGHTS = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]];
const LONG = 150;
const LABEL = 100;

class Walk {
  /** @type {(Item | Part)[]} */
  items = [];
  /** @type {Note[]} */
  notes = [];
  /** The parts that may be begun here, outermost first. @type {Start[]} */
  starts = [];
  /** Elements and inner parts of the part that is walked. */
  own = 0;
  /** It took something that stands before it. */
  escaped = false;
  /** In a control or row, whose name or text is all that is in it. */
  solid = 0;
  /** In a picture or formula, whose elements are not HTML's. */
  foreign = 0;
  truncated = false;
  /** What is in view, with all around it. @type {Set<Element> | null} */
  sighted = null;
  /** Out of time: what is walked now is left as it is, to be walked again. */
  late = false;
  /** Only what is in view is walked from here on. */
  hurried = false;
  /** Nothing more is. */
  ended = false;
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
  /**
   * Of a box: whether it has an item of that kind that takes the focus now.
   * @type {Map<Element, Map<string, boolean>>}
   */
  roving = new Map();
  active = activeElement();
  left = scrollX;
  top = scrollY;

  /** @param {Model} model @param {number} until */
  constructor(model, until) {
    this.model = model;
    this.until = until;
    this.hurry = isHuge() && until === Infinity ? performance.now() + HUGE_MS : Infinity;
  }

  /** Walks a part again, keeping what did not change in it. @param {Part} part */
  part(part) {
    const { model } = this;
    const before = innerParts(part);
    if (part.user) soil(part.user);
    part.user = null;
    leave(model, part);
    this.items = [];
    this.notes = [];
    this.own = 0;
    this.escaped = false;
    this.depth = part.depth;
    this.foreign = part.el.closest('svg, math') ? 1 : 0;
    for (const node of part.nodes) this.node(node, part.el, part.place);
    if (part === model.root) this.flush();
    part.items = this.items;
    part.notes = this.notes;
    const whole = part === model.root || this.late || (this.neutral() && !this.escaped);
    this.run = '';
    this.pending = null;
    enter(model, part);
    const kept = new Set(part.items);
    const others = before.filter((inner) => inner.parent === part && !kept.has(inner));
    if (this.late) {
      // What was not reached is as it was.
      part.items.push(...others);
      soil(part);
    } else for (const inner of others) kill(model, inner);
    if (whole) return;
    // It is no part any more: what stands around it is walked with it.
    soil(part);
    soil(/** @type {Part} */ (part.parent));
  }

  /** Nothing is carried over from what was walked. */
  neutral() {
    return !this.run && !this.pending && !this.row;
  }

  /** @param {Element} el @param {Place} place */
  visit(el, place) {
    const tag = el.localName;
    if ((SILENT.has(tag) && !OPAQUE.has(tag)) || this.late) return;
    if (++this.visited % LEAST_VISITED === 0) {
      const now = performance.now();
      this.hurried ||= now > this.hurry;
      this.ended = now > this.hurry + HUGE_MS / 2;
      this.late = now > this.until;
      if (this.late) return;
    }
    if (this.ended || this.visited > MOST_VISITED || this.depth > MOST_DEPTH || (this.isFull() && this.isOutOfSight(el))) {
      this.truncated = true;
      return;
    }
    this.own++;
    this.depth++;
    const first = el === this.model.modal && !this.row && !place.mute;
    if (first) this.edgeOfModal();
    if (!place.shaded && !this.foreign && isPlain(el)) this.plain(el, tag, place);
    else this.styled(el, tag, place);
    if (first) this.edgeOfModal();
    this.depth--;
  }

  /** Between two of these lines is what comes first: see seen.py. */
  edgeOfModal() {
    this.flush();
    this.pending = null;
    this.items.push({ role: 'modal', text: '' });
  }

  /** No more can be told of than what is in view. */
  isFull() {
    const { count, size } = this.model;
    return this.hurried || count > MOST_ITEMS || this.items.length > MOST_ITEMS || size > MOST_CHARACTERS;
  }

  /** As far as its box and some points in view can tell. @param {Element} el */
  isOutOfSight(el) {
    const rect = rectOf(el);
    if (touches(rect, viewport()) || rect.r === rect.l || rect.b === rect.t) return false;
    this.sighted ??= sighted();
    return !this.sighted.has(el);
  }

  /** Nothing in it is other than its tag says. @param {Element} el @param {string} tag @param {Place} place */
  plain(el, tag, place) {
    if (el.hasAttributes()) {
      if (el.getAttribute('aria-hidden') === 'true' && isGutter(el)) return;
      place = barred(el, place);
    }
    const display = !INLINES.has(tag) ? 'block' : isDisplayedByTag(el) ? 'inline' : getComputedStyle(el).display;
    if (tag === 'svg' || tag === 'math') this.foreign++;
    this.edge(display);
    this.show(el, tag, null, place);
    this.edge(display);
    if (tag === 'svg' || tag === 'math') this.foreign--;
  }

  /** @param {Element} el @param {string} tag @param {Place} place */
  styled(el, tag, place) {
    const style = getComputedStyle(el);
    const shown = el.checkVisibility(DRAWN);
    if ((!shown && prunes(style)) || vanishes(style)) {
      if (isGhost(el)) this.control(el, roleOf(el), true, placed(el, style, place));
      if (style.opacity === '0') this.veiled(el, place);
      return;
    }
    if (el.getAttribute('aria-hidden') === 'true' && isGutter(el)) return;
    const wild = leavesTheFlow(el, style);
    const before = this.items.length;
    place = placed(el, style, el.hasAttributes() ? barred(el, place) : place);
    if (style.contentVisibility !== 'visible') place = { ...place, shaded: true };
    const display = INLINES.has(tag) ? style.display : 'block';
    this.edge(display);
    if (shown || style.display === 'contents') this.show(el, tag, style, place);
    else this.descend(el, { ...place, shaded: true, mute: true, pointer: false });
    this.edge(display);
    if (wild && this.items.length > before) this.notes.push({ kind: 'wild', el, rect: rectOf(el) });
  }

  /** A transparent thing, of which a field may be seen that waits behind its label. @param {Element} el @param {Place} place */
  veiled(el, place) {
    const fields = isBackable(el) || isVeilable(el) ? [] : fieldsIn(el);
    if (fields.length || isBackable(el) || isVeilable(el)) this.notes.push({ kind: 'read', el: backOf(el) });
    for (const field of fields) if (isGhost(field)) this.control(field, roleOf(field), true, place);
  }

  /** Where something begins or ends, text does too, unless it is in a line with it. @param {string} display */
  edge(display) {
    if (display === 'inline') return;
    if (/^(inline|contents|ruby)/.test(display)) this.run += ' ';
    else this.flush();
  }

  /** @param {Element} el @param {string} tag @param {CSSStyleDeclaration | null} style @param {Place} place */
  show(el, tag, style, place) {
    const cursor = style ? (CURSORS[style.cursor] ?? '') : place.cursor;
    const pointer = cursor === 'pointer' && !PASS_THROUGH.has(tag);
    const starts = (pointer && !place.pointer) || (cursor === 'grip' && place.cursor !== cursor && this.told(() => isGrip(el)));
    if (pointer !== place.pointer || cursor !== place.cursor) place = { ...place, pointer, cursor };
    if (
      saidByLabels.has(el) ||
      isEditorLine(el) ||
      (TITLES.test(tag) && legends.get(el)?.contains(el)) ||
      (tag === 'label' && this.label(/** @type {HTMLLabelElement} */ (el), place))
    )
      place = { ...place, mute: true };
    if (OPAQUE.has(tag)) return this.opaque(el, tag, place);
    if (nativeControl(el)) return this.control(el, roleOf(el), true, place);
    const role = el.hasAttributes() ? roleOf(el) : (TAG_ROLES[tag] ?? 'generic');
    if (el.hasAttributes() && (isWidget(el, role) || isEditingHost(el))) return this.control(el, role, true, place);
    if (this.isSoft(el, tag, role, starts, style, place) && !isWrapper(el))
      return this.control(el, role === 'presentation' ? 'generic' : role, false, place);
    if (this.hangs(el, role, starts)) this.notes.push({ kind: 'guard', el });
    return this.content(el, tag, role, style, place);
  }

  /** Whether what it is may change with what is in it. @param {Element} el @param {string} role @param {boolean} starts */
  hangs(el, role, starts) {
    if (this.solid) return false;
    if (starts || listening.has(el)) return true;
    return (
      el.hasAttributes() &&
      (takesFocus(el) || el.hasAttribute('onclick') || (FIELDS.has(role) && el.hasAttribute('role')))
    );
  }

  /**
   * @param {Element} el
   * @param {string} tag
   * @param {string} role
   * @param {boolean} starts
   * @param {CSSStyleDeclaration | null} style
   * @param {Place} place
   */
  isSoft(el, tag, role, starts, style, place) {
    if (!place.hard && place.pointer && isChoice(el)) return true;
    if (!starts && !el.hasAttributes()) return !place.hard && (listens(el, tag) || isSorted(el));
    if (tag === 'html' || tag === 'body') return false;
    if (el.hasAttribute('onclick')) return true;
    if (role === 'presentation' && isBlank(el)) return false;
    if ((place.hard || place.pointer) && isCross(el)) return true;
    if (!place.hard && el.getAttribute('draggable') === 'true') return true;
    if (!place.hard && (isSorted(el) || (role === 'gridcell' && isInHeardGrid(el)))) return true;
    if (isRowOfCells(el, role)) return false;
    if (/resiz/i.test(style?.cursor + (el.getAttribute('class') ?? '')) && isInBody(el)) return false;
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
    this.notes.push({ kind: 'read', el: backOf(el) });
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
   * @param {CSSStyleDeclaration | null} style
   * @param {Place} place
   */
  content(el, tag, role, style, place) {
    if (tag === 'iframe' || tag === 'frame') return this.frame(el, place);
    if (role === 'image') this.image(el, place);
    if (el.hasAttribute('usemap')) this.map(el, place);
    if (role === 'image') return;
    if (tag === 'svg') this.image(el, place);
    if (role === 'progressbar' || role === 'meter') return this.gauge(el, role, place);
    if (tag === 'details' && !el.hasAttribute('open')) return this.summary(el, place);
    if (/^(dialog|alertdialog|group|radiogroup)$/.test(role)) this.group(el, tag, role, place);
    if (LISTS.test(role) && el.hasAttributes()) this.extent(el, role, place);
    const spoken = textRole(el, role, place.role);
    if (spoken !== place.role) place = { ...place, role: spoken };
    // Nothing in it is drawn, and whoever asks for a style in it has it laid out, and the page painted anew.
    if (style?.contentVisibility === 'hidden') return;
    const inside = style && (el.firstElementChild || rootOf(el)) ? this.within(el, style, place) : place;
    if (role === 'row' && !this.row) {
      if (!el.querySelector(NOT_FLAT)) return this.table(el, inside);
      if (!this.solid) this.notes.push({ kind: 'guard', el });
    }
    return this.descend(el, inside);
  }

  /** Says how long a list is of which only some is there. @param {Element} el @param {string} role @param {Place} place */
  extent(el, role, place) {
    const extent = extentOf(el, role);
    if (extent === null) return;
    this.notes.push({ kind: 'read', el });
    const name = this.told(() => accessibleName(el, role));
    this.long(el, role, extent && name ? `${name}: ${extent}` : extent, place);
  }

  /** A list that must be scrolled to see all of it, which takes a ref. @param {Element} el @param {string} role @param {string} name @param {Place} place */
  long(el, role, name, place) {
    if (!name || place.hard || this.row) return this.say(role, name, el, place);
    if (place.mute || !seen(meet(rectOf(el), current(place.geo).clip))) return;
    this.flush();
    this.pending = null;
    const item = this.list(el, el, role, rectOf(el), place, name);
    const entry = this.entryOf(item);
    if (entry && item.takes.length) entry.takes = item.takes = ['Scroll'];
  }

  /** @param {Control} item @returns {Entry | undefined} */
  entryOf(item) {
    return /** @type {Entry | undefined} */ (this.notes.findLast((note) => note.kind === 'entry' && note.item === item));
  }

  /** @param {Element} el @param {CSSStyleDeclaration} style @param {Place} place */
  within(el, style, place) {
    const geo = geoWithin(el, style, place.geo);
    if (geo === place.geo) return place;
    this.notes.push({ kind: 'box', geo });
    if (geo.kind.includes('y') && !place.mute && !this.solid && el.scrollHeight > 2 * el.clientHeight) {
      this.notes.push({ kind: 'read', el });
      this.long(el, 'list', rowsIn(el), place);
    }
    return { ...place, geo };
  }

  /** @param {Element} el @param {Place} place */
  descend(el, place) {
    const root = rootOf(el);
    if (root) watch(root);
    else if (mayHost(el)) this.notes.push({ kind: 'host', el });
    const drawn = otherChildren(el);
    const [items, run] = [this.items.length, this.run.length];
    if (!this.solid && !this.row && (drawn || el.firstElementChild)) this.grouped(el, place, drawn);
    else if (drawn) for (const node of drawn) this.node(node, el, place);
    else for (let node = el.firstChild; node; node = node.nextSibling) this.node(node, el, place);
    if (root || this.late) return;
    const silent = this.items.length === items && this.run.length === run;
    suspect(el, silent && !(place.mute && el.textContent?.trim()));
  }

  /**
   * Walks what is in an element, cut into parts.
   * @param {Element} el
   * @param {Place} place
   * @param {Node[] | null} drawn
   */
  grouped(el, place, drawn) {
    /** @type {Start | null} */
    let start = null;
    let at = 0;
    let node = drawn ? drawn[0] : el.firstChild;
    while (node) {
      if (!start && this.neutral()) {
        start = { node, at, items: this.items.length, notes: this.notes.length, own: this.own, valid: true };
        this.starts.push(start);
      }
      const part = start && this.neutral() ? this.kept(node, el, place, drawn, at) : null;
      if (part && start) {
        if (this.own - start.own >= LEAST) this.close(start, el, place, drawn, node);
        this.starts.pop();
        start = null;
        this.items.push(part);
        this.own++;
        at += part.nodes.length;
        node = drawn ? drawn[at] : part.nodes[part.nodes.length - 1].nextSibling;
        continue;
      }
      this.node(node, el, place);
      if (this.late) break;
      at++;
      node = drawn ? drawn[at] : node.nextSibling;
      if (start && (!start.valid || (this.own - start.own >= LEAST && this.neutral()))) {
        if (start.valid) this.close(start, el, place, drawn, node);
        this.starts.pop();
        start = null;
      }
    }
    if (start) this.starts.pop();
  }

  /**
   * The part that begins at a node and needs no new walk, if there is one.
   * @param {Node} node
   * @param {Element} el
   * @param {Place} place
   * @param {Node[] | null} drawn
   * @param {number} at
   * @returns {Part | null}
   */
  kept(node, el, place, drawn, at) {
    const part = this.model.first ? null : memberOf.get(node);
    if (!part || part.dead || part.dirty || part.el !== el || part.nodes[0] !== node) return null;
    if (!samePlace(part.place, place)) return null;
    let other = /** @type {Node | null} */ (node);
    for (const [i, member] of part.nodes.entries()) {
      if ((drawn ? drawn[at + i] : other) !== member) return null;
      other = member.nextSibling;
    }
    return part;
  }

  /**
   * What was walked since `start` is a part.
   * @param {Start} start
   * @param {Element} el
   * @param {Place} place
   * @param {Node[] | null} drawn
   * @param {Node | null | undefined} end
   */
  close(start, el, place, drawn, end) {
    /** @type {Node[]} */
    let nodes = [];
    if (drawn) nodes = drawn.slice(start.at, end ? drawn.indexOf(end) : undefined);
    else
      for (let node = /** @type {Node | null} */ (start.node); node && node !== end; node = node.nextSibling)
        nodes.push(node);
    const part = new Part(this.model.nextPart++, el, nodes, place, this.depth);
    part.items = this.items.splice(start.items);
    part.notes = this.notes.splice(start.notes);
    for (const node of nodes) memberOf.set(node, part);
    this.items.push(part);
    this.own = start.own + 1;
    enter(this.model, part);
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
    const { clip, view } = current(place.geo);
    if (rect.r <= rect.l || rect.b <= rect.t) {
      if (getComputedStyle(el).display !== 'contents' && !rootOf(el)) return this.hide(el, place);
    } else if (!seen(meet(rect, clip))) return this.hide(el, place);
    if (!this.run.trim()) {
      this.runRole = place.role;
      this.runAway = true;
    }
    if (touches(rect, view)) this.runAway = false;
    return true;
  }

  /** Nobody can see it because of where it lies. @param {Element} el @param {Place} place */
  hide(el, place) {
    this.notes.push({ kind: 'hidden', el, geo: place.geo });
    return false;
  }

  flush() {
    if (!this.run) return;
    const text = clean(this.run, 2000);
    this.run = '';
    if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return;
    if (this.pending && this.namePending(text)) return;
    this.line(this.runRole, text, this.runAway);
  }

  /** @param {string} role @param {string} text @param {boolean} away @param {number[] | null} [box] */
  line(role, text, away, box) {
    if (this.row) this.row.cells[this.row.cells.length - 1] += ` ${text}`;
    else if (box) this.items.push({ role, text, box });
    else this.items.push(away ? { role, text, away } : { role, text });
  }

  /** @param {string} text */
  namePending(text) {
    const control = this.pending;
    this.pending = null;
    if (!control || text.length > LABEL || this.runRole === 'heading') return false;
    this.call(control, text);
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
    this.solid++;
    for (const node of children(el)) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      this.flush();
      row.cells.push('');
      this.visit(/** @type {Element} */ (node), place);
    }
    this.flush();
    this.solid--;
    const inside = this.items;
    this.items = before;
    this.row = null;
    const cells = row.cells.map(flat).filter(Boolean);
    for (const control of row.unnamed) if (!control.name) this.call(control, cells.join(' ').slice(0, LABEL));
    if (cells.length > 1 || (cells.length && !row.named)) {
      this.line('row', cells.join(' | ').slice(0, 2000), !touches(rectOf(el), current(place.geo).view));
    }
    for (const item of inside) this.items.push(item);
  }

  /** What is in it comes from the instance in it; the driver puts it here. @param {Element} el @param {Place} place */
  frame(el, place) {
    const rect = rectOf(el);
    const { clip, view } = current(place.geo);
    if (place.mute) return;
    if (!seen(meet(rect, clip))) return void this.hide(el, place);
    this.pending = null;
    const title = clean(el.getAttribute('aria-label') ?? el.getAttribute('title') ?? '', 200);
    const { box, scale } = contentBox(el);
    /** @type {Frame} */
    const item = {
      frame: frameId(el),
      name: clean(el.getAttribute('name') || el.getAttribute('title') || el.getAttribute('src') || 'frame', 100),
      box,
      scale,
      view: {
        clip: into(meet(meet(rect, view), boxRect(box)), box, scale),
        inert: place.inert,
        disabled: place.disabled,
        covered: false,
        covers: [],
      },
    };
    if (title) item.title = title;
    if (!touches(rect, view)) item.away = true;
    this.items.push(item);
    this.notes.push({ kind: 'frame', el, item }, { kind: 'wild', el, rect });
  }

  /** @param {Element} el @param {Place} place */
  image(el, place) {
    if (place.mute) return;
    const drawing = el.localName === 'svg' && !el.hasAttribute('role');
    const name = this.told(() => accessibleName(el, 'image'));
    if (name && !drawing) return this.say('image', name, el, place);
    if (this.solid || this.row || (drawing && !name)) return;
    const rect = rectOf(el);
    this.notes.push({ kind: 'wild', el, rect });
    if (isLarge(rect)) this.say('image', name || this.told(() => pictureName(el)), el, place);
  }

  /** The areas of a picture. @param {Element} el @param {Place} place */
  map(el, place) {
    const map = mapOf(el);
    if (!map || place.mute) return;
    this.notes.push({ kind: 'read', el: map }, { kind: 'wild', el, rect: rectOf(el) });
    for (const area of areasOf(map)) {
      const rect = areaRect(area);
      if (!seen(meet(rect, current(place.geo).clip))) continue;
      this.flush();
      const role = area.hasAttribute('href') ? 'link' : 'button';
      this.list(area, area, role, rect, place, this.told(() => accessibleName(area, role)));
    }
  }

  /** A canvas or a player. @param {Element} el @param {string} tag @param {Place} place */
  opaque(el, tag, place) {
    if (place.mute || el.getAttribute('aria-hidden') === 'true' || isInEditor(el)) return;
    const rect = rectOf(el);
    if (!seen(meet(rect, current(place.geo).clip))) return void this.hide(el, place);
    const name = this.told(() => accessibleName(el, tag) || pictureName(el));
    this.notes.push({ kind: 'wild', el, rect });
    if (tag === 'canvas' ? !isLarge(rect) && !listening.has(el) : !name && !el.hasAttribute('controls')) return;
    const still = tag === 'canvas' ? getComputedStyle(el).pointerEvents === 'none' : !el.hasAttribute('controls');
    if (still || this.row || place.hard) return this.say(tag, name || tag, el, place);
    this.flush();
    this.pending = null;
    this.list(el, el, tag, rect, place, name);
  }

  /** @param {Element} el @param {string} role @param {Place} place */
  gauge(el, role, place) {
    const { value, max } = /** @type {HTMLProgressElement} */ (el);
    const now = typeof value === 'number' ? `${Math.round((100 * value) / (max || 1))} %` : '';
    const text = el.getAttribute('aria-valuetext') ?? el.getAttribute('aria-valuenow') ?? now;
    const name = this.told(() => accessibleName(el, role));
    this.say(role, clean(`${name} ${text}`), el, place);
    if (!el.localName.match(/^(progress|meter)$/)) this.descend(el, place);
  }

  /** A closed `details` shows its summary only. @param {Element} el @param {Place} place */
  summary(el, place) {
    for (const child of el.children) if (child.localName === 'summary') return this.visit(child, place);
  }

  /** @param {Element} el @param {string} tag @param {string} role @param {Place} place */
  group(el, tag, role, place) {
    if (tag === 'details' || tag === 'optgroup') return;
    const name = this.told(() => accessibleName(el, role));
    const legend = el.querySelector(tag === 'fieldset' ? ':scope > legend' : 'h1, h2, h3, h4, h5, h6');
    if (legend && (tag === 'fieldset' || /dialog$/.test(role))) this.legend(legend, el, name);
    if (name) this.say(role.replace('alertdialog', 'dialog').replace('radiogroup', 'group'), name, el, place);
  }

  /** Whether a group's legend, or a dialog's heading, is said as its name. @param {Element} legend @param {Element} el @param {string} name */
  legend(legend, el, name) {
    this.notes.push({ kind: 'read', el: legend });
    const before = legends.get(legend);
    const plain = legend.localName === 'legend' ? name !== '' : clean(contentOf(legend, legend)) === name;
    if (plain && !legend.querySelector('input, button, a')) legends.set(legend, el);
    else legends.delete(legend);
    legendOf.set(el, legend);
    if (legends.get(legend) !== before && !this.model.first) mark(legend);
  }

  /** @param {string} role @param {string} text @param {Element} el @param {Place} place */
  say(role, text, el, place) {
    if (place.mute || !text) return;
    const rect = rectOf(el);
    const { clip, view } = current(place.geo);
    if (!seen(meet(rect, clip))) return void this.hide(el, place);
    this.flush();
    const away = !touches(rect, view);
    this.line(role, text, away, away || !(role === 'image' || OPAQUE.has(role)) ? null : boxOf(rect));
  }

  /**
   * Whether the label's text is said already, as the name of its control. Lists a control that is hidden behind it.
   * @param {HTMLLabelElement} el
   * @param {Place} place
   */
  label(el, place) {
    const { control } = el;
    if (!control || typeOf(control) === 'hidden') return false;
    this.notes.push({ kind: 'read', el: control });
    const role = roleOf(control);
    if (isInside(control)) return false;
    if (isBacked(control) && !this.behindAnother(control, el)) {
      this.list(
        control,
        el,
        role,
        rectOf(el),
        place,
        this.told(() => nameOf(control, role)),
      );
      return true;
    }
    if (isAway(control) && !isGhost(control)) return this.isListed(control);
    if (mayHost(control) && !control.hasAttribute('tabindex') && !rootOf(control)?.querySelector(INNER_CONTROLS)) return false;
    const text = clean(contentOf(el, control));
    return text !== '' && this.told(() => nameOf(control, role)).includes(text);
  }

  /** Whether a control is listed at a label before this one. @param {Element} control @param {Element} label */
  behindAnother(control, label) {
    const listed = this.model.behind.get(control);
    if (!listed || !listed.target.isConnected) return false;
    if (listed.target.compareDocumentPosition(label) & Node.DOCUMENT_POSITION_FOLLOWING) return true;
    mark(listed.target);
    return false;
  }

  /** @param {Element} el */
  isListed(el) {
    const ref = refs.get(el);
    return this.model.behind.has(el) || (ref !== undefined && this.model.nodes.has(ref));
  }

  /** Notes what a name was made of that stands elsewhere. @template T @param {() => T} name */
  told(name) {
    sources = [];
    const said = name();
    for (const el of sources) this.notes.push({ kind: 'read', el });
    sources = null;
    return said;
  }

  /** @param {Element} el @param {string} role @param {boolean} hard @param {Place} place */
  control(el, role, hard, place) {
    if (this.model.behind.has(el) || isEditorPart(el)) return;
    const rect = drawnRect(el);
    const editor = editorOf(el);
    if (editor) return this.editor(el, editor, role, place);
    if (!this.canList(el, rect, place)) {
      if (!isEditable(el) && el.localName !== 'select') this.descend(el, { ...place, mute: place.mute || hard });
      return;
    }
    const legend = legendOf.get(el); // from when it was a group, which says it
    if (legend) legends.delete(legend);
    let name = this.told(() => nameOf(el, !hard && SAID.test(role) ? 'generic' : role));
    if (place.hard && name === place.name && !isEditable(el)) return this.descend(el, place);
    this.flush();
    let mute = hard;
    if (!hard && role !== 'listbox') ({ name, mute } = softName(el, name));
    if (!hard && el.querySelector('iframe')) mute = false;
    const plain = /^(checkbox|radio)$/.test(typeOf(el)) || isEditable(el) || el.localName === 'select';
    const item = this.list(el, el, role, rect, place, name);
    if (!name && (plain || FIELDS.has(role) || item.type === 'file')) this.nameFromNear(el, role, item);
    else this.pending = null;
    if (!item.name && isEditingHost(el)) item.name = regionName(el);
    if (!plain && (el.firstElementChild || rootOf(el) || !mute)) {
      this.solid++;
      this.descend(el, { ...place, hard: place.hard || hard, name, mute: place.mute || mute, pointer: true });
      this.solid--;
    }
  }

  /** @param {Element} el @param {Element} editor @param {string} role @param {Place} place */
  editor(el, editor, role, place) {
    this.flush();
    this.list(el, editor, role, rectOf(editor), place, nameOf(el, role));
    this.notes.push({ kind: 'read', el: editor });
  }

  /** @param {Element} el @param {Rect} rect @param {Place} place */
  canList(el, rect, place) {
    if (!seen(meet(rect, current(place.geo).clip))) return this.hide(el, place);
    if (!place.shaded && !this.foreign && isPlain(el)) return true;
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
    const disabled = place.disabled || place.inert || (target === el ? el.matches(':disabled') : isDisabled(el));
    const options = this.told(() => optionsOf(el, role));
    const type = TYPES.has(typeOf(el)) ? typeOf(el) : '';
    const states = statesOf(el, role, disabled, this.active);
    const takes = takesOf(el, role, disabled, options.length > 0);
    /** @type {Control} */
    const item = { ref: refOf(el), role, name: '', value: valueOf(el, role), takes };
    if (states.length) item.states = states;
    if (options.length) item.options = options;
    if (type) item.type = type;
    if (el.localName === 'select' && /** @type {HTMLSelectElement} */ (el).multiple) item.multiple = true;
    if (el.getAttribute('aria-multiselectable') === 'true') item.multiple = true;
    const extent = role === 'listbox' ? extentOf(el, role) : null;
    if (extent !== null) this.notes.push({ kind: 'read', el });
    const hint = [hintOf(el, name), extent].filter(Boolean).join('; ');
    if (hint) item.hint = hint;
    if (touches(rect, current(place.geo).view)) item.box = boxOf(rect);
    else item.away = true;
    /** @type {Entry} */
    const entry = {
      kind: 'entry', el, target, item, states, takes, stood: moved(rect, this.left, this.top), fixed: place.fixed,
      covered: false,
    };
    if (target !== el) this.model.behind.set(el, entry);
    this.items.push(item);
    this.notes.push(entry);
    this.call(item, name);
    return item;
  }

  /** Names it; the star on a field's label is no part of what it is called, but says something. @param {Control} item @param {string} name */
  call(item, name) {
    item.name = name;
    if (!name.includes('*') || !(FILLED.has(item.role) || item.type === 'file')) return;
    item.name = name.replace(/^\*\s*(?=\S)|(?<=\S)\s*\*+$/, '');
    if (item.name === name) return;
    const entry = this.entryOf(item);
    if (!entry) return;
    if (!entry.states.includes('required')) entry.states.push('required');
    item.states = entry.states;
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
    const before = this.lineBefore();
    if (!before || !('text' in before.item)) return;
    const line = before.item;
    if (line.role === 'row' || !isLabelLike(line.text)) return;
    this.call(item, line.text.replace(/\s*:\s*(?=\**\s*$)/, ''));
    if (line.role !== 'text' && line.role !== 'listitem') return;
    line.said = true;
    if (before.part) this.notes.push({ kind: 'said', line, from: before.part });
  }

  /** What stands before the control just listed, and in which part, if not in the one that is walked. */
  lineBefore() {
    for (let i = this.items.length - 2; i >= 0; i--) {
      for (const start of this.starts) if (start.items > i) start.valid = false;
      const item = this.items[i];
      if (!(item instanceof Part)) return { item, part: null };
      const tail = tailOf(item);
      if (tail) return tail;
    }
    for (const start of this.starts) start.valid = false;
    this.escaped = true;
    return null;
  }

  /** @param {Row} row @param {Element} el @param {Control} item */
  nameFromRow(row, el, item) {
    const before = row.cells.map(flat).filter(Boolean).pop() ?? '';
    const column = this.told(() => columnName(el));
    const parts = CHECKABLE.has(item.role) ? [] : [before.length <= LABEL ? before : '', column];
    const name = parts.filter(Boolean).join(' ');
    this.call(item, name.replace(/\s*:\s*(?=\**\s*$)/, ''));
    if (item.name) row.named = true;
    else row.unnamed.push(item);
  }
}

function isHuge() {
  return document.getElementsByTagName('*').length > HUGE;
}

function sighted() {
  /** @type {Set<Element>} */
  const found = new Set();
  for (const [fx, fy] of SIGHTS)
    for (let up = hitAt(fx * innerWidth, fy * innerHeight); up && !found.has(up); up = above(up)) found.add(up);
  return found;
}

/** @param {Place} a @param {Place} b */
function samePlace(a, b) {
  return (
    a.geo === b.geo &&
    a.role === b.role &&
    a.pointer === b.pointer &&
    a.inert === b.inert &&
    a.disabled === b.disabled &&
    a.fixed === b.fixed &&
    a.hard === b.hard &&
    a.name === b.name &&
    a.mute === b.mute &&
    a.cursor === b.cursor &&
    a.shaded === b.shaded
  );
}

/** @returns {Place} */
function rootPlace() {
  const { inert, disabled } = outside;
  return {
    role: 'text',
    geo: rootGeo,
    pointer: false,
    inert,
    disabled,
    fixed: false,
    hard: false,
    name: '',
    mute: false,
    cursor: '',
    shaded: false,
  };
}

/**
 * Where things stand that are in `el`, which may not be where its parent's stand.
 * @param {Element} el
 * @param {CSSStyleDeclaration} style
 * @param {Place} place
 * @returns {Place}
 */
function placed(el, style, place) {
  const { clipped } = place.geo;
  if (!clipped && !el.firstElementChild && !rootOf(el)) return place;
  const { position } = style;
  if (position === 'fixed') return { ...place, fixed: true, geo: variant(place.geo, 'fixed') };
  if (position === 'absolute' && clipped) return { ...place, geo: variant(place.geo, 'loose') };
  return place;
}

/** Place of what may not be used. @param {Element} el @param {Place} place */
function barred(el, place) {
  if (!place.inert && el.hasAttribute('inert')) place = { ...place, inert: true };
  if (!place.disabled && el.getAttribute('aria-disabled') === 'true') place = { ...place, disabled: true };
  return place;
}

/** A custom element may get a shadow root later. @param {Element} el */
function mayHost(el) {
  return el.localName.includes('-');
}

/** A field that a picture may stand for. @param {Element} el */
function isBackable(el) {
  return GHOSTS.test(el.localName === 'select' ? 'select' : typeOf(el));
}

/** What holds the picture that may stand for a field: see drawnUnder. @param {Element} el */
function backOf(el) {
  let up = el;
  for (let i = 0, outer = above(up); i < 4 && outer; i++, outer = above(up)) up = outer;
  return up;
}

/** Stands elsewhere than what is around it. @param {Element} el @param {CSSStyleDeclaration} style */
function leavesTheFlow(el, { position }) {
  if (position === 'fixed' || position === 'sticky') return true;
  const outer = position === 'absolute' ? above(el) : null;
  return outer !== null && !encloses(rectOf(outer), rectOf(el));
}

/** What an element is taken for because of what is in it. @param {Element} el */
function verdictOf(el) {
  const tag = el.localName;
  const role = roleOf(el);
  const flat = role === 'row' && !el.querySelector(NOT_FLAT);
  return [listens(el, tag), isPane(el, role), wrapsField(el, role), flat, isWrapper(el)].join();
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

/** @param {Rect} r */
function isLarge(r) {
  return r.r - r.l >= PICTURE && r.b - r.t >= PICTURE;
}

/** Takes the focus only so that its much text can be scrolled by keys. @param {Element} el @param {string} role */
function isPane(el, role) {
  return role === 'generic' && !el.hasAttribute('aria-label') && (el.textContent?.length ?? 0) > 2 * LONG;
}

/** Painted nowhere although it has a place. @param {CSSStyleDeclaration} style */
function vanishes({ filter, clipPath, backfaceVisibility, transform }) {
  if (filter !== 'none' && /opacity\(0%?\)/.test(filter)) return true;
  if (clipPath !== 'none' && /^(circle|ellipse)\(0(px|%)?[ )]/.test(clipPath)) return true;
  return backfaceVisibility === 'hidden' && transform !== 'none' && new DOMMatrix(transform).m33 < 0;
}

/** Nothing in it can be seen either. @param {CSSStyleDeclaration} style */
function prunes(style) {
  return (
    style.display === 'none' ||
    style.opacity === '0' ||
    (style.display !== 'contents' && style.visibility === 'visible')
  );
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

/** One of several in what opens out of something clickable, such as a list of a page's own making. @param {Element} el */
function isChoice(el) {
  const text = el.textContent ?? '';
  if (!text.trim() || text.length > LABEL || el.querySelector(INNER_CONTROLS)) return false;
  const beside = el.nextElementSibling ?? el.previousElementSibling;
  if (beside?.localName !== el.localName) return false;
  let up = el.parentElement;
  for (let i = 0; up && i < 3; i++, up = up.parentElement) {
    if (!/^(absolute|fixed)$/.test(getComputedStyle(up).position)) continue;
    // What opens lies over or under its opener, which has more to it.
    return clean(up.parentElement?.textContent ?? '') !== clean(up.textContent ?? '') && el.localName !== 'span';
  }
  return false;
}

const CROSS = /close|remove|clear|delete|dismiss|cancel|[×✕✖⨯╳]/i;
const CHIP = /(?:^|[\s_-])(?:chip|tag|token|pill)s?(?:[\s_-]|$)|[a-z](?:Chip|Tag)(?:[\s_-]|$)/;

/** A cross in a tab, option or chip, which takes that away and does not choose it. @param {Element} el */
function isCross(el) {
  if (el.childElementCount > 3 || (el.textContent?.length ?? 0) > 12) return false;
  if (!looksLikeCross(el) || (el.parentElement && looksLikeCross(el.parentElement))) return false;
  const { width, height } = el.getBoundingClientRect();
  if (width > 40 || height > 40) return false;
  let up = el.parentElement;
  for (let i = 0; up && i < 4; i++, up = up.parentElement) {
    if (/^(tab|option|treeitem)$/.test(up.getAttribute('role') ?? '') || CHIP.test(up.getAttribute('class') ?? ''))
      return clean(up.textContent ?? '') !== clean(el.textContent ?? '');
  }
  return false;
}

/** @param {Element} el */
function looksLikeCross(el) {
  if (listening.has(el)) return true;
  return ['class', 'data-testid', 'aria-label', 'title'].some((key) => CROSS.test(el.getAttribute(key) ?? '')) ||
    /^\s*[×✕✖⨯╳]\s*$/.test(el.textContent ?? '');
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
  if (!FIELDS.has(role) || el.localName === 'input') return false;
  return [...el.querySelectorAll('input, textarea')].some((field) => field.checkVisibility());
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
  if (head && cell) sources?.push(head, /** @type {Element} */ (head.parentElement));
  if (!cell || !head || head.contains(cell)) return '';
  const top = head.cells[cell.cellIndex];
  return top?.localName === 'th' ? clean(top.textContent ?? '', LABEL) : '';
}

/** A checkbox, radio, file input or button that is not seen itself but stands behind a label that is. @param {Element} el */
function isBacked(el) {
  if (!(/^(checkbox|radio|file)$/.test(typeOf(el)) || el.localName === 'button') || !unseen(el)) return false;
  return visibleLabel(el) !== null;
}

/** A transparent field laid over the picture that stands for it. @param {Element} el */
function isGhost(el) {
  if (!isBackable(el)) return isVeiled(el);
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
  const picture = el.localName === 'area' ? pictureOf(el) : null;
  if (picture) return unseen(picture);
  if (!el.checkVisibility(DRAWN) && getComputedStyle(el).display !== 'contents') return !isGhost(el);
  const rect = drawnRect(el);
  if (!seen(rect)) return true;
  if (!seen(meet(rect, looking ? current(rootGeo).clip : reachable())) && !inScroller(el)) return true;
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
