import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { inference } from '@orrery/contracts';
import { isPublicAddress } from '@orrery/process';

/** Hosts of our own network that may be asked all the same, also without TLS. */
export class TrustedHosts {
  constructor(readonly names: readonly string[]) {}
}

export interface BadAddress {
  readonly guardrail: string;
  readonly reason: string;
}

const lookUpMs = 2_000;

const addressesOf = async (host: string): Promise<readonly string[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), lookUpMs);
  });
  // What has no address today may have one tomorrow; whoever asks there looks again, each time.
  const found = lookup(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  );
  return await Promise.race([found, late]).finally(() => clearTimeout(timer));
};

const reasonAgainst = async (url: string, { names }: TrustedHosts): Promise<string | undefined> => {
  if (!URL.canParse(url)) return 'it is no address';
  const { protocol, hostname } = new URL(url);
  if (names.includes(hostname)) return undefined;
  if (protocol !== 'https:') return 'it is asked with TLS alone';
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return 'the host must have a name';
  const addresses = await addressesOf(hostname);
  return addresses.every(isPublicAddress) ? undefined : 'the host is not a public one';
};

/** The first of those elsewhere that no gateway would ask: the way there leads into a network of our own, or shows what is asked to whoever listens. */
export const badAddressIn = async (guardrails: readonly inference.Guardrail[], trusted: TrustedHosts): Promise<BadAddress | undefined> => {
  for (const guardrail of guardrails) {
    const reason = guardrail.kind === 'http' ? await reasonAgainst(guardrail.url, trusted) : undefined;
    if (reason !== undefined) return { guardrail: guardrail.name, reason };
  }
  return undefined;
};
