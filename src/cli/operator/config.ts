import {describeSource, type EffectiveValue, effectiveValues} from '../../config/effective.js';
import {loadConfiguration} from '../../config/load.js';
import type {CliContext} from '../context.js';
import {printable, printableText} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';

export async function showConfig(context: CliContext, json: boolean): Promise<void> {
  const {environment, cwd} = context;
  const screen = new Screen(context);
  const loaded = await loadConfiguration({directory: cwd, environment});
  const values = effectiveValues(loaded, environment);
  for (const variable of loaded.unknownVariables)
    screen.line(`Nothing reads the environment variable ${printable(variable)}.`);
  if (json) {
    for (const {source, ...value} of values)
      await screen.result(JSON.stringify({...value, source: describeSource(source)}));
    return;
  }
  screen.line(
    loaded.file === undefined
      ? 'No waybill.yaml was found: defaults and environment.'
      : `Read from ${printable(loaded.file)}`,
  );
  await screen.result(
    formatTable(
      ['FIELD', 'VALUE', 'FROM'],
      values.map((entry) => [printable(entry.path), valueOf(entry), printableText(describeSource(entry.source))]),
    ),
  );
}

function valueOf({value, secrets}: EffectiveValue): string {
  if (secrets !== undefined) {
    const names = Object.entries(secrets).map(([name, presence]) => `${name} (${presence})`);
    return names.length === 0 ? '-' : names.join(', ');
  }
  if (value === undefined) return '-';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
