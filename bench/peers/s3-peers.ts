import {run} from '../lab.js';
import type {S3Lab} from '../s3-lab.js';
import {installPeer} from './install.js';
import type {PeerName} from './programs.js';

/** One file, or everything in a directory, to the server or from it. */
export interface S3Move {
  readonly direction: 'put' | 'get';
  readonly what: 'file' | 'tree';
  /** A path of this machine. */
  readonly local: string;
  /** A key, or what keys begin with, without a slash at the end. */
  readonly key: string;
}

/** A program that moves to and from S3, with settings of its own. */
export interface S3Peer {
  readonly name: string;
  /** Answers with milliseconds. */
  move(lab: S3Lab, move: S3Move): Promise<number>;
}

interface Description {
  /** Tried once each; from its defaults to what its documentation offers. */
  readonly settings: Readonly<Record<S3Move['what'], readonly (readonly string[])[]>>;
  readonly args: (lab: S3Lab, move: S3Move, settings: readonly string[]) => readonly string[];
  readonly environment: (lab: S3Lab) => NodeJS.ProcessEnv;
}

const BUCKET_NAME = 'bench';

const descriptions: Readonly<Record<PeerName, Description>> = {
  s5cmd: {
    settings: {file: [[], ['--concurrency', '8', '--part-size', '16']], tree: [[]]},
    args: ({server}, move, settings) => {
      const there = `s3://${server.bucket}/${move.key}`;
      const tree = move.direction === 'put' ? [`${move.local}/`, `${there}/`] : [`${there}/*`, `${move.local}/`];
      const ends = move.what === 'tree' ? tree : ordered(move, there);
      return ['--endpoint-url', server.endpoint, '--log', 'error', 'cp', ...settings, ...ends];
    },
    environment: awsEnvironment,
  },
  mc: {
    settings: {file: [[]], tree: [[]]},
    args: ({server}, move, settings) => {
      const there = `${BUCKET_NAME}/${server.bucket}/${move.key}`;
      const tree = ordered({...move, local: `${move.local}/`}, `${there}/`);
      const ends = move.what === 'tree' ? ['--recursive', ...tree] : ordered(move, there);
      return ['cp', '--quiet', ...settings, ...ends];
    },
    environment: ({server, local}) => {
      const {accessKeyId, secretAccessKey} = server.credentials;
      const address = server.endpoint.replace('//', `//${accessKeyId}:${secretAccessKey}@`);
      return {[`MC_HOST_${BUCKET_NAME}`]: address, MC_CONFIG_DIR: `${local}/mc`};
    },
  },
  rclone: {
    settings: {
      file: [[], ['--s3-chunk-size', '16M', '--s3-upload-concurrency', '8', '--multi-thread-streams', '8']],
      tree: [[], ['--transfers', '32', '--checkers', '32']],
    },
    args: ({server}, move, settings) => {
      const there = `${BUCKET_NAME}:${server.bucket}/${move.key}`;
      const verb = move.what === 'tree' ? 'copy' : 'copyto';
      // Nothing of it is there: that is not to be looked up name by name.
      return [verb, '--no-check-dest', '--s3-no-check-bucket', ...settings, ...ordered(move, there)];
    },
    environment: ({server}) => {
      const set = (name: string, value: string) => ({
        [`RCLONE_CONFIG_${BUCKET_NAME.toUpperCase()}_${name}`]: value,
      });
      return {
        ...{RCLONE_CONFIG: '/dev/null', ...set('TYPE', 's3'), ...set('PROVIDER', 'Other')},
        ...{...set('ENDPOINT', server.endpoint), ...set('REGION', 'us-east-1')},
        ...set('ACCESS_KEY_ID', server.credentials.accessKeyId),
        ...set('SECRET_ACCESS_KEY', server.credentials.secretAccessKey),
      };
    },
  },
  aws: {
    settings: {file: [[]], tree: [[]]},
    args: ({server}, move, settings) => {
      const there = `s3://${server.bucket}/${move.key}`;
      const recursive = move.what === 'tree' ? ['--recursive'] : [];
      const command = ['--endpoint-url', server.endpoint, 's3', 'cp', '--only-show-errors'];
      return [...command, ...recursive, ...settings, ...ordered(move, there)];
    },
    environment: awsEnvironment,
  },
};

/** A peer with those of its settings that made this very move fastest. */
export async function bestS3Peer(
  name: PeerName,
  what: S3Move['what'],
  trial: (peer: S3Peer) => Promise<number>,
): Promise<S3Peer> {
  const description = descriptions[name];
  const command = await installPeer(name);
  const trials: {readonly peer: S3Peer; readonly milliseconds: number}[] = [];
  for (const settings of description.settings[what]) {
    const peer: S3Peer = {
      name: [name, ...settings].join(' '),
      move: async (lab, move) => {
        const environment = {...process.env, ...description.environment(lab)};
        return (await run([...command, ...description.args(lab, move, settings)], {environment})).milliseconds;
      },
    };
    trials.push({peer, milliseconds: description.settings[what].length === 1 ? 0 : await trial(peer)});
  }
  const [best] = trials.sort((a, b) => a.milliseconds - b.milliseconds);
  if (best === undefined) throw new Error(`${name} has no settings`);
  return best.peer;
}

function ordered({direction, local}: S3Move, there: string): readonly string[] {
  return direction === 'put' ? [local, there] : [there, local];
}

function awsEnvironment({server}: S3Lab): NodeJS.ProcessEnv {
  const {accessKeyId, secretAccessKey} = server.credentials;
  const none = {AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null'};
  return {
    ...none,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_REGION: 'us-east-1',
  };
}
