/** The wire, as autoglm/protocol.py defines it and checks it; one message type a line where it fits. */

export interface Envelope { v: number; seq?: number; ack?: number }
type Json = Record<string, unknown>;

// ---- the handshake

export type Greeting =
  | { t: 'hello'; versions: number[]; client: string; key: string; nonce: string; worker: string; session: string; seen: number }
  | { t: 'pair'; mac: string }
  | { t: 'auth'; mac: string };

export type Greeted =
  | { t: 'challenge'; version: number; server: string; nonce: string; mac: string }
  | { t: 'paired'; mac: string; key: string; secret: string }
  | { t: 'welcome'; session: string; seen: number }
  | { t: 'error'; message: string };

// ---- from the extension

export type Outgoing = FromTabs | FromPerson | { t: 'pong' } | { t: 'ack' };

export type FromTabs =
  | { t: 'result'; id: number; result?: Json; payload?: '' | 'json' | 'data' | 'value'; error?: string }
  | { t: 'event'; tab: number; session: string; method: string; params: Json }
  | { t: 'opened'; tab: number; opener: number; url: string }
  | { t: 'closed'; tab: number; why: 'closed' | 'canceled_by_user' | 'crashed' | 'replaced' }
  | { t: 'picture'; tab: number };

export type FromPerson =
  | { t: 'start'; wish: string; tab: number; url: string; task: string; run?: string }
  | { t: 'stop'; run: string }
  | { t: 'pause'; run: string }
  | { t: 'resume'; run: string }
  | { t: 'answer'; run: string; question: number; text: string | null }
  | { t: 'list' }
  | { t: 'show'; run: string }
  | { t: 'look'; run: string; index: number }
  | { t: 'redo'; run: string; how: 'replay' | 'export' }
  | { t: 'settings'; choices: Choices };

export interface Choices { steps: number; minutes: number; careful: boolean; pictures: boolean; base_url: string; model: string }

// ---- from the server

export interface Command { t: 'command'; id: number; tab: number; session: string; method: string; params: Json }

export type ForTabs =
  | Command
  | { t: 'attach'; id: number; tab: number; run: string }
  | { t: 'open'; id: number; run: string; opener: number }
  | { t: 'detach'; id: number; tab: number; close: boolean }
  | { t: 'credit'; tab: number; pictures: number };

export type RunState = 'running' | 'paused' | 'asking' | 'finished' | 'failed' | 'stopped' | 'limit' | 'needs_human';

export type ForPanel =
  | { t: 'run'; run: string; wish: string; tab: number; task: string; model: string; state: RunState; answer: string; error: string }
  | { t: 'step'; run: string; index: number; did: string; thinking: string; outcome: string; error: string; seconds: number; picture: boolean }
  | { t: 'thinking'; run: string; index: number; text: string }
  | { t: 'point'; run: string; tab: number; box: [number, number, number, number]; label: string }
  | { t: 'question'; run: string; question: number; kind: 'ask' | 'approve' | 'take_over'; text: string }
  | { t: 'runs'; runs: Json[] }
  | { t: 'recording'; run: Json; steps: Json[] }
  | { t: 'shot'; run: string; index: number }
  | { t: 'redone'; run: string; how: 'replay' | 'export'; state: 'going' | 'done' | 'failed'; line: string }
  | { t: 'status'; model: string; engine: string; precision: string; tokens_per_s: number | null; why: string; choices: Choices }
  | { t: 'error'; run: string; message: string };

export type Incoming = ForTabs | ForPanel | { t: 'ping' } | { t: 'ack' };

// ---- between the worker and the panel

export interface Connection { state: 'connecting' | 'connected' | 'unpaired' | 'refused' | 'away'; detail: string }
/** `image`: a picture as a data: URL. */
export type ToPanel =
  | Exclude<ForPanel, { t: 'shot' | 'redone' }>
  | (Extract<ForPanel, { t: 'redone' }> & { file: string })
  | ({ t: 'connection' } & Connection)
  | { t: 'shot'; run: string; index: number; image: string }
  | { t: 'view'; run: string; tab: number; image: string };
export type FromPanel = FromPerson | { t: 'hello' } | { t: 'pair'; code: string } | { t: 'port'; port: number };
