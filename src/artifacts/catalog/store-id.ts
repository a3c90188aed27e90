import type {Database} from './connection.js';

export async function storeId(db: Database): Promise<string | undefined> {
  return (await db.selectFrom('installation').select('store_id').executeTakeFirst())?.store_id;
}

export async function adoptStore(db: Database, id: string): Promise<string> {
  await db
    .insertInto('installation')
    .values({store_id: id})
    .onConflict((conflict) => conflict.column('only_one').doNothing())
    .execute();
  return (await storeId(db)) ?? id;
}
