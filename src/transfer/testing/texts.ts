import {createHash} from 'node:crypto';
import {open, readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {seededRandom} from './two-stores.js';

/** Kinds of text that commands write, each as pieces without end. */
export const TEXTS = {csv, log, training, sources} as const;

const PIECE_LINES = 10_000;
const MESSAGES = ['request served', 'cache miss', 'connection closed by peer', 'retrying', 'batch written'] as const;

/** Writes pieces of one kind until the file has this size. */
export async function generateText(path: string, kind: keyof typeof TEXTS, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    let left = bytes;
    for await (const piece of TEXTS[kind]()) {
      const cut = Buffer.from(piece).subarray(0, left);
      await file.write(cut);
      left -= cut.length;
      if (left === 0) return;
    }
  } finally {
    await file.close();
  }
}

/** Measurements: numbers of many digits, small integers, times. */
function* csv(): Generator<string> {
  const random = seededRandom(1);
  yield* lines((row) => {
    const time = new Date(1.76e12 + row * 60_000).toISOString();
    const [value, difference] = [(random() * 1000).toFixed(4), (random() * 10 - 5).toFixed(6)];
    return `${row},${value},${difference},${Math.floor(random() * 5)},${time}`;
  });
}

/** A JSON object a line, as services log. */
function* log(): Generator<string> {
  const random = seededRandom(2);
  yield* lines((row) =>
    JSON.stringify({
      time: new Date(1.76e12 + row * 37).toISOString(),
      level: random() < 0.9 ? 'info' : 'warn',
      msg: MESSAGES[Math.floor(random() * MESSAGES.length)],
      path: `/api/v1/items/${Math.floor(random() * 100_000)}`,
      ms: Math.floor(random() * 900),
      trace: createHash('md5').update(String(row)).digest('hex').slice(0, 16),
    }),
  );
}

/** What a training prints: most of a line is as in the line before. */
function* training(): Generator<string> {
  const random = seededRandom(3);
  yield* lines((row) => {
    const time = new Date(1.76e12 + row * 800).toISOString().slice(0, 19);
    const [loss, norm] = [(0.4 + random() / 10).toFixed(4), (1 + random() / 10).toFixed(3)];
    return `${time} INFO trainer.loop: epoch=${Math.floor(row / 9375)} step=${row % 9375}/9375 loss=${loss} lr=0.000300 grad_norm=${norm} tokens_per_second=${18_000 + Math.floor(random() * 100)} gpu_memory=71.42GiB`;
  });
}

/** Programs and their declarations: those that this package depends on, over and over. */
async function* sources(): AsyncGenerator<Buffer> {
  for (;;) {
    for (const name of await readdir('node_modules', {recursive: true})) {
      if (!/\.(js|mjs|ts|md)$/.test(name)) continue;
      const content = await readFile(join('node_modules', name)).catch(() => undefined);
      if (content !== undefined) yield content;
    }
  }
}

function* lines(line: (row: number) => string): Generator<string> {
  for (let first = 0; ; first += PIECE_LINES) {
    yield Array.from({length: PIECE_LINES}, (_, at) => `${line(first + at)}\n`).join('');
  }
}
