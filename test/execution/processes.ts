import {readdir, readFile} from 'node:fs/promises';

/** Numbers of the processes whose environment holds `text`. */
export async function processesWith(text: string): Promise<readonly number[]> {
  return await processesWhose('environ', text);
}

/** Numbers of the processes whose arguments hold `text`; NUL stands between arguments. */
export async function processesNaming(text: string): Promise<readonly number[]> {
  return await processesWhose('cmdline', text);
}

/** Numbers of the processes that carry the execution's id in their environment: its command, and what that started. */
export async function processesOf(executionId: string): Promise<readonly number[]> {
  return await processesWith(`WAYBILL_EXECUTION_ID=${executionId}\0`);
}

async function processesWhose(file: 'environ' | 'cmdline', text: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const content = await readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '');
    if (content.includes(text)) found.push(Number(name));
  }
  return found;
}
