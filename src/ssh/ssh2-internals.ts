import type {Client} from 'ssh2';

/** What ssh2 1.17 keeps to itself, and has no setting for. Each is undefined where ssh2 is not as it is known. */

/** Makes the packets that are sent, until the keys change. */
export interface PacketCipher {
  allocPacket(payloadBytes: number): Buffer;
}

/** Reads the packets that come, until the keys change. */
export interface PacketDecipher {
  _onPayload(payload: Buffer): unknown;
}

/** Gives what comes for a channel to it. */
export interface ChannelData {
  CHANNEL_DATA(protocol: unknown, recipient: number, data: Buffer): void;
}

export interface OpenChannels {
  get(recipient: number): unknown;
}

export function cipherOf(client: Client): PacketCipher | undefined {
  const cipher = propertyOf(propertyOf(client, '_protocol'), '_cipher');
  return has<PacketCipher>(cipher, 'allocPacket') ? cipher : undefined;
}

export function decipherOf(client: Client): PacketDecipher | undefined {
  const decipher = propertyOf(propertyOf(client, '_protocol'), '_decipher');
  return has<PacketDecipher>(decipher, '_onPayload') ? decipher : undefined;
}

export function channelDataOf(client: Client): ChannelData | undefined {
  const handlers = propertyOf(propertyOf(client, '_protocol'), '_handlers');
  return has<ChannelData>(handlers, 'CHANNEL_DATA') ? handlers : undefined;
}

export function openChannelsOf(client: Client): OpenChannels | undefined {
  const channels = propertyOf(client, '_chanMgr');
  return has<OpenChannels>(channels, 'get') ? channels : undefined;
}

function propertyOf(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}

function has<T extends object>(value: unknown, method: keyof T & string): value is T {
  return typeof propertyOf(value, method) === 'function';
}
