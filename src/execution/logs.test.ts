import {fork} from 'node:child_process';
import {createHash} from 'node:crypto';
import {appendFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {until} from '../../test/until.js';
import {WaybillError} from '../contracts/errors.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {copyLog, storeLog} from './log-copier.js';
import {readLog} from './log-reader.js';

const CAP = 1_073_741_824;
let base: string;
let source: Store;
let destination: Store;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'waybill-logs-'));
  source = openLocalStore({name: 'target', root: join(base, 'target')});
  destination = openLocalStore({name: 'default', root: join(base, 'default')});
  await mkdir(join(base, 'target'));
});
afterAll(async () => {
  await Promise.all([source.close(), destination.close()]);
  await rm(base, {recursive: true, force: true});
});

async function read(directory: string, follow = false, from = 0) {
  const reading = readLog(destination, directory, {follow, from});
  const pieces: Buffer[] = [];
  let offset = from;
  for (;;) {
    const {done, value} = await reading.next();
    if (done === true) return {...value, content: Buffer.concat(pieces)};
    expect(value.offset).toBe(offset);
    offset += value.data.length;
    pieces.push(Buffer.from(value.data));
  }
}

describe('a log that grows', () => {
  it('is followed from before its first byte to its end', async () => {
    const path = join(base, 'target/grows');
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const copying = copyLog({source, path: 'grows', destination, directory: 'logs/grows', capBytes: CAP, ended: end});
    const following = read('logs/grows', true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await appendFile(path, 'first\n');
    const written = Date.now();
    await until('the first bytes are seen', async () => (await read('logs/grows')).content.length > 0, 5);
    expect(Date.now() - written).toBeLessThan(2000);
    for (let line = 0; line < 30; line++) await appendFile(path, `line ${line}\n`);
    await appendFile(path, 'last');
    ended();
    expect(await copying).toMatchObject({capped: false});
    const {content, complete} = await following;
    expect(complete).toBe(true);
    expect(content.toString()).toBe(`first\n${Array.from({length: 30}, (_, line) => `line ${line}\n`).join('')}last`);
    expect((await read('logs/grows', false, 3)).content.toString()).toBe(content.toString().slice(3));
  });

  it('that grows while it is opened is opened again, until the command has ended', async () => {
    await writeFile(join(base, 'target/chatty'), 'all of it');
    let refused = 0;
    const growing: Store = {
      ...source,
      openSource: (path) => {
        if (refused === 3) return source.openSource(path);
        refused += 1;
        return Promise.reject(new WaybillError('source.changed', 'grew', {path}));
      },
    };
    const log = {source: growing, path: 'chatty', destination, directory: 'logs/chatty', capBytes: CAP};
    const end = until('it was refused three times', async () => refused === 3, 20);
    expect(await copyLog({...log, ended: end})).toMatchObject({size: 9});
    refused = 1;
    const late = copyLog({...log, directory: 'logs/late', ended: Promise.resolve()});
    await expect(late).rejects.toThrow('grew');
  });

  it('is copied once by two copiers at once', async () => {
    const path = join(base, 'target/twice');
    await writeFile(path, '');
    const writing = (async () => {
      for (let line = 0; line < 200; line++) await appendFile(path, `${line} ${'x'.repeat(line * 10)}\n`);
    })();
    const copy = () =>
      copyLog({source, path: 'twice', destination, directory: 'logs/twice', capBytes: CAP, ended: writing});
    const ends = await Promise.all([copy(), copy(), copy()]);
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
    const whole = Array.from({length: 200}, (_, line) => `${line} ${'x'.repeat(line * 10)}\n`).join('');
    expect((await read('logs/twice')).content.toString()).toBe(whole);
  });

  it('that passes its cap is kept to the cap, and says so', async () => {
    await writeFile(join(base, 'target/capped'), 'x'.repeat(1001));
    await writeFile(join(base, 'target/exact'), 'x'.repeat(1000));
    const ended = Promise.resolve();
    const copy = (name: string) =>
      copyLog({source, path: name, destination, directory: `logs/${name}`, capBytes: 1000, ended});
    expect(await copy('capped')).toEqual({version: 1, size: 1000, capped: true});
    expect(await copy('exact')).toEqual({version: 1, size: 1000, capped: false});
    expect(await read('logs/capped')).toMatchObject({complete: true, capped: true});
  });

  it('that came whole with the report goes on where a copier stopped', async () => {
    await destination.putObject('logs/whole/0000000000000000', Buffer.from('he'));
    const end = await storeLog(destination, 'logs/whole', Buffer.from('hello'), {capBytes: CAP});
    expect(end).toEqual({version: 1, size: 5, capped: false});
    expect((await read('logs/whole', true)).content.toString()).toBe('hello');
  });

  it('stops following when it is told to', async () => {
    const reading = readLog(destination, 'logs/nothing', {follow: true, signal: AbortSignal.timeout(200)});
    await expect(reading.next()).rejects.toThrow('timeout');
  });
});

describe('100 MB of log', () => {
  it('arrives without gap or repeat while copiers are killed', async () => {
    const program = join(base, 'copier.mjs');
    await build({
      stdin: {
        contents: `import {openLocalStore} from './src/stores/local/store.js';
          import {copyLog} from './src/execution/log-copier.js';
          const [root] = process.argv.slice(2);
          const store = (name) => openLocalStore({name, root: root + '/' + name});
          const ended = new Promise((resolve) => process.on('message', resolve));
          await copyLog({source: store('target'), path: 'big', destination: store('default'), directory: 'logs/big', capBytes: ${CAP}, ended});
          process.exit(0);`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      outfile: program,
    });
    const node = join(process.cwd(), 'node_modules');
    await symlink(node, join(base, 'node_modules'));
    const hash = createHash('sha256');
    const writing = (async () => {
      for (let block = 0; block < 1000; block++) {
        const content = Buffer.alloc(100_000, `block ${block} `);
        hash.update(content);
        await appendFile(join(base, 'target/big'), content);
      }
    })();
    for (let kill = 0; kill < 5; kill++) {
      const copied = (await readdir(join(base, 'default/logs/big')).catch(() => [])).length;
      const copier = fork(program, [base], {stdio: 'inherit'});
      await until(
        'it copies',
        async () => (await readdir(join(base, 'default/logs/big')).catch(() => [])).length > copied + kill,
      );
      const gone = new Promise((resolve) => copier.once('exit', resolve));
      copier.kill('SIGKILL');
      await gone;
    }
    await writing;
    const last = fork(program, [base], {stdio: 'inherit'});
    last.send('ended');
    expect(await new Promise((resolve) => last.once('exit', resolve))).toBe(0);
    const {content, complete} = await read('logs/big', true);
    expect(complete).toBe(true);
    expect(createHash('sha256').update(content).digest('hex')).toBe(hash.digest('hex'));
  });
});
