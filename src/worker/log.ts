import {DefaultLogger, type LogLevel} from '@temporalio/worker';
import {type DestinationStream, destination, type Logger, pino} from 'pino';
import type {Configuration} from '../config/schema.js';
import {GatheredLines} from './gathered-lines.js';

type Level = Configuration['log']['level'];

/** The SDK names the task of an activity that failed by its token, with which anybody could end the attempt. */
const redact = {paths: ['taskToken', '*.taskToken', 'err.cause.taskToken'], remove: true};

/**
 * JSON lines, on standard error where no other file descriptor is given. Written as soon as the code that logs them is
 * done, and at the end of the process: the last line before a crash is the one that matters.
 */
export function createLog(level: Level, output: DestinationStream | number = 2): Logger {
  const lines = typeof output === 'number' ? linesTo(output) : output;
  return pino({level, base: {pid: process.pid}, timestamp: pino.stdTimeFunctions.isoTime, redact}, lines);
}

/** Bytes of lines that could not be written yet: further ones are dropped. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

/** What cannot be written is tried again with the next line: a disk that is full must not end the work as well. */
function linesTo(fd: number): DestinationStream {
  const output = destination({fd, sync: true, maxLength: MOST_UNWRITTEN_BYTES});
  output.on('error', () => undefined);
  return new GatheredLines((lines) => void output.write(lines));
}

/** What the SDK and its native core say, in the same log. */
export function temporalLogger(log: Logger, level: Level): DefaultLogger {
  const child = log.child({component: 'temporal'});
  return new DefaultLogger(sdkLevel(level), ({level: of, message, meta}) => {
    const fields = {...meta};
    switch (of) {
      case 'TRACE':
      case 'DEBUG':
        child.debug(fields, message);
        break;
      case 'INFO':
        // The SDK tells of every connection and poller at this level.
        child.debug(fields, message);
        break;
      case 'WARN':
        child.warn(fields, message);
        break;
      case 'ERROR':
        child.error(fields, message);
        break;
    }
  });
}

function sdkLevel(level: Level): LogLevel {
  return level === 'trace' || level === 'debug' ? 'INFO' : 'WARN';
}
