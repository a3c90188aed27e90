const BEGIN = '<!-- measured: `npm run docs:generate` takes the rows from bench/RESULTS.md -->';
const END = '<!-- measured -->';

const PEERS = ['sftp', 'rsync', 'rclone', 's5cmd', 'mc', 'aws'];

interface Row {
  readonly measure: string;
  readonly waybill: string;
  readonly peer: string;
  readonly figure: string;
}

/** The comparison with the rows of `results` that name a tool people use in place of those that it has. */
export function withMeasured(comparison: string, results: string): string {
  const [before, rest] = cutAt(comparison, BEGIN);
  const [, after] = cutAt(rest, END);
  const rows = rowsOf(results).filter(({peer}) => PEERS.some((name) => peer.startsWith(name)));
  const table = [
    '| Measure | Waybill | Compared with | Figure |',
    '| --- | --- | --- | --- |',
    ...rows.map(({measure, waybill, peer, figure}) => `| ${measure} | ${waybill} | ${peer} | ${figure} |`),
  ];
  return `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${after}`;
}

function rowsOf(results: string): readonly Row[] {
  return results.split('\n').flatMap((line) => {
    const [start, measure, waybill, peer, figure] = line.split('|').map((cell) => cell.trim());
    if (start !== '' || measure === undefined || waybill === undefined) return [];
    return peer === undefined || figure === undefined ? [] : [{measure, waybill, peer, figure}];
  });
}

function cutAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`docs/comparison.md has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
