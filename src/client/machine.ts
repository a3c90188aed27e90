import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';

/**
 * Names this machine, so that a client elsewhere says "not this machine" instead of finding an empty directory. Hashed,
 * because machine-id(5) asks that the id itself is not shown to others.
 */
export function machineId(): string {
  return createHash('sha256').update(`waybill:${rawId()}`).digest('hex').slice(0, 32);
}

function rawId(): string {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (id !== '') return `${id}/${hostname()}`;
    } catch {
      // Absent on macOS, Windows and in small containers.
    }
  }
  return hostname();
}
