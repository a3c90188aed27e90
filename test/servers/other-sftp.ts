import {lstat, readFile, readlink, realpath, symlink, unlink} from 'node:fs/promises';
import type {AddressInfo} from 'node:net';
import ssh2, {type SFTPWrapper} from 'ssh2';
import {isErrno} from '../../src/stores/local/errors.js';

const {STATUS_CODE} = ssh2.utils.sftp;

export interface OtherSftp {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A server that takes no command at all and knows no extension. Of the two names of a link it makes the first, as the
 * protocol has it, or the second, as OpenSSH does. As much of it as links need.
 */
export async function startOtherSftp(hostKeyFile: string, makes: 'first' | 'second'): Promise<OtherSftp> {
  const server = new ssh2.Server({hostKeys: [await readFile(hostKeyFile)]}, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      const session = accept();
      session.on('exec', (_, reject) => reject());
      session.on('sftp', (open) => serve(open(), makes));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {port: address.port, close: () => new Promise((resolve) => server.close(() => resolve()))};
}

function serve(sftp: SFTPWrapper, makes: 'first' | 'second'): void {
  const answer = (id: number, work: Promise<unknown>): void => {
    work.then(
      () => sftp.status(id, STATUS_CODE.OK),
      (error: unknown) => sftp.status(id, isErrno(error, 'ENOENT') ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE),
    );
  };
  const name = (id: number, work: Promise<string>): void => {
    const attrs = {mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0};
    work.then(
      (filename) => sftp.name(id, [{filename, longname: filename, attrs}]),
      () => sftp.status(id, STATUS_CODE.NO_SUCH_FILE),
    );
  };
  sftp.on('REALPATH', (id, path) => name(id, realpath(path)));
  sftp.on('READLINK', (id, path) => name(id, readlink(path)));
  sftp.on('REMOVE', (id, path) => answer(id, unlink(path)));
  sftp.on('SYMLINK', (id, first, second) => {
    answer(id, makes === 'first' ? symlink(second, first) : symlink(first, second));
  });
  sftp.on('LSTAT', (id, path) => {
    lstat(path).then(
      ({mode, uid, gid, size, atimeMs, mtimeMs}) =>
        sftp.attrs(id, {mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000)}),
      () => sftp.status(id, STATUS_CODE.NO_SUCH_FILE),
    );
  });
}
