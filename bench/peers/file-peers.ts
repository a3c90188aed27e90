import {join} from 'node:path';
import {type Direction, type Lab, login, run} from '../lab.js';
import {installPeer} from './install.js';

/** A program that moves one file over SSH. */
export interface FilePeer {
  readonly name: string;
  /** Whether it has compared digests of both sides when it ends. */
  readonly verifies: boolean;
  /** Moves `corpus/file` of the side it is on to `moved/file` of the other: milliseconds. */
  move(lab: Lab, direction: Direction): Promise<number>;
}

export const sftp: FilePeer = {
  name: 'sftp',
  verifies: false,
  move: async (lab, direction) => {
    const {from, to} = sides(lab, direction);
    const input = `${direction === 'stage' ? 'put' : 'get'} ${from}/corpus/file ${to}/moved/file\n`;
    const command = ['sftp', '-q', ...lab.sshOptions, '-P', String(lab.sshd.port), '-b', '-', login(lab)];
    return (await run(command, {input})).milliseconds;
  },
};

export const scp: FilePeer = {
  name: 'scp',
  verifies: false,
  move: async (lab, direction) => {
    const {from, to} = sides(lab, direction);
    const there = (path: string) => `${login(lab)}:${path}`;
    const [source, destination] = [`${from}/corpus/file`, `${to}/moved/file`];
    const ends = direction === 'stage' ? [source, there(destination)] : [there(source), destination];
    return (await run(['scp', '-q', ...lab.sshOptions, '-P', String(lab.sshd.port), ...ends])).milliseconds;
  },
};

/** From its defaults to what its documentation offers for lines that are long: several requests and streams at once. */
const RCLONE_SETTINGS: readonly (readonly string[])[] = [
  [],
  ['--sftp-chunk-size', '255k', '--sftp-concurrency', '64'],
  ['--sftp-chunk-size', '255k', '--sftp-concurrency', '256', '--multi-thread-streams', '8'],
];

/** rclone with the settings that moved the file fastest, each tried once; it compares digests unless told not to. */
export async function bestRclone(lab: Lab, direction: Direction, verifies: boolean): Promise<FilePeer> {
  const trials: {readonly peer: FilePeer; readonly milliseconds: number}[] = [];
  for (const settings of RCLONE_SETTINGS) {
    const peer = await rclone(settings, verifies);
    trials.push({peer, milliseconds: await peer.move(lab, direction)});
  }
  const [best] = trials.sort((a, b) => a.milliseconds - b.milliseconds);
  if (best === undefined) throw new Error('rclone has no settings');
  return best.peer;
}

async function rclone(settings: readonly string[], verifies: boolean): Promise<FilePeer> {
  const program = await installPeer('rclone');
  const unchecked = verifies ? [] : ['--sftp-disable-hashcheck', '--ignore-checksum'];
  return {
    name: ['rclone', ...settings.filter((word) => !word.startsWith('--'))].join(' '),
    verifies,
    move: async (lab, direction) => {
      const {from, to} = sides(lab, direction);
      const ends = [`${from}/corpus/file`, `${to}/moved/file`];
      const there = direction === 'stage' ? 1 : 0;
      ends[there] = `:sftp:${ends[there] ?? ''}`;
      // A file that is there with the same time and size would be left alone.
      const command = [...program, 'copyto', ...rcloneSftp(lab), '--ignore-times', ...settings, ...unchecked, ...ends];
      return (await run(command)).milliseconds;
    },
  };
}

/** How rclone reaches the lab, as remote `:sftp:`, without a configuration of its own. */
export function rcloneSftp({sshd}: Lab): readonly string[] {
  return [
    ...['--config', '', '--sftp-host', sshd.host, '--sftp-port', String(sshd.port), '--sftp-user', sshd.user],
    ...['--sftp-key-file', sshd.identityFile, '--sftp-known-hosts-file', sshd.knownHostsFile],
    ...['--sftp-ciphers', 'aes128-gcm@openssh.com'],
  ];
}

function sides({local, remote}: Lab, direction: Direction): {readonly from: string; readonly to: string} {
  return direction === 'stage' ? {from: local, to: remote} : {from: remote, to: local};
}

/** Both sides of what was moved: first here, then there. */
export function movedDirectories({local, remote}: Lab, direction: Direction): readonly [string, string] {
  return direction === 'stage'
    ? [join(local, 'corpus'), join(remote, 'moved')]
    : [join(local, 'moved'), join(remote, 'corpus')];
}
