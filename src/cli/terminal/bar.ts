import prettyBytes from 'pretty-bytes';
import {cellsOf} from './cells.js';
import type {CopyProgress} from '../../contracts/checkpoint.js';
import {formatDuration} from '../amounts.js';
import {printable} from './printable.js';

export function formatBytes(bytes: number): string {
  return prettyBytes(Math.max(0, bytes));
}

/** What is proved, and what earlier attempts sent and is being proved: a restart does not throw the bar back. */
function bytesThere({bytesDone, checkingBytes = 0}: CopyProgress): number {
  return bytesDone + checkingBytes;
}

/** Milliseconds until everything is moved at the present rate; undefined while nothing moves. */
export function remainingMs(progress: CopyProgress): number | undefined {
  const left = progress.bytesTotal - bytesThere(progress);
  if (left <= 0) return 0;
  return progress.rate > 0 ? (left / progress.rate) * 1000 : undefined;
}

/** Of bytes, or of files where there are none to count. Never 1 before everything is done. */
export function fractionDone(progress: CopyProgress): number {
  const [done, total] =
    progress.bytesTotal > 0 ? [bytesThere(progress), progress.bytesTotal] : [progress.filesDone, progress.filesTotal];
  if (total <= 0) return 0;
  const fraction = Math.min(1, Math.max(0, done / total));
  return progress.filesDone < progress.filesTotal ? Math.min(fraction, 0.999) : fraction;
}

export interface BarStyle {
  readonly columns: number;
  readonly unicode: boolean;
}

const MINIMUM_BAR = 5;
const MAXIMUM_BAR = 30;

/**
 * One line of at most `columns - 1` cells (a full line would wrap on some terminals). What matters least goes first
 * where it is narrow: the file's name, the count of files, the sizes, the bar.
 */
export function formatBar(label: string, progress: CopyProgress, style: BarStyle): string {
  const room = Math.max(1, style.columns - 1);
  const fraction = fractionDone(progress);
  const left = remainingMs(progress);
  const percent = `${String(Math.floor(fraction * 100)).padStart(3)}%`;
  const rate = `${formatBytes(progress.rate)}/s`;
  const eta = left === undefined ? 'ETA -:--' : `ETA ${formatDuration(left)}`;
  const sizes = `${formatBytes(bytesThere(progress))}/${formatBytes(progress.bytesTotal)}`;
  const files = `${progress.filesDone}/${progress.filesTotal} files`;
  const checking = progress.checkingBytes ?? 0;
  const candidates = [
    ...(checking > 0 ? [[percent, sizes, rate, eta, `checking ${formatBytes(checking)}`]] : []),
    [percent, sizes, rate, eta, files],
    [percent, sizes, rate, eta],
    [percent, rate, eta],
    [percent, eta],
  ];
  for (const facts of candidates) {
    const text = facts.join('  ');
    const width = room - label.length - text.length - 4;
    if (width < MINIMUM_BAR) continue;
    const cells = Math.min(MAXIMUM_BAR, width);
    const line = `${label} ${drawBar(fraction, cells, style.unicode)} ${text}`;
    return withName(line, progress.file?.name, room);
  }
  return truncate(`${label} ${percent.trim()}`, room);
}

function withName(line: string, name: string | undefined, room: number): string {
  const space = room - line.length - 2;
  return name === undefined || space < 12 ? line : `${line}  ${truncate(printable(name), space)}`;
}

function drawBar(fraction: number, cells: number, unicode: boolean): string {
  const full = Math.floor(fraction * cells);
  const [done, open] = unicode ? ['█', '░'] : ['#', '.'];
  return `[${done.repeat(full)}${open.repeat(cells - full)}]`;
}

/** Cut to `width` cells, with an ellipsis where something is missing. Wide characters count twice. */
export function truncate(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  if (width < 4) return text.slice(0, width);
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += cellsOf(character);
    if (used > width - 3) break;
    kept += character;
  }
  return `${kept}...`;
}

/** The same facts as a sentence, for logs and pipes. */
export function formatProgressSentence(label: string, progress: CopyProgress): string {
  const left = remainingMs(progress);
  const rate = progress.rate > 0 ? `, ${formatBytes(progress.rate)}/s` : '';
  const time = left === undefined || left === 0 ? '' : `, ${formatDuration(left)} left`;
  const {checkingBytes = 0} = progress;
  const checking = checkingBytes > 0 ? ` (checking ${formatBytes(checkingBytes)} of them)` : '';
  return `${label}: ${progress.filesDone} of ${progress.filesTotal} files, ${formatBytes(bytesThere(progress))} of ${formatBytes(progress.bytesTotal)}${checking}${rate}${time}`;
}
