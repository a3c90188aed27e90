import {CommanderError} from 'commander';
import {isWaybillError} from '../contracts/errors.js';
import {EXIT} from './exit-codes.js';
import type {Paint} from './terminal/capabilities.js';
import {printableText} from './terminal/printable.js';

/** What is said of something that went wrong: the thing, the reason, the next step. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly exitCode: number;
}

/** `command` is the word of the command line that named one, where it did. */
export function reportOf(error: unknown, command?: string): FailureReport {
  if (isWaybillError(error)) {
    const away = error.code === 'client.unreachable' || error.code === 'client.no-worker';
    return {
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      exitCode: away ? EXIT.unreachable : EXIT.failed,
    };
  }
  if (error instanceof CommanderError) {
    return {
      code: 'usage',
      message: error.message.replace(/^error: /, ''),
      remedy: `See \`waybill help${command === undefined ? '' : ` ${command}`}\`.`,
      exitCode: EXIT.failed,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: message === '' ? 'an error without a message' : message,
    remedy: 'This is not foreseen: set WAYBILL_DEBUG=1 to see where it happened, and report it.',
    exitCode: EXIT.failed,
  };
}

/** `✗ message`, and the next step on a line of its own. */
export function formatFailure(
  report: Pick<FailureReport, 'code' | 'message' | 'remedy'>,
  paint: Paint,
  unicode = true,
): string {
  const head = `${paint('red', unicode ? '✗' : 'x')} ${printableText(report.message)} ${paint('dim', `(${report.code})`)}`;
  return report.remedy === undefined ? head : `${head}\n  ${printableText(report.remedy)}`;
}
