import {login, type Lab, run, sshCommand} from './lab.js';

/** `sha256sum` of everything below a directory, first here, then there; rejects where they differ. */
export async function hashBothSides(lab: Lab, here: string, there: string): Promise<number> {
  const command = (directory: string) => `cd '${directory}' && find . -type f -print0 | xargs -0 sha256sum`;
  const ours = await run(['sh', '-c', command(here)]);
  const theirs = await run([...sshCommand(lab), login(lab), command(there)]);
  if (sorted(ours.stdout) !== sorted(theirs.stdout)) throw new Error(`${here} and ${there} differ`);
  return ours.milliseconds + theirs.milliseconds;
}

function sorted(text: string): string {
  return text.split('\n').sort().join('\n');
}
