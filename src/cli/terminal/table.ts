import {cellsOf} from './cells.js';

/** Columns as wide as their widest cell, two spaces between; the last one is never padded. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => cellsOf(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => pad(cell, column, widths))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  if (column === widths.length - 1) return cell;
  return cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cellsOf(cell)));
}
