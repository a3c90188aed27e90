import {loadConfiguration} from '../../config/load.js';
import {type SetupStep, setUp} from '../../worker/operations/setup.js';
import type {CliContext} from '../context.js';
import {plural} from '../run/sentences.js';
import {printableText} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';

const words = {changed: 'changed', unchanged: 'as it is', 'left-out': 'left out'} as const;

export async function setup(context: CliContext, json: boolean): Promise<void> {
  const {environment, cwd} = context;
  const screen = new Screen(context);
  const {configuration} = await loadConfiguration({directory: cwd, environment});
  const steps: SetupStep[] = [];
  for await (const step of setUp(configuration, environment)) {
    steps.push(step);
    const line = `${words[step.outcome].padEnd(8)}  ${step.name}: ${printableText(step.detail)}`;
    await screen.result(json ? JSON.stringify(step) : line);
  }
  const changed = steps.filter(({outcome}) => outcome === 'changed').length;
  if (!json) screen.line(changed === 0 ? 'Nothing had to be changed.' : `${plural(changed, 'thing')} changed.`);
}
