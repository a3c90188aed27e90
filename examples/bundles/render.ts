import {type ArtifactStorage, LocalStorageAdapter, S3StorageAdapter} from '../../src/artifacts/bundles/index.js';

// Stores a directory and restores it elsewhere: node dev/run-typescript.mjs examples/bundles/render.ts STORAGE DIRECTORY TARGET
const [storage = 'bundles', directory = 'scene', target = 'restored'] = process.argv.slice(2);

/** `https://HOST/BUCKET`, with the usual variables for the keys, or a directory. */
function open(place: string): ArtifactStorage & {close(): Promise<void>} {
  if (!/^https?:/.test(place)) return new LocalStorageAdapter(place);
  const {origin: endpoint, pathname} = new URL(place);
  const {AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = ''} = process.env;
  return new S3StorageAdapter({endpoint, bucket: pathname.slice(1), credentials: {accessKeyId, secretAccessKey}});
}

const bundles = open(storage);
let sent = 0;
const url = await bundles.uploadAssetBundle('render-7', directory, {onProgress: ({sentBytes}) => (sent = sentBytes)});
console.log(`${sent} bytes sent: ${url}`);
await bundles.downloadAssetBundle('render-7', url, target);
await bundles.close();
