import type {Migration} from 'kysely';
import * as executionsAndArtifacts from './0001-executions-and-artifacts.js';
import * as retention from './0002-retention.js';
import * as tickets from './0003-tickets.js';

/** In order of their names. One that was released is never edited: a change is a new one. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-executions-and-artifacts': executionsAndArtifacts,
  '0002-retention': retention,
  '0003-tickets': tickets,
};
