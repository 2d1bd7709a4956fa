import { freePort, isPortFree } from '@orrery/servers';
import { Problem } from '../terminal.ts';

const usualPort = 8080;
const loopback = '127.0.0.1';
const everywhere = new Set(['0.0.0.0', '::']);

export interface GatewayPlace {
  readonly port: number;
  /** Under which we reach it from here. */
  readonly url: string;
}

const portOf = async (wanted: string | undefined, remembered: number | undefined): Promise<number> => {
  if (!wanted || wanted === '0') return freePort(remembered ?? usualPort);
  const port = Number(wanted);
  if (!/^\d+$/.test(wanted) || port > 65_535) {
    throw new Problem(`ORRERY_HTTP_PORT is ${JSON.stringify(wanted)}: expected the port the API is served on, for example ${usualPort}`);
  }
  if (await isPortFree(port)) return port;
  throw new Problem(
    `Port ${port}, which ORRERY_HTTP_PORT asks for, cannot be had: set it to another one, or not at all, and Orrery finds one`,
  );
};

/** Where the gateway listens: as the environment says, else where it was the last time, else where there is room. */
export const gatewayPlaceOf = async (environment: NodeJS.ProcessEnv, remembered: number | undefined): Promise<GatewayPlace> => {
  const port = await portOf(environment.ORRERY_HTTP_PORT, remembered);
  const host = environment.ORRERY_HTTP_HOST || loopback;
  const reached = everywhere.has(host) ? loopback : host;
  return { port, url: `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}` };
};
