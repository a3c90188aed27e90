import {expect, test} from 'vitest';
import type {StoreProperties} from '../store.js';
import type {Lack, NameLack} from './place.js';
import type {Subject} from './subject.js';

const lackedBy: Readonly<Record<Exclude<Lack, 'disk' | NameLack>, (properties: StoreProperties) => boolean>> = {
  links: (properties) => !properties.links,
  modes: (properties) => !properties.modes,
  modificationTimes: (properties) => !properties.modificationTimes,
  hashing: (properties) => properties.hashing === 'none',
  randomWrites: (properties) => properties.partialWrites !== 'random',
  conditionalPublish: (properties) => !properties.conditionalPublish,
};

export function describeProperties(subject: Subject, lacks: readonly Lack[]): void {
  test('declares what it lacks by its properties', () => {
    const declared = Object.entries(lackedBy).filter(([, isLacking]) => isLacking(subject.store.properties));
    expect(declared.map(([lack]) => lack).sort()).toEqual(lacks.filter((lack) => lack in lackedBy).sort());
  });

  test('declares sizes that can be worked with', () => {
    const {preferredChunkBytes, preferredDepth, timeResolutionMs} = subject.store.properties;
    expect(preferredChunkBytes).toBeGreaterThanOrEqual(4096);
    expect(preferredDepth).toBeGreaterThanOrEqual(1);
    expect(timeResolutionMs).toBeGreaterThan(0);
  });

  test('says how much space is left, also below a directory that is not there', async () => {
    const free = await subject.store.freeSpace(subject.directory);
    if (free === undefined) return;
    expect(free).toBeGreaterThan(0);
    expect(await subject.store.freeSpace(subject.at('not', 'there'))).toBeGreaterThan(0);
  });
}
