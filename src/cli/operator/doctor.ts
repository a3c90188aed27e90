import {loadConfiguration} from '../../config/load.js';
import {diagnose} from '../../worker/operations/doctor.js';
import {formatCheck} from '../commands/targets.js';
import type {CliContext} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {plural} from '../run/sentences.js';
import {Screen} from '../terminal/screen.js';

export async function doctor(context: CliContext, json: boolean): Promise<number> {
  const {environment, cwd} = context;
  const screen = new Screen(context);
  const {configuration} = await loadConfiguration({directory: cwd, environment});
  let failures = 0;
  for await (const check of diagnose(configuration, environment)) {
    if (check.outcome === 'failed') failures += 1;
    const line = json ? JSON.stringify(check) : formatCheck(check, screen.paint, screen.capabilities.unicode);
    await screen.result(line);
  }
  if (failures === 0) return EXIT.ok;
  if (!json) screen.line(`${plural(failures, 'check')} failed.`);
  return EXIT.checkFailed;
}
