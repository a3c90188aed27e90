import {connect} from 'node:http2';

const service = Buffer.from('temporal.api.workflowservice.v1.WorkflowService');
/** grpc.health.v1.HealthCheckRequest{service} behind gRPC's five bytes: not compressed, length. */
const request = Buffer.concat([Buffer.from([0, 0, 0, 0, service.length + 2, 0x0a, service.length]), service]);
/** HealthCheckResponse{status: SERVING}. */
const serving = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

/**
 * Whether a Temporal frontend serves at `address`. Asked over plain HTTP/2: loading Temporal's client for this one
 * question takes half a second.
 */
export function isServing(address: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const answer = (result: boolean) => {
      clearTimeout(timer);
      session.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => answer(false), timeoutMs);
    session.once('error', () => answer(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', () => answer(false));
    stream.once('end', () => answer(Buffer.concat(chunks).equals(serving)));
    stream.end(request);
  });
}
