import {describeStoreContract} from '../contract/describe-store-contract.js';
import {diskDirectory, type Medium, readOnlyMedium, smallMedium} from '../contract/media.js';
import type {StorePlace} from '../contract/place.js';
import {openLocalStore} from './store.js';

async function placeOn(medium: Medium): Promise<StorePlace> {
  const store = openLocalStore({name: 'local', root: medium.path});
  return {
    store,
    disk: medium.path,
    cleanUp: async () => {
      await store.close();
      await medium.remove();
    },
  };
}

describeStoreContract({
  name: 'local',
  make: async () => placeOn(await diskDirectory()),
  makeSmall: async () => placeOn(await smallMedium(6)),
  makeReadOnly: async () => placeOn(await readOnlyMedium()),
});
