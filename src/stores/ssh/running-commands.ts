import type {PipedCommand} from '../../ssh/piped-command.js';

/** Commands that move bytes and are ended together, also those that begin only after that. */
export class RunningCommands {
  readonly #running = new Set<PipedCommand>();
  #ended = false;

  readonly started = (command: PipedCommand): void => {
    if (this.#ended) command.kill();
    this.#running.add(command);
    const forget = (): boolean => this.#running.delete(command);
    command.done.then(forget, forget);
  };

  end(): void {
    this.#ended = true;
    for (const command of this.#running) command.kill();
  }
}
