// @ts-check
/**
 * One websocket after another to `autoglm serve` on this machine, for as long as this worker lives. Knows frames and
 * the handshake, nothing of tabs or of the panel.
 *
 * @typedef {import('./protocol').Outgoing} Outgoing
 * @typedef {import('./protocol').Incoming} Incoming
 * @typedef {import('./protocol').Connection} State
 */
import { Channel, ProtocolError, SUBPROTOCOL, VERSION, codeKey, makeNonce, prove, readFrame, same, unhex } from './wire.js';

export const DEFAULT_PORT = 8426;
const HANDSHAKE_MS = 5000;
/** The server speaks every 20 s; when it is silent for so long the connection is dead. */
const SILENCE_MS = 45_000;
/** And so long for a server that does not come back: its runs have given this browser up (AWAY_S in extension_pipe.py). */
const AWAY_MS = 60_000;
const ACK_MS = 250;
const ACK_EVERY = 32;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 3_000;
const SMALL = 64 * 1024;
/** Of a frame, which the server takes whole or not at all. */
const MOST_BYTES = 8 * 1024 * 1024 - SMALL;
/** What may wait in the socket while pictures are still added. */
const MOST_BACKLOG = 1024 * 1024;
/** Of an event, the longest text: a data: address can have megabytes. */
const MOST_SIGNS = 10_000;

export class Connection {
  /** @type {State} */
  state = { state: 'connecting', detail: '' };
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Channel | null} */
  #channel = null;
  #session = '';
  /** This life of the worker. */
  #worker = makeNonce();
  #delay = FIRST_DELAY_MS;
  #code = '';
  /** @type {Promise<void> | null} */
  #writing = null;
  #heard = 0;
  /** When it was last connected, until that is too long ago; then 0. */
  #parted = Date.now();
  /** Whether a connection stands or is being made. */
  #busy = false;
  /** Of the attempts to connect, the last one; an earlier one that is still under way gives up. */
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /**
   * @param {(message: Incoming, payload: Uint8Array, written: Promise<void>) => void} take `written`: a later life of
   *   this worker finds that the message was taken, so that nobody sends it again
   * @param {(state: State) => void} changed
   * @param {() => void} renewed called when the server no longer knows the session, or is gone: its runs are over
   * @param {number} away_ms
   */
  constructor(take, changed, renewed, away_ms = AWAY_MS) {
    this.take = take;
    this.changed = changed;
    this.renewed = renewed;
    this.away_ms = away_ms;
    setInterval(() => this.#watch(), ACK_MS);
  }

  /** Connects, unless it is connected; at once, whatever the delay. @param {string} [code] to pair with */
  connect(code = '') {
    if (code) this.#code = code;
    clearTimeout(this.#again);
    if (this.#busy && !code) return;
    this.#socket?.close();
    void this.#open();
  }

  /** Sent now, or when there is a connection again if it is numbered. @param {Outgoing} message @param {Uint8Array} [payload] */
  send(message, payload) {
    if (!this.#channel) return;
    try {
      const frame = this.#channel.send(message, payload);
      if (this.state.state === 'connected') this.#put(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      void this.#giveUp();
    }
  }

  /** Whether a picture may be added to what the socket still has to send. */
  get roomy() {
    return this.state.state === 'connected' && (this.#socket?.bufferedAmount ?? 0) < MOST_BACKLOG;
  }

  /** The server does not come back, or takes nothing any more: its runs are over. */
  async #giveUp() {
    this.#channel = null;
    await chrome.storage.session.remove(['session', 'seen']);
    this.renewed();
    this.#socket?.close();
  }

  async #open() {
    this.#busy = true;
    const turn = ++this.#turn;
    const { port = DEFAULT_PORT } = await chrome.storage.local.get('port');
    if (turn !== this.#turn) return;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, [SUBPROTOCOL]);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#set('connecting', '');
    const greeting = this.#greet(socket);
    const deadline = setTimeout(() => socket.close(), HANDSHAKE_MS);
    /** @param {string | ArrayBuffer} frame */
    const take = async (frame) => {
      if (turn !== this.#turn || this.#socket !== socket || this.state.state === 'refused') return;
      this.#heard = Date.now();
      try {
        if (this.state.state === 'connected') this.#receive(frame);
        else if (await greeting(frame)) clearTimeout(deadline);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#set('refused', error.message);
        socket.close();
      }
    };
    // One after another: what follows the welcome may come before all is ready for it.
    let taken = Promise.resolve();
    socket.onmessage = ({ data }) => void (taken = taken.then(() => take(data)));
    socket.onclose = ({ code, reason }) => {
      clearTimeout(deadline);
      if (turn === this.#turn) this.#closed(code, reason);
    };
  }

  /**
   * The steps of the handshake; each call takes a frame and resolves to whether that was the last one.
   * @param {WebSocket} socket
   */
  #greet(socket) {
    const nonce = makeNonce();
    /** @type {Promise<{key?: string, secret?: string, server?: string}>} */
    const paired = chrome.storage.local.get(['key', 'secret', 'server']);
    const past = chrome.storage.session.get(['session', 'seen']);
    let code = this.#code;
    /** @type {Uint8Array<ArrayBuffer> | null} */
    let byCode = null;
    let challenge = '';
    let server = '';
    socket.onopen = async () => {
      const { key = '' } = await paired;
      const { session = '', seen = 0 } = /** @type {{session?: string, seen?: number}} */ (await past);
      this.#say(socket, {
        t: 'hello', versions: [VERSION], client: chrome.runtime.getManifest().version, key: code ? '' : key, nonce,
        worker: this.#worker, session, seen,
      }); // prettier-ignore
    };
    /** @param {string | ArrayBuffer} frame */
    return async (frame) => {
      const message = /** @type {import('./protocol').Greeted} */ (/** @type {unknown} */ (readFrame(frame).content));
      if (message.t === 'error') throw new ProtocolError(message.message);
      if (message.t === 'challenge') {
        ({ nonce: challenge, server } = message);
        const known = await paired;
        if (message.mac && known.secret) {
          const secret = unhex(known.secret);
          // Whoever sits on our port and does not hold the key learns nothing more.
          if (!same(message.mac, await prove(secret, 's', nonce, challenge, server)))
            throw new ProtocolError('another program answers at this port');
          this.#say(socket, { t: 'auth', mac: await prove(secret, 'c', nonce, challenge, server) });
          return false;
        }
        this.#code = '';
        if (!code) {
          this.#set('unpaired', '');
          socket.close();
          return false;
        }
        byCode = await codeKey(code, nonce, challenge);
        code = '';
        this.#say(socket, { t: 'pair', mac: await prove(byCode, 'c', nonce, challenge, server) });
        return false;
      }
      if (message.t === 'paired' && byCode) {
        if (!same(message.mac, await prove(byCode, 's', nonce, challenge, server)))
          throw new ProtocolError('another program answers at this port');
        await chrome.storage.local.set({ key: message.key, secret: message.secret, server });
        byCode = null;
        return false;
      }
      if (message.t === 'welcome') {
        await this.#welcome(message.session, message.seen);
        return true;
      }
      throw new ProtocolError(`${message.t} out of turn`);
    };
  }

  /** @param {string} session @param {number} seen */
  async #welcome(session, seen) {
    const past = await chrome.storage.session.get(['session', 'seen']);
    if (past.session !== session) {
      if (past.session) this.renewed();
      await chrome.storage.session.set({ session, seen: 0 });
    }
    if (!this.#channel || this.#session !== session) {
      const received = past.session === session ? Number(past.seen ?? 0) : 0;
      this.#channel = new Channel(received);
    }
    this.#session = session;
    this.#delay = FIRST_DELAY_MS;
    for (const frame of this.#channel.resume(seen)) this.#put(frame);
    this.#set('connected', '');
  }

  /** @param {string | ArrayBuffer} frame */
  #receive(frame) {
    const channel = /** @type {Channel} */ (this.#channel);
    const before = channel.received;
    const received = channel.receive(frame);
    const written = channel.received === before ? Promise.resolve() : this.#write(channel);
    if (received?.message.t === 'ping') this.send({ t: 'pong' });
    else if (received) this.take(received.message, received.payload, written);
    if (channel.written - channel.told >= ACK_EVERY) this.send({ t: 'ack' });
  }

  /**
   * Writes down what was taken, one write at a time: what comes meanwhile goes with the next.
   * @param {Channel} channel
   */
  async #write(channel) {
    const { received } = channel;
    while (channel.written < received && this.#channel === channel) {
      this.#writing ??= this.#writeOnce(channel).finally(() => (this.#writing = null));
      await this.#writing;
    }
  }

  /** @param {Channel} channel */
  async #writeOnce(channel) {
    const { received } = channel;
    await chrome.storage.session.set({ seen: received });
    channel.written = received;
  }

  #watch() {
    if (this.state.state !== 'connected' || !this.#channel) {
      if (!this.#parted || Date.now() - this.#parted < this.away_ms) return;
      this.#parted = 0;
      return void this.#giveUp();
    }
    this.#parted = Date.now();
    if (this.#channel.written > this.#channel.told) this.send({ t: 'ack' });
    if (Date.now() - this.#heard > SILENCE_MS) this.#socket?.close();
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#socket = null;
    this.#busy = false;
    if (this.state.state === 'connected' || this.state.state === 'connecting')
      this.#set('away', code === 4440 ? 'connected elsewhere' : reason);
    if (this.state.state === 'unpaired') return;
    this.#again = setTimeout(() => void this.#open(), this.#delay * (0.75 + Math.random() / 2));
    this.#delay = Math.min(2 * this.#delay, LONGEST_DELAY_MS);
  }

  /** @param {WebSocket} socket @param {import('./protocol').Greeting} message */
  #say(socket, message) {
    socket.send(JSON.stringify(message));
  }

  /** @param {string | Uint8Array<ArrayBuffer>} frame */
  #put(frame) {
    this.#socket?.send(frame);
  }

  /** @param {State['state']} state @param {string} detail */
  #set(state, detail) {
    this.state = { state, detail };
    this.changed(this.state);
  }
}

/**
 * A result as it travels: inside the message, or beside it as bytes when it is a picture or large.
 * @param {number} id
 * @param {Record<string, unknown>} result
 * @returns {[Outgoing, Uint8Array | undefined]}
 */
export function pack(id, result) {
  const { data, result: said } = result;
  const alone = Object.keys(result).length === 1;
  if (typeof data === 'string' && alone) return payload(id, 'data', bytesOf(data));
  const { type, value } = /** @type {{type?: unknown, value?: unknown}} */ (said ?? {});
  if (type === 'string' && typeof value === 'string' && value.length > SMALL && alone)
    return payload(id, 'value', new TextEncoder().encode(value));
  const text = JSON.stringify(result);
  if (text.length <= SMALL) return [{ t: 'result', id, result }, undefined];
  return payload(id, 'json', new TextEncoder().encode(text));
}

/**
 * @param {number} id
 * @param {'json' | 'data' | 'value'} kind
 * @param {Uint8Array} bytes
 * @returns {[Outgoing, Uint8Array | undefined]}
 */
function payload(id, kind, bytes) {
  if (bytes.length > MOST_BYTES) return [{ t: 'result', id, error: `an answer of ${bytes.length} bytes is too large` }, undefined];
  return [{ t: 'result', id, payload: kind }, bytes];
}

/** @param {string} base64 */
export function bytesOf(base64) {
  const signs = atob(base64);
  const bytes = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i++) bytes[i] = signs.charCodeAt(i);
  return bytes;
}

/** An event's particulars, with long texts cut short. @param {Record<string, unknown>} params @returns {Record<string, unknown>} */
export function short(params) {
  const text = JSON.stringify(params);
  if (text.length <= MOST_SIGNS) return params;
  return JSON.parse(text, (_, value) => (typeof value === 'string' ? value.slice(0, MOST_SIGNS) : value));
}
