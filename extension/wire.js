// @ts-check
/**
 * Frames to messages and back: the extension's half of the wire that autoglm/protocol.py describes. Pure but for the
 * mathematics of WebCrypto: no sockets, no storage, no clock.
 *
 * @typedef {import('./protocol').Incoming} Incoming
 * @typedef {import('./protocol').Outgoing} Outgoing
 * @typedef {import('./protocol').Envelope} Envelope
 */

export const VERSION = 1;
export const SUBPROTOCOL = 'autoglm.v1';
export const STRETCH = 200_000;
/** What the other side has not acknowledged is kept to be sent again; so much of it and no more. */
const MOST_WAITING = 10_000;
const MOST_KEPT = 64 * 1024 * 1024;

const NUMBERED_OUT = new Set(
  'result event opened closed start stop pause resume answer list show look redo settings'.split(' '),
);
const NUMBERED_IN = new Set('attach open detach command'.split(' '));

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The other side broke the contract. */
export class ProtocolError extends Error {}

// ---------------------------------------------------------------- frames

/**
 * @param {string | ArrayBuffer} frame
 * @returns {{content: Record<string, unknown>, payload: Uint8Array}}
 */
export function readFrame(frame) {
  if (typeof frame === 'string') return { content: object(frame), payload: new Uint8Array() };
  if (frame.byteLength < 4) throw new ProtocolError('a binary frame without its length');
  const size = new DataView(frame).getUint32(0);
  if (size > frame.byteLength - 4) throw new ProtocolError('a binary frame that ends in its head');
  return {
    content: object(textOf(new Uint8Array(frame, 4, size))),
    payload: new Uint8Array(frame, 4 + size),
  };
}

/**
 * @param {object} content
 * @param {Uint8Array} [payload]
 * @returns {string | Uint8Array<ArrayBuffer>}
 */
export function writeFrame(content, payload) {
  const text = JSON.stringify(content);
  if (!payload?.length) return text;
  const head = encoder.encode(text);
  const frame = new Uint8Array(4 + head.length + payload.length);
  new DataView(frame.buffer).setUint32(0, head.length);
  frame.set(head, 4);
  frame.set(payload, 4 + head.length);
  return frame;
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolError('no UTF-8');
  }
}

/** @param {string} text @returns {Record<string, unknown>} */
function object(text) {
  /** @type {unknown} */
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new ProtocolError('no JSON');
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ProtocolError('JSON, but no object');
  return /** @type {Record<string, unknown>} */ (content);
}

// ---------------------------------------------------------------- proofs

/** What both make of the one-time code and the two nonces. @param {string} code @param {string} hello @param {string} challenge */
export async function codeKey(code, hello, challenge) {
  const typed = await crypto.subtle.importKey('raw', encoder.encode(code), 'PBKDF2', false, ['deriveBits']);
  const salt = encoder.encode(`autoglm|${hello}|${challenge}`);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: STRETCH }, typed, 256);
  return new Uint8Array(bits);
}

/**
 * @param {Uint8Array<ArrayBuffer>} key
 * @param {'s' | 'c'} side
 * @param {string} hello nonce of the extension
 * @param {string} challenge nonce of the server
 * @param {string} server its name
 */
export async function prove(key, side, hello, challenge, server) {
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(await crypto.subtle.sign('HMAC', hmac, encoder.encode(`${side}|${hello}|${challenge}|${server}`)));
}

/** In a time that does not tell where they differ. @param {string} a @param {string} b */
export function same(a, b) {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  return difference === 0;
}

export function makeNonce() {
  return hex(crypto.getRandomValues(new Uint8Array(16)).buffer);
}

/** @param {ArrayBuffer} bytes */
function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} text */
export function unhex(text) {
  return new Uint8Array((text.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
}

// ---------------------------------------------------------------- after the handshake

/** @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** One life of the worker in one session: numbers, acknowledges, keeps what may be lost with a connection. */
export class Channel {
  sent = 0;
  /** Number of the last message of the server that was taken. */
  received;
  /** And of the last that is written down where a later life of the worker finds it: only that is acknowledged. */
  written;
  /** Sent and not acknowledged, in order; `size` is that of its frame. @type {{seq: number, message: Outgoing, size: number, payload?: Uint8Array}[]} */
  waiting = [];
  /** Size of all that waits. */
  kept = 0;
  /** The `written` that the last frame acknowledged. */
  told = 0;

  /** @param {number} received */
  constructor(received) {
    this.received = received;
    this.written = received;
  }

  /** The frame; throws when the other side acknowledges nothing any more. @param {Outgoing} message @param {Uint8Array} [payload] */
  send(message, payload) {
    this.told = this.written;
    if (!NUMBERED_OUT.has(message.t)) return writeFrame({ v: VERSION, ack: this.written, ...message }, payload);
    if (this.waiting.length >= MOST_WAITING || this.kept >= MOST_KEPT)
      throw new ProtocolError(`${this.waiting.length} messages (${this.kept} bytes) were not acknowledged`);
    const seq = ++this.sent;
    const frame = writeFrame({ v: VERSION, seq, ack: this.written, ...message }, payload);
    this.waiting.push({ seq, message, size: frame.length, ...(payload && { payload }) });
    this.kept += frame.length;
    return frame;
  }

  /** What is new in a frame; null for what was taken before. @param {string | ArrayBuffer} frame */
  receive(frame) {
    const { content, payload } = readFrame(frame);
    const { v, seq = 0, ack = 0, ...message } = /** @type {Envelope & Incoming} */ (/** @type {unknown} */ (content));
    if (v !== VERSION || !isCount(seq) || !isCount(ack) || typeof message.t !== 'string')
      throw new ProtocolError('no message of this version');
    if (ack > this.sent) throw new ProtocolError(`message ${ack} is acknowledged, but ${this.sent} were sent`);
    this.acknowledged(ack);
    if (!NUMBERED_IN.has(message.t)) return { message: /** @type {Incoming} */ (message), payload };
    if (seq > this.received + 1 || seq === 0)
      throw new ProtocolError(`message ${seq} after ${this.received}: some are missing`);
    if (seq <= this.received) return null;
    this.received = seq;
    return { message: /** @type {Incoming} */ (message), payload };
  }

  /** @param {number} upto */
  acknowledged(upto) {
    const first = this.waiting.findIndex(({ seq }) => seq > upto);
    for (const { size } of this.waiting.splice(0, first < 0 ? this.waiting.length : first)) this.kept -= size;
  }

  /** What a new connection sends again. @param {number} seen number of the last one that the server took */
  resume(seen) {
    this.acknowledged(seen);
    this.told = this.written;
    return this.waiting.map(({ seq, message, payload }) =>
      writeFrame({ v: VERSION, seq, ack: this.written, ...message }, payload),
    );
  }
}
