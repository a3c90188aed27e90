import {chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect} from 'vitest';
import {findInputs} from '../../src/client/inputs/find-inputs.js';

/** What is found for a command line. `ROOT` in arguments and links stands for the place. */
export interface FoundCase {
  readonly it: string;
  /** As `InputPlace.make` takes them. */
  readonly files: readonly string[];
  readonly run: readonly string[];
  readonly explicit?: readonly string[];
  readonly workdir?: string;
  /** Default: as given. */
  readonly command?: readonly string[];
  /** `name <- path below the place`. */
  readonly sends: readonly string[];
  readonly warns?: RegExp;
}

/** A directory of this machine in which a command line is given. */
export class InputPlace {
  private constructor(
    readonly root: string,
    /** The current directory: `here` in the place. */
    readonly cwd = join(root, 'here'),
  ) {}

  static async create(): Promise<InputPlace> {
    const place = new InputPlace(await realpath(await mkdtemp(join(tmpdir(), 'waybill-inputs-'))));
    await mkdir(place.cwd);
    return place;
  }

  /** `name|content`: a link where the content begins with `->`, executable where it begins with `!`. */
  async make(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      const [, name = '', content = ''] = /^([^|]*)\|?(.*)$/s.exec(file) ?? [];
      const path = join(this.root, name);
      await mkdir(dirname(path), {recursive: true});
      if (content.startsWith('->')) await symlink(content.slice(2).replace('ROOT', this.root), path);
      else await writeFile(path, content.replace(/^!/, ''));
      if (content.startsWith('!')) await chmod(path, 0o755);
    }
  }

  async expectFound({files, run, explicit = [], workdir, command = run, sends, warns}: FoundCase): Promise<void> {
    await this.make(...files);
    const found = await findInputs(
      run.map((argument) => argument.replace('ROOT', this.root)),
      {cwd: this.cwd, explicit, ...(workdir === undefined ? {} : {workdir: join(this.root, workdir)})},
    );
    const sent = found.inputs.map(({name, path}) => `${name} <- ${path.slice(this.root.length + 1)}`);
    expect(sent.sort()).toEqual([...sends].sort());
    expect(found.command).toEqual(command.map((argument) => argument.replace('ROOT', this.root)));
    if (warns === undefined) expect(found.warnings).toEqual([]);
    else expect(found.warnings.join('\n')).toMatch(warns);
  }

  /** What is thrown where two files would have one name: it says both. */
  collisionOf(...names: readonly string[]) {
    const both = names.map((name) => `(?=.*"${join(this.cwd, name)}")`).join('');
    return {code: 'name.collision', message: expect.stringMatching(both) as string};
  }

  async remove(): Promise<void> {
    await rm(this.root, {recursive: true, force: true});
  }
}
